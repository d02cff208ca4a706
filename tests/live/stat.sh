#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# stat: the rows add up to what fio wrote, whatever happens to mounts, readers and the disk below.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh
. "$(dirname "$0")/counts_lib.sh"

live_begin_on_xfs
start_daemon "$src" "$mnt" || exit 1

write_some "$mnt" 300 2 # lays the files out

# csv_sum COLUMN FILE
csv_sum()
{
	awk -F, -v name="$1" 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == name) col = i; next}
		{sum += $col; if ($col == "") empty = 1} END {print sum + 0 (empty ? " with gaps" : "")}' "$2"
}

json_sum()
{
	jq -s "[.[] | select(.kind == \"interval\") | .$1] | add" "$2"
}

write_some_command "$mnt" 2000 2
began=$EPOCHREALTIME
"$FUSELENS" stat "$mnt" --csv -i 0.2 -- "${COMMAND[@]}" >"$WORK/rows.csv" 2>/dev/null
took_ms=$(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
check_eq "CSV rows add up to fio's writes" "$(csv_sum writes "$WORK/rows.csv")" "$(fio_total)"
check_eq "bytes add up as well" "$(csv_sum bytes "$WORK/rows.csv")" "$(($(fio_total) * 4096))"
# on a busy machine intervals are longer, never shorter
rows=$(wc -l <"$WORK/rows.csv")
check "there are rows ($rows), and no more than intervals in $took_ms ms" [ "$rows" -gt 1 -a "$rows" -le $((took_ms / 200 + 2)) ]
check_eq "every row has every column" \
	"$(awk -F, '{print NF}' "$WORK/rows.csv" | sort -u | wc -l)" 1

write_some_command "$mnt" 1000 2
"$FUSELENS" stat "$mnt" --files --json -i 0.2 -- "${COMMAND[@]}" >"$WORK/rows.json" 2>/dev/null
check_eq "JSON rows a file add up to fio's writes" "$(json_sum writes "$WORK/rows.json")" "$(fio_total)"
check_eq "the total says the same" \
	"$(jq 'select(.kind == "total") | .writes' "$WORK/rows.json")" "$(fio_total)"
check_eq "both files have rows" \
	"$(jq -r 'select(.kind == "interval") | .file // empty | split("/") | last' "$WORK/rows.json" | sort -u | tr '\n' ' ')" \
	"f0 f1 "
check_eq "what the method can't tell is null" \
	"$(jq -c 'select(.kind == "total") | if .method == "state-tp" then [.upgrades, .wait_p50_ns] else [null, null] end' "$WORK/rows.json")" \
	"[null,null]"
check_eq "intervals follow each other without a gap" \
	"$(jq -s '([.[] | select(.kind == "interval")] | unique_by(.time_ns) | map(.interval_ns) | add) as $sum |
		(.[] | select(.kind == "total") | .interval_ns) as $all | (($all - $sum) | fabs) < 0.02 * $all' \
		"$WORK/rows.json")" true

# Text: the columns that were asked for, fractions of a second, and one message about what is not known and why.
"$FUSELENS" stat "$mnt" -i 0.2 -c 2 -o time,writes,wait99,name >"$WORK/columns" 2>"$WORK/columns.err"
check_eq "-o shows what it names" "$(sed -n 2p "$WORK/columns" | xargs)" "time writes p99 mount"
check "times of short intervals have fractions" grep -qE '^[0-9:]{8}\.[0-9]{2} +[0-9]' "$WORK/columns"
"$FUSELENS" stat "$mnt" -i 0.1 -c 3 --no-header >"$WORK/columns" 2>"$WORK/columns.err"
check_eq "--no-header leaves rows and the total" "$(wc -l <"$WORK/columns")" 4
check_eq "what the method cannot tell is said once" "$(grep -c 'waits, holds' "$WORK/columns.err")" \
	"$(jq -s 'if .[0].method == "state-tp" then 1 else 0 end' "$WORK/rows.json")"
"$FUSELENS" stat --help >"$WORK/stat.help"
check_eq "... with options that stat has, or with the command that has them" "$(tr -s ' \n' ' ' <"$WORK/columns.err" |
	grep -oE "(fuselens [a-z]+ )?--[a-z-]+" | grep -v ^fuselens | grep -vFf <(grep -oE -- '--[a-z-]+' "$WORK/stat.help"))" ""
"$FUSELENS" stat "$mnt" -o writes,bogus >/dev/null 2>"$WORK/columns.err"
check_eq "a column that is none is an error" "$? $(grep -c "no column 'bogus'" "$WORK/columns.err")" "2 1"

# A write through a mount with a hostile name: no byte of the name reaches a terminal raw.
hostile=$mnt/$'a\033[2J\nb"c,\xff'
dd if=/dev/zero of="$hostile" bs=4k count=4 oflag=direct status=none
"$FUSELENS" stat "$mnt" --files -i 0.2 -- dd if=/dev/zero of="$hostile" bs=4k count=4 oflag=direct \
	conv=notrunc status=none >"$WORK/hostile.txt" 2>/dev/null
check "hostile names are shown" grep -q 'x1b\[2J' "$WORK/hostile.txt"
check "and harmless" eval "! grep -q $'\033' '$WORK/hostile.txt'"
"$FUSELENS" stat "$mnt" --files --csv -i 0.2 -- dd if=/dev/zero of="$hostile" bs=4k count=4 oflag=direct \
	conv=notrunc status=none >"$WORK/hostile.csv" 2>/dev/null
check_eq "CSV quotes them" "$(python3 -c '
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
print(sum(int(r["writes"]) for r in rows), rows[0]["file"].split("/")[-1])' "$WORK/hostile.csv")" \
	'4 a\x1b[2J\nb"c,\xff'
rm "$hostile"

# The mount goes, and another one with another device number takes its place.
"$FUSELENS" stat "$mnt" --json -i 0.3 >"$WORK/follow.json" 2>"$WORK/follow.err" &
stat_pid=$!
wait_until 20 grep -q interval "$WORK/follow.json"
write_some "$mnt" 500 1
first=$(fio_total)
stop_daemon
check "a mount that goes is said to" wait_until 5 grep -q '"event":"mount-gone"' "$WORK/follow.json"
mkdir "$WORK/source2"
start_daemon "$WORK/source2" "$WORK/mnt2"
start_daemon "$src" "$mnt"
check "one that comes to its place as well" \
	wait_until 10 grep -q '"event":"mount-back"' "$WORK/follow.json"
write_some "$mnt" 500 1
second=$(fio_total)
kill -INT "$stat_pid"
wait "$stat_pid"
check_eq "interrupting it is a normal end" "$?" 0
check_eq "nothing is lost on the way" "$(json_sum writes "$WORK/follow.json")" "$((first + second))"
check_eq "and the total holds both" \
	"$(jq 'select(.kind == "total") | .writes' "$WORK/follow.json")" "$((first + second))"

# The same, but it comes back at once, most likely with its old device number.
"$FUSELENS" stat "$mnt" --json -i 0.3 >"$WORK/again.json" 2>/dev/null &
stat_pid=$!
wait_until 20 grep -q interval "$WORK/again.json"
stop_daemon
start_daemon "$src" "$mnt"
check "a quick return is said" wait_until 5 grep -q '"event":"mount-back"' "$WORK/again.json"
write_some "$mnt" 300 1
stop_daemon KILL
umount -l "$mnt" 2>/dev/null
check "a killed daemon's too" \
	eval "wait_until 5 grep -q '\"event\":\"mount-gone\"' '$WORK/again.json'"
kill -INT "$stat_pid"
wait "$stat_pid"
check_eq "its writes are counted" "$(json_sum writes "$WORK/again.json")" "$(fio_total)"

# A stopped daemon is not asked anything. A killed one leaves its mount behind.
start_daemon "$src" "$mnt"
"$FUSELENS" stat "$mnt" --json -i 0.2 >"$WORK/dead.json" 2>"$WORK/dead.err" &
stat_pid=$!
wait_until 20 grep -qs interval "$WORK/dead.json"
rows_so_far()
{
	grep -c '"interval"' "$WORK/dead.json"
}
more_rows()
{
	[ "$(rows_so_far)" -ge "$1" ]
}
live_stop "$DAEMON_PID"
check "a stopped daemon holds up no row" wait_until 10 more_rows $(($(rows_so_far) + 8))
check_eq "nor is it taken for dead" "$(grep -c '"event"' "$WORK/dead.json")" 0
kill -CONT "$DAEMON_PID"
stop_daemon KILL
check "a daemon that was killed is said" wait_until 5 grep -q '"event":"daemon-gone"' "$WORK/dead.json"
check "the mount it has left is still there" grep -q " $mnt " /proc/self/mountinfo
"$FUSELENS" stat "$mnt" -i 0.2 >/dev/null 2>"$WORK/late.err" &
check "also to one who comes later" wait_until 10 grep -qs 'its daemon is gone' "$WORK/late.err"
kill -INT $!
wait $!
check_eq "who can be ended as ever" "$?" 0
start_daemon "$src" "$mnt"
check "its return on top of the dead one is said" wait_until 10 grep -q '"event":"mount-back"' "$WORK/dead.json"
write_some "$mnt" 300 1
kill -INT "$stat_pid"
wait "$stat_pid"
check_eq "and counted" "$(json_sum writes "$WORK/dead.json")" "$(fio_total)"
check_eq "the death was said once" "$(grep -c '"event":"daemon-gone"' "$WORK/dead.json")" 1
check_eq "and to people" "$(grep -c 'its daemon is gone' "$WORK/dead.err")" 1
stop_daemon
umount -l "$mnt"

# "all": a mount that appears is counted without a gap.
"$FUSELENS" stat all --json -i 0.3 >"$WORK/all.json" 2>/dev/null &
stat_pid=$!
wait_until 20 grep -q interval "$WORK/all.json"
start_daemon "$src" "$WORK/mnt3"
write_some "$WORK/mnt3" 500 1
wait_until 5 grep -q "$WORK/mnt3: mounted" "$WORK/all.json"
kill -INT "$stat_pid"
wait "$stat_pid"
check "all: a mount that appears is said to" grep -q "$WORK/mnt3: mounted" "$WORK/all.json"
check_eq "all: and counted from its first write" \
	"$(jq -s "[.[] | select(.kind == \"interval\" and .mount == \"$WORK/mnt3\") | .writes] | add" \
		"$WORK/all.json")" "$(fio_total)"

# Readers that go away, and full disks.
rss()
{
	awk '/^VmRSS/ {print $2}' "/proc/$1/status"
}
mkfifo "$WORK/fifo"
# an interval has more rows than one write takes: a signal ends one write only
start_daemon "$src" "$mnt"
spawn python3 -c '
import os, sys, time
files = [os.open(f"{sys.argv[1]}/of_many{i}", os.O_RDWR | os.O_CREAT) for i in range(64)]
while True:
    for f in files:
        os.pwrite(f, b"x" * 4096, 0)
    time.sleep(0.005)' "$mnt"
many_pid=$SPAWNED
# shellcheck disable=SC2217 # it holds the pipe open and never reads: that is the point
sleep 3600 <"$WORK/fifo" &
"$FUSELENS" stat all --files --json -i 0.01 >"$WORK/fifo" 2>/dev/null &
stat_pid=$!
blocked()
{
	[ "$(cat "/proc/$stat_pid/wchan" 2>/dev/null)" = pipe_write ] ||
		[ "$(awk '{print $1, $2}' "/proc/$stat_pid/syscall" 2>/dev/null)" = "1 0x1" ]
}
check "a reader that never reads stops the rows" wait_until 20 blocked
before=$(rss "$stat_pid")
sleep 2
after=$(rss "$stat_pid")
check "and memory does not grow meanwhile ($before to $after kB)" [ $((after - before)) -le 256 ]
kill -TERM "$stat_pid"
check "it can still be ended" wait_until 5 live_gone "$stat_pid"
kill "$many_pid"
wait "$many_pid" 2>/dev/null

"$FUSELENS" stat all -i 0.02 2>/dev/null | head -n 1 >/dev/null
check_eq "a reader that leaves ends it quietly" "${PIPESTATUS[0]}" 0
"$FUSELENS" stat all -i 0.02 -c 3 >/dev/full 2>"$WORK/full.err"
check_eq "a full disk is an error" "$?" 2
check "that is named" grep -q 'No space left' "$WORK/full.err"
"$FUSELENS" stat "$WORK/xfs" >/dev/null 2>"$WORK/no.err"
check_eq "what is no FUSE mount is refused" "$? $(grep -c hint: "$WORK/no.err")" "2 1"
