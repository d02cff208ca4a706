# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# What the tests of counts share (sourced after lib.sh): the command under test, fio runs, counts as JSON.

FUSELENS=${FUSELENS:-$LIVE_TOP/build/fuselens}

# prefill FILE MIB - written, not only allocated: a direct write over it is a pure overwrite
prefill()
{
	dd if=/dev/zero of="$1" bs=1M count="$2" oflag=direct conv=notrunc status=none
}

# counted_fio MOUNT OUT FIO_ARG... - prove MOUNT while fio runs; the report in OUT, fio's in OUT.fio.
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

# total_ios OUT - the writes that fio did
total_ios()
{
	jq '[.jobs[].write.total_ios] | add' "$1.fio"
}

# snapshot_count OUT JQ - a number of the report
report()
{
	jq -r "$2" "$1"
}

bpf_objects()
{
	# the programs and maps of others (systemd) stay; each is a line with its id
	{
		bpftool prog list 2>/dev/null | grep -cE '^[0-9]+:'
		bpftool map list 2>/dev/null | grep -cE '^[0-9]+:'
		bpftool link list 2>/dev/null | grep -cE '^[0-9]+:'
	} | tr '\n' ' '
}
