#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Debian's kernels for arm64 in an emulator: each method that works there counts what fio wrote and says why the writes
# were exclusive. The takes agree with the writes, fi->lock included, where spin locks are compiled into their users, too.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# counts KERNEL - but for the global method, which has nothing to hook where spin locks are compiled into their users
counts()
{
	local name methods="state-tp state-fentry callsite"
	rc=0
	KERNELS_WRITES=200 "$top/lab/kernels" --arch arm64 -o "$tmp/kernels" "$1" >"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?
	sed 's/^/# /' "$tmp/out"
	out=$tmp/kernels/$1
	check "$1: every method that works counts what fio wrote" is "$rc" 0
	check "$1: an arm64 kernel" is "$(of doctor.json .machine)" aarch64
	check "$1: each program of state-tp attaches" is "$(unattached doctor.json state-tp)" ""
	for name in $methods; do
		check "$1: $name says why" is "$(of "$name.prove" '"\(.verdict) \(.reasons[0].reason)"')" "EXCLUSIVE kernel-cannot"
	done
	check "$1: takes by call sites: the lock once a write, exclusively, and fi->lock once" \
		is "$(of callsite.prove '[.counts.takes | .exclusive, .shared, .upgrade, .fi_lock] | map(. / 200) | join(" ")')" "1 0 0 1"
}

for kernel in debian-6.12 debian-backports; do
	if "$top/lab/build/debian-kernel" --arch arm64 "$kernel" >/dev/null 2>"$tmp/err"; then
		counts "$kernel"
	else
		echo "skip - $kernel for arm64: it cannot be had"
	fi
done
exit "$failed"
