#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# What happens in a long life on a production machine, in short: attaching and detaching under load, kills
# at any moment, two watchers at once, a suspended daemon. Nothing may be lost or left behind.
#
# SOAK_SECONDS (30) sets how long it goes on; 'make soak' takes an hour.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh
. "$(dirname "$0")/counts_lib.sh"
seconds=${SOAK_SECONDS:-30}

live_begin_on_xfs
mkdir "$WORK/xfs/second"
start_daemon "$src" "$mnt" || exit 1
steady=$DAEMON_PID

# load NAME MILLISECONDS [FILE] - fio on the steady mount
load()
{
	fio --name=w --filename="$mnt/${3:-data}" --size=8m --bs=4k --rw=randwrite --direct=1 --ioengine=psync \
		--norandommap --time_based --runtime="$2ms" --output-format=json \
		--output="$WORK/$1.json" >/dev/null 2>&1
}

load warm 300
# this load lasts longer than everything else; it ends with the test
spawn load heavy $((seconds * 3000 + 600000)) heavy
heavy=$SPAWNED

# Kills at any moment, while it attaches or counts or detaches.
end=$((SECONDS + seconds / 3))
cycles=0
: >"$WORK/objects"
while [ "$SECONDS" -lt "$end" ]; do
	"$FUSELENS" stat "$mnt" --json -i 0.05 >"$WORK/victim.json" 2>&1 &
	victim=$!
	sleep "0.$((RANDOM % 9))$((RANDOM % 9))"
	objects "$victim" >>"$WORK/objects"
	kill -KILL "$victim"
	wait "$victim" 2>/dev/null
	cycles=$((cycles + 1))
done
check "kills at any moment leave no program, link or map ($cycles kills, $(sort -u "$WORK/objects" | wc -l) objects)" \
	wait_until 10 gone "$WORK/objects"
check "and some of them had any" [ -s "$WORK/objects" ]

# Attaching and detaching under load. Each time one short job must be counted exactly, while other writers
# of the mount are killed.
end=$((SECONDS + seconds / 3))
cycles=0
bad=0
killed=0
: >"$WORK/objects"
cat >"$WORK/job" <<EOF
#!/bin/bash
exec fio --name=w --filename=$mnt/data --size=8m --bs=4k --rw=randwrite --direct=1 --ioengine=psync \\
	--number_ios=400 --output-format=json --output=$WORK/job.json
EOF
chmod +x "$WORK/job"
while [ "$SECONDS" -lt "$end" ]; do
	load doomed 5000 doomed &
	doomed=$!
	(
		wait_until 10 test -e "$mnt/doomed"
		sleep "0.$((RANDOM % 9))$((RANDOM % 9))"
		# the process of the shell function, and its fio, which has children of its own
		pkill -KILL -f -- "--filename=$mnt/doomed"
	) &
	killer=$!
	"$FUSELENS" stat "$mnt/data" --json -i 3600 -- "$WORK/job" >"$WORK/cycle.json" 2>/dev/null
	counted=$(jq 'select(.kind == "total") | .writes' "$WORK/cycle.json")
	if [ "$counted" != "$(fio_total "$WORK/job.json")" ]; then
		echo "cycle $cycles: counted $counted, fio wrote $(fio_total "$WORK/job.json")"
		bad=$((bad + 1))
	fi
	wait "$killer"
	wait "$doomed" 2>/dev/null || killed=$((killed + 1))
	cycles=$((cycles + 1))
done
check_eq "attaching under load counts exactly ($cycles times, $killed of other writers killed)" "$bad" 0
check "and writers were killed" [ "$killed" -gt 0 ]

# Two watchers at once, one of them stopped for a while. Both must see every write.
"$FUSELENS" stat "$mnt/data" --json -i 0.2 >"$WORK/one.json" 2>/dev/null &
one=$!
"$FUSELENS" stat "$mnt/data" --json -i 0.3 >"$WORK/two.json" 2>/dev/null &
two=$!
wait_until 20 grep -q interval "$WORK/one.json"
wait_until 20 grep -q interval "$WORK/two.json"
objects "$one" >"$WORK/objects"
objects "$two" >>"$WORK/objects"
rss_before=$(awk '/^VmRSS/ {print $2}' "/proc/$one/status")
kill -STOP "$two"
load both 1500
kill -CONT "$two"
load after 300
sleep 0.5
wrote=$(($(fio_total "$WORK/both.json") + $(fio_total "$WORK/after.json")))

# A suspended daemon: programs that ask it hang, fuselens does not.
kill -STOP "$steady"
timeout 600 "$FUSELENS" stat "$mnt" -i 0.1 -c 3 >"$WORK/suspended" 2>&1
check_eq "a suspended daemon holds up nobody who watches its mount" "$?" 0
timeout 600 "$FUSELENS" stat all -i 0.1 -c 3 >"$WORK/suspended" 2>&1
check_eq "nor who watches all" "$?" 0
kill -CONT "$steady"

rss_after=$(awk '/^VmRSS/ {print $2}' "/proc/$one/status")
kill -INT "$one" "$two"
wait "$one" "$two"
for w in one two; do
	check_eq "two at once: watcher $w counts all of it" \
		"$(jq -s '[.[] | select(.kind == "interval") | .writes] | add' "$WORK/$w.json")" "$wrote"
done
check "memory is flat ($rss_before to $rss_after kB)" [ $((rss_after - rss_before)) -le 1024 ]
check "a normal end leaves nothing either" wait_until 10 gone "$WORK/objects"

# Mounts that come and go under "all", a killed daemon among them, for the rest of the time.
end=$((SECONDS + seconds / 3))
"$FUSELENS" stat all --json -i 0.2 >"$WORK/all.json" 2>/dev/null &
all=$!
wait_until 20 grep -q interval "$WORK/all.json"
rss_before=
expected=0
cycles=0
while [ "$SECONDS" -lt "$end" ] || [ "$cycles" = 0 ]; do
	start_daemon "$WORK/xfs/second" "$WORK/mnt2" || break
	dd if=/dev/zero of="$WORK/mnt2/f" bs=4k count=50 oflag=direct status=none && expected=$((expected + 50))
	# usually long enough for a poll, which learns the mount's name
	sleep 0.2
	if [ $((RANDOM % 2)) = 0 ]; then
		stop_daemon KILL
		umount -l "$WORK/mnt2"
	else
		stop_daemon
	fi
	cycles=$((cycles + 1))
	# memory grows a little with the first mounts, and not after them
	[ "$cycles" != 5 ] || rss_before=$(awk '/^VmRSS/ {print $2}' "/proc/$all/status")
done
sleep 0.3
rss_after=$(awk '/^VmRSS/ {print $2}' "/proc/$all/status")
# Mounts of other programs are watched as well, and each needs memory.
foreign=$(jq -s "[.[] | select(.event? and .mount != \"$WORK/mnt2\" and .mount != \"$mnt\")] | length" "$WORK/all.json")
if [ "$foreign" = 0 ]; then
	check "memory stays flat as mounts come and go ($rss_before to $rss_after kB)" \
		[ $((rss_after - ${rss_before:-rss_after})) -le 1024 ]
else
	skip "memory stays flat as mounts come and go" "others mounted meanwhile"
fi
kill -INT "$all"
wait "$all"
# a mount that no poll has seen is counted, and has no name
check_eq "mounts that come and go are counted to the last write ($cycles times)" \
	"$(jq -s "[.[] | select(.kind == \"interval\" and (.mount == \"$WORK/mnt2\" or .mount == null)) | .writes] | add" \
		"$WORK/all.json")" "$expected"
check "the load never noticed" kill -0 "$heavy"
