#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Random sequences of operations by several users, on XFS itself and on a mirror in each mode: every result,
# every errno, and the trees at the end are the same. With TIER=full 10,000 of them, else 200.
#
# usage: daemon_diff.sh SEED               plays one sequence again, and prints each operation
#        daemon_diff.sh SEED COUNT         plays so many from SEED on, in batches as the test does
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs 1G
mkdir "$WORK/xfs/plain"
mirrors=()
for mode in passthrough direct cached; do
	mkdir "$src/$mode"
	# suid,dev: as the plain directory has them.
	if ! start_daemon "$src/$mode" "$WORK/$mode" "allow_other,suid,dev,xattr,$mode"; then
		not_ok "$mode: mount" "$(cat "$DAEMON_LOG")"
		exit 1
	fi
	mirrors+=("$mode=$WORK/$mode=$src/$mode")
done

# sequences SEED COUNT - says what differs
sequences()
{
	"$LIVE_BUILD/tests/live/daemon_diff" "$1" "$2" "$WORK/xfs/plain" "${mirrors[@]}"
}

if [ $# = 1 ]; then
	FUSELENS_DIFF_VERBOSE=1 sequences "$1" 1
	exit
fi

first=${1:-1} count=200 batch=100 codes=()
if [ $# = 2 ]; then
	count=$2
elif is_full; then
	count=10000
fi
[ "$count" -le 1000 ] || batch=250
for ((seed = first; seed < first + count; seed += 2 * batch)); do
	# Two at a time, since each waits for a daemon half of its time.
	sequences "$seed" $batch >"$WORK/out.0" &
	one=$!
	sequences $((seed + batch)) $batch >"$WORK/out.1"
	codes[1]=$?
	wait $one
	codes[0]=$?
	for half in 0 1; do
		name="seeds $((seed + half * batch)) to $((seed + (half + 1) * batch - 1)): the mirrors do as XFS does"
		if [ "${codes[half]}" = 0 ]; then
			ok "$name"
		else
			cat "$WORK/out.$half"
			not_ok "$name" "exit ${codes[half]}; tests/live/daemon_diff.sh SEED plays one again"
		fi
	done
	tail -qn 1 "$WORK/out.0" "$WORK/out.1"
done
