#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# What watching costs, in instructions per write, stays within its goals. The function hooks are cheap
# because they remember an open file; this must never count one file's writes as another's.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

declare -A goal=([state-tp]=350 [state-fentry]=550)

within()
{
	echo "# $1 instructions more, goal $2"
	awk -v more="$1" -v goal="$2" 'BEGIN {exit !(more > 0 && more <= goal)}'
}

vm --icount --variant stock -- lab/guest/cost psync 12000 none state-tp state-fentry none
check "measured" is "$rc" 0
read -r before after < <(awk '$2 == "none" {printf "%s ", $3} END {print ""}' "$tmp/out")
check "nothing attached costs the same before and after" \
	awk -v a="$before" -v b="$after" 'BEGIN {exit !(a > 0 && (a - b) ^ 2 < 400)}'
for method in state-tp state-fentry; do
	more=$(awk -v m=$method -v a="$before" -v b="$after" '$2 == m {print $3 - (a + b) / 2}' "$tmp/out")
	check "$method costs no more than its goal" within "${more:-0}" "${goal[$method]}"
done

# One task writes file after file: each struct file probably gets the address of the one before.
vm --cpus 2 --variant stock -- tests/lab/guest/own_files 60
check "each file's writes were counted as its own" is "$rc" 0
[ "$rc" = 0 ] || sed 's/^/# /' "$tmp/out"
exit "$failed"
