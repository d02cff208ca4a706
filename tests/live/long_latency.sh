#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Where no function can be hooked, fio's latency is accounted for all the same: of the same writes, the waits that queued
# and the I/O under the lock are at least nine tenths, and never more than the whole. Each write is one MiB, of which
# nearly all the time is I/O on any machine. fio has real-time priority, so that a busy machine adds to these parts only.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh
. "$(dirname "$0")/counts_lib.sh"

live_begin_on_xfs
start_daemon "$src" "$mnt" || exit 1
prefill "$mnt/data" 32

# The locks of a file are followed from its first write on, and so one comes before the load.
accounted()
{
	"$FUSELENS" prove "$mnt" --evidence state-tp --waits --json -- bash -c '
		dd if=/dev/zero of="$0/data" bs=4k count=1 oflag=direct conv=notrunc status=none
		exec chrt -f 1 fio --name=w --filename="$0/data" --size=32m --io_size=100m --bs=1m --rw=randwrite --direct=1 --ioengine=psync \
			--norandommap --numjobs="$1" --number_ios=100 --group_reporting --output-format=json --output="$2"' \
		"$mnt" "$1" "$WORK/fio.json" >"$WORK/report" 2>"$WORK/err"
	whole=$(jq '.jobs[0].write | .lat_ns.mean * .total_ios | round' "$WORK/fio.json")
	waits=$(jq '[.snapshot.files[].queued_waits | .exclusive.sum_ns + .shared.sum_ns] | add' "$WORK/report")
	io=$(jq '[.snapshot.files[].queued_waits.io.sum_ns] | add' "$WORK/report")
	ios=$(jq '[.snapshot.files[].queued_waits.io.count] | add' "$WORK/report")
}

for jobs in 1 4 8; do
	accounted $jobs
	check_eq "$jobs jobs: each write's I/O is timed" "$ios" "$((100 * jobs + 1))"
	check "$jobs jobs: waits ($waits ns) and I/O ($io ns) are nine tenths of fio's latencies ($whole ns)" \
		[ $(((waits + io) * 10)) -ge $((whole * 9)) ]
	# the one write before fio, and fio's rounding
	check "$jobs jobs: and not more" [ $(((waits + io) * 100)) -le $((whole * 101)) ]
done
check "with 8 jobs nearly all of it is waiting" [ "$waits" -gt $((3 * io)) ]
exit $((LIVE_FAILED > 0))
