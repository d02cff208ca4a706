#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Debian's kernels for arm64 in an emulator, with pages of 4 and 16 KiB, and the lab's with 64 KiB: each method that works
# there counts what fio wrote and says why the writes were exclusive. The takes agree with the writes, fi->lock included,
# where spin locks are compiled into their users, too. Then the demo on one of them.
LAB_ARCH=arm64
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# counts KERNEL [CPU] - by all methods but the global one, which on Debian's 6.12 has nothing to hook, because spin locks
# are compiled into their users
counts()
{
	local on="$1${2:+ on $2}" name pages=4096 atomics=some methods="state-tp state-fentry callsite"
	rm -rf "$tmp/kernels"
	rc=0
	KERNELS_WRITES=200 ends_with_me "$top/lab/kernels" --arch arm64 ${2:+--cpu "$2"} -o "$tmp/kernels" "$1" \
		>"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?
	sed 's/^/# /' "$tmp/out"
	out=$tmp/kernels/$1
	check "$on: every method that works counts what fio wrote" is "$rc" 0
	check "$on: an arm64 kernel" is "$(of doctor.json .machine)" aarch64
	check "$on: each program of state-tp attaches" is "$(unattached doctor.json state-tp)" ""
	[[ $1 != *-16k ]] || pages=16384
	[[ $1 != *-64k ]] || pages=65536
	check "$on: pages of $pages bytes" is "$(cat "$out/page_size")" $pages
	[ -z "${2:-}" ] || atomics=none
	check "$on: atomic instructions: $atomics" is "$(grep -q atomics "$out/cpuinfo" && echo some || echo none)" $atomics
	for name in $methods; do
		check "$on: $name says why" is "$(of "$name.prove" '"\(.verdict) \(.reasons[0].reason)"')" "EXCLUSIVE kernel-cannot"
	done
	check "$on: takes by call sites: the lock once a write, exclusively, and fi->lock once" \
		is "$(of callsite.prove '[.counts.takes | .exclusive, .shared, .upgrade, .fi_lock] | map(. / 200) | join(" ")')" "1 0 0 1"
}

# demo KERNEL - README's first command, but for the compiling: the guest has no compiler, and gets the programs
demo()
{
	# loop is a module of Debian's kernel, and no guest program is there to ask for it
	vm --kernel "$1" --memory 5G -- bash -c 'modprobe loop; DEMO_SECONDS=1 exec lab/demo /build'
	check "$1: the demo comes to its end, each count fio's" is "$rc" 0
	check "... in twelve rows" is "$(grep -cE '^(passthrough|direct|cached) +(psync|libaio) ' "$tmp/out")" 12
	check "... where passthrough is exclusive" is "$(awk '$1 == "passthrough" { print $NF }' "$tmp/out" | sort -u)" EXCLUSIVE
}

for kernel in debian-6.12 debian-6.12-16k debian-backports debian-backports-16k; do
	if "$top/lab/build/debian-kernel" --arch arm64 "$kernel" >/dev/null 2>"$tmp/err"; then
		counts "$kernel"
		[ "$kernel" != debian-6.12 ] || demo "$kernel"
		# a processor without single instructions for atomics (LSE): loops of exclusive loads and stores
		[ "$kernel" != debian-6.12 ] || counts "$kernel" cortex-a72
	else
		echo "skip - $kernel for arm64: it cannot be had"
	fi
done
counts lab-64k
check "lab-64k: the global method, too" is "$(of global.prove '"\(.verdict) \(.counts.takes.fi_lock)"')" "EXCLUSIVE 200"
exit "$failed"
