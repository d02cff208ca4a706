#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Before Linux 6.18 the daemon has the kernel forget a file by its names. A name that another user has by now keeps its
# mount, and a FUSE daemon of a user's that does not answer is not asked for one.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

vm --memory 1536M -- tests/lab/guest/names
check "a user's removed file takes no mount away from who has its name now" grep -q "still there" "$tmp/out"
check "a mount below the source that does not answer stops no forgetting" grep -q "removed files are forgotten" "$tmp/out"
check "... nor others" grep -q "others are served" "$tmp/out"
check "... nor the daemon's end" grep -q "with its mount" "$tmp/out"
check "the guest ended well" is "$rc" 0
exit "$failed"
