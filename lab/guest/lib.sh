# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # used by those who source it
# What the programs in the guest share (sourced): a mirror on a disk of its own, fio's usual load, and prove.
set -euo pipefail

# mirror DISK [MIB [OPTIONS]] - makes a disk as lab/guest/disk does, and mounts a mirror of its directory
# /mnt/disk/source on /mnt/fuse
mirror()
{
	/fuselens/lab/guest/disk "$1" /mnt/disk "${2:-512}"
	mkdir -p /mnt/disk/source /mnt/fuse
	fuselens-passthroughd /mnt/disk/source /mnt/fuse ${3:+-o "$3"} 2>>/tmp/daemon.log
}

# unmirror - takes down what mirror made, so that it can make another
unmirror()
{
	umount /mnt/fuse
	# the daemon lets go of its directory a moment later
	await umount /mnt/disk
	rmdir /sys/kernel/config/nullb/nullb0
}

# written MIB - the file /mnt/fuse/data, written beforehand and past the mount. Sets $random_writes, the fio that
# writes it; what is missing is --ioengine, how much, and --output.
written()
{
	dd if=/dev/zero of=/mnt/disk/source/data bs=1M count="$1" oflag=direct status=none
	random_writes=(fio --name=t --filename=/mnt/fuse/data --size="$1M" --bs=4k --rw=randwrite --direct=1
		--group_reporting --output-format=json)
}

# writes_to FILE - $random_writes, but of another file. To name it behind the first would not do: fio writes to all files
# that it is told of.
writes_to()
{
	random_writes=("${random_writes[@]/#--filename=*/--filename=$1}")
}

# scale SECONDS JOBS raw|mount REPORT - so many psync writers of that file at the same time, on the disk or on the
# mount
scale()
{
	local file=/mnt/fuse/data
	[ "$3" = mount ] || file=/mnt/disk/source/data
	writes_to "$file"
	"${random_writes[@]}" --ioengine=psync --numjobs="$2" --time_based --runtime="$1" \
		--output="$4"
}

# instructions ENGINE WRITES - instructions of a write, as nanoseconds of a clock that ticks once per
# instruction (lab/run --icount).
# psync: the mean latency, which fio reports in fractions of one. It is the least of nine short runs: now and then
# the kernel does other work in one of them that takes two million, more often where the host is slow, because the
# clock leaps while the guest waits for it. Nothing makes a run shorter. Other engines, with 16 in flight: the time of
# the run, which fio reports in milliseconds; with 100,000 writes this is exact to 10 instructions.
instructions()
{
	if [ "$1" != psync ]; then
		timed_run "$1" 16 "$2"
		return
	fi
	for _ in 1 2 3 4 5 6 7 8 9; do
		timed_run "$1" 1 "$(($2 / 9))"
	done | sort -n | head -n 1
}

# timed_run ENGINE DEPTH WRITES - nanoseconds of a write
timed_run()
{
	"${random_writes[@]}" --randseed=7 --ioengine="$1" --iodepth="$2" --io_size="$(($3 * 4096))" \
		--output=/tmp/fio.json
	awk -v engine="$1" '
		/"write" :/ {w = 1}
		{gsub(/,$/, "")}
		w && /"iops" :/ {value = 1e9 / $3}
		w && /"lat_ns" :/ {l = 1}
		l && /"mean" :/ {
			if (engine == "psync")
				value = $3
			printf "%.1f\n", value
			exit
		}' /tmp/fio.json
}

# load_fuse FILE - this fuse.ko instead of the one that is loaded; no mount may be left
load_fuse()
{
	umount /sys/fs/fuse/connections 2>/dev/null || true
	# a mount goes with its namespace, and a daemon with its mount, a moment later
	await rmmod fuse
	insmod "$1"
}

# prove REPORT ARG... - 'fuselens prove' whatever its verdict. It has a time limit, because the global method's is
# 10 s otherwise, and a slow machine may need those to start the load.
prove()
{
	local report=$1 rc=0
	shift
	fuselens prove --json -d 3600 "$@" >"$report" || rc=$?
	[ $rc != 2 ]
}
export -f prove

# await CMD... - until it succeeds, for at most five minutes
await()
{
	local end=$((SECONDS + 300))
	until "$@" 2>/dev/null; do
		[ "$SECONDS" -lt "$end" ] || { echo "waited in vain for: $*" >&2; exit 1; }
		sleep 0.1
	done
}

# watching PID - whether the command has given up its privileges, which it does once all of its hooks are attached
watching()
{
	grep -q '^NoNewPrivs:.*1' "/proc/$1/status"
}

# attached PID - whether the process, of whichever tool, holds a BPF program or link
attached()
{
	grep -qsE '^(link_id|prog_id):' "/proc/$1"/fdinfo/*
}
