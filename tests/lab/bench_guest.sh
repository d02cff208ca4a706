# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Runs in the VM (see tests/lab/bench.sh): a bench on a device whose latency dominates, null_blk that
# completes after 2 ms, so that the lock alone decides whether writers scale.
#
# usage: bash tests/lab/bench_guest.sh RESULT_DIR BENCH_OPTION...   (goes on with one that exists)
set -euo pipefail
result=$1
shift
null=/sys/kernel/config/nullb/bench
mkdir "$null"
echo 1024 >"$null/size"
echo 1 >"$null/memory_backed"
echo 2 >"$null/irqmode"
echo 2000000 >"$null/completion_nsec"
echo 1 >"$null/power"
# named for its directory from 5.19 on
dev=/dev/bench
[ -b "$dev" ] || dev=/dev/nullb$(cat "$null/index")
mkdir -p /run/bench/{raw,mount}
mkfs.xfs -q "$dev"
mount "$dev" /run/bench/raw
fuselens-passthroughd /run/bench/raw /run/bench/mount
if [ -e "$result" ]; then
	fuselens bench --resume -o "$result"
else
	FUSELENS_PROFILES=/fuselens/profiles fuselens bench randwrite-4k-psync \
		--mount /run/bench/mount --raw /run/bench/raw --size 16m -o "$result" "$@"
fi
