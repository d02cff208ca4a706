# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What live tests share (sourced). A test gets a private directory $WORK; mounts, loop devices and
# processes that it makes with these functions are gone when it ends, however it ends.
#
#   live_begin                      first; exits 77 where live tests can't run
#   live_begin_on_xfs [SIZE]        the same, with XFS in $WORK/xfs; sets $src on it and $mnt for a mount
#   ok NAME                         report a case
#   not_ok NAME [REASON...]
#   skip NAME REASON...
#   check NAME CMD...               ok if CMD succeeds
#   check_eq NAME GOT WANTED
#   make_xfs DIR [SIZE [MKFS_ARG...]]   XFS in a loop file (in memory where there is room)
#   start_daemon SOURCE MOUNTPOINT [OPTIONS]   sets $DAEMON_PID; messages in $DAEMON_LOG
#   stop_daemon [SIGNAL]            the last one started; sets $DAEMON_CODE
#   daemon_stat NAME                a counter of the last daemon started
#   wait_until SECONDS CMD...       until CMD succeeds; SECONDS are a quiet machine's, a busy one has ten times that
#   is_full                         whether this is the full tier (TIER=full)
#   spawn CMD...                    in the background, without our descriptors; sets $SPAWNED
#   at_end CMD...                   runs before all that is cleaned up; the last one first
#
# Temporary files go to $TMPDIR, which is in $WORK. $LIVE_BUILD is the build directory ($B), and $FUSELENS and
# $FUSELENS_DAEMON are what is tested, by default from there. FUSELENS_DAEMON_OPTIONS adds options to every mount.

LIVE_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LIVE_BUILD=$(realpath -m "${B:-$LIVE_TOP/build}")
FUSELENS=${FUSELENS:-$LIVE_BUILD/fuselens}
FUSELENS_DAEMON=${FUSELENS_DAEMON:-$LIVE_BUILD/fuselens-passthroughd}
# Set by the functions, for tests to read.
# shellcheck disable=SC2034
WORK='' src='' mnt='' DAEMON_PID='' DAEMON_LOG='' DAEMON_STATS='' DAEMON_MOUNT='' DAEMON_CODE='' SPAWNED=''
LIVE_AT_END=()
LIVE_FAILED=0

ok()
{
	echo "ok - $1"
}

not_ok()
{
	local name=$1
	shift
	echo "not ok - $name${*:+: $*}"
	LIVE_FAILED=$((LIVE_FAILED + 1))
}

skip()
{
	local name=$1
	shift
	echo "skip - $name: $*"
}

check()
{
	local name=$1
	shift
	if "$@"; then ok "$name"; else not_ok "$name" "failed: $*"; fi
}

check_eq()
{
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got '$2', wanted '$3'"; fi
}

# live_mounts - the mount points below $WORK, the last made first.
live_mounts()
{
	awk -v dir="$WORK/" 'index($5 "/", dir) == 1 {print $5}' /proc/self/mountinfo | tac
}

# live_started PID - its start time, which tells a process from a later one with the same PID
live_started()
{
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

# live_family PID... - these processes and all their descendants, as PID:STARTED
live_family()
{
	local pid
	for pid; do
		echo "$pid:$(live_started "$pid")"
		# shellcheck disable=SC2046
		live_family $(pgrep -P "$pid")
	done
}

# live_signal SIGNAL PID:STARTED... - those of them that still run
live_signal()
{
	local signal=$1 one
	shift
	for one; do
		[ "$(live_started "${one%:*}")" != "${one#*:}" ] || kill "-$signal" "${one%:*}"
	done
}

live_no_jobs()
{
	[ -z "$(jobs -pr)" ]
}

live_cleanup()
{
	local mount i family
	trap '' INT TERM HUP
	exec 2>/dev/null # the shell's notes about what is killed
	[ -n "$WORK" ] || return 0
	for ((i = ${#LIVE_AT_END[@]} - 1; i >= 0; i--)); do
		eval "${LIVE_AT_END[i]}"
	done
	# Whatever was started in the background may clean up after itself, but not for long. Who descends
	# from it is asked before: an orphan is nobody's descendant any more.
	# shellcheck disable=SC2046
	family=$(live_family $(jobs -p))
	# shellcheck disable=SC2086
	live_signal TERM $family
	for ((i = 0; i < 100; i++)); do
		! live_no_jobs || break
		sleep 0.02
	done
	# shellcheck disable=SC2046,SC2086
	live_signal KILL $family $(live_family $(jobs -p))
	# A daemon may have been killed while a request waited for it: unmount by force, in reverse order.
	while read -r mount; do
		umount -l "$(printf '%b' "$mount")" 2>/dev/null
	done < <(live_mounts)
	wait 2>/dev/null
	losetup -n -O NAME -j "$WORK/xfs.img" 2>/dev/null | while read -r mount; do
		losetup -d "$mount" 2>/dev/null
	done
	rm -rf --one-file-system "$WORK"
	WORK=
}

# The exit code depends on the failures, so that a test that dies half-way does not pass.
live_end()
{
	local code=$?
	live_cleanup
	[ "$code" != 0 ] || [ "$LIVE_FAILED" = 0 ] || code=1
	exit "$code"
}

live_begin()
{
	local base=${TMPDIR:-/tmp}
	if [ "$(id -u)" != 0 ]; then
		echo "needs root" >&2
		exit 77
	fi
	if [ ! -c /dev/fuse ]; then
		echo "no /dev/fuse here" >&2
		exit 77
	fi
	if [ ! -x "$FUSELENS_DAEMON" ]; then
		echo "$FUSELENS_DAEMON is not built: make daemon" >&2
		exit 1
	fi
	# In memory if 2 GB are free, else on disk.
	if [ "$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 {print $4}')" -gt 2000000 ] 2>/dev/null &&
		[ "$(awk '/MemAvailable/ {print $2}' /proc/meminfo)" -gt 3000000 ]; then
		base=/dev/shm
	fi
	trap live_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	WORK=$(mktemp -d "$base/fuselens-live.XXXXXX")
	chmod 755 "$WORK"
	export TMPDIR=$WORK/tmp
	mkdir -m 1777 "$TMPDIR"
}

at_end()
{
	LIVE_AT_END+=("${*@Q}")
}

make_xfs()
{
	local dir=$1 size=${2:-400M}
	shift $(($# > 2 ? 2 : $#))
	mkdir -p "$dir"
	truncate -s "$size" "$WORK/xfs.img"
	mkfs.xfs -q "$@" "$WORK/xfs.img" && mount -o loop "$WORK/xfs.img" "$dir"
}

live_begin_on_xfs()
{
	live_begin
	make_xfs "$WORK/xfs" "$@" || exit 1
	# shellcheck disable=SC2034
	src=$WORK/xfs/source mnt=$WORK/mnt
	mkdir "$src"
}

is_full()
{
	[ "${TIER:-}" = full ]
}

wait_until()
{
	local end=$((SECONDS + 10 * $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

spawn()
{
	# Descriptors 3 to 9 belong to the test: a child that inherits them would keep files open and locked.
	"$@" 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&- &
	# shellcheck disable=SC2034
	SPAWNED=$!
}

# mount_lying_links DIR USER TARGET - in the background, a FUSE file system of USER's on DIR: its daemon says that its
# link, which leads to TARGET, is root's. No unmount ends the daemon: another mount namespace may have a copy.
mount_lying_links()
{
	local fd
	mkdir "$1"
	exec {fd}<>/dev/fuse
	mount -i -t fuse none "$1" -o "fd=$fd,rootmode=40000,user_id=$2,group_id=$2,allow_other"
	spawn "$LIVE_TOP/tests/live/lying_links.py" "$fd" "$3"
	exec {fd}>&-
	check_eq "a daemon of another user may show root's links" "$(stat -c %u "$1/link")" 0
}

# umount_lying_links DIR
umount_lying_links()
{
	kill "$SPAWNED"
	wait "$SPAWNED" 2>/dev/null
	umount "$1"
}

# live_stop PID - stops a process, and waits until each of its threads has stopped. One that still had to get a processor
# for that would take a request that comes meanwhile, and nothing ends who waits for its answer.
live_stop()
{
	kill -STOP "$1" && wait_until 6 all_stopped "$1"
}
all_stopped()
{
	! grep -qsvE '^[0-9]+ \(.*\) [TtZX] ' /proc/"$1"/task/*/stat
}

# live_gone PID - true once it has ended, reaped or not.
live_gone()
{
	local state
	state=$(awk '/^State:/ {print $2}' "/proc/$1/status" 2>/dev/null)
	[ -z "$state" ] || [ "$state" = Z ]
}

daemon_is_live()
{
	grep -q ': granted: ' "$DAEMON_LOG" || live_gone "$DAEMON_PID"
}

start_daemon()
{
	local source=$1 mountpoint=$2 options=${3:-}
	# a mount that a dead daemon has left behind exists, although stat(2) fails on it
	mkdir -p "$mountpoint" 2>/dev/null
	DAEMON_LOG=$(mktemp "$WORK/daemon.log.XXXXXX")
	DAEMON_STATS=$DAEMON_LOG.stats
	# shellcheck disable=SC2034
	DAEMON_MOUNT=$mountpoint
	options=stats_file=$DAEMON_STATS${options:+,$options}${FUSELENS_DAEMON_OPTIONS:+,$FUSELENS_DAEMON_OPTIONS}
	"$FUSELENS_DAEMON" "$source" "$mountpoint" -f -o "$options" 2>"$DAEMON_LOG" &
	DAEMON_PID=$!
	wait_until 20 daemon_is_live && ! live_gone "$DAEMON_PID"
}

stop_daemon()
{
	kill "-${1:-TERM}" "$DAEMON_PID"
	if ! wait_until 20 live_gone "$DAEMON_PID"; then
		kill -KILL "$DAEMON_PID"
	fi
	# shellcheck disable=SC2034
	wait "$DAEMON_PID" 2>/dev/null && DAEMON_CODE=0 || DAEMON_CODE=$?
	if grep -q 'Sanitizer\|runtime error' "$DAEMON_LOG"; then
		not_ok "nothing for a sanitizer to say" "$(grep -m 3 'Sanitizer\|runtime error\|    #' "$DAEMON_LOG")"
	fi
}

daemon_serial()
{
	awk '$1 == "serial" {print $2}' "$DAEMON_STATS" 2>/dev/null
}

daemon_has_reported()
{
	[ "$(daemon_serial)" != "$1" ]
}

daemon_stat()
{
	local before
	before=$(daemon_serial)
	kill -USR1 "$DAEMON_PID"
	wait_until 10 daemon_has_reported "$before" || return 1
	awk -v name="$1" '$1 == name {print $2}' "$DAEMON_STATS"
}

# daemon_reaches NAME VALUE - for counters that fall when the kernel sends RELEASE or FORGET, some time later.
daemon_reaches()
{
	[ "$(daemon_stat "$1")" = "$2" ]
}
