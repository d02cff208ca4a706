#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Series next: a write that must not wait gives up if it cannot have the lock at once. A trylock that fails is no
# take, for either method that counts takes.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2016 # the guest expands
vm --variant next --cpus 2 --out "$tmp" -- bash -c '
	set -e
	lab/guest/disk cpu /mnt/disk
	mkdir -p /mnt/disk/source /mnt/fuse
	fuselens-passthroughd /mnt/disk/source /mnt/fuse 2>/tmp/daemon.log
	dd if=/dev/zero of=/mnt/disk/source/data bs=1M count=1 oflag=direct status=none
	for method in callsite global; do
		fuselens prove /mnt/fuse --evidence $method -d 3600 --json -- \
			tests/lab/guest/tries /mnt/fuse/data /mnt/disk >/out/$method || [ $? != 2 ]
	done'
check "the guest ended well" is "$rc" 0
for method in callsite global; do
	# the append, and the first write, which looks for privileges, are exclusive
	check "$method: writes, takes exclusive and shared, and no more" is \
		"$(jq -r '.counts | "\(.writes): \(.takes.exclusive) \(.takes.shared) \(.takes.upgrade)"' "$tmp/$method")" \
		"21: 2 19 0"
	check "... nothing is lost" is "$(jq .loss.lost "$tmp/$method")" 0
done
exit "$failed"
