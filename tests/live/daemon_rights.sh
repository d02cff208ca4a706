#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# The mirror gives its users exactly what the source gives them: access control lists, setgid bits, reserved
# blocks, quotas, the sticky bit, append-only files, names of attributes.
# shellcheck disable=SC2119,SC2094
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs
plain=$WORK/xfs/plain
try=$LIVE_BUILD/tests/live/daemon_try
# without it some checks would find nothing changed, and pass
[ -x "$try" ] || { echo "not ok - daemon_try is built"; exit 1; }
mkdir "$plain"
chmod 755 "$LIVE_BUILD" 2>/dev/null
cp "$try" "$WORK/try" && try=$WORK/try # where any user can run it

# as UID GID GROUPS CMD...
as()
{
	local uid=$1 gid=$2 groups=$3
	shift 3
	if [ "$groups" = - ]; then
		setpriv --reuid="$uid" --regid="$gid" --clear-groups -- "$@"
	else
		setpriv --reuid="$uid" --regid="$gid" --groups="$groups" -- "$@"
	fi
}

# may UID GID FILE - this user's rights on a file: r, w, both or neither
may()
{
	local out=''
	as "$1" "$2" - dd if="$3" of=/dev/null count=1 status=none 2>/dev/null && out=r
	as "$1" "$2" - dd if=/dev/null of="$3" conv=notrunc status=none 2>/dev/null && out=${out}w
	echo "$out"
}

# --- access control lists
lists()
{
	local dir=$1 out='' f
	rm -rf "${dir:?}"/acl
	mkdir -m 755 "$dir/acl"
	cd "$dir/acl" || return
	echo text >given && chmod 600 given && setfacl -m u:4242:rw given
	echo text >denied && chmod 644 denied && setfacl -m u:4242:--- denied
	echo text >group && chgrp 100 group && chmod 600 group && setfacl -m u:4242:rw,g::- group
	echo text >masked && chmod 600 masked && setfacl -m u:4242:rw,m::r masked
	mkdir -m 777 inherits && setfacl -d -m u:4242:rwx,g:4243:r inherits
	for f in given denied group masked; do
		out+="$f: $(may 4242 4242 "$f") $(may 4243 100 "$f") $(may 4244 4244 "$f"), "
	done
	(umask 077 && as 4300 4300 - touch inherits/file && as 4300 4300 - mkdir inherits/dir)
	out+=$(getfacl -nsR . 2>&1)
	# A list that takes the group's rights takes setgid from one outside the group.
	touch setgid && chown 4242:100 setgid && chmod 2755 setgid
	as 4242 4242 - setfacl -m u:1:r setgid
	out+=" setgid $(stat -c %a setgid)"
	touch member && chown 4242:100 member && chmod 2755 member
	as 4242 4242 100 setfacl -m u:1:r member
	out+=" member $(stat -c %a member)"
	chmod 640 given
	out+=" $(getfacl -n given 2>&1) $(may 4242 4242 given)"
	as 4243 4243 - setfacl -m u:4243:rw denied 2>/dev/null
	out+=" not the owner: $?"
	setfacl -b given denied
	out+=" removed: $(may 4242 4242 given) $(may 4242 4242 denied) $(getfacl -n given denied)"
	cd / || return
	echo "$out"
}

wanted=$(lists "$plain")
for options in passthrough direct cached xattr no_killpriv; do
	start_daemon "$src" "$mnt" "allow_other,suid,$options" || exit 1
	check_eq "$options: access control lists decide, are inherited and changed as in the source" \
		"$(lists "$mnt")" "$wanted"
	check_eq "$options: what the source then has" "$(cd "$src/acl" && getfacl -nsR . 2>&1)" \
		"$(cd "$plain/acl" && getfacl -nsR . 2>&1)"
	setfacl -m u:4244:rw "$src/acl/denied"
	sleep 1.1 # attr_timeout
	check_eq "$options: a list made in the source is heeded" "$(may 4244 4244 "$mnt/acl/denied")" rw
	stop_daemon
done
check "the log says that they are served" grep -q 'access control lists yes' "$DAEMON_LOG"

# --- setgid without group execute: a member's write keeps it, another user's write removes it
# for_another DIR - what is left of a file's setgid bit after root, who is in its group, allocates for one who is not
for_another()
{
	local file=$1/for_another
	install -m 2666 -o 1000 -g 100 /dev/null "$file"
	as 0 0 100 "$LIVE_BUILD/tests/live/daemon_act" "$file" >"$WORK/act"
	stat -c '%a %s' "$file"
	rm "$file"
}

chmod 1777 "$plain" "$src"
wanted=$("$try" bits "$plain")
for_another=$(for_another "$plain")
check_eq "the source strips for some and not for others" \
	"$(grep -c '^2664 other write 664$\|^2644 member write 2644$\|^2666 other zero 666$\|^6777 root write 6777$' <<<"$wanted")" 4
for options in passthrough direct cached; do
	start_daemon "$src" "$mnt" "allow_other,suid,$options" || exit 1
	got=$("$try" bits "$mnt")
	# The kernel writes with the registered rights; with these every write must remove the bits.
	by_root=none
	[ "$options" != passthrough ] || by_root='root \(write\|append\|direct\) '
	check_eq "$options: setuid and setgid after a change, for a member of the group and another" \
		"$(diff <(grep -v "$by_root" <<<"$wanted") <(grep -v "$by_root" <<<"$got"))" ""
	if [ "$for_another" = "666 4096" ]; then
		check_eq "$options: ... for whom another task acts, by io_uring" "$(for_another "$mnt")" "$for_another"
	else
		skip "$options: ... for whom another task acts" "no personalities of io_uring: $(cat "$WORK/act")"
	fi
	[ "$options" != passthrough ] ||
		check_eq "passthrough: root's write takes them, too" "$(grep '^[0-9]* root write' <<<"$got" | grep -c ' write [4567]...$')" 0
	stop_daemon
done

# Overlayfs cuts files of its upper directory as root for its users, and the kernel asks by root's capabilities then.
# cut_on_overlay DIR - the bits after others have cut files
cut_on_overlay()
{
	mkdir -p "$WORK/lower" "$WORK/overlay" "$1/upper" "$1/scratch"
	mount -t overlay -o "lowerdir=$WORK/lower,upperdir=$1/upper,workdir=$1/scratch" overlay "$WORK/overlay" || return
	chmod 1777 "$WORK/overlay"
	"$try" bits "$WORK/overlay" | grep ' other \(f\?truncate\|O_TRUNC\) '
	umount "$WORK/overlay"
}
if wanted=$(cut_on_overlay "$plain" 2>/dev/null); then
	start_daemon "$src" "$mnt" allow_other,suid,xattr || exit 1
	check_eq "setuid and setgid after others cut files of an overlayfs with its upper directory here" \
		"$(cut_on_overlay "$mnt")" "$wanted"
	stop_daemon
else
	skip "an overlayfs with its upper directory here" "no overlayfs"
fi

# A bit that was set in the source after the kernel had learned that there is none.
start_daemon "$src" "$mnt" allow_other,suid,attr_timeout=1000 || exit 1
echo text >"$mnt/late"
chmod 777 "$mnt/late"
as 1000 1000 - sh -c "exec 3<>'$mnt/late'; echo a >&3; touch '$WORK/xfs/plain/ready'; while [ -e '$WORK/xfs/plain/ready' ]; do sleep 0.02; done; echo b >&3" &
wait_until 10 [ -e "$plain/ready" ]
chmod 6777 "$src/late"
rm "$plain/ready"
wait $!
check_eq "passthrough: bits that the kernel has not heard of go as well" "$(stat -c %a "$src/late")" 777
stop_daemon

# --- a directory with the sticky bit, where names mean other files than the kernel still believes
# stolen DIR CMD - whether user 1000 gets at what user 1001 has made under the name of a file of 1000's
stolen()
{
	local shared=$src/$1
	mkdir "$shared"
	chmod 1777 "$shared"
	as 1000 1000 - touch "$mnt/$1/name" "$mnt/$1/mine"
	as 1000 1000 - mkdir "$mnt/$1/dir"
	rm -r "$shared/name" "$shared/dir"
	as 1001 1001 - bash -c 'cd "$1" && echo text | tee name free && mkdir dir' - "$shared" >/dev/null
	as 1000 1000 - bash -c "cd '$mnt/$1' && $2" 2>"$WORK/err"
	find "$shared" -user 1001 -printf '%f\n' | sort | xargs
}
for options in passthrough direct cached; do
	start_daemon "$src" "$mnt" "allow_other,entry_timeout=1000,attr_timeout=1000,$options" || exit 1
	n=0
	for cmd in 'rm -f name' 'mv -T name other' 'mv -T mine free' 'rmdir dir' 'mv -T dir other'; do
		check_eq "$options: $cmd, where that is another user's by now" "$(stolen "$options.$n" "$cmd")" "dir free name"
		n=$((n + 1))
	done
	mkdir -m 1777 "$src/$options.own"
	chmod 1777 "$src/$options.own"
	as 1000 1000 - bash -c "cd '$mnt/$options.own' && touch own && mv own own2 && rm own2 && mkdir own && rmdir own"
	check_eq "$options: what is one's own goes" "$?" 0
	as 1001 1001 - touch "$mnt/$options.own/file"
	check "$options: and what root removes" eval 'rm "$mnt/$options.own/file" && [ ! -e "$src/$options.own/file" ]'
	stop_daemon
done

# --- a file that has another owner by now, while the kernel takes the former for its owner
start_daemon "$src" "$mnt" allow_other,attr_timeout=600,entry_timeout=600 || exit 1
state()
{
	stat -c '%a %u %g %Y' "$1"
	getfacl -c "$1" 2>/dev/null
}
for change in "chmod 4777" "chgrp 1000" "touch -d 2000-01-01" "setfacl -m u:1000:rw"; do
	name=given.${change%% *}
	echo text >"$src/$name"
	chown 1000:1000 "$src/$name"
	as 1000 1000 - chmod 644 "$mnt/$name"
	chown 0:0 "$src/$name"
	before=$(state "$src/$name")
	# shellcheck disable=SC2086
	as 1000 1000 - $change "$mnt/$name" 2>/dev/null
	check_eq "who was a file's owner has no ${change%% *} for it" "$(state "$src/$name")" "$before"
done
check_eq "... and the kernel has heard of the new owner" "$(stat -c %u "$mnt/$name")" 0
stop_daemon

# --- capabilities that give rights to a file whose mode has changed, so that the source is asked, or to a directory
start_daemon "$src" "$mnt" allow_other,attr_timeout=0 || exit 1
mkdir -m 700 "$src/private"
echo text | tee "$src/backup" >"$src/private/file"
chmod 600 "$src/backup"
stat "$mnt/backup" >/dev/null
chmod 400 "$src/backup"
stat "$mnt/backup" >/dev/null
# with CAPS CMD... - as user 1000 with these capabilities
with()
{
	local caps=$1
	shift
	setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps "$caps" --ambient-caps "$caps" "$@" 2>&1
}
check_eq "who may read everything reads it" "$(with +dac_read_search cat "$mnt/backup" "$mnt/private/file")" $'text\ntext'
check_eq "who may change everything does" \
	"$(with +dac_override mkdir "$mnt/private/new" && with +fowner chmod 640 "$mnt/backup" && with +chown chown 1001 "$mnt/backup" &&
		stat -c '%a %u' "$src/private/new" "$src/backup" | xargs)" "755 1000 640 1001"
check_eq "... and nobody else" "$(as 1000 1000 - sh -c 'mkdir "$1/private/x" || chmod 777 "$1/backup" || chown 1000 "$1/backup"' - "$mnt" 2>&1 | grep -c 'denied\|permitted')" 3
# the group alone
chown 0:4300 "$src/private"
chmod 770 "$src/private"
check_eq "who is in a directory's group makes names there" "$(as 1000 1000 4300 mkdir "$mnt/private/group" 2>&1; stat -c %u:%g "$src/private/group")" 1000:1000
check_eq "... and gives away a file's group" "$(as 1001 1001 4300 chgrp 4300 "$mnt/backup" 2>&1; stat -c %u:%g "$src/backup")" 1001:4300
stop_daemon

# --- directories and files that somebody took over, or closed, while the kernel believes in the former owner,
# group and mode
# denied_in DIR CHANGE CMD... - what is in the directory after user 1000 has tried CMD, in which D is its path
denied_in()
{
	local dir=$1 change=$2
	shift 2
	install -d -o 1000 -g 1000 "$src/$dir" "$src/$dir/sub"
	echo text >"$src/$dir/file"
	chown 1000:1000 "$src/$dir/file"
	# The kernel hears of all. To list the directory, or to change it, would have it ask again.
	as 1000 1000 - cat "$mnt/$dir/file" >/dev/null
	as 1000 1000 - stat "$mnt/$dir" "$mnt/$dir/sub" >/dev/null
	as 1000 1000 - touch -d 2000-01-01 "$mnt/$dir/file"
	(cd "$src/$dir" && $change)
	as 1000 1000 - "${@//D/$mnt/$dir}" 2>/dev/null
	(cd "$src/$dir" && find . -printf '%P %y %s %n, ' | sort)
	getfattr "$src/$dir/file" 2>/dev/null
}
for options in passthrough direct cached; do
	start_daemon "$src" "$mnt" "allow_other,xattr,entry_timeout=1000,attr_timeout=1000,$options" || exit 1
	n=0
	before=$(denied_in "took.$options" true true)
	while read -ra cmd; do
		for change in "chown 0:0 ." "chmod 500 ."; do
			n=$((n + 1))
			check_eq "$options: who was a directory's owner has no ${cmd[0]} there after $change" \
				"$(denied_in "took.$options.$n" "$change" "${cmd[@]}")" "$before"
		done
	done <<-'EOF'
		touch D/new
		env -C D mkdir new
		mkdir D/new
		ln -s to D/new
		mkfifo D/new
		ln D/file D/new
		mv D/file D/new
		rm -f D/file
		rmdir D/sub
	EOF
	while read -r cmd; do
		for change in "chown 0:0 file" "chmod 400 file"; do
			n=$((n + 1))
			check_eq "$options: who could write to a file has no ${cmd%% *} for it after $change" \
				"$(denied_in "took.$options.$n" "$change" sh -c "$cmd")" "$before"
		done
	done <<-'EOF'
		echo more >>D/file
		: >D/file
		truncate -s 0 D/file
		setfattr -n user.a -v 1 D/file
	EOF
	for name in file dir; do
		echo text >"$src/$options.file"
		mkdir -p "$src/$options.dir"
		as 1000 1000 - stat "$mnt/$options.$name" >/dev/null
		chmod go= "$src/$options.$name"
		check_eq "$options: a $name that was closed is not read" \
			"$(as 1000 1000 - "$([ $name = dir ] && echo ls || echo cat)" "$mnt/$options.$name" 2>&1 | grep -c denied)" 1
	done
	install -d -m 777 -o 1000 -g 1000 "$src/open.$options"
	as 1000 1000 - stat "$mnt/open.$options" >/dev/null
	chown 1001:1001 "$src/open.$options"
	check "$options: who may still do it meets no error" as 1000 1000 - env -C "$mnt/open.$options" \
		sh -c 'touch two && mkdir dir && mv two dir && cat dir/two && rm -r dir'
	stop_daemon
done

# --- append-only files
touch "$src/log"
if chattr +a "$src/log" 2>/dev/null; then
	for options in passthrough direct cached; do
		start_daemon "$src" "$mnt" "$options" || exit 1
		echo "$options" >>"$mnt/log"
		check_eq "$options: a file of chattr +a is appended to" "$(tail -n 1 "$src/log")" "$options"
		check_eq "$options: and opens for nothing else" "$(sh -c "echo x >'$mnt/log'" 2>&1 | grep -c 'not permitted')" 1
		before=$(cat "$src/log")
		check_eq "$options: nor is it changed through a mapping ($("$try" scribble "$mnt/log"))" \
			"$(cat "$src/log")" "$before"
		stop_daemon
	done
	chattr -a "$src/log"
else
	skip "append-only files" "no chattr"
fi

# --- what mounts of the source take away, the mirror does not give, although its mount has suid and dev
mkdir "$src/safe"
mount -t tmpfs -o nosuid,nodev none "$src/safe"
at_end umount "$src/safe"
mkdir "$WORK/ours"
mount -t tmpfs none "$WORK/ours"
at_end umount "$WORK/ours"
cp "$(command -v id)" "$src/safe/id"
cp "$(command -v id)" "$src/id"
chmod 4755 "$src/id" "$src/safe/id"
mknod -m 666 "$src/safe/zero" c 1 5
mknod -m 666 "$src/zero" c 1 5
start_daemon "$src" "$mnt" allow_other,suid,dev,xattr || exit 1
check_eq "a setuid file works" "$(as 1000 1000 - "$mnt/id" -u 2>&1)" 0
check_eq "... but not from a mount with nosuid" "$(as 1000 1000 - "$mnt/safe/id" -u 2>&1)" 1000
check_eq "a device can be read" "$(as 1000 1000 - head -c 3 "$mnt/zero" 2>/dev/null | wc -c)" 3
check_eq "... but not from a mount with nodev" "$(as 1000 1000 - head -c 3 "$mnt/safe/zero" 2>/dev/null | wc -c)" 0
setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 "$src/id" "$src/safe/id"
check_eq "capabilities of a file are seen" "$(getfattr -n security.capability "$mnt/id" 2>/dev/null | grep -c =)" 1
check_eq "... but not on a mount with nosuid" "$(getfattr -n security.capability "$mnt/safe/id" 2>/dev/null | grep -c =)" 0
stop_daemon
start_daemon "$src" "$mnt" nosuid,nodev || exit 1
check_eq "a mount with nosuid and nodev shows all as it is" "$(stat -c '%a %t:%T' "$mnt/safe/id" "$mnt/safe/zero")" \
	"$(stat -c '%a %t:%T' "$src/safe/id" "$src/safe/zero")"
stop_daemon
rm "$src/id" "$src/zero"
mount -o remount,noexec,bind "$WORK/ours"
start_daemon "$WORK/ours" "$mnt" || exit 1
check_eq "a source on a mount with noexec is mirrored with noexec" "$(findmnt -no OPTIONS "$mnt" | grep -cw noexec)" 1
stop_daemon
start_daemon "$WORK/ours" "$mnt" exec || exit 1
check_eq "... unless exec was named" "$(findmnt -no OPTIONS "$mnt" | grep -cw noexec)" 0
stop_daemon

# --- processes, which show more to root than to others, whatever the modes of their files say
mkdir "$src/proc"
mount -t proc none "$src/proc"
at_end umount "$src/proc"
start_daemon "$src" "$mnt" allow_other || exit 1
check_eq "a user reads no link of root's process" \
	"$(as 1000 1000 - readlink "$mnt/proc/$$/exe" | wc -l)$(as 1000 1000 - readlink "$src/proc/$$/exe" | wc -l)" 00
check_eq "... and the log says that proc is refused" "$(grep -c "rules, that can't be served" "$DAEMON_LOG")" 1
stop_daemon
start_daemon "$src" "$mnt" || exit 1
check_eq "who alone may use the mount reads it" "$(readlink "$mnt/proc/$$/exe")" "$(readlink "/proc/$$/exe")"
stop_daemon
start_daemon "$src/proc" "$mnt" allow_other 2>/dev/null
check_eq "a mirror of proc for others is refused" "$(grep -c "other rules, that can't be served" "$DAEMON_LOG")" 1
stop_daemon 2>/dev/null

# --- control groups, which ask whether the one who opened a file may move a process
mkdir "$src/groups"
if mount -t cgroup2 none "$src/groups" 2>/dev/null; then
	at_end umount "$src/groups"
	group=$src/groups/fuselens.$$
	mkdir "$group"
	at_end rmdir "$group"
	chown -R 1000 "$group"
	start_daemon "$src" "$mnt" allow_other,direct || exit 1
	sleep 1000 &
	before=$(cat "/proc/$!/cgroup")
	# shellcheck disable=SC2016 # the inner shell expands
	as 1000 1000 - sh -c 'echo $1 >"$2/cgroup.procs"' - $! "$mnt/groups/${group##*/}" 2>/dev/null
	check_eq "a user moves no process of root's to another group" "$(cat "/proc/$!/cgroup")" "$before"
	kill $!
	wait $! 2>/dev/null
	stop_daemon
else
	skip "control groups" "none can be mounted here"
fi

# --- names of attributes
touch "$src/named"
setfattr -n user.all -v 1 "$src/named"
setfattr -n trusted.root -v 1 "$src/named"
start_daemon "$src" "$mnt" allow_other,xattr || exit 1
names()
{
	(cd "$(dirname "$1")" && as "$2" "$2" - getfattr -m - named 2>&1)
}
check_eq "trusted names are listed to root" "$(names "$mnt/named" 0)" "$(names "$src/named" 0)"
check_eq "and not to others" "$(names "$mnt/named" 1000)" "$(names "$src/named" 1000)"
check_eq "which makes a difference" "$(names "$mnt/named" 1000 | grep -c trusted)$(names "$mnt/named" 0 | grep -c trusted)" 01
if as 1000 1000 - unshare --user --map-root-user true 2>/dev/null; then
	check_eq "nor to the root of a user namespace" \
		"$(cd "$mnt" && as 1000 1000 - unshare --user --map-root-user getfattr -m - named 2>&1 | grep -c trusted)" 0
else
	skip "the root of a user namespace" "no user namespaces for users here"
fi
check_eq "a name of system.* other than a list is refused" \
	"$(setfattr -n system.nfs4_acl -v 1 "$mnt/named" 2>&1 | grep -c 'not supported')" 1
stop_daemon

# --- errors of the source at close
start_daemon "$src" "$mnt" threads=1 || exit 1
check_eq "close(2) says that all is well" "$("$try" close "$mnt/named")" ok
if command -v strace >/dev/null; then
	spawn strace -f -qq -p "$DAEMON_PID" -o "$WORK/strace" -e trace=close -e "inject=close:error=EDQUOT"
	wait_until 10 grep -qE '^TracerPid:[[:space:]]*[1-9]' "/proc/$DAEMON_PID/status"
	check_eq "an error at the source's close is the caller's to hear" "$("$try" close "$mnt/named")" EDQUOT
	kill "$SPAWNED"
	wait "$SPAWNED" 2>/dev/null
else
	skip "an error at close" "no strace"
fi
stop_daemon

# --- blocks that are reserved for root
if command -v mkfs.ext4 >/dev/null && truncate -s 64M "$WORK/ext4.img" &&
	mkfs.ext4 -q -O ^has_journal -m 40 "$WORK/ext4.img" && mkdir "$WORK/ext4" &&
	mount -o loop "$WORK/ext4.img" "$WORK/ext4"; then
	in_use()
	{
		sync -f "$WORK/ext4"
		df --output=used "$WORK/ext4" | tail -n 1
	}
	is_empty()
	{
		[ "$(in_use)" = "$empty" ]
	}
	empty=$(in_use)
	# fill DIR CMD... - how many MiB of a file in it CMD may write
	fill()
	{
		local dir=$1
		shift
		install -o 1000 -g 1000 -m 666 /dev/null "$WORK/ext4/file"
		"$@" "$try" fill "$dir/file" 100
		rm "$dir/file"
		wait_until 20 is_empty
	}
	user=(as 1000 1000 -)
	wanted=$(fill "$WORK/ext4" "${user[@]}")
	check "a user may not use the reserved blocks ($wanted of 64 MiB)" [ "$wanted" -lt 45 ]
	for options in passthrough direct cached; do
		start_daemon "$WORK/ext4" "$mnt" "allow_other,$options" || exit 1
		check_eq "$options: nor through the mirror" "$(fill "$mnt" "${user[@]}")" "$wanted"
		stop_daemon
	done
	# Now it takes the capability, and is nothing that user id 0 gives.
	mount -o remount,resuid=4711 "$WORK/ext4"
	bound=(setpriv --bounding-set=-sys_resource)
	check_eq "nor may root without CAP_SYS_RESOURCE" "$(fill "$WORK/ext4" "${bound[@]}")" "$wanted"
	all=$(fill "$WORK/ext4")
	[ "$all" -gt $((wanted + 10)) ] || skip "root with CAP_SYS_RESOURCE" "root has no more rights here than a user ($all MiB)"
	for options in direct cached; do
		start_daemon "$WORK/ext4" "$mnt" "$options" || exit 1
		check_eq "$options: ... through the mirror" "$(fill "$mnt" "${bound[@]}")" "$wanted"
		check_eq "$options: ... and root with what it has, as in the source" "$(fill "$mnt")" "$all"
		stop_daemon
	done
	install -o 1000 -g 1000 -m 666 /dev/null "$WORK/ext4/shared"
	start_daemon "$WORK/ext4" "$mnt" allow_other || exit 1
	exec 3>>"$mnt/shared"
	check_eq "passthrough: nor when root opened the file first" "$(as 1000 1000 - "$try" fill "$mnt/shared" 100)" "$wanted"
	exec 3>&-
	stop_daemon
	umount "$WORK/ext4"
else
	skip "reserved blocks" "no ext4 here"
fi

# --- quotas: a user's, of blocks and of files, and a directory's
# with_quotas FS MKFS_OPTION... - mounts it in $limited, with 8 MiB and 20 files for user 1000, and 8 MiB below p
limited=$WORK/limited
with_quotas()
{
	local fs=$1
	shift
	rm -f "$limited.img"
	mkdir -p "$limited"
	truncate -s 400M "$limited.img"
	"mkfs.$fs" -q "$@" "$limited.img" && mount -o loop,usrquota,prjquota "$limited.img" "$limited" 2>/dev/null || return
	mkdir -m 777 "$limited/p" "$limited/d"
	xfs_quota -f -x -c 'limit -u bhard=8m ihard=20 1000' -c "project -s -p $limited/p 42" -c 'limit -p bhard=8m 42' \
		"$limited" >/dev/null
}

# What is used of both limits. The directory itself may have a block in it.
used()
{
	sync -f "$limited"
	xfs_quota -f -x -c 'report -unN -b' -c 'report -pnN -b' "$limited" | awk '/^#(1000|42) / {print $1, $2}'
}

# A mirror gives the space of a removed file back when the kernel has forgotten it.
all_is_free()
{
	[ "$(used)" = "$free" ]
}

# used_up DIR - what users get of it, and what they are told then
used_up()
{
	local uid name n out=''
	for name in d/own p/project; do
		for uid in 1000 1001; do
			install -o "$uid" -g "$uid" -m 666 /dev/null "$limited/$name"
			out+="$name by $uid: $(as "$uid" "$uid" - "$try" fill "$1/$name" 30) MiB"
			out+=" ($(as "$uid" "$uid" - dd if=/dev/zero of="$1/$name" bs=1M count=1 seek=30 conv=notrunc 2>&1 |
				grep -o 'quota exceeded\|No space left' || echo more)), "
			rm "$1/$name"
			wait_until 20 all_is_free
		done
	done
	# Whoever opened it first: it is the file's owner, or the writer, who is held to it.
	install -o 1000 -g 1000 -m 666 /dev/null "$limited/d/first"
	exec 3>>"$1/d/first"
	out+="opened by root before: $(as 1000 1000 - "$try" fill "$1/d/first" 30) MiB, "
	exec 3>&-
	rm "$1/d/first"
	wait_until 20 all_is_free
	for ((n = 0; n < 30; n++)); do
		as 1000 1000 - touch "$1/d/$n" 2>"$WORK/err" || break
	done
	out+="$n files ($(grep -o 'quota exceeded' "$WORK/err"))"
	rm -f "$limited"/d/*
	echo "$out"
}

for fs in xfs "ext4 -O quota,project"; do
	# shellcheck disable=SC2086
	if command -v xfs_quota "mkfs.${fs%% *}" >/dev/null && with_quotas $fs; then
		fs=${fs%% *}
		free=$(used)
		wanted=$(used_up "$limited")
		check "$fs: the source holds a user to its quota ($wanted)" grep -q 'd/own by 1000: [78] MiB (quota.*1001: 30.*opened.*: [78] .*(quota' <<<"$wanted"
		for options in passthrough direct cached; do
			start_daemon "$limited" "$mnt" "allow_other,$options" || exit 1
			check_eq "$options on $fs: so does the mirror" "$(used_up "$mnt")" "$wanted"
			stop_daemon
		done
		umount "$limited"
	else
		skip "quotas on ${fs%% *}" "none in this kernel"
	fi
done
