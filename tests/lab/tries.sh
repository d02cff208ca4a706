#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Series next: a write that must not wait gives up if it cannot have the lock at once. A trylock that fails is no
# take, for either method that counts takes.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$out"
# shellcheck disable=SC2016 # the guest expands
vm --variant next --cpus 2 --out "$out" -- bash -c '
	. lab/guest/lib.sh
	mirror cpu
	written 1
	for method in callsite global; do
		prove /out/$method /mnt/fuse --evidence $method -- tests/lab/guest/tries /mnt/fuse/data /mnt/disk
	done'
check "the guest ended well" is "$rc" 0
for method in callsite global; do
	# the append is exclusive
	check "$method: writes, takes exclusive and shared, and no more" is \
		"$(of $method '.counts | "\(.writes): \(.takes.exclusive) \(.takes.shared) \(.takes.upgrade)"')" \
		"21: 1 20 0"
	check "... nothing is lost" is "$(of $method .loss.lost)" 0
done
exit "$failed"
