#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# A table of 64 files is watched while several times as many are written one after another. Files that
# nobody writes any more make room; no write is lost or counted twice, and no file goes to the remainder.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/export_lib.sh
. "$(dirname "$0")/export_lib.sh"
FILES=150 WRITES=7
! is_full || FILES=600

live_begin_on_xfs
start_daemon "$src" "$mnt" || exit 1

# another mount, whose writes must not count
mkdir "$WORK/xfs/source2"
start_daemon "$WORK/xfs/source2" "$WORK/mnt2" || exit 1

start_export "$FUSELENS" export "$mnt" --listen 127.0.0.1:0 --files 3 --max-inodes 64 --keep 1 || exit 1

# Whether less than half of the table is in use. Then every file finds a place.
room()
{
	[ "$(fresh | sum 'fuselens_files_counted ')" -lt 32 ]
}

last=0 fell=0
for i in $(seq $FILES); do
	dd if=/dev/zero of="$mnt/f$i" bs=4k count=$WRITES oflag=direct status=none
	[ $((i % 4)) != 0 ] || {
		dd if=/dev/zero of="$WORK/mnt2/g" bs=4k count=1 oflag=direct conv=notrunc status=none
		wait_until 20 room
		now=$(sum "fuselens_writes_total\{.*mount=\"$mnt\"" <"$WORK/page")
		[ "$now" -ge "$last" ] || fell=1
		last=$now
	}
done
fresh >"$WORK/end"
check_eq "a counter never falls while files make room" "$fell" 0
check_eq "each of $((FILES * WRITES)) writes to $FILES files is counted once, under its mount" \
	"$(sum "fuselens_writes_total\{.*mount=\"$mnt\"" <"$WORK/end")" "$((FILES * WRITES))"
check_eq "and none of another mount" "$(sum 'fuselens_writes_total' <"$WORK/end")" "$((FILES * WRITES))"
check_eq "no file found the table full" "$(sum 'fuselens_.*not_told_apart' <"$WORK/end")" 0
