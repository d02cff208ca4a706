#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# The daemon as mount(8), fstab, systemd and test suites call it, and the options that users of libfuse know.
# shellcheck disable=SC2119,SC2094
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs
mkdir "$mnt"
echo text >"$src/f"

ln -s "$FUSELENS_DAEMON" "$WORK/mount.fuse.fuselens"

# flags - the mount's own, as the kernel has them
flags()
{
	awk -v mnt="$mnt" '$5 == mnt {print $6}' /proc/self/mountinfo | tail -n 1
}

# has WORD... - whether the mount has all of them
has()
{
	local word
	for word; do
		[[ ,$(flags), == *,"$word",* ]] || return 1
	done
}

is_mounted()
{
	grep -q " $mnt " /proc/self/mountinfo
}

by_helper()
{
	"$WORK/mount.fuse.fuselens" "$src" "$mnt" "$@" 2>"$WORK/err"
}

# --- options that mount(8) does not name
by_helper -o rw
check_eq "mount(8) by root: suid and dev, as for any file system" "$(flags)" rw,relatime
umount "$mnt"
by_helper -o rw,noexec,nosuid,nodev,user=nobody
check "user mounts: nosuid, nodev, as mount(8) says then" has nosuid nodev noexec
umount "$mnt"
"$FUSELENS_DAEMON" "$src" "$mnt" 2>/dev/null
check "called by its name: nosuid, nodev" has nosuid nodev
umount "$mnt"
"$FUSELENS_DAEMON" "$src" "$mnt" -o suid,dev 2>/dev/null
check_eq "unless named" "$(flags)" rw,relatime
umount "$mnt"

# --- remount
by_helper -o rw,nosuid,nodev
by_helper -o remount,ro
check_eq "remount,ro" "$? $(touch "$mnt/new" 2>&1 | grep -c 'Read-only')" "0 1"
check "it keeps what was not named" has ro nosuid nodev
check_eq "reading goes on" "$(cat "$mnt/f")" text
by_helper -o remount,rw
check_eq "remount,rw" "$? $(touch "$mnt/new" && rm "$mnt/new"; echo $?)" "0 0"
# The options that mount(8) collects from the existing mount.
by_helper -o remount,rw,nosuid,nodev,relatime,user_id=0,group_id=0,default_permissions,noexec
check "remount,noexec" has rw nosuid nodev noexec
by_helper -o remount,exec,noatime
check "remount,exec,noatime" has rw nosuid nodev noatime
check_eq "remount with -f changes nothing" "$(by_helper -f -o remount,ro; flags)" "$(flags)"
exec 3>"$mnt/f"
by_helper -o remount,ro
check_eq "remount,ro with a file open for writing: refused, with a hint" "$? $(grep -c '^hint: .*open for writing' "$WORK/err")" "1 1"
exec 3>&-
umount "$mnt"
by_helper -o remount,ro
check_eq "remount of nothing" "$? $(grep -c 'changing the mount' "$WORK/err")" "1 1"
by_helper -o ro
check_eq "ro from the start" "$(touch "$mnt/new" 2>&1 | grep -c 'Read-only')" 1
by_helper -o remount,rw
check_eq "and then rw" "$(touch "$mnt/new" && rm "$mnt/new"; echo $?)" 0
umount "$mnt"

# --- names
echo text >"$src/f"
by_helper -o fsname=archive,subtype=mirror
check "fsname=, subtype=" grep -q " $mnt .* - fuse.mirror archive " /proc/self/mountinfo
umount archive
check "umount by its name" eval '! is_mounted'
by_helper
umount -l "$src" # without -l, umount(8) takes a directory for the mount point and looks no further
check "umount -l by its source" eval '! is_mounted'
"$WORK/mount.fuse.fuselens" none "$mnt" -o "source=$src,allow_other" 2>/dev/null
check_eq "source=, as xfstests has it" "$(cat "$mnt/f") $(awk -v mnt="$mnt" '$5 == mnt {print $(NF - 1)}' /proc/self/mountinfo)" "text none"
umount "$mnt"

# --- who may come in
as()
{
	setpriv --reuid="$1" --regid="$1" --clear-groups -- cat "$mnt/f" 2>&1
}
by_helper
check_eq "nobody but root" "$(as 1000 | grep -c denied)" 1
umount "$mnt"
by_helper -o allow_root
check_eq "allow_root: the same for root's mount" "$(cat "$mnt/f") $(as 1000 | grep -c denied)" "text 1"
umount "$mnt"
by_helper -o allow_other
check_eq "allow_other" "$(as 1000)" text
umount "$mnt"

# --- requests
dd if=/dev/urandom of="$src/big" bs=1M count=2 status=none
start_daemon "$src" "$mnt" direct,max_read=4096 || exit 1
check_eq "max_read=4096: read in pieces" "$(cmp "$mnt/big" "$src/big" && dd if="$mnt/big" of=/dev/null bs=64k count=1 status=none; [ "$(daemon_stat upcall_READ)" -ge $((512 + 16)) ] && echo many)" many
stop_daemon

# --- the daemon dies
no_watcher()
{
	! pgrep -f "^$FUSELENS_DAEMON $src $mnt" >/dev/null
}
start_daemon "$src" "$mnt" auto_unmount || exit 1
stop_daemon KILL
check "auto_unmount: kill -9 leaves no mount" wait_until 10 eval '! is_mounted'
check "nor a process" wait_until 10 no_watcher
start_daemon "$src" "$mnt" auto_unmount || exit 1
stop_daemon
check_eq "auto_unmount: ends with 0" "$DAEMON_CODE" 0
check "and no process stays" wait_until 10 no_watcher
start_daemon "$src" "$mnt" auto_unmount || exit 1
umount "$mnt"
mount -t tmpfs tmpfs "$mnt"
wait_until 10 live_gone "$DAEMON_PID"
wait_until 10 no_watcher
check "auto_unmount: another mount there is left alone" is_mounted
umount "$mnt"

# --- on top of a mount whose daemon is dead: that one is asked nothing, not even at the end
mounts_there()
{
	[ "$(grep -c " $mnt fuse.fuselens " /proc/self/mounts)" = "$1" ]
}
start_daemon "$src" "$mnt" || exit 1
kill -KILL "$DAEMON_PID"
wait "$DAEMON_PID" 2>/dev/null
start_daemon "$src" "$mnt"
check "on top of a dead mount" mounts_there 2
stop_daemon
check "on top of a dead mount: it goes again" mounts_there 1
umount -l "$mnt"

# --- another user owns the directory in which the mount point is
install -d -o 1000 -g 1000 "$WORK/home" "$WORK/home/sub" "$WORK/home/sub/mnt" "$WORK/home/empty"
owner=(setpriv --reuid 1000 --regid 1000 --clear-groups)
mounts_below()
{
	grep -c " $1" /proc/self/mountinfo
}
for options in cached cached,auto_unmount; do
	truncate -s 4k "$src/mapped"
	start_daemon "$src" "$WORK/home/sub/mnt" "$options" || exit 1
	"${owner[@]}" mv "$WORK/home/sub" "$WORK/home/moved"
	# what is dirty when the daemon is told to end
	python3 -c 'import mmap, os, sys, time
m = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 4096)
m[0:4] = b"data"
print("ok", flush=True)
time.sleep(100000)' "$WORK/home/moved/mnt/mapped" >"$WORK/mapped" &
	pid=$!
	wait_until 20 grep -qsx ok "$WORK/mapped"
	# killed, the daemon has nobody to write the data
	[ "$options" = cached ] && stop_daemon || stop_daemon KILL
	check "$options: the mount of a daemon that has ended is gone, although its owner moved the directory" \
		wait_until 20 eval '[ "$(mounts_below "$WORK/home")" = 0 ]'
	[ "$options" != cached ] || check_eq "... and what was mapped is written" "$(head -c 4 "$src/mapped")" data
	kill "$pid"
	wait "$pid" 2>/dev/null
	mv "$WORK/home/moved" "$WORK/home/sub"
	rm "$src/mapped"
done
mkdir "$WORK/precious"
"${owner[@]}" ln -s "$WORK/precious" "$WORK/home/link"
"$FUSELENS_DAEMON" "$src" "$WORK/home/link" 2>"$WORK/err"
check_eq "another user's link leads no mount elsewhere" \
	"$? $(grep -c "another user's symbolic link" "$WORK/err") $(mounts_below "$WORK/precious")" "1 1 0"
"$FUSELENS_DAEMON" "$src" "$WORK/home/link" -o remount,ro 2>"$WORK/err"
check_eq "... nor a remount" "$? $(grep -c "another user's symbolic link" "$WORK/err")" "1 1"
"$FUSELENS_DAEMON" "$WORK/home/link" "$mnt" 2>"$WORK/err"
check_eq "... nor to another source" "$? $(grep -c "another user's symbolic link" "$WORK/err") $(mounts_below "$mnt")" "1 1 0"
mount_lying_links "$WORK/fuse" 1000 "$WORK/precious"
"$FUSELENS_DAEMON" "$src" "$WORK/fuse/link" 2>"$WORK/err"
check_eq "... which lead no mount elsewhere" \
	"$? $(grep -c "another user's symbolic link" "$WORK/err") $(mounts_below "$WORK/precious")" "1 1 0"
umount_lying_links "$WORK/fuse"
ln -s precious "$WORK/own"
start_daemon "$src" "$WORK/own"
check_eq "... one's own does" "$? $(mounts_below "$WORK/precious")" "0 1"
stop_daemon

# --- what somebody does just before and after the mount comes to its place
# at_call WHEN COMMAND - starts the daemon, with COMMAND run there
at_call()
{
	mkdir -p "$WORK/home/at/mnt"
	chown -R 1000 "$WORK/home/at"
	"$LIVE_BUILD/tests/live/at_call" "$1" "$2" "$FUSELENS_DAEMON" "$src" "$WORK/home/at/mnt" -f 2>"$WORK/err" &
	pid=$!
}
mounts_are()
{
	[ "$(awk -v dir="$WORK/home/at" 'index($5, dir) == 1 {print $(NF - 2)}' /proc/self/mountinfo | xargs)" = "$1" ]
}
at_call after "mount -t tmpfs tmpfs $WORK/home/at/mnt"
check "something is mounted on it at once" wait_until 20 mounts_are "fuse.fuselens tmpfs"
wait_until 20 grep -q ': granted: ' "$WORK/err"
kill "$pid"
wait "$pid"
check "... and left alone at the end" mounts_are "fuse.fuselens tmpfs"
umount "$WORK/home/at/mnt"
umount -l "$WORK/home/at/mnt"
at_call before "mv $WORK/home/at/mnt $WORK/home/at/other; mkdir $WORK/home/at/mnt"
wait_until 20 live_gone "$pid" || kill "$pid"
wait "$pid"
check_eq "its directory is renamed at the last moment: refused, and why" "$? $(grep -c 'renamed or removed' "$WORK/err")" "1 1"
check "... and nothing is mounted where it went" mounts_are ""
rm -r "$WORK/home/at"

# --- who owns the root of the source may mount there; root is let in to nothing of that, not to its attributes either
for options in cached cached,auto_unmount; do
	start_daemon "$src" "$mnt" "allow_other,$options" || exit 1
	for fd in 5 6; do
		eval "exec $fd<>/dev/fuse"
		mount -i -t fuse none "$mnt" -o "fd=$fd,rootmode=40000,user_id=1000,group_id=1000"
	done
	[ "$options" = cached ] && stop_daemon || stop_daemon KILL
	check "$options: the mount of a daemon that has ended is gone, although users mounted on it" \
		wait_until 20 eval '[ "$(mounts_below "$mnt ")" = 0 ]'
	exec 5>&- 6>&-
	while umount -l "$mnt" 2>/dev/null; do :; done
done

# --- options of fstab that other programs read
by_helper -n -v -t fuse.fuselens -o rw,nofail,_netdev,noauto,x-systemd.requires=a,X-mount.mkdir,comment=c,silent
check_eq "words of fstab" "$? $(cat "$mnt/f")" "0 text"
umount "$mnt"

# --- the unit for systemd
unit=$LIVE_TOP/deploy/systemd/mnt-mirror.mount
unit_says()
{
	sed -n "s/^$1=//p" "$unit"
}
if command -v systemd-analyze >/dev/null; then
	check_eq "the mount unit is sound" "$(systemd-analyze verify --man=no "$unit" 2>&1 | grep 'mirror\.mount')" ""
else
	skip "the mount unit is sound" "no systemd here"
fi
by_helper -o "rw,$(unit_says Options)"
check_eq "its options are the daemon's" "$? $(awk -v mnt="$mnt" '$5 == mnt {print $(NF - 2), $(NF - 1)}' /proc/self/mountinfo)" \
	"0 $(unit_says Type) $(unit_says What)"
umount "$mnt"

# --- mount(8) itself, in a mount namespace where it finds its helper
cat >"$WORK/by_mount" <<-'END'
	work=$1 daemon=$2 src=$3 mnt=$4
	trap 'umount -l "$mnt"' EXIT
	mkdir "$work/over" && mount -t tmpfs tmpfs "$work/over" && mkdir "$work/over/up" "$work/over/work"
	sbin=$(readlink -f /sbin)
	mount -t overlay -o "lowerdir=$sbin,upperdir=$work/over/up,workdir=$work/over/work" overlay "$sbin" || exit 77
	ln -s "$daemon" "$sbin/mount.fuse.fuselens"
	echo "$src $mnt fuse.fuselens noauto,nofail,_netdev,allow_other,x-systemd.automount,noatime 0 0" >"$work/over/fstab"
	mount --bind "$work/over/fstab" /etc/fstab || exit 77
	flags()
	{
		echo "$? $(awk -v mnt="$mnt" '$5 == mnt {print $6}' /proc/self/mountinfo | tail -n 1)"
	}
	mount -t fuse.fuselens "$src" "$mnt" -o suid,dev,allow_other
	flags
	mount -o remount,ro "$mnt"
	flags
	mount -o remount,rw "$mnt"
	flags
	umount "$mnt"
	flags
	mount "$mnt"
	flags
	mount -o remount,ro "$mnt"
	flags
	umount "$mnt"
	flags
END
spawn unshare --mount --propagation private bash "$WORK/by_mount" "$WORK" "$FUSELENS_DAEMON" "$src" "$mnt" \
	</dev/null >"$WORK/out" 2>"$WORK/err"
wait "$SPAWNED"
case $? in
77) skip "mount(8)" "no overlayfs here" ;;
*)
	check_eq "mount(8): suid and dev, remounts, fstab" "$(xargs <"$WORK/out")" \
		"0 rw,relatime 0 ro,noatime 0 rw,noatime 0 0 rw,noatime 0 ro,noatime 0" # remount takes fstab along
	;;
esac
