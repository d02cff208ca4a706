#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The state method from function hooks, on every route: compares its counts with fio's, and checks the
# times.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

vm --cpus 2 --variant stock -- tests/lab/guest/fentry
relayed 93
exit "$failed"
