#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# How many passthrough writers hold the inode lock together, on a kernel that lets them share it: each finds itself and
# those before it.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2016 # the guest expands
vm --variant v3 --cpus 2 --out "$tmp" -- bash -c '
	set -e
	lab/guest/disk cpu /mnt/disk
	mkdir -p /mnt/disk/source /mnt/fuse
	fuselens-passthroughd /mnt/disk/source /mnt/fuse 2>/tmp/daemon.log
	dd if=/dev/zero of=/mnt/disk/source/data bs=1M count=1 oflag=direct status=none
	fuselens prove /mnt/fuse --evidence state-fentry --json -- \
		tests/lab/guest/holders /mnt/fuse/data /mnt/disk 5 >/out/report || [ $? != 2 ]'
check "the guest ended well" is "$rc" 0
check "all writes share the lock" is "$(jq -r '.counts | "\(.writes): \(.exclusive) \(.shared)"' "$tmp/report")" "6: 0 6"
check "the first finds itself alone, and each of five itself and those before it" is \
	"$(jq -r '.snapshot.files[0].shared_holders | "\(.looks) \(.sum) \(.max) \([.buckets[] | "\(.holders):\(.looks)"] | join(" "))"' \
		"$tmp/report")" "6 16 5 1:2 2:1 3:1 4:1 5:1"
check "the mean, in all" is "$(jq -r '.counts.shared_holders.mean * 6 | round' "$tmp/report")" 16
check "nothing is lost" is "$(jq .loss.lost "$tmp/report")" 0
exit "$failed"
