#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Before Linux 6.18 the daemon has the kernel forget a file by its names. A name that another user has by now keeps its
# mount.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

vm --memory 1536M -- tests/lab/guest/names
check "a user's removed file takes no mount away from who has its name now" grep -q "still there" "$tmp/out"
exit "$failed"
