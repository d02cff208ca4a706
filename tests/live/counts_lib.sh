# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# What the tests of counts share (sourced after lib.sh): fio runs, counts as JSON.

# prefill FILE MIB - written, not only allocated: a direct write over it is a pure overwrite
prefill()
{
	dd if=/dev/zero of="$1" bs=1M count="$2" oflag=direct conv=notrunc status=none
}

# counted_fio MOUNT OUT FIO_ARG... - proves MOUNT while fio runs; the report goes to OUT, fio's to OUT.fio.
# Sets PROVE_CODE.
counted_fio()
{
	local mount=$1 out=$2
	shift 2
	# shellcheck disable=SC2034 # for the tests to read
	PROVE_CODE=0
	"$FUSELENS" prove "$mount" --json -- fio --output-format=json --output="$out.fio" --name=t "$@" \
		>"$out" 2>"$out.err" || PROVE_CODE=$?
}

# fio_total [FILE] - the number of writes in fio's report
fio_total()
{
	jq '[.jobs[].write.total_ios] | add' "${1:-$WORK/fio.json}"
}

# total_ios OUT - those of counted_fio
total_ios()
{
	fio_total "$1.fio"
}

# write_some_command DIR MS JOBS - sets COMMAND; a file a job, fio's report in $WORK/fio.json. Each job makes 5,000
# writes a second for so long: on a slow machine it takes longer, and writes as much.
write_some_command()
{
	COMMAND=(fio --name=w --directory="$1" --filename_format="f\$jobnum" --size=8m --bs=4k --rw=randwrite
		--direct=1 --ioengine=psync --norandommap --numjobs="$3" --rate_iops=5000 --io_size="$((20 * $2))k"
		--output-format=json --output="$WORK/fio.json")
}

write_some()
{
	local COMMAND
	write_some_command "$@"
	"${COMMAND[@]}" >/dev/null 2>&1
}

# snapshot_count OUT JQ - a number of the report
report()
{
	jq -r "$2" "$1"
}

# objects PID - the kernel's IDs of the BPF programs, links and maps that a process holds
objects()
{
	cat /proc/"$1"/fdinfo/* 2>/dev/null | awk '/^(prog_id|map_id|link_id):/ {print $1 $2}' | sort -u
}

# leftovers FILE - those objects of the list in FILE that still exist
leftovers()
{
	local kind
	for kind in prog map link; do
		bpftool "$kind" list | sed -n "s/^\([0-9]*\): .*/${kind}_id:\1/p"
	done | sort | comm -12 - <(sort -u "$1") | wc -l
}

gone()
{
	[ "$(leftovers "$1")" = 0 ]
}

# counting PID - whether the process counts: once it does, it gives up its privileges. Attached probes are not
# enough: nothing is counted before the last one is attached.
counting()
{
	grep -qs '^NoNewPrivs:.*1' "/proc/$1/status"
}

# begin_queue - for tests with queue_for_lock.py: a mirror in direct mode, which it stops, with two written files f
# and g. Sets $queue: the program with its first argument.
begin_queue()
{
	live_begin_on_xfs
	mkdir "$WORK/connections"
	mount -t fusectl none "$WORK/connections" || {
		echo "needs fusectl, to see who waits for what" >&2
		exit 77
	}
	queue=(python3 "$LIVE_TOP/tests/live/queue_for_lock.py" "$WORK/connections")
	prefill "$src/f" 1
	prefill "$src/g" 1
	start_daemon "$src" "$mnt" direct || exit 1
}
