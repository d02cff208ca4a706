#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The livepatch loaded and unloaded at random moments, on Debian's kernel or on the lab's with lockdep and KASAN:
# 'fuselens verify' and fio lose nothing, asynchronous writes that are under way when the module goes end well, and
# nothing stays behind.
#
# LIVE_KERNELS as for live.sh
# LIVE_FLIPS (1, or 200 with LONG=1): loads and unloads under verify, or as many as its run allows if that is more;
#   0: none
# LIVE_CYCLES (10, or 1,000 with LONG=1): loads, each with its unload, under asynchronous load; 0: none
# LIVE_CPUS (2): processors of the guest; with one a change of all tasks takes no second
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
cycles=${LIVE_CYCLES:-${LONG:+1000}}
cycles=${cycles:-10}
wanted=${LIVE_FLIPS:-${LONG:+200}}
wanted=${wanted:-1}

# flips KEY - what the guest recorded last
flips()
{
	awk -v key="$1" '$1 == key { value = $2 } END { print value }' "$out/flips"
}

# verify_cases FILTER - the result of jq over the cases of all runs of verify, as one list
verify_cases()
{
	jq -rs "[.[].cases[]] | $1" "$out"/verify.*.json
}

under_verify()
{
	local kernel=$1 runs=("$out"/verify.*.json)
	check "$kernel: verify's cases pass while it comes and goes ($(flips verify_flips) times in ${#runs[@]} runs)" is \
		"$(verify_cases '[.[] | select(.result != "pass" and .result != "inconclusive") | .case] | join(" ")'), exits $(
			awk '$1 == "verify_exit" { print $2 }' "$out/flips" | paste -sd' ')" \
		", exits $(for run in "${runs[@]}"; do
			jq 'if any(.cases[]; .result == "inconclusive") then 3 else 0 end' "$run"
		done | paste -sd' ')"
	verify_cases '.[] | select(.result != "pass") |
		"# \(.case): \(.result): \([.files[]?.why // empty] + [.why // empty] | join("; "))"'
	check "... all fifteen of them, each time" is "$(verify_cases length)" $((15 * ${#runs[@]}))
	check "... as often as was asked for" test "$(flips verify_flips)" -ge "$wanted"
	check "$kernel: blocks that psync, libaio and io_uring wrote meanwhile are read back ($(flips block_rounds) times)" is \
		"$(flips blocks_exit) $(("$(flips block_rounds)" > 0))" "0 1"
}

under_cycles()
{
	check "$1: $cycles times loaded and unloaded under libaio and io_uring" is "$(flips cycles)" "$cycles"
	check "... the kernel has its memory back ($(flips cycles_kib) KiB)" test "$(flips cycles_kib)" -lt $((1024 + 4 * cycles))
}

# judge KERNEL MODULE_DIR
judge()
{
	local kernel=$1
	# A load takes some seconds where the guest is emulated, and more on a busy machine.
	vm --kernel "$kernel" --cpus "${LIVE_CPUS:-2}" --out "$out" --timeout $((14400 + 200 * (cycles + wanted))) -- \
		lab/guest/live_flips "$wanted" "$cycles"
	check "$kernel: the guest came through" is "$rc" 0
	[ "$rc" = 0 ] || return 0
	[ "$wanted" = 0 ] || under_verify "$kernel"
	[ "$cycles" = 0 ] || under_cycles "$kernel"
	check "$kernel: writes were under way when the module went" is "$(flips in_flight_at_unload)" yes
	check "... and ended well" is "$(flips slow_writes)" 64
	check "$kernel: nothing of it is left" is "$(flips gone)" yes
	[ "$kernel" != lab-live ] || check "$kernel: lockdep watched to the end" is "$(flips lockdep)" 1
	quiet_log "$kernel"
}

with_livepatch judge
exit "$failed"
