#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The state method from function hooks, on every route: compares its counts with fio's, and checks the
# times.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

vm --cpus 2 --variant stock -- tests/lab/guest/fentry
n=0
while IFS= read -r line; do
	[[ $line == "ok - "* || $line == "not ok - "* ]] || continue
	n=$((n + 1))
	check "${line#*ok - }" [ "${line:0:3}" = "ok " ]
done <"$tmp/out"
check "all of them ran" is "$n" 89
[ "$rc" = 0 ] || grep -v "^ok - " "$tmp/out" | sed 's/^/# /'
check "the guest ended well" is "$rc" 0
exit "$failed"
