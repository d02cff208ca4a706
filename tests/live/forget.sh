#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# A table of 64 files is watched while several times as many are written one after another. Files that
# nobody writes any more make room; no write is lost or counted twice, and no file goes to the remainder.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
FILES=150 WRITES=7
! is_full || FILES=600

live_begin_on_xfs
start_daemon "$src" "$mnt" || exit 1

# another mount, whose writes must not count
mkdir "$WORK/xfs/source2"
start_daemon "$WORK/xfs/source2" "$WORK/mnt2" || exit 1

"$FUSELENS" export "$mnt" --listen 127.0.0.1:0 --files 3 --max-inodes 64 --keep 1 2>"$WORK/log" &
wait_until 20 grep -qs 'http://' "$WORK/log" || {
	cat "$WORK/log" >&2
	exit 1
}
url=$(sed -n 's,.*\(http://[^/]*\).*,\1,p' "$WORK/log")

# fresh - a page whose counts were read after this call. Scrapes close together share one reading.
fresh()
{
	local seen
	seen=$(scrape | total fuselens_reads)
	wait_until 20 read_since "$seen"
	cat "$WORK/page"
}
scrape()
{
	curl -sS -H 'Accept: application/openmetrics-text' "$url/metrics"
}
read_since()
{
	scrape >"$WORK/page"
	[ "$(total fuselens_reads <"$WORK/page")" -gt "$1" ]
}

# total PATTERN - sum over the samples of a page that match
total()
{
	grep -E "^$1" | awk '{sum += $NF} END {print sum + 0}'
}

# Whether less than half of the table is in use. Then every file finds a place.
room()
{
	[ "$(fresh | total 'fuselens_files_counted ')" -lt 32 ]
}

last=0 fell=0
for i in $(seq $FILES); do
	dd if=/dev/zero of="$mnt/f$i" bs=4k count=$WRITES oflag=direct status=none
	[ $((i % 4)) != 0 ] || {
		dd if=/dev/zero of="$WORK/mnt2/g" bs=4k count=1 oflag=direct conv=notrunc status=none
		wait_until 20 room
		now=$(total "fuselens_writes_total\{.*mount=\"$mnt\"" <"$WORK/page")
		[ "$now" -ge "$last" ] || fell=1
		last=$now
	}
done
fresh >"$WORK/end"
check_eq "a counter never falls while files make room" "$fell" 0
check_eq "each of $((FILES * WRITES)) writes to $FILES files is counted once, under its mount" \
	"$(total "fuselens_writes_total\{.*mount=\"$mnt\"" <"$WORK/end")" "$((FILES * WRITES))"
check_eq "and none of another mount" "$(total 'fuselens_writes_total' <"$WORK/end")" "$((FILES * WRITES))"
check_eq "no file found the table full" "$(total 'fuselens_.*not_told_apart' <"$WORK/end")" 0
