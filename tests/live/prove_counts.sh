#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Every mode and engine: the counts equal fio's exactly, with the right verdict and reason.
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh disable=SC1091
. "$(dirname "$0")/counts_lib.sh"
live_begin_on_xfs 600M
prefill "$src/f" 64
out=$WORK/report

# expect NAME VERDICT CODE REASON - checks these of the last run
expect()
{
	check_eq "$1: counted writes equal fio's total_ios" "$(report "$out" .counts.writes)" "$(total_ios "$out")"
	check_eq "$1: verdict and exit code" "$(report "$out" .verdict) $PROVE_CODE" "$2 $3"
	check_eq "$1: main reason" "$(report "$out" '.reasons[0].reason // "-"')" "$4"
	check_eq "$1: nothing lost" "$(report "$out" .loss.lost)" 0
}

common=(--size=64M --bs=4k --group_reporting)
for mode in passthrough direct cached; do
	mnt=$WORK/$mode
	start_daemon "$src" "$mnt" "$mode" || exit 1
	case $mode in
	passthrough)
		if grep -q 'passthrough no' "$DAEMON_LOG"; then
			skip "$mode" "this kernel grants no FUSE passthrough"
			stop_daemon
			continue
		fi
		want=(EXCLUSIVE 1 flag-stripped) ;;
	direct) want=(SHARED 0 -) ;;
	cached) want=(EXCLUSIVE 1 kernel-cannot) ;;
	esac
	# a kernel that takes the lock shared on passthrough files rightly gives another verdict
	if [ "$mode" = passthrough ] &&
		[ "$("$FUSELENS" prove "$mnt" --json -- true | jq -r .snapshot.kernel_can_share.passthrough)" = yes ]; then
		want=(SHARED 0 -)
	fi
	for engine in psync libaio io_uring; do
		counted_fio "$mnt" "$out" --filename="$mnt/f" --rw=randwrite --direct=1 --ioengine="$engine" \
			--iodepth=8 --numjobs=2 --number_ios=4000 "${common[@]}"
		if [ "$engine" = io_uring ] && ! [ -s "$out.fio" ]; then
			skip "$mode io_uring" "fio cannot use it here"
			continue
		fi
		expect "$mode $engine" "${want[@]}"
	done
	counted_fio "$mnt" "$out" --filename="$mnt/f" --rw=write --bs=1M --direct=1 --ioengine=psync --size=64M
	expect "$mode 1 MiB psync" "${want[@]}"
	counted_fio "$mnt" "$out" --filename="$mnt/f" --rw=randrw --rwmixread=50 --direct=1 --ioengine=psync \
		--number_ios=4000 "${common[@]}"
	expect "$mode mixed with reads" "${want[@]}"
	stop_daemon
done

# Buffered writes on a passthrough mount go through the same path, exclusively.
mnt=$WORK/passthrough
start_daemon "$src" "$mnt" || exit 1
if ! grep -q 'passthrough no' "$DAEMON_LOG"; then
	counted_fio "$mnt" "$out" --filename="$mnt/f" --rw=randwrite --direct=0 --ioengine=psync --number_ios=3000 \
		"${common[@]}"
	check_eq "buffered passthrough: counted writes equal fio's" "$(report "$out" .counts.writes)" "$(total_ios "$out")"
	check_eq "buffered passthrough: exclusive, by the passthrough route" \
		"$(report "$out" '"\(.counts.exclusive) \(.counts.writes_by_route.passthrough)"')" "3000 3000"
	check_eq "buffered passthrough: none is eligible" "$(report "$out" .counts.eligible)" 0

	# Appends, and writes past the end: the nature of each write does not depend on the kernel.
	truncate -s 0 "$src/grow"
	counted_fio "$mnt" "$out" --filename="$mnt/grow" --rw=write --direct=1 --ioengine=psync --bs=4k --size=4M \
		--fallocate=none --file_append=0 --overwrite=0
	check_eq "past EOF: by nature" "$(report "$out" '[.snapshot.files[].cells[] | select(.nature == "past_eof") | .writes] | add')" 1024
	check_eq "past EOF: none is eligible" "$(report "$out" .counts.eligible)" 0
	"$FUSELENS" prove "$mnt" --json -- dd if=/dev/zero of="$mnt/grow" bs=4k count=100 oflag=append,direct conv=notrunc status=none >"$out"
	check_eq "append: by nature" "$(report "$out" '[.snapshot.files[].cells[] | select(.nature == "append") | .writes] | add')" 100

	# Unaligned direct writes: XFS may try twice, and still it is one write.
	"$FUSELENS" prove "$mnt" --json -- fio --name=u --filename="$mnt/f" --size=4M --rw=randwrite --bs=512 --direct=1 \
		--ioengine=psync --number_ios=500 --output="$out.fio" --output-format=json >"$out" 2>/dev/null
	check_eq "512-byte writes: counted once each" "$(report "$out" .counts.writes)" "$(total_ios "$out")"
	rm -f "$src/holes"
	truncate -s 16M "$src/holes"
	"$FUSELENS" prove "$mnt" --json -- fio --name=u --filename="$mnt/holes" --size=16M --rw=randwrite --bs=512 --direct=1 \
		--ioengine=psync --number_ios=500 --output="$out.fio" --output-format=json >"$out" 2>/dev/null
	check_eq "512-byte writes into holes: counted once each" "$(report "$out" .counts.writes)" "$(total_ios "$out")"

	# Direct writes that XFS makes through the page cache: they begin twice and are one write.
	"$FUSELENS" prove "$mnt" --json -- python3 "$LIVE_TOP/tests/live/mmap_and_direct.py" "$mnt/f" 5000 >"$out"
	check_eq "direct writes beside a mapping: counted once each" "$(report "$out" .counts.writes)" 5000

	# More files than the table has places for: the rest is one file, and each of its writes is told as such.
	cat >"$WORK/many" <<-END
		for i in \$(seq 80); do
			dd if=/dev/zero of=$mnt/many\$i bs=4k count=3 oflag=direct conv=notrunc status=none
		done
	END
	"$FUSELENS" prove "$mnt" --json --max-inodes 64 -- bash "$WORK/many" >"$out"
	check_eq "a full table: every write is counted" "$(report "$out" .counts.writes)" 240
	check_eq "those without a file of their own are told" "$(report "$out" '.snapshot |
		([.files[] | select(.is_other) | .cells[].writes] | add) == .losses.table_full and .losses.table_full >= 51')" true
fi
stop_daemon
