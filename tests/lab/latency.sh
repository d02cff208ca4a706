#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# fio's latency is accounted for, with 1, 4 and 8 jobs: by waits and holds where functions can be hooked, and by the waits
# that queued and the I/O under the lock where not. The guest's clock counts instructions and its device takes 2 ms, so
# the figures are the same on every machine.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2016 # the guest expands
vm --icount --variant stock --out "$tmp" -- bash -c '
	. lab/guest/lib.sh
	mirror latency
	written 8
	for form in state-fentry state-tp; do
		for jobs in 1 4 8; do
			# the locks of a file are followed from its first write on, and so one comes before the load
			prove=(fuselens prove /mnt/fuse --evidence $form --waits --times 1 --json)
			"${prove[@]}" -- bash -c "
				dd if=/dev/zero of=/mnt/fuse/data bs=4k count=1 oflag=direct conv=notrunc status=none
				${random_writes[*]} --ioengine=psync --norandommap --numjobs=$jobs --number_ios=50 \
					--output=/out/$form.$jobs.fio >/dev/null" >/out/$form.$jobs || [ $? = 1 ]
		done
	done'
check "the guest ended well" is "$rc" 0

# accounted FORM JOBS PARTS - PARTS: a filter that adds them up, for each file
accounted()
{
	local whole parts
	whole=$(jq '.jobs[0].write | .lat_ns.mean * .total_ios | round' "$tmp/$1.$2.fio")
	parts=$(jq "[.snapshot.files[] | $3] | add" "$tmp/$1.$2")
	check "$1, $2 jobs: $parts of fio's $whole ns, at least nine tenths" [ $((parts * 10)) -ge $((whole * 9)) ]
	# the one write before fio
	check "$1, $2 jobs: and not more" [ $((parts * 100)) -le $((whole * 103)) ]
}

for jobs in 1 4 8; do
	accounted state-fentry $jobs '.histograms | values | [.[].sum_ns] | add'
	accounted state-tp $jobs '.queued_waits | values | .exclusive.sum_ns + .shared.sum_ns + .io.sum_ns'
done
exit "$failed"
