#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Attaches and detaches under load, and kills the tool, the daemon and the workload at random moments. No
# BPF object, process, mount or file may stay, and fio must see no error.
# LIVE_CYCLES (50) sets how many attachments.
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh disable=SC1091
. "$(dirname "$0")/counts_lib.sh"
live_begin_on_xfs
prefill "$src/f" 32
start_daemon "$src" "$mnt" || exit 1
cycles=${LIVE_CYCLES:-50}
out=$WORK/out

# verdict CODE - whether prove ended with one: 3 is one if a busy machine made too few writes, but then none is lost
verdict()
{
	[ "$1" = 0 ] || [ "$1" = 1 ] || { [ "$1" = 3 ] && jq -e '.loss.lost == 0' "$out" >/dev/null; }
}

# --- attach and detach under load
# objects of our own attachments: other programs may use BPF on this machine, too
: >"$WORK/objects"
fio --name=w --filename="$mnt/f" --size=32M --rw=randwrite --bs=4k --direct=1 --ioengine=libaio --iodepth=16 \
	--numjobs=2 --time_based --runtime=3600 --group_reporting --output-format=json --output="$WORK/fio" &
fio_pid=$!
sleep 1
bad=0
for _ in $(seq "$cycles"); do
	"$FUSELENS" prove "$mnt" -d 0.1 --json >"$out" 2>&1 &
	tool=$!
	until objects "$tool" | tee -a "$WORK/objects" | grep -q link_id || live_gone "$tool"; do
		sleep 0.01
	done
	code=0
	wait "$tool" || code=$?
	verdict "$code" || bad=$((bad + 1))
done
check_eq "$cycles attachments under load, each with its verdict" "$bad" 0
kill -INT "$fio_pid"
wait "$fio_pid" 2>/dev/null
check_eq "fio saw no error" "$(sed -n '/^{/,$p' "$WORK/fio" | jq '[.jobs[].error] | add')" 0
check "objects of attachments were seen" [ -s "$WORK/objects" ]
check "no BPF object stays" wait_until 10 gone "$WORK/objects"

# --- the tool, killed at random moments
for _ in $(seq 15); do
	"$FUSELENS" prove "$mnt" -- fio --name=k --filename="$mnt/f" --size=32M --rw=randwrite --bs=4k --direct=1 \
		--ioengine=psync --time_based --runtime=3600 --output=/dev/null >/dev/null 2>&1 &
	tool=$!
	sleep "0.$((RANDOM % 6))$((RANDOM % 10))"
	objects "$tool" >>"$WORK/objects"
	kill -KILL "$tool"
	wait "$tool" 2>/dev/null
done
no_fio()
{
	! pgrep -f "fio --name=k --filename=$mnt/f" >/dev/null
}
check "tool killed: its workload ends with it" wait_until 10 no_fio
check "tool killed: no BPF object stays" wait_until 10 gone "$WORK/objects"

# --- interrupted: a verdict on the counts so far
"$FUSELENS" prove "$mnt" -d 3600 --json >"$out" 2>/dev/null &
tool=$!
wait_until 20 counting "$tool"
objects "$tool" >>"$WORK/objects"
dd if=/dev/zero of="$mnt/f" bs=4k count=20 oflag=direct conv=notrunc status=none
kill -INT "$tool"
wait "$tool"
check_eq "interrupted: reports what it saw" "$(jq -r '"\(.interrupted) \(.counts.writes)"' "$out")" "true 20"

# --- the workload killed
"$FUSELENS" prove "$mnt" --json -- sh -c 'kill -KILL $$' >"$out" 2>/dev/null
check_eq "workload killed: said, and no verdict without writes" \
	"$? $(jq -r '"\(.verdict) \(.command_exit_code) \(.command_signal)"' "$out")" "4 INCONCLUSIVE null 9"

# --- the daemon killed while it is watched
touch "$WORK/before"
fio --name=d --filename="$mnt/f" --size=32M --rw=randwrite --bs=4k --direct=1 --ioengine=psync --time_based \
	--runtime=3600 --output=/dev/null >/dev/null 2>&1 &
# its file must be open before the daemon is gone
wait_until 60 [ "$src/f" -nt "$WORK/before" ]
"$FUSELENS" prove "$mnt" -d 2 --json >"$out" 2>/dev/null &
tool=$!
wait_until 20 counting "$tool"
objects "$tool" >>"$WORK/objects"
kill -KILL "$DAEMON_PID"
code=0
wait "$tool" || code=$?
check "daemon killed: the tool ends in time with a verdict ($code)" verdict "$code"
# passthrough writes go on without their daemon: end them first
pkill -KILL -f "fio --name=d --filename=$mnt/f"
code=0
timeout 600 "$FUSELENS" prove "$mnt" -d 0.2 >/dev/null 2>&1 || code=$?
check_eq "a dead mount: no hang, no traffic" "$code" 3
timeout 600 "$FUSELENS" files "$mnt" >/dev/null
check_eq "files on a dead mount: no hang" "$?" 0
umount -l "$mnt" 2>/dev/null
check "afterwards no BPF object stays" wait_until 10 gone "$WORK/objects"
