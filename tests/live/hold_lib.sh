# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Who holds locks in the source, and who waits for them: what the tests of the daemon's fairness share (sourced
# after live_begin_on_xfs).
try=$LIVE_BUILD/tests/live/daemon_try
chmod 1777 "$src"
chmod 755 "$LIVE_BUILD" 2>/dev/null
cp "$try" "$WORK/try" # where any user can run it
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# answers NAME - a request for a file that the kernel has not seen yet
answers()
{
	[ "$(timeout 600 cat "$mnt/$1")" = "$1" ]
}

still()
{
	local pid
	for pid; do
		! live_gone "$pid" || return 1
	done
}

said_ok()
{
	grep -qsx ok "$1"
}

# came OPCODE N - the daemon has had so many of these requests
came()
{
	[ "$(daemon_stat "upcall_$1")" -ge "$2" ]
}

# holds FILE|DIR - sets $holder, who holds the lock of its inode; says in $WORK/held why not
holds()
{
	rm -f "$WORK/held"
	spawn "$try" hold "$1" >"$WORK/held"
	holder=$SPAWNED
	wait_until 20 [ -s "$WORK/held" ]
	said_ok "$WORK/held"
}

# settle - one copy, before several at once. Linux 6.18 takes the first answers to COPY_FILE_RANGE_64 for those to
# COPY_FILE_RANGE if there are two at a time (__fuse_copy_file_range()), and then copies by itself.
settle()
{
	"$try" copy "$mnt/locked" "$mnt/copy.6" >/dev/null
}

# waits_in_kernel PID - one of its threads waits there, and nobody can wake it
waits_in_kernel()
{
	grep -qs '^State:.D' /proc/"$1"/task/*/status
}

# waits_for_daemon PID... - each of them is in a request
waits_for_daemon()
{
	local pid
	for pid; do
		grep -q 'request_wait_answer\|fuse' "/proc/$pid/wchan" || return 1
	done
}
