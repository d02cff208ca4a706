#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# How many writers hold the inode lock together, and whether somebody is queued behind one. The daemon is stopped while
# they write, so that it is known to the unit how many hold the lock when each looks.
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh disable=SC1091
. "$(dirname "$0")/counts_lib.sh"
begin_queue
out=$WORK/out

# together FILE FLAGS... - a writer for each FLAGS under prove. Sets $shared to what is known of those that share the
# lock, and $queued_behind to how many of the others had somebody behind them.
together()
{
	local file=$1
	shift
	"$FUSELENS" prove "$mnt" --json -- "${queue[@]}" "$mnt/$file" "$DAEMON_PID" "$@" \
		>"$out" 2>"$out.err"
	shared=$(report "$out" ".snapshot.files[] | select(.name == \"$file\") | .shared_holders |
		\"\(.looks) \(.sum) \(.max) \([.buckets[] | \"\(.holders):\(.looks)\"] | join(\" \"))\"")
	queued_behind=$(report "$out" ".snapshot.files[] | select(.name == \"$file\") | .queued_behind")
}

# One write comes first, alone. Then each finds itself and those before it.
together f O_DIRECT O_DIRECT O_DIRECT O_DIRECT O_DIRECT
check_eq "five share the lock: each finds those before it and itself" "$shared" "6 16 5 1:2 2:1 3:1 4:1 5:1"
check_eq "nobody is queued behind them" "$queued_behind" 0
check_eq "the mean, in all" "$(report "$out" '.counts.shared_holders | .mean * 3 == 8')" true
together g 'O_DIRECT|O_APPEND' 'O_DIRECT|O_APPEND' 'O_DIRECT|O_APPEND' 'O_DIRECT|O_APPEND'
# The first holder looked when nobody was there; the last one has nobody behind it.
check_eq "four that exclude each other: somebody is queued behind two" "$queued_behind" 2
check_eq "none of them shares the lock" "$shared" "0 0 null "
"$FUSELENS" prove "$mnt" -- "${queue[@]}" "$mnt/f" "$DAEMON_PID" \
	O_DIRECT O_DIRECT O_DIRECT >"$out" 2>"$out.err"
check "the text says how many at most" grep -q '^  writers at once  *4  mean 1\.8  .*max 3$' "$out"
check "and what it is" grep -q '^  writers at once: ' "$out"
"$FUSELENS" prove "$mnt" -- "${queue[@]}" "$mnt/g" "$DAEMON_PID" \
	'O_DIRECT|O_APPEND' 'O_DIRECT|O_APPEND' 'O_DIRECT|O_APPEND' >"$out" 2>"$out.err"
check "the text says behind how many somebody was queued" grep -q '^  waited for  *1  ' "$out"
"$FUSELENS" stat "$mnt" -i 0.1 --json -- "${queue[@]}" "$mnt/f" "$DAEMON_PID" \
	O_DIRECT O_DIRECT O_DIRECT O_DIRECT O_DIRECT >"$out" 2>"$out.err"
check_eq "stat has the same for the whole run" "$(jq -r 'select(.kind == "total") |
	"\(.shared_holders_max) \(.shared_holders_mean | . > 2.66 and . < 2.67) \(.queued_behind)"' "$out")" "5 true 0"
stop_daemon

# The passthrough route: a writer holds the FUSE inode's lock while the file system below is frozen. The tracepoint
# form looks after that, and so each writer's look is after the next one has queued.
start_daemon "$src" "$mnt" || exit 1
at_end fsfreeze -u "$WORK/xfs"

# asleep PID - in write(2), and not for a moment: fs/fuse waits for its daemon in another state
asleep()
{
	[ "$(awk '/^State:/ {print $2}' "/proc/$1/status")" = D ] && [[ "$(cat "/proc/$1/syscall")" == "$write_nr "* ]]
}

# The writers' PIDs go to $WORK/pids, one after the other, as each sleeps.
queue_on_frozen()
{
	local i
	fsfreeze -f "$WORK/xfs"
	for ((i = 0; i < 3; i++)); do
		dd if=/dev/zero of="$mnt/f" bs=4k count=1 oflag=direct,append conv=notrunc status=none &
		wait_until 10 asleep $! || return 1
	done
	fsfreeze -u "$WORK/xfs"
	wait
}
export -f queue_on_frozen asleep wait_until
write_nr=$(python3 -c 'import platform; print({"x86_64": 1, "aarch64": 64}[platform.machine()])')
export WORK mnt write_nr
"$FUSELENS" prove "$mnt" --evidence state-tp --json -- bash -c queue_on_frozen >"$out" 2>"$out.err"
check_eq "passthrough: three exclusive writes" "$(report "$out" '.counts | "\(.writes) \(.exclusive)"')" "3 3"
check_eq "somebody is queued behind two of them" "$(report "$out" .counts.queued_behind)" 2
exit $((LIVE_FAILED > 0))
