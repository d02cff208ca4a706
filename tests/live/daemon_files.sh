#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# The mirror, and a source that others change: appends go to the source's end, each file has its own inode
# number, and removed files give their space back.
# shellcheck disable=SC2119,SC2094
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs
try=$LIVE_BUILD/tests/live/daemon_try
M=$((1 << 20))

# runs FILE - its runs of equal characters, as COUNTxCHAR; 0 stands for a hole
runs()
{
	tr '\0' 0 <"$1" | fold -w 4096 | uniq -c | awk '{n = length($2) * $1; if (substr($2, 1, 1) == c) t += n; else {if (c != "") printf "%dx%s ", t, c; c = substr($2, 1, 1); t = n}} END {printf "%dx%s\n", t, c}'
}

# --- appends, larger than a request or not, while the source is appended to and cut
for options in passthrough direct cached; do
	start_daemon "$src" "$mnt" "$options,attr_timeout=100,entry_timeout=100" || exit 1
	for how in write direct aio; do
		for size in 4096 $((3 * M)) $((5 * M + 8192)); do
			: >"$mnt/log"
			"$try" append "$mnt/log" a $size $how >"$WORK/out"
			"$try" append "$src/log" b 8192 write >>"$WORK/out"
			"$try" append "$mnt/log" c $size $how >>"$WORK/out"
			"$try" append "$src/log" d 4096 write >>"$WORK/out"
			"$try" append "$mnt/log" e $size $how >>"$WORK/out"
			check_eq "$options: $how appends of $size behind the source's own" \
				"$(runs "$src/log") $(tr '\n' ' ' <"$WORK/out")" \
				"${size}xa 8192xb ${size}xc 4096xd ${size}xe $size 8192 $size 4096 $size "
			check_eq "$options: and the mirror shows them" "$(cmp "$mnt/log" "$src/log" 2>&1)" ""
			truncate -s 4096 "$src/log"
			"$try" append "$mnt/log" f $size $how >"$WORK/out"
			check_eq "$options: $how append of $size leaves no hole where the source was cut" \
				"$(runs "$src/log") $(cat "$WORK/out")" "4096xa ${size}xf $size"
			check_eq "$options: nor in the mirror" "$(cmp "$mnt/log" "$src/log" 2>&1)" ""
		done
	done
	stop_daemon
done

# --- writes that shall be on the disk before they return (RWF_DSYNC)
for options in passthrough direct cached; do
	start_daemon "$src" "$mnt" "$options" || exit 1
	for how in write append; do
		out=$("$try" durable "$mnt/$options.$how" $how)
		check_eq "$options: a durable $how is on the disk" "$out $("$try" unwritten "$src/$options.$how")" "65536 0 of 1"
	done
	stop_daemon
done
: >"$src/delayed"
"$try" append "$src/delayed" a 65536 write >"$WORK/out"
check_eq "... where another one is not yet" "$("$try" unwritten "$src/delayed")" "1 of 1"

# --- a second file system below the source
mkdir "$src/other" "$src/third"
mount -t tmpfs -o size=20M tmpfs "$src/other"
mount -t tmpfs -o size=20M tmpfs "$src/third"
for n in 1 2 3 4 5 6 7 8; do
	for dir in other third; do
		echo "$dir $n" >"$src/$dir/$n"
		ln "$src/$dir/$n" "$src/$dir/link-$n"
	done
done
numbers()
{
	find "$mnt" -printf '%i %p\n' | sort -k 2
}
for options in passthrough entry_timeout=0,attr_timeout=0; do
	start_daemon "$src" "$mnt" "$options" || exit 1
	check "the two file systems have files of equal inode numbers" \
		[ -n "$(comm -12 <(stat -c %i "$src"/other/* | sort) <(stat -c %i "$src"/third/* | sort))" ]
	numbers >"$WORK/first"
	check_eq "$options: each file has a number of its own, the same by all its names" \
		"$(awk '{print $1}' "$WORK/first" | sort | uniq -c | awk '{print $1}' | sort | uniq -c | xargs)" \
		"$(find "$src" -printf '%D %i\n' | sort | uniq -c | awk '{print $1}' | sort | uniq -c | xargs)"
	check_eq "$options: the source's own file system keeps its numbers" "$(stat -c %i "$mnt" "$mnt/log")" "$(stat -c %i "$src" "$src/log")"
	check_eq "$options: a listing shows them as stat(2) does" "$(ls -i "$mnt/other" | awk '{print $1}')" "$(cd "$mnt/other" && stat -c %i -- *)"
	echo 2 >/proc/sys/vm/drop_caches
	wait_until 5 daemon_reaches inodes 0
	check_eq "$options: they last when the kernel has forgotten the file" "$(numbers | diff - "$WORK/first")" ""
	tar -C "$mnt" -cf "$WORK/tar" other third
	mkdir "$WORK/out.d" && tar -C "$WORK/out.d" -xf "$WORK/tar"
	check_eq "$options: tar restores what was there" "$(diff -r "$WORK/out.d/other" "$src/other" && diff -r "$WORK/out.d/third" "$src/third" && echo same)" same
	rm -rf "$WORK/out.d"
	stop_daemon
done
umount "$src/other" "$src/third"

# --- file handles: they stay valid, or there are none
for options in passthrough direct cached; do
	start_daemon "$src" "$mnt" "$options" || exit 1
	check_eq "$options: no file handle is offered" "$("$try" handle "$mnt/log") $("$try" handle "$mnt")" "EOPNOTSUPP EOPNOTSUPP"
	# but since Linux 6.5 anybody can ask for the number by which the kernel knows a file
	node=$("$try" node "$mnt/log")
	check "$options: ... and none tells where the daemon's memory is ($node)" python3 -c '
import sys
ranges = [[int(x, 16) for x in line.split()[0].split("-")] for line in open("/proc/%s/maps" % sys.argv[1])]
node = int(sys.argv[2], 16) if sys.argv[2][:1] != "E" else 0
sys.exit(any(a <= node < b for a, b in ranges))' "$DAEMON_PID" "$node"
	stop_daemon
done

# --- times of reading and of writing through a mapping
echo text >"$src/timed"
wanted=$("$try" map "$src/timed")
start_daemon "$src" "$mnt" attr_timeout=100 || exit 1
stat "$mnt/timed" >/dev/null
check_eq "passthrough: mtime and ctime after writes through a mapping, at once" "$("$try" map "$mnt/timed")" "$wanted"
check_eq "which changes them" "$wanted" "ctime-alone now ctime-alone now now"
stop_daemon

# read_times DIR - which reads touch atime: of one older than mtime, of one younger, of a directory
read_times()
{
	touch -a -d 2001-01-01 "$1/timed"
	touch -m -d 2002-01-01 "$1/timed"
	cat "$1/timed" >/dev/null
	stat -c %x "$1/timed" | cut -c 1-4
	touch -a -d "12 hours ago" "$1/timed"
	before=$(stat -c %x "$1/timed")
	cat "$1/timed" >/dev/null
	[ "$before" = "$(stat -c %x "$1/timed")" ] && echo kept || echo touched
	touch -a -d 2001-01-01 "$1/dir"
	touch -m -d 2002-01-01 "$1/dir"
	ls "$1/dir" >/dev/null
	stat -c %x "$1/dir" | cut -c 1-4
}
mkdir "$src/dir" "$WORK/bound"
year=$(date +%Y)
for times in '' noatime relatime strictatime nodiratime; do
	mount --bind "$src" "$WORK/bound"
	[ -z "$times" ] || mount -o "remount,bind,$times" "$WORK/bound"
	wanted=$(read_times "$WORK/bound" | xargs)
	umount "$WORK/bound"
	for mode in passthrough direct; do
		start_daemon "$src" "$mnt" "$mode${times:+,$times}" || exit 1
		check_eq "$mode${times:+,$times}: atime as on XFS" "$(read_times "$mnt" | xargs)" "$wanted"
		stop_daemon
	done
done
check_eq "nodiratime is seen" "$wanted" "$year touched 2001"

# --- what is removed in the source gives its space back
free()
{
	sync -f "$src"
	df --output=avail -BM "$src" | tail -n 1 | tr -dc 0-9
}
space_is_back()
{
	[ "$(free)" -ge $((before - 2)) ]
}
before=$(free)
start_daemon "$src" "$mnt" entry_timeout=1000,attr_timeout=1000 || exit 1
for name in plain renamed swapped linked; do
	dd if=/dev/zero of="$mnt/$name" bs=1M count=10 status=none
done
mv "$mnt/renamed" "$mnt/dir/again"
mv "$mnt/swapped" "$mnt/dir/swapped"
rm "$src/plain" "$src/dir/again" "$src/dir/swapped"
# By a name that the mirror made, by one that it renamed, and by one that it only saw.
ln "$mnt/linked" "$mnt/dir/linked"
ln "$mnt/linked" "$mnt/linked-too" && mv "$mnt/linked-too" "$mnt/dir/moved"
ln "$src/linked" "$src/dir/seen" && stat "$mnt/dir/seen" >/dev/null
rm "$src/linked" "$src/dir/linked" "$src/dir/moved" "$src/dir/seen"
check "files removed in the source give their space back, those with several names too" wait_until 20 space_is_back
dd if=/dev/zero of="$mnt/open" bs=1M count=10 status=none
exec 3<"$mnt/open"
rm "$src/open"
check_eq "one that is open is still there" "$(sleep 2.5; head -c 10M <&3 | wc -c)" 10485760
exec 3<&-
check "and gone when it is closed" wait_until 20 space_is_back
stop_daemon
# --- a copy of much data is made in parts, between which the caller can be killed
truncate -s 1G "$src/much"
start_daemon "$src" "$mnt" || exit 1
check_eq "copy_file_range(2) copies 64 MiB at most" "$(python3 -c 'import os, sys
fd = [os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)]
print(os.copy_file_range(*fd, 1 << 30), os.copy_file_range(*fd, 1 << 20))' "$mnt/much" "$mnt/copied")" "67108864 1048576"
stop_daemon
