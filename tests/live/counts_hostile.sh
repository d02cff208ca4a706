#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Loads that are hard to count: writes that fail, are tried again, or take another way than it seems. Each
# must be counted exactly, writes apart from attempts that wrote nothing, or be off by no more than the
# report itself calls uncertain.
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh disable=SC1091
. "$(dirname "$0")/counts_lib.sh"
live_begin_on_xfs 600M -m reflink=1
hostile=$LIVE_TOP/tests/live/hostile_writes.py
out=$WORK/report

# figure NAME - of the report: writes, bytes, failed, ...
figure()
{
	report "$out" ".counts.$1"
}

# same NAME WRITES BYTES [FAILED [UNSEEN]] - the report has these figures, plus or minus what it calls uncertain;
# UNSEEN of the failed writes may be missing
same()
{
	local name=$1 unsure=0
	unsure=$(($(figure uncertain) + $(report "$out" .loss.lost)))
	if [ "$unsure" = 0 ]; then
		check_eq "$name: writes" "$(figure writes)" "$2"
		check_eq "$name: bytes" "$(figure bytes)" "$3"
	else
		echo "# $name: $2 writes, $(figure writes) counted, $unsure of them uncertain or lost"
		check "$name: writes, give or take what is uncertain" \
			test $(($(figure writes) - $2 <= unsure && $2 - $(figure writes) <= unsure)) = 1
		# so many must be an accident
		check "$name: little is uncertain" test "$unsure" -le $((20 + $2 / 100))
	fi
	[ $# -lt 4 ] || check "$name: failed" test "$(figure failed)" -le "$4" -a "$(figure failed)" -ge $(($4 - ${5:-0}))
}

# hostile NAME FILE LOAD [ARG...] - runs it, and compares; UNSEEN as above
hostile()
{
	local name=$1 file=$2 load=$3
	shift 3
	"$FUSELENS" prove "$mnt" --json --evidence state-tp -- sh -c 'exec python3 "$@" >"$0"' "$WORK/done" \
		"$hostile" "$load" "$mnt/$file" "$@" >"$out" 2>"$out.err"
	same "$name" "$(jq .writes "$WORK/done")" "$(jq .bytes "$WORK/done")" "$(jq .failed "$WORK/done")" "${UNSEEN:-0}"
}

detach()
{
	losetup -n -O NAME,BACK-FILE | awk -v dir="$mnt/" 'index($2, dir) == 1 {print $1}' | xargs -r losetup -d
}

# through_loop NAME FILE LOAD [ARG...] - as hostile, on a loop device in the file
through_loop()
{
	local name=$1 device
	if ! device=$(losetup -f --show --direct-io=on "$mnt/$2" 2>/dev/null); then
		skip "$name" "no loop device does direct I/O here"
		return
	fi
	ln -sf "$device" "$WORK/device"
	hostile "$name" ../device "${@:3}"
	losetup -d "$device"
}

# beside LOAD FIO_ARG... - fio's writes while LOAD runs on the same file
beside()
{
	local load=$1 pid
	shift
	spawn python3 "$hostile" "$load" "$mnt/f"
	pid=$SPAWNED
	counted_fio "$mnt" "$out" --filename="$mnt/f" --size=16M --bs=4k --direct=1 --ioengine=io_uring --iodepth=16 "$@"
	kill "$pid"
	wait "$pid" 2>/dev/null
	if ! [ -s "$out.fio" ]; then
		skip "io_uring beside $load" "fio cannot use io_uring here"
		return
	fi
	same "io_uring beside $load" "$(total_ios "$out")" "$(jq '[.jobs[].write.io_bytes] | add' "$out.fio")"
}

# older A B - whether version A is older than B
older()
{
	[ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

# fill - fills all but 6 MB of the file system
fill()
{
	fallocate -l $(($(df -Pk "$src" | awk 'NR == 2 {print $4}') - 6000))k "$src/filler"
}

# The mirror may keep a file that was removed in the source for some seconds.
has_room()
{
	[ "$(df -Pk "$src" | awk 'NR == 2 {print $4}')" -ge "${1:-5000}" ]
}

# unseen LEAST MOST - the number that the cross-check found
unseen()
{
	local n
	n=$(report "$out" '.snapshot.mounts[0] | "\(.cross_check) \(.unseen)"')
	echo "# cross-check: $n"
	[ "${n% *}" = "done" ] && [ "${n#* }" -ge "$1" ] && [ "${n#* }" -le "$2" ]
}

# told_if_unseen NAME SOURCE OPTIONS - writes that no probe may see there: each is counted or told
told_if_unseen()
{
	local name=$1 source=$2 counted
	prefill "$source/f" 4
	start_daemon "$source" "$mnt" "$3" || exit 1
	if grep -q 'passthrough no' "$DAEMON_LOG"; then
		skip "$name" "this kernel grants no FUSE passthrough"
		stop_daemon
		return
	fi
	"$FUSELENS" prove "$mnt" --json --evidence state-tp -- python3 "$hostile" sizes "$mnt/f" 4096 0 200 >"$out" 2>"$out.err"
	counted=$(figure writes)
	if [ "$counted" = 200 ]; then
		ok "$name: all direct writes are counted"
	else
		check_eq "$name, $counted of 200 direct writes counted: no verdict" "$(report "$out" .verdict)" INCONCLUSIVE
		# the replies to the opens may have raised the version, too
		check "$name: the others are unseen" unseen $((190 - counted)) $((200 - counted))
	fi
	# nothing checks the count of one file's writes
	"$FUSELENS" prove "$mnt/f" --json --evidence state-tp -- python3 "$hostile" sizes "$mnt/f" 4096 0 200 >"$out" 2>"$out.err"
	[ "$(figure writes)" = 200 ] ||
		check_eq "$name, one file, none of whose writes is seen: no verdict" "$(report "$out" .verdict)" INCONCLUSIVE
	stop_daemon
}

prefill "$src/f" 16
room=$(df -Pk "$src" | awk 'NR == 2 {print $4}')
start_daemon "$src" "$mnt" || exit 1
if grep -q 'passthrough no' "$DAEMON_LOG"; then
	skip "passthrough" "this kernel grants no FUSE passthrough"
else
	beside read --rw=randwrite --number_ios=4000
	beside read --rw=randrw --number_ios=8000
	beside store --rw=randwrite --number_ios=3000
	counted_fio "$mnt" "$out" --filename="$mnt/f" --size=16M --bs=4k --direct=1 --ioengine=io_uring --iodepth=64 \
		--rw=randrw --number_ios=20000
	[ ! -s "$out.fio" ] || same "io_uring, writes and reads" "$(total_ios "$out")" \
		"$(jq '[.jobs[].write.io_bytes] | add' "$out.fio")"

	cp --reflink=always "$src/f" "$src/shared"
	hostile "unaligned writes to shared blocks" shared unaligned 200
	hostile "unaligned writes" f unaligned 200
	# XFS refuses a length that is not a multiple of a sector at once: tracepoints do not see it
	UNSEEN=100 hostile "writes that fail" f invalid
	# the replies to these and to the opens may have raised the version, too
	check "writes that fail: those that no probe sees are told" unseen 80 100
	hostile "libaio, unaligned, between truncates" truncated truncate 100
	hostile "buffered writes" f buffered 3000 100 500
	check "buffered writes: none is unseen" unseen 0 0
	hostile "buffered writes, two processes with PIDs alike" f alike 100
	check_eq "buffered writes, two processes with PIDs alike: none is uncertain" "$(figure uncertain)" 0
	hostile "buffered writes from memory that is half missing" f partly 8192
	hostile "direct writes from memory that direct I/O cannot use" f unreachable 50
	hostile "writes of 3 MiB" f sizes 3145728 0 5

	# since Linux 6.18 by another request, which the kernel gives up once the daemon does not know it
	"$FUSELENS" prove "$mnt" --json -- python3 -c 'if True:
		import os, sys
		fd = os.open(sys.argv[1], os.O_RDWR)
		for i in range(10):
		    os.copy_file_range(fd, fd, 4096, i * 4096, (i + 20) * 4096)' "$mnt/f" >"$out"
	copies=10
	! older 6.17.99 "$(uname -r)" || older 3.17.99 "$("$FUSELENS_DAEMON" -V | sed -n 's/.*libfuse //p')" || copies=11
	check_eq "copies that the daemon makes are told" "$(report "$out" .snapshot.mounts[0].copy_file_range)" "$copies"

	rm "$src/shared"
	fill
	hostile "a file system that gets full" big full 65536
	rm "$src/big"
	# a failed last buffered write of a task would show only at its next one
	UNSEEN=1 hostile "a file system that gets full, buffered" big full-buffered 65536
	rm "$src/big"
	wait_until 30 has_room

	"$FUSELENS" prove "$mnt" --json --evidence state-tp -- sh -c 'exec python3 "$@" >"$0"' "$WORK/done" \
		"$hostile" full-spliced "$mnt/spliced" 8 >"$out"
	writes=$(jq .writes "$WORK/done")
	maybe=$(report "$out" '[.snapshot.files[].maybe_split] | add')
	echo "# splices that the kernel goes on with: $writes, $(figure writes) counted, $maybe may be parts of others"
	check "splices that the kernel goes on with: writes, give or take parts" \
		test "$(figure writes)" -ge "$writes" -a $(($(figure writes) - maybe)) -le "$writes" -a "$maybe" -ge 1 -a "$maybe" -le 50
	check_eq "splices that the kernel goes on with: bytes" "$(figure bytes)" "$(jq .bytes "$WORK/done")"
	rm "$src/spliced"* "$src/filler"

	at_end detach
	# the loop driver's writes are asynchronous, and have no flag that says that they are writes
	prefill "$src/whole" 4
	through_loop "a loop device, unaligned writes" whole unaligned 200
	# what was removed and is not free yet would be later, and then 32 MB could fit
	wait_until 60 has_room $((room - 20000))
	truncate -s 64M "$src/sparse"
	fill
	through_loop "a loop device, a file system that gets full" sparse sizes 4096 0 8000
	check "a loop device, a file system that gets full: some failed" test "$(figure failed)" -gt 100
	rm "$src/whole" "$src/sparse" "$src/filler"
	wait_until 30 has_room
fi
stop_daemon

# Where nothing sees buffered writes, the mount's attr_version does.
truncate -s 64M "$WORK/ext4.img"
mkdir "$WORK/ext4"
if ! mkfs.ext4 -q "$WORK/ext4.img" 2>/dev/null || ! mount -o loop "$WORK/ext4.img" "$WORK/ext4" 2>/dev/null; then
	skip "ext4" "no ext4 here"
else
	mkdir "$WORK/ext4/source"
	prefill "$WORK/ext4/source/f" 4
	start_daemon "$WORK/ext4/source" "$mnt" || exit 1
	if grep -q 'passthrough no' "$DAEMON_LOG"; then
		skip "ext4" "this kernel grants no FUSE passthrough"
	else
		hostile "ext4, direct writes" f sizes 4096 0 500
		check "ext4, direct writes: none is unseen" unseen 0 0
		"$FUSELENS" prove "$mnt" --json --evidence state-tp -- sh -c '
			python3 "$0" buffered "$1" 4096 0 1000 && python3 "$0" sizes "$1" 4096 0 10' "$hostile" "$mnt/f" \
			>"$out" 2>/dev/null
		check_eq "ext4, buffered and direct: no verdict" "$(report "$out" .verdict)" INCONCLUSIVE
		check_eq "ext4, buffered and direct: the direct ones" "$(figure writes)" 10
		check "ext4, buffered and direct: the others are unseen" unseen 950 1000
		# nothing checks the count of one file's writes, and some may go through the page cache
		"$FUSELENS" prove "$mnt/f" --json --evidence state-tp -- fio --name=d --filename="$mnt/f" --size=1M --bs=4k \
			--rw=randwrite --direct=1 --ioengine=psync --rate_iops=500 --output=/dev/null >"$out" 2>/dev/null
		check_eq "ext4, direct writes to one file: the verdict covers only part" \
			"$(report "$out" '"\(.verdict) \(.counts.writes) \(.why | contains("covers only part"))"')" "EXCLUSIVE 256 true"
		exec 3>>"$mnt/f"
		"$FUSELENS" prove "$mnt" --json --evidence state-tp -d 0.2 >"$out"
		exec 3>&-
		check_eq "ext4: a file open for buffered writes is told" \
			"$(report "$out" '"\(.snapshot.blind_files) \(.snapshot.blind_example)"')" "1 $mnt/f"
	fi
	stop_daemon
	umount "$WORK/ext4"
fi

# What btrfs writes to a file with checksums goes through the page cache, in newer kernels though it is a direct write.
# So does what overlayfs passes on to another file system, as far as can be seen.
truncate -s 300M "$WORK/btrfs.img"
mkdir "$WORK/btrfs" "$WORK/overlay" "$WORK/lower"
if mkfs.btrfs -q "$WORK/btrfs.img" 2>/dev/null && mount -o loop "$WORK/btrfs.img" "$WORK/btrfs" 2>/dev/null; then
	mkdir "$WORK/btrfs/source"
	told_if_unseen btrfs "$WORK/btrfs/source" passthrough
	umount "$WORK/btrfs"
else
	skip "btrfs" "no btrfs here"
fi
mkdir "$src/upper" "$src/scratch"
if mount -t overlay -o "lowerdir=$WORK/lower,upperdir=$src/upper,workdir=$src/scratch" overlay "$WORK/overlay" 2>/dev/null
then
	told_if_unseen overlayfs "$WORK/overlay" passthrough,stack_depth=1
	umount "$WORK/overlay"
else
	skip "overlayfs" "no overlayfs here"
fi

# A file that is opened, written and closed between two looks at open files, beside one whose writes are all seen, where
# nothing checks the count
mkdir "$src/ext4"
if mount -o loop "$WORK/ext4.img" "$src/ext4" 2>/dev/null; then
	start_daemon "$src" "$mnt" || exit 1
	if grep -q 'passthrough no' "$DAEMON_LOG"; then
		skip "a file that is closed again" "this kernel grants no FUSE passthrough"
	else
		# the daemon gives each open a number for its file; large ones lie deeper in the kernel's tree
		for n in {1..70}; do
			: <"$mnt/f"
		done
		for file in ext4/new f; do
			"$FUSELENS" prove "$mnt" --json --evidence state-tp --only-command -- sh -c '
				python3 "$0" buffered "$1" 4096 0 20 && python3 "$0" sizes "$2" 4096 0 50' \
				"$hostile" "$mnt/$file" "$mnt/f" >"$out" 2>/dev/null
			check_eq "a file that is closed again, $file: the verdict covers only part" \
				"$(report "$out" '"\(.counts.writes) \(.why | contains("1 file was open for writes that the live probes miss"))"')" \
				"$([ $file = f ] && echo '70 false' || echo '50 true')"
		done
		# what is not passed through may raise attr_version as often again, and hides as many
		mkdir "$src/stacked"
		if mount -t overlay -o "lowerdir=$WORK/lower,upperdir=$src/upper,workdir=$src/scratch" overlay "$src/stacked"
		then
			"$FUSELENS" prove "$mnt" --json --evidence state-tp -- sh -c 'exec 5<>"$1/ext4/new"
				python3 "$0" buffered "$1/ext4/new" 4096 0 100 && python3 "$0" buffered "$1/stacked/c" 4096 0 500' \
				"$hostile" "$mnt" >"$out" 2>/dev/null
			check_eq "unseen writes beside those that are not passed through: the verdict covers only part" \
				"$(report "$out" '"\(.counts.writes) \(.verdict == "INCONCLUSIVE" or (.why | contains("covers only part")))"')" \
				"500 true"
			umount -l "$src/stacked"
		fi
	fi
	stop_daemon
	umount "$src/ext4"
else
	skip "a file that is closed again" "no ext4 here"
fi

start_daemon "$src" "$mnt" direct || exit 1
hostile "direct route, writes of 3 MiB" f sizes 3145728 0 5
hostile "direct route, writers that are killed while they wait for the daemon" f killed 5 "$DAEMON_PID"
fill
hostile "direct route, a file system that gets full" big full 65536
rm "$src/big" "$src/filler"
# the daemon can write half of each, which fails the whole
prlimit --pid "$DAEMON_PID" --fsize=$((4 << 20))
hostile "direct route, asynchronous writes that come short" f straddle 50
stop_daemon

start_daemon "$src" "$mnt" cached || exit 1
hostile "cached route, writes of 1 MiB from within a page" f buffered 1048576 2048 10
hostile "cached route, writes of whole pages" f buffered 4096 0 500
hostile "cached route, writes whose pages the cache drops on their way" f dropped 50 "$src/f"
check_eq "cached route, writes whose pages the cache drops: none is lost" "$(report "$out" .loss.lost)" 0
"$FUSELENS" prove "$mnt" --json --evidence state-tp -- python3 "$hostile" interrupted "$mnt/f" 20 >"$out" 2>"$out.err"
check "cached route, asynchronous writes in two requests: told if one counts twice" \
	test "$(report "$out" '.counts.writes >= 20 and
		.counts.writes - ([.snapshot.files[].maybe_split] | add) <= 20')" = true
hostile "cached route, writes that go on where others ended, by other calls" f turns 200
hostile "cached route, asynchronous writes" f straddle 50
hostile "cached route, two processes with PIDs alike" f alike 100
hostile "cached route, direct writes that go on through the page cache" f unreachable 50
hostile "cached route, writers that are killed while they wait for the daemon" f killed 5 "$DAEMON_PID"
fill
hostile "cached route, a file system that gets full" big full-buffered 65536
stop_daemon

# Writes of which a part fails, or is answered with nonsense, by a daemon that says which. One that is asynchronous then fails as a whole, and nothing of
# it counts: not the bytes of the other parts, which end before or after.
mkdir "$WORK/parts"

# some_fail ROUTE BACKGROUND HOW [last-first] - as for part_fails.py; the writes are made by HOW
some_fail()
{
	local device daemon
	exec {device}<>/dev/fuse
	mount -i -t fuse none "$WORK/parts" -o "fd=$device,rootmode=40000,user_id=0,group_id=0"
	spawn "$LIVE_TOP/tests/live/part_fails.py" "$device" "$1" "$2" "${@:4}"
	daemon=$SPAWNED
	exec {device}>&-
	mnt=$WORK/parts hostile "$1 route, parts of writes fail, $3, $2 at a time${4:+, $4}" f parts "$3" 2
	umount "$WORK/parts"
	# no unmount ends it where another mount namespace has a copy
	kill "$daemon" 2>/dev/null
	wait "$daemon" 2>/dev/null
}

for route in direct cached; do
	some_fail $route 12 aio
	some_fail $route 12 aio last-first
	some_fail $route 1 aio
	some_fail $route 12 pwrite
	some_fail $route 12 cache
done

# Writes into a writeback cache are not seen. Nothing tells how many they were, either: attr_version does not rise.
mkdir "$WORK/writeback"
exec {device}<>/dev/fuse
mount -i -t fuse none "$WORK/writeback" -o "fd=$device,rootmode=40000,user_id=0,group_id=0"
spawn "$LIVE_TOP/tests/live/writeback_cache.py" "$device"
exec {device}>&-

# into_cache NAME COMMAND WRITES VERDICT WORDS - COMMAND writes, of which WRITES are seen; the verdict's reason has WORDS
into_cache()
{
	"$FUSELENS" prove "$WORK/writeback" --json --evidence state-tp -- sh -c "$2" "$hostile" "$WORK/writeback" \
		>"$out" 2>"$out.err"
	check_eq "$1" "$(report "$out" "\"\(.counts.writes) \(.verdict) \(.why | contains(\"$5\"))\"")" "$3 $4 true"
}

to_cache='python3 "$0" buffered "$1/a" 4096 0 20'
direct='python3 "$0" sizes "$1/b" 4096 0 50'
into_cache "writeback cache: nothing but buffered writes" "$to_cache" 0 INCONCLUSIVE "wrote cached pages back"
into_cache "writeback cache: direct writes are seen" "$direct" 50 EXCLUSIVE "all 50 writes"
into_cache "writeback cache: a file that stays open beside" "exec 5<>\"\$1/a\"; $to_cache; $direct" 50 EXCLUSIVE \
	"this covers only part: 1 file was open for writes that the live probes miss"
into_cache "writeback cache: a file that is closed again beside" "$to_cache; $direct" 50 EXCLUSIVE \
	"this covers only part: 1 file was open for writes that the live probes miss"
into_cache "writeback cache: a file that was opened for direct writes" 'python3 "$0" unset "$1/b" 50' 50 EXCLUSIVE \
	"this covers only part: 1 file was open for writes that the live probes miss"
