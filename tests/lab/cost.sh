#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# What watching costs, in instructions per write, does not grow. The function hooks are cheap
# because they remember an open file; this must never count one file's writes as another's.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# What it costs today and some more, for the figures swing. docs/overhead.md has them.
declare -A limit=([state-tp]=450 [state-fentry]=520 [callsite:0]=2400)

within()
{
	echo "# $1 instructions more, at most $2"
	awk -v more="$1" -v limit="$2" 'BEGIN {exit !(more > 0 && more <= limit)}'
}

vm --icount --variant stock -- lab/guest/cost psync 12000 none state-tp state-fentry callsite:0 none
check "measured" is "$rc" 0
read -r before after < <(awk '$2 == "none" {printf "%s ", $3} END {print ""}' "$tmp/out")
check "nothing attached costs the same before and after" \
	awk -v a="$before" -v b="$after" 'BEGIN {exit !(a > 0 && (a - b) ^ 2 < 400)}'
for method in state-tp state-fentry callsite:0; do
	more=$(awk -v m=$method -v a="$before" -v b="$after" '$2 == m {print $3 - (a + b) / 2}' "$tmp/out")
	check "$method costs no more than it did" within "${more:-0}" "${limit[$method]}"
done

# One task writes file after file: each struct file probably gets the address of the one before.
vm --cpus 2 --variant stock -- tests/lab/guest/own_files 60
check "each file's writes were counted as its own" is "$rc" 0
[ "$rc" = 0 ] || sed 's/^/# /' "$tmp/out"
exit "$failed"
