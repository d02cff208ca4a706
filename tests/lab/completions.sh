#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Where writes end. On a slow disk, asynchronous writes end in a kworker, which holds no inode lock and is
# no writer; their inode must lead to their file. All other writes end in the writer.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$out"
vm --variant stock --cpus 2 --out "$out" -- tests/lab/guest/completions
check "the guest's runs" is "$rc" 0
[ "$rc" = 0 ] || cat "$tmp/err"

# completed FILE WHERE
completed()
{
	of "$1" "[.snapshot.files[].completed_$2] | add"
}

for disk in cpu latency; do
	for engine in psync libaio; do
		for method in callsite global; do
			run=$disk.$engine.$method
			wrote=$(fio_writes "$out/$run.fio")
			check "$run: $wrote writes counted" is "$(of "$run" .counts.writes)" "$wrote"
			check "... each ends once" is $(($(completed "$run" inline) + $(completed "$run" worker))) "$wrote"
			# A writer that is kept from its processor for longer than the device takes ends its write itself.
			if [ "$disk $engine" = "latency libaio" ]; then
				check "... in a kworker" test "$(completed "$run" worker)" -gt 0
			else
				check "... in the writer" is "$(completed "$run" worker)" 0
			fi
		done
	done
done
exit "$failed"
