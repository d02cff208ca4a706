#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Nobody holds up the other users of a mirror: neither who has a lease on a file in the source, or the lock of
# one, or that of a directory, nor who writes to places in a file that is open with O_APPEND.
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs
# shellcheck source=tests/live/hold_lib.sh disable=SC1091
. "$(dirname "$0")/hold_lib.sh"

# --- leases. There are more of them than workers, and each lasts for 45 s unless the system says otherwise.
for name in one two three four other; do
	echo "$name" >"$src/$name"
	chown 65534 "$src/$name"
done
start_daemon "$src" "$mnt" allow_other,threads=2 || exit 1
spawn "${nobody[@]}" "$try" lease "$src/one" "$src/two" "$src/three" "$src/four" >"$WORK/held"
holder=$SPAWNED
wait_until 20 said_ok "$WORK/held"
waiting=()
for name in one two three; do
	cat "$mnt/$name" >"$WORK/$name" &
	waiting+=($!)
done
"$try" cut "$mnt/four" >"$WORK/cut" &
waiting+=($!)
wait_until 20 came OPEN 3
wait_until 20 came SETATTR 1
check_eq "an open that is not to wait says so" \
	"$(dd if="$mnt/one" iflag=nonblock of=/dev/null 2>&1 | grep -c 'temporarily unavailable')" 1
check "while opens wait for leases in the source, others are served" answers other
check "... and they still wait" still "${waiting[@]}"
kill "${waiting[0]}"
check "one of them can be ended" wait_until 20 live_gone "${waiting[0]}"
check_eq "... and nothing was cut" "$(stat -c %s "$src/four")" 5
kill "$holder"
wait "$holder" 2>/dev/null
wait "${waiting[@]}" 2>/dev/null
check_eq "without the leases they are opened" "$(cat "$WORK/two" "$WORK/three")" $'two\nthree'
check_eq "... and cut" "$(cat "$WORK/cut") $(stat -c %s "$src/four")" "ok 0"

spawn "${nobody[@]}" "$try" lease "$mnt/one" >"$WORK/held.mirror"
wait_until 20 said_ok "$WORK/held.mirror"
check_eq "a lease on the mirror: its users wait for it, those of the source do not" \
	"$(dd if="$mnt/one" iflag=nonblock of=/dev/null 2>&1 | grep -c 'temporarily unavailable') $(dd if="$src/one" iflag=nonblock status=none)" \
	"1 one"
kill "$SPAWNED"
wait "$SPAWNED" 2>/dev/null

spawn "${nobody[@]}" "$try" lease "$src/one" >"$WORK/held.again"
wait_until 20 said_ok "$WORK/held.again"
cat "$mnt/one" >/dev/null 2>&1 &
pid=$!
wait_until 20 came OPEN 7
stop_daemon
check_eq "the daemon ends while somebody waits" "$DAEMON_CODE" 0
check "... who gets an error" wait_until 20 live_gone "$pid"
kill "$SPAWNED"

# --- writes to places that look like pieces of an append whose beginning is still to come. With one worker
# each request would wait for such a write: as many of them as there are requests.
for mode in direct cached; do
	echo text >"$src/log"
	chown 65534 "$src/log"
	for i in {1..30}; do
		echo "$mode.$i" >"$src/$mode.$i"
	done
	start_daemon "$src" "$mnt" "allow_other,threads=1,$mode" || exit 1
	"${nobody[@]}" bash -c 'while "$1" place "$2" $((RANDOM + 100)); do :; done' - "$try" "$mnt/log" >"$WORK/placed" &
	pid=$!
	wait_until 20 came WRITE 1
	# each write waits for five seconds: a machine that needs as long for a request is asked again
	for first in 1 11 21; do
		before=$(wc -l <"$WORK/placed") served=0
		for ((i = first; i < first + 10; i++)); do
			answers "$mode.$i" && served=$((served + 1))
		done
		after=$(wc -l <"$WORK/placed")
		[ $((after - before)) -ge 9 ] || break
	done
	check_eq "$mode: requests are served beside writes that wait" "$served" 10
	check "... and do not wait for them ($((after - before)) came to an end)" [ $((after - before)) -lt 9 ]
	kill "$pid"
	wait "$pid" 2>/dev/null
	stop_daemon
	check_eq "$mode: the daemon ends" "$DAEMON_CODE" 0
	check_eq "... and each write was made" "$(tail -c +6 "$src/log" | tr -d x)" ""
done

# --- the lock of a file in the source. More requests of one user need it than a user has workers.
dd if=/dev/zero of="$src/locked" bs=1M count=1 status=none
for i in {1..6}; do
	install -o 65534 -m 600 /dev/null "$src/copy.$i"
done
chmod 644 "$src/locked"
for options in threads=2 threads=2,clone_fd; do
	start_daemon "$src" "$mnt" "allow_other,$options" || exit 1
	settle
	if holds "$src/locked"; then
		waiting=()
		for i in {1..6}; do
			"${nobody[@]}" "$WORK/try" copy "$mnt/locked" "$mnt/copy.$i" >"$WORK/copied.$i" &
			waiting+=($!)
		done
		wait_until 20 came COPY_FILE_RANGE 3
		check "$options: while a user's requests wait for a lock in the source, others are served" answers other
		check "... and they still wait" still "${waiting[@]}"
		kill "${waiting[5]}"
		kill "$holder"
		wait "$holder" 2>/dev/null
		for pid in "${waiting[@]}"; do
			check "... without the lock each is served" wait_until 20 live_gone "$pid"
		done
		kill "${waiting[@]}" 2>/dev/null
		check_eq "... and each is served whole" "$(cat "$WORK"/copied.[1-5] | sort | uniq -c | xargs)" "5 1048576"
	else
		skip "the lock of a file in the source" "$(cat "$WORK/held")"
	fi
	stop_daemon
done

# --- stores to a mapping that are written back when the daemon is told to end, and wait for a lock meanwhile
for options in threads=2 threads=2,clone_fd; do
	truncate -s 0 "$src/locked"
	truncate -s 1M "$src/locked"
	start_daemon "$src" "$mnt" "cached,$options" || exit 1
	spawn "$try" store "$mnt/locked" >"$WORK/stored"
	storer=$SPAWNED
	wait_until 20 said_ok "$WORK/stored"
	if holds "$src/locked"; then
		kill "$DAEMON_PID"
		wait_until 20 waits_in_kernel "$DAEMON_PID"
		kill "$holder"
		wait "$holder" "$DAEMON_PID" 2>/dev/null
		check_eq "$options: what was stored to a mapping is in the source when one signal has ended the daemon" \
			"$(tr -cd '!' <"$src/locked" | wc -c)" 128
	else
		skip "write-back at the end" "$(cat "$WORK/held")"
		stop_daemon
	fi
	kill "$storer"
	wait "$storer" 2>/dev/null
done

# --- the counters go to a directory whose lock a user holds
install -d -o 65534 "$src/theirs"
start_daemon "$src" "$mnt" "stats_file=$src/theirs/stats" || exit 1
if holds "$src/theirs"; then
	kill -USR1 "$DAEMON_PID"
	wait_until 20 waits_in_kernel "$DAEMON_PID"
	kill "$DAEMON_PID"
	check "while the counters cannot be written, a signal ends the mount" wait_until 20 eval '! mountpoint -q "$mnt"'
	check "... and the daemon says why they are missing" \
		wait_until 20 grep -q 'counters cannot be written' "$DAEMON_LOG"
	kill "$holder"
	wait "$holder" "$DAEMON_PID" 2>/dev/null
else
	skip "the counters' directory" "$(cat "$WORK/held")"
	stop_daemon
fi
dd if=/dev/zero of="$src/locked" bs=1M count=1 status=none

# --- one signal ends the daemon although a request is stuck, after a minute
if is_full; then
	start_daemon "$src" "$mnt" || exit 1
	if holds "$src/locked"; then
		"$try" copy "$mnt/locked" "$mnt/copy.1" >/dev/null &
		copier=$!
		wait_until 20 came COPY_FILE_RANGE 1
		kill "$DAEMON_PID"
		check "one signal ends the daemon although a request is stuck, after a minute" wait_until 20 live_gone "$DAEMON_PID"
		check "... and says so" grep -q 'a request is stuck' "$DAEMON_LOG"
		kill "$holder"
		wait "$holder" "$copier" "$DAEMON_PID" 2>/dev/null
	else
		skip "one signal" "$(cat "$WORK/held")"
		stop_daemon
	fi
fi

# --- a second signal ends the daemon although a request is stuck
has_opened()
{
	[ "$(readlink "/proc/$user/fd/0")" = "$1" ]
}
echo text >"$src/other"
start_daemon "$src" "$mnt" || exit 1
if holds "$src/locked"; then
	"$WORK/try" copy "$mnt/locked" "$mnt/copy.1" >"$WORK/copied" &
	copier=$!
	# not by this shell: its children would inherit the file, and wait at their end for an answer to its FLUSH
	# shellcheck disable=SC2217 # it has the file open, and reads nothing
	sleep infinity <"$mnt/other" &
	user=$!
	wait_until 20 has_opened "$mnt/other"
	wait_until 20 came COPY_FILE_RANGE 1
	again()
	{
		kill "$DAEMON_PID"
		live_gone "$DAEMON_PID"
	}
	check "a second signal ends the daemon although a request is stuck" wait_until 20 again
	check "... and says so" grep -q 'a request is stuck' "$DAEMON_LOG"
	check "... and its users hear an error" wait_until 20 live_gone "$copier"
	check_eq "... that of a file, too" "$(timeout 600 stat -L "/proc/$user/fd/0" 2>&1 | grep -c 'not connected')" 1
	kill "$holder" "$user"
	wait "$holder" "$user" "$copier" "$DAEMON_PID" 2>/dev/null
else
	skip "a second signal" "$(cat "$WORK/held")"
	stop_daemon
fi

# --- a request that had to wait for a lease, and then needs a lock
start_daemon "$src" "$mnt" allow_other || exit 1
chown 65534 "$src/locked"
echo one >"$src/one"
spawn "$WORK/try" lease "$src/one" >"$WORK/lease.one"
one=$SPAWNED
spawn "$WORK/try" read-lease "$src/locked" >"$WORK/lease.locked"
locked=$SPAWNED
wait_until 20 said_ok "$WORK/lease.one"
wait_until 20 said_ok "$WORK/lease.locked"
if holds "$src/locked"; then
	"${nobody[@]}" "$WORK/try" cut "$mnt/locked" >"$WORK/cut" &
	cut=$!
	cat "$mnt/one" >"$WORK/one" &
	reader=$!
	wait_until 20 came SETATTR 1
	wait_until 20 came OPEN 1
	kill "$locked"
	wait "$locked" 2>/dev/null
	sleep 0.1 # the request that waited for this lease now waits for the lock
	kill "$one"
	check "a request that is stuck after a lease holds up nobody who waits" wait_until 20 live_gone "$reader"
	check "... and it is stuck" still "$cut"
	kill "$holder"
	wait "$holder" "$cut" "$reader" 2>/dev/null
	check_eq "... and served at last" "$(cat "$WORK/cut" "$WORK/one") $(stat -c %s "$src/locked")" $'ok\none 0'
else
	kill "$one" "$locked"
fi
stop_daemon

# --- the lock of a directory of the mirror, which the kernel needs to forget a file by its name
mkdir "$src/dir"
start_daemon "$src" "$mnt" allow_other || exit 1
if holds "$mnt/dir"; then
	touch "$src/dir/file"
	stat "$mnt/dir/file" >/dev/null
	inodes=$(daemon_stat inodes)
	fewer() { [ "$(daemon_stat inodes)" -lt "$inodes" ]; }
	rm "$src/dir/file"
	if [ "$(uname -r | awk -F. '{print $1 * 100 + $2}')" -ge 618 ]; then
		check "a removed file is given up while a user holds the lock of its directory" wait_until 20 fewer
	else
		sleep 2 # it is looked for each second
	fi
	stop_daemon
	check "the daemon ends while a user holds the lock of a directory" [ "$DAEMON_CODE" -le 1 ]
	kill "$holder"
else
	skip "the lock of a directory" "$(cat "$WORK/held")"
	stop_daemon
fi
exit "$((LIVE_FAILED > 0))"
