#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Random sequences of operations by several users, on XFS itself and on a mirror in each mode: every result,
# every errno, and the trees at the end are the same. With TIER=full 10,000 of them, else 100.
#
# usage: daemon_diff.sh [SEED [COUNT]]     plays single sequences again, and prints each operation
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

if [ $# -gt 0 ]; then
	FUSELENS_DIFF_VERBOSE=1 sequences "$1" "${2:-1}"
	exit
fi

batch=50 batches=2
[ "${TIER:-default}" != full ] || batch=250 batches=40
for ((n = 0; n < batches; n += 2)); do
	# Two at a time, since each waits for a daemon half of its time.
	sequences $((n * batch + 1)) $batch >"$WORK/out.0" &
	first=$!
	sequences $(((n + 1) * batch + 1)) $batch >"$WORK/out.1"
	codes=$?
	wait $first
	codes="$? $codes"
	for half in 0 1; do
		name="seeds $(((n + half) * batch + 1)) to $(((n + half + 1) * batch)): the mirrors do as XFS does"
		set -- $codes
		shift $half
		if [ "$1" = 0 ]; then
			ok "$name"
		else
			cat "$WORK/out.$half"
			not_ok "$name" "exit $1; tests/live/daemon_diff.sh SEED plays one again"
		fi
	done
	tail -qn 1 "$WORK/out.0" "$WORK/out.1"
done
