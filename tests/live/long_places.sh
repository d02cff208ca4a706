#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Writes that fail after others took their places in the table of attempts: what is counted too much is told as
# uncertain. With its 4,096 places that is rare, so here the table has two. The last writes fail at once, before those
# whose places they took.
set -u
# shellcheck source=tests/oracle/lib.sh
. "$(dirname "$0")/../oracle/lib.sh"
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh disable=SC1091
. "$(dirname "$0")/counts_lib.sh"
trap - EXIT
live_begin
at_end rm -rf "$oracle_dir"
small=$WORK/small src=$WORK/xfs/source mnt=$WORK/mnt out=$WORK/out

# broken_xfs - a file whose place on the disk cannot be written: the disk is a sparse file on a full file system
broken_xfs()
{
	local first last rest
	mkdir -p "$small" "$WORK/xfs"
	mount -t tmpfs -o size=160m none "$small" && truncate -s 300M "$small/xfs.img" &&
		mkfs.xfs -q "$small/xfs.img" && mount -o loop "$small/xfs.img" "$WORK/xfs" && mkdir "$src" || return 1
	prefill "$src/data" 4
	sync -f "$src"
	while read -r first last rest; do
		fallocate -p -o $((first * 512)) -l $(((last - first + 1) * 512)) "$small/xfs.img" || return 1
	done < <(xfs_bmap "$src/data" | sed -n 's/.*: \([0-9]*\)\.\.\([0-9]*\)$/\1 \2/p')
	dd if=/dev/zero of="$small/rest" bs=64k status=none 2>/dev/null
	sync -f "$small"
}

changed()
{
	local tree=$oracle_dir/tree
	mkdir "$tree"
	tar -C "$top" --exclude=./.git --exclude=./build -cf - . | tar -C "$tree" -xf -
	sed -i 's/^#define CERTAIN_BITS 12/#define CERTAIN_BITS 1/' "$tree/bpf/pending.bpf.h"
	[ "$(diff -r "$top/bpf" "$tree/bpf" | grep -c '^>')" = 1 ] && make -s -C "$tree" -j"$(nproc)" B=build build/fuselens
}

check "a disk that cannot be written" broken_xfs
check "a program with two places is built" changed
start_daemon "$src" "$mnt" || exit 1
"$oracle_dir/tree/build/fuselens" prove "$mnt/data" --evidence state-tp --json -- sh -c \
	"exec python3 '$LIVE_TOP/tests/live/hostile_writes.py' together '$mnt/data' 20 >'$out.load'" >"$out" 2>"$out.err"
counted=$(report "$out" .counts.writes) uncertain=$(report "$out" .counts.uncertain)
echo "# $counted counted, $(report "$out" .counts.failed) failed, $uncertain uncertain"
check_eq "all writes failed" "$(jq -c '[.writes, .failed]' "$out.load")" "[0,1280]"
check "failures were seen" test "$(report "$out" .counts.failed)" -gt 0
check "no more are counted than are uncertain" test "$counted" -le "$uncertain"
stop_daemon
