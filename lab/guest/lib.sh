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

# scale SECONDS JOBS raw|mount REPORT - so many psync writers of that file at the same time, on the disk or on the
# mount
scale()
{
	local file=/mnt/fuse/data
	[ "$3" = mount ] || file=/mnt/disk/source/data
	"${random_writes[@]}" --filename="$file" --ioengine=psync --numjobs="$2" --time_based --runtime="$1" \
		--output="$4"
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
