#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Waits by the contention tracepoints, without function hooks: one writer holds the inode lock while its daemon is
# stopped, and another one queues. The wait is counted once, by mode, for its file, and with its time.
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh disable=SC1091
. "$(dirname "$0")/counts_lib.sh"
begin_queue
out=$WORK/out

# queue MODE FILE HOLDER_FLAGS WAITER_FLAGS OPTION... - under prove; sets $waits: by kind how many, and in $long
# whether MODE's took as long as they must have
queue()
{
	local mode=$1 file=$2 holder=$3 waiter=$4
	shift 4
	"$FUSELENS" prove "$mnt" --json "$@" -- "${queue[@]}" "$mnt/$file" "$DAEMON_PID" \
		"$holder" "$waiter" >"$out" 2>"$out.err"
	waits=$(report "$out" ".snapshot.files[] | select(.name == \"$file\") | .queued_waits |
		if . then \"\(.exclusive.count) \(.shared.count)\" else . end")
	long=$(report "$out" ".snapshot.files[] | select(.name == \"$file\") | .queued_waits | .$mode | . and
		.sum_ns >= 100000000 and .max_ns == .sum_ns and .p50_ns > 0.9 * .sum_ns and .p50_ns < 1.1 * .sum_ns and
		(.buckets | length) == 1 and .buckets[0].count == 1")
}

queue exclusive f 'O_DIRECT|O_APPEND' 'O_DIRECT|O_APPEND' --waits
check_eq "an exclusive writer queues behind another one" "$waits" "1 0"
check_eq "its time, in a bucket within a tenth" "$long" true
queue shared g 'O_DIRECT|O_APPEND' O_DIRECT --waits
check_eq "a shared writer queues behind an exclusive one" "$waits" "0 1"
check_eq "its time" "$long" true
queue exclusive f 'O_DIRECT|O_APPEND' 'O_DIRECT|O_APPEND'
check_eq "without --waits nothing is said of them" "$waits" null
"$FUSELENS" prove "$mnt" --waits -- "${queue[@]}" "$mnt/f" "$DAEMON_PID" \
	'O_DIRECT|O_APPEND' 'O_DIRECT|O_APPEND' >"$out" 2>"$out.err"
check "the text has the wait" grep -q '^  queued, exclusive  *1  mean ' "$out"
check "and says what is not in it" grep -q '^  queued: .*spinning' "$out"
"$FUSELENS" prove "$mnt" --waits -- dd if=/dev/zero of="$mnt/f" bs=4k count=5 oflag=direct conv=notrunc status=none \
	>"$out" 2>"$out.err"
check "nobody queued: said, not left out" grep -q '^  nobody queued' "$out"
exit $((LIVE_FAILED > 0))
