#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# The command line, going into the background, errors and their hints, and ways to end.
# shellcheck disable=SC2119,SC2094
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs
mkdir "$mnt"
echo text >"$src/f"

# refused NAME PATTERN ARG... - exits with 1 and says so, with a hint.
refused()
{
	local name=$1 pattern=$2 code
	shift 2
	timeout 600 "$FUSELENS_DAEMON" "$@" >"$WORK/out" 2>"$WORK/err"
	code=$?
	if [ "$code" = 1 ] && grep -q "^fuselens-passthroughd: .*$pattern" "$WORK/err" &&
		grep -q '^hint: ' "$WORK/err" && [ ! -s "$WORK/out" ]; then
		ok "$name"
	else
		not_ok "$name" "exit $code, $(cat "$WORK/err")"
		umount -l "$mnt" 2>/dev/null
	fi
}

is_mounted()
{
	grep -q " $mnt .* - fuse.fuselens " /proc/self/mountinfo
}

# The daemon on $mnt. It is in the background, so it is no child of this test.
daemon_of_mount()
{
	pgrep -f "^$FUSELENS_DAEMON $src $mnt" | head -n 1
}

refused "no arguments" "no SOURCE"
refused "no mount point" "no MOUNTPOINT" "$src"
refused "too many arguments" "one argument too many" "$src" "$mnt" more
refused "a source that is not there" "No such file" "$WORK/none" "$mnt"
refused "a source that is a file" "Not a directory" "$src/f" "$mnt"
refused "a mount point that is not there" "No such file" "$src" "$WORK/none"
refused "a mount point inside the source" "inside the source" "$WORK/xfs" "$src"
refused "an unknown option" "unknown option nonsense" "$src" "$mnt" -o nonsense
refused "an unknown option, escaped" 'unknown option \\x1b\[31m' "$src" "$mnt" -o $'\033[31m'
refused "two modes" "-o direct and -o cached" "$src" "$mnt" -o direct,cached
refused "require_passthrough with a mode" "require_passthrough" "$src" "$mnt" -o cached,require_passthrough
refused "io_uring in passthrough mode" "io_uring: in passthrough mode" "$src" "$mnt" -o io_uring
if "$FUSELENS_DAEMON" --version | grep -Eq 'libfuse 3\.([0-9]|1[0-7])\.'; then
	refused "io_uring with a libfuse that lacks it" "libfuse has no io_uring" "$src" "$mnt" -o io_uring,direct
else
	skip "io_uring with a libfuse that lacks it" "this one has it"
fi
refused "stack_depth out of range" "stack_depth" "$src" "$mnt" -o stack_depth=2
refused "threads out of range" "threads" "$src" "$mnt" -o threads=0
refused "a negative timeout" "timeout" "$src" "$mnt" -o attr_timeout=-1
refused "counters in a directory that is not there" "No such file" "$src" "$mnt" -o stats_file="$WORK/none/stats"
refused "counters onto a directory" "not a regular file" "$src" "$mnt" -o stats_file="$WORK"
refused "counters onto a device" "not a regular file" "$src" "$mnt" -o stats_file=/dev/null
refused "counters nowhere" "names no file" "$src" "$mnt" -o stats_file=
refused "a number that is none" "threads=many" "$src" "$mnt" -o threads=many
refused "a mount option the kernel refuses" "mounting on" "$src" "$mnt" -o context=nonsense,ro
if command -v setpriv >/dev/null; then
	setpriv --bounding-set=-all --inh-caps=-all -- "$FUSELENS_DAEMON" "$src" "$mnt" 2>"$WORK/err"
	check_eq "without CAP_SYS_ADMIN: exit 1" $? 1
	check "and the hint says so" grep -q 'hint: .*CAP_SYS_ADMIN' "$WORK/err"
fi
check "--help" grep -q 'usage: fuselens-passthroughd SOURCE MOUNTPOINT' <("$FUSELENS_DAEMON" --help)
check_eq "the daemon's version is fuselens'" "$("$FUSELENS_DAEMON" --version | sed 's/.*passthroughd \([^,]*\),.*/\1/')" \
	"$("$FUSELENS" --version | sed -n '1s/.* //p')"
check "--version" grep -Eq '^fuselens-passthroughd .*libfuse 3\.' <("$FUSELENS_DAEMON" --version)

# --- the background
"$FUSELENS_DAEMON" "$src" "$mnt" -o allow_other,noauto,x-systemd.automount,stats_file="$WORK/stats" 2>"$WORK/err"
check_eq "background: exit 0" $? 0
check "mounted by the time it returns" is_mounted
check_eq "and it serves" "$(cat "$mnt/f")" text
check "stderr says what was granted" grep -q 'granted: ' "$WORK/err"
check_eq "the mount shows its source" "$(findmnt -n -o SOURCE "$mnt" 2>/dev/null || echo "$src")" "$src"
kill -USR1 "$(daemon_of_mount)"
check "SIGUSR1 writes the counters" wait_until 5 grep -qs '^upcall_WRITE 0$' "$WORK/stats"
check_eq "which others can only read" "$(stat -c %a "$WORK/stats")" 644
umount "$mnt"
no_daemon()
{
	[ -z "$(daemon_of_mount)" ]
}
if wait_until 5 no_daemon; then
	ok "umount ends it"
elif grep -qs " $mnt " /proc/[0-9]*/mountinfo; then
	# An unshare --mount at the wrong moment copies every mount, and keeps the copies.
	skip "umount ends it" "another mount namespace holds the mount"
	kill -TERM "$(daemon_of_mount)"
else
	not_ok "umount ends it"
fi

# --- where others can plant something in the log's place
mkfifo "$WORK/pipe"
echo precious >"$WORK/precious"
ln -s precious "$WORK/link"
for log in pipe link; do
	timeout 600 "$FUSELENS_DAEMON" "$src" "$mnt" -o "log_file=$WORK/$log" 2>"$WORK/err"
	check_eq "log_file= a $log: mounted, with a message" \
		"$? $(is_mounted && echo mounted) $(grep -c 'opening the log file' "$WORK/err")" "0 mounted 1"
	umount "$mnt"
	wait_until 5 no_daemon
done
# another user's directory, and in it a link to where that user may not write
mkdir -m 700 "$WORK/private"
install -d -o 1000 "$WORK/theirs"
ln -s ../private "$WORK/theirs/way"
chown -h 1000 "$WORK/theirs/way"
timeout 600 "$FUSELENS_DAEMON" "$src" "$mnt" -o "log_file=$WORK/theirs/way/log" 2>"$WORK/err"
check_eq "log_file= on a way through another user's link: mounted, with a message" \
	"$? $(is_mounted && echo mounted) $(grep -c 'opening the log file' "$WORK/err")" "0 mounted 1"
umount "$mnt"
wait_until 5 no_daemon
refused "counters on a way through another user's link" "Too many levels" "$src" "$mnt" \
	-o stats_file="$WORK/theirs/way/stats"
# the link comes when the daemon runs
rm "$WORK/theirs/way"
install -d -o 1000 "$WORK/theirs/way"
"$FUSELENS_DAEMON" "$src" "$mnt" -o "stats_file=$WORK/theirs/way/stats,log_file=$WORK/log.later" 2>"$WORK/err"
mv "$WORK/theirs/way" "$WORK/theirs/moved"
ln -s ../private "$WORK/theirs/way"
chown -h 1000 "$WORK/theirs/way"
pkill -USR1 -f "^$FUSELENS_DAEMON $src $mnt"
check "... and later the daemon says so" wait_until 5 grep -q 'writing the counters to .*Too many levels' "$WORK/log.later"
umount "$mnt"
wait_until 5 no_daemon
check_eq "... nothing was written there" "$(ls "$WORK/private")" ""
check_eq "what a link leads to is not written" "$(cat "$WORK/precious")" precious

(cd "$WORK/xfs" && "$FUSELENS_DAEMON" source ../mnt -o log_file="$WORK/log" 2>/dev/null)
check "relative paths" is_mounted
kill -TERM "$(pgrep -f "^$FUSELENS_DAEMON source ../mnt")"
check "SIGTERM unmounts" wait_until 5 eval '! is_mounted'

# As mount(8) calls its helpers.
ln -s "$FUSELENS_DAEMON" "$WORK/mount.fuse.fuselens"
"$WORK/mount.fuse.fuselens" "$src" "$mnt" -f -o rw 2>/dev/null
check_eq "mount helper: -f only checks" "$? $(is_mounted; echo $?)" "0 1"
"$WORK/mount.fuse.fuselens" "$src" "$mnt" -n -v -s -t fuse.fuselens -o ro,direct 2>/dev/null
check_eq "mount helper: mounts" "$? $(touch "$mnt/x" 2>/dev/null; echo $?)" "0 1"
umount "$mnt"

# --- ends
start_daemon "$src" "$mnt" cached
spawn sleep 100 <"$mnt/f"
stop_daemon
check_eq "SIGTERM with a file open: exit 0" "$DAEMON_CODE" 0
check "and unmounted" eval '! is_mounted'

start_daemon "$src" "$mnt" cached,attr_timeout=100
python=$(command -v python3)
if [ -n "$python" ]; then
	# Dirty pages of a mapping exist only in the FUSE page cache.
	"$python" - "$mnt/mapped" <<-'END'
		import mmap, sys
		f = open(sys.argv[1], "w+b")
		f.truncate(4096)
		m = mmap.mmap(f.fileno(), 4096)
		m[0:5] = b"dirty"
	END
	stop_daemon
	check_eq "SIGTERM writes dirty mappings back" "$(head -c 5 "$src/mapped")" dirty
else
	skip "SIGTERM writes dirty mappings back" "no python3"
	stop_daemon
fi

start_daemon "$src" "$mnt"
mount -t tmpfs tmpfs "$mnt"
stop_daemon
check_eq "another mount on top is left alone" "$(grep -c " $mnt .* - tmpfs " /proc/self/mountinfo)" 1
umount "$mnt"
umount -l "$mnt" 2>/dev/null

start_daemon "$src" "$mnt"
exec 3<"$mnt/f"
stop_daemon KILL
check_eq "kill -9: users hear an error, and none hangs" "$(timeout 600 ls "$mnt" 2>&1 | grep -c 'not connected')" 1
exec 3<&-
umount -l "$mnt"
start_daemon "$src" "$mnt"
check_eq "and it can be mounted again" "$(cat "$mnt/f")" text
stop_daemon

for sig in INT HUP; do
	start_daemon "$src" "$mnt"
	stop_daemon $sig
	check_eq "SIG$sig: exit 0" "$DAEMON_CODE" 0
done
