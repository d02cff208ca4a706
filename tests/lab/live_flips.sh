#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The livepatch loaded and unloaded at random moments, on Debian's kernel: 'fuselens verify' loses nothing,
# asynchronous writes that are under way when the module goes end well, and nothing stays behind.
#
# LIVE_KERNELS as for live.sh; LIVE_CYCLES (10, or 1,000 with LONG=1): loads and unloads under asynchronous load
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
cycles=${LIVE_CYCLES:-10}
[ -z "${LONG:-}" ] || cycles=${LIVE_CYCLES:-1000}

flips()
{
	awk -v key="$1" '$1 == key { print $2 }' "$out/flips"
}

# judge KERNEL MODULE_DIR
judge()
{
	local kernel=$1
	# A cycle takes some seconds where the guest is emulated, and more on a busy machine.
	vm --kernel "$kernel" --out "$out" --timeout $((14400 + 200 * cycles)) -- lab/guest/live_flips "$cycles"
	check "$kernel: the guest came through" is "$rc" 0
	[ "$rc" = 0 ] || return 0
	check "$kernel: verify's cases pass while it comes and goes ($(flips verify_flips) times)" is \
		"$(jq -r '[.cases[] | select(.result != "pass" and .result != "inconclusive") | .case] | join(" ")' "$out/verify.json"), exit $(flips verify_exit)" \
		", exit $(jq -r 'if any(.cases[]; .result == "inconclusive") then 3 else 0 end' "$out/verify.json")"
	jq -r '.cases[] | select(.result != "pass") | "# \(.case): \(.result): \([.files[]?.why // empty] + [.why // empty] | join("; "))"' \
		"$out/verify.json"
	check "... all fifteen of them" is "$(jq '.cases | length' "$out/verify.json")" 15
	check "$kernel: $cycles times loaded and unloaded under libaio and io_uring" is "$(flips cycles)" "$cycles"
	check "... the kernel has its memory back ($(flips vmalloc_kib) KiB)" test "$(flips vmalloc_kib)" -lt $((1024 + 4 * cycles))
	check "$kernel: writes were under way when the module went" is "$(flips in_flight_at_unload)" yes
	check "... and ended well" is "$(flips slow_writes)" 64
	check "$kernel: nothing of it is left" is "$(flips gone)" yes
	quiet_log "$kernel"
}

with_livepatch judge
exit "$failed"
