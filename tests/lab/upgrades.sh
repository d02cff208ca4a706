#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Upgrades on v3 (make lab's third table), where a workload makes some. callsite and global must count them
# exactly, against the writes done and against the lock's state; both at once must count the same number.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# few enough for the global method's window of ten seconds, even on a slow machine
each=600
rc=0
TABLES_UPGRADES=$each ends_with_me "$top/lab/tables" --arch "$arch" --only 3 -o "$tmp/tables" \
	>"$tmp/out" 2>"$tmp/err" || rc=$?
sed 's/^/# /' "$tmp/out"
check "the table comes to its end, and agrees with itself" is "$rc" 0

out=$tmp/tables/upgrades
for name in state callsite global both.callsite both.global; do
	check "$name: every write is counted" is "$(of $name.prove .counts.writes)" $((4 * each))
	check "$name: nothing lost" is "$(of $name.prove .loss.lost)" 0
done
check "state: what it cannot tell is null" is "$(of state.prove '"\(.counts.upgrades) \(.counts.takes)"')" "null null"
for name in callsite global both.callsite both.global; do
	upgrades=$(of $name.prove .counts.upgrades)
	check "$name: upgrades are counted" test "$upgrades" -gt 0
	check "$name: takes = writes + upgrades" is \
		"$(of $name.prove '.counts.takes | .exclusive + .shared + .upgrade')" $((4 * each + upgrades))
	# The first take of a write is one or the other; whoever upgrades holds the lock exclusively then.
	check "$name: the lock's state says the same of the writes" is \
		"$(of $name.prove '.counts | "\(.exclusive) \(.shared)"')" \
		"$(of $name.prove '.counts.takes | "\(.exclusive + .upgrade) \(.shared - .upgrade)"')"
done
check "both at once see the same" is \
	"$(of both.callsite.prove '.counts.takes | "\(.exclusive) \(.shared) \(.upgrade)"')" \
	"$(of both.global.prove '.counts.takes | "\(.exclusive) \(.shared) \(.upgrade)"')"
exit "$failed"
