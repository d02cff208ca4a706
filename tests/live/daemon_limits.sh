#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Load, shortage and loss: many processes, many files, no descriptors, a source that goes away. Shorter and
# with fewer files unless TIER=full.
# shellcheck disable=SC2119,SC2094
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs 600M
load=$LIVE_BUILD/tests/live/daemon_load
seconds=1 files=20000
! is_full || seconds=6 files=100000
seconds=${FUSELENS_STRESS_SECONDS:-$seconds}

# The kernel forgets inodes that nobody uses. Then only the root's may be left, which is not counted.
forgotten()
{
	echo 2 >/proc/sys/vm/drop_caches
	[ "$(daemon_stat inodes)" = 0 ]
}

at_rest()
{
	check "$1: no file is left open" wait_until 10 daemon_reaches open_files 0
	check "$1: no directory is left open" wait_until 10 daemon_reaches open_dirs 0
	check "$1: no backing id is left" wait_until 10 daemon_reaches backing_live 0
	check "$1: no inode is left" wait_until 20 forgotten
	check_eq "$1: no registration failed" "$(daemon_stat backing_failed)" 0
	# With clone_fd each worker opens one more when it starts.
	case $1 in
	*clone_fd*) ;;
	*) check_eq "$1: descriptors are back" "$(find "/proc/$DAEMON_PID/fd" -type l | wc -l)" "$fds" ;;
	esac
}

# --- several processes, few names
# With threads=2 most requests wait, and are then served by another worker than the one that read them.
for options in passthrough direct cached passthrough,entry_timeout=0,attr_timeout=0,clone_fd,threads=2; do
	rm -rf "$src"
	mkdir "$src"
	start_daemon "$src" "$mnt" "$options" || exit 1
	# The first requests start the workers, which may open descriptors of their own.
	timeout 600 "$load" stress "$mnt" 8 1 >/dev/null
	wait_until 20 forgotten
	fds=$(find "/proc/$DAEMON_PID/fd" -type l | wc -l)
	timeout 600 "$load" stress "$mnt" 8 "$seconds" >"$WORK/out"
	check_eq "$options: 8 processes for $seconds s" "$? $(grep -v '^#' "$WORK/out")" "0 "
	at_rest "$options: 8 processes"
	[ "$options" = passthrough ] && check_eq "$options: and no write upcall" "$(daemon_stat upcall_WRITE)" 0
	stop_daemon
	check_eq "$options: ends with 0" "$DAEMON_CODE" 0
done

# --- many files
start_daemon "$src" "$mnt" entry_timeout=600,attr_timeout=600 || exit 1
fds=$(find "/proc/$DAEMON_PID/fd" -type l | wc -l)
mkdir "$mnt/many"
check_eq "$files files" "$(timeout 600 "$load" many "$mnt/many" $files)" $files
# The files that need half of the descriptors stay known; the kernel is asked to forget the others.
limit=$(awk '/^Max open files/ {print $4}' "/proc/$DAEMON_PID/limits")
check "no more are held than there are descriptors for" [ "$(daemon_stat inodes)" -lt "$limit" ]
if [ "$limit" -lt $((files * 3 / 2)) ]; then
	check "the kernel was asked to forget some" [ "$(daemon_stat pruned)" -gt 0 ]
else
	check_eq "nothing had to be forgotten" "$(daemon_stat pruned)" 0
fi
check_eq "and listed" "$(find "$mnt/many" -type f | wc -l)" $files
find "$mnt/many" -type f -delete
check_eq "and removed" "$(find "$src/many" -type f | wc -l)" 0
rmdir "$mnt/many"
check "no inode is left of them" wait_until 30 forgotten
stop_daemon
check_eq "ends with 0" "$DAEMON_CODE" 0

# --- a full descriptor table
rm -rf "$src"
mkdir "$src"
start_daemon "$src" "$mnt" entry_timeout=600 || exit 1
prlimit --pid "$DAEMON_PID" --nofile=60:
read -r made err < <("$load" fill "$mnt" 200)
check_eq "no descriptor left: the user hears EMFILE" "$err" EMFILE
check_eq "what failed has left nothing, what did not is there" "$(find "$src" -type f | wc -l)" "$made"
check_eq "the log says it once" "$(grep -c 'Too many open files' "$DAEMON_LOG")" 1
check "with a hint" grep -q 'hint: .*ulimit -n' "$DAEMON_LOG"
check "users' descriptors come back" wait_until 10 daemon_reaches open_files 0
prlimit --pid "$DAEMON_PID" --nofile=500:
check_eq "with more of them all are listed" "$(find "$mnt" -type f | wc -l)" "$made"
find "$mnt" -type f -exec cat {} +
check "and can be opened" touch "$mnt/one-more"
check "no inode is left" wait_until 20 forgotten
stop_daemon
check_eq "ends with 0" "$DAEMON_CODE" 0

# --- messages that nothing takes: the log's file system, a terminal or a pipe may stop at any time. The only worker
# has something to say.
mkfifo "$WORK/held"
for taken in true false; do
	exec {held}<>"$WORK/held"
	"$FUSELENS_DAEMON" "$src" "$mnt" -f -o entry_timeout=600,threads=1 2>&$held &
	pid=$!
	check "its messages go to a pipe: it is mounted" wait_until 20 test -e "$mnt/one-more"
	python3 -c '
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_NONBLOCK)
for size in 4096, 1:
    try:
        while True:
            os.write(fd, b"\n" * size)
    except BlockingIOError:
        pass' "$WORK/held"
	prlimit --pid $pid --nofile=60:
	read -r made err < <(timeout 60 "$load" fill "$mnt" 200)
	check_eq "nobody takes them: a user hears EMFILE all the same" "$err" EMFILE
	check "and is served" timeout 60 stat -f "$mnt" >/dev/null
	! $taken || check "what it says then comes once it is taken" timeout 60 grep -qam1 "Too many open files" "$WORK/held"
	kill $pid
	check "the daemon ends" wait_until 20 live_gone $pid
	kill -KILL $pid 2>/dev/null
	wait $pid
	check_eq "with 0" $? 0
	umount -l "$mnt" 2>/dev/null
	exec {held}>&-
done

# --- a limit on the size of files, which is the one's who mounted and not its users'
for options in passthrough direct cached; do
	rm -f "$src/large"
	ulimit -S -f 64
	start_daemon "$src" "$mnt" "$options" || exit 1
	ulimit -S -f unlimited
	check_eq "$options: started with ulimit -f 64, it lets others write 1 MiB" \
		"$(dd if=/dev/zero of="$mnt/large" bs=64k count=16 status=none 2>&1 && truncate -s 2M "$mnt/large" && stat -c %s "$src/large")" 2097152
	check_eq "$options: and a user's own limit holds" \
		"$(bash -c "trap '' XFSZ; ulimit -f 64; dd if=/dev/zero of='$mnt/own' bs=64k count=16 status=none" 2>&1 | grep -c 'too large'; stat -c %s "$src/own")" \
		"1
65536"
	rm -f "$src/own"
	stop_daemon
	check_eq "$options: ends with 0" "$DAEMON_CODE" 0
done

# --- the source goes away
mkdir "$src/gone"
echo text >"$src/gone/f"
start_daemon "$src/gone" "$mnt" || exit 1
exec 3<>"$mnt/f"
rm -rf "$src/gone"
check_eq "source removed: an open file lives on" "$(cat <&3)" text
check_eq "making a file fails with ENOENT" "$(touch "$mnt/new" 2>&1 | grep -c 'No such file')" 1
check_eq "the listing is empty" "$(find "$mnt" -mindepth 1 | wc -l)" 0
exec 3<&-
stop_daemon
check_eq "ends with 0" "$DAEMON_CODE" 0

echo text >"$src/f"
start_daemon "$src" "$mnt" || exit 1
exec 3<>"$mnt/f"
if xfs_io -x -c 'shutdown' "$WORK/xfs" 2>/dev/null; then
	check_eq "source shut down: a write fails with EIO" "$( (echo x >&3) 2>&1 | grep -c 'Input/output error')" 1
	check_eq "a listing too" "$(find "$mnt/" 2>&1 | grep -c 'Input/output error')" 1
else
	skip "source shut down" "no xfs_io"
fi
exec 3<&-
stop_daemon
check_eq "ends with 0" "$DAEMON_CODE" 0
