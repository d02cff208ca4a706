#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Whose writes: what a command and what it starts wrote is told from what others wrote, or alone counted; a process
# with its threads, and with its descendants.
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh disable=SC1091
. "$(dirname "$0")/counts_lib.sh"
live_begin_on_xfs
prefill "$src/f" 4
prefill "$src/g" 4
start_daemon "$src" "$mnt" passthrough || exit 1
direct=$WORK/direct
mkdir "$direct"
start_daemon "$src" "$direct" direct || exit 1
out=$WORK/out

# The command writes 30 of its own: a shell's child, a grandchild and one that nobody waits for. It has somebody
# else write 50, who runs since before.
cat >"$WORK/command" <<-EOF
	write() { dd if=/dev/zero of="\$1/\$2" bs=4k count="\$3" oflag=direct conv=notrunc status=none; }
	write "\$1" f 10
	(write "\$1" f 10; :)
	(write "\$1" f 10; echo >"$WORK/orphan") &
	echo "\$1" >"$WORK/ask"
	read -r _ <"$WORK/answer"
	read -r _ <"$WORK/orphan"
EOF
mkfifo "$WORK/ask" "$WORK/answer" "$WORK/orphan"
cat >"$WORK/other" <<-EOF
	while read -r where <"$WORK/ask"; do
		dd if=/dev/zero of="\$where/f" bs=4k count=20 oflag=direct conv=notrunc status=none
		dd if=/dev/zero of="\$where/g" bs=4k count=30 oflag=direct conv=notrunc status=none
		echo >"$WORK/answer"
	done
EOF
spawn bash "$WORK/other"
other=$SPAWNED

for m in "$mnt" "$direct"; do
	route=passthrough
	[ "$m" = "$mnt" ] || route=direct
	"$FUSELENS" prove "$m" --json -- bash "$WORK/command" "$m" >"$out" 2>"$out.err"
	check_eq "$route: writes of others are told from the command's" \
		"$(report "$out" '"\(.counts.writes) \(.counts.outside)"')" "80 50"
	check_eq "$route: file by file" \
		"$(report "$out" '[.snapshot.files[] | "\(.name) \(.outside)"] | sort | join(", ")')" "f 20, g 30"
	"$FUSELENS" prove "$m" --json --only-command -- bash "$WORK/command" "$m" >"$out" 2>"$out.err"
	check_eq "$route: --only-command leaves them out" \
		"$(report "$out" '"\(.counts.writes) \(.counts.outside) \(.snapshot.files | length)"')" "30 null 1"
done
"$FUSELENS" prove "$mnt" -- bash "$WORK/command" "$mnt" >"$out" 2>"$out.err"
check "the text says so" grep -q '^  by others  *50 .*(--only-command)$' "$out"
"$FUSELENS" prove "$mnt" --json -d 0.2 >"$out" 2>"$out.err"
check_eq "without a command nobody is outside" "$(report "$out" .counts.outside)" null
unshare --pid --fork --mount-proc "$FUSELENS" prove "$mnt" --json -- bash "$WORK/command" "$mnt" >"$out" 2>"$out.err"
check_eq "inside a PID namespace as well" "$(report "$out" '"\(.counts.writes) \(.counts.outside)"')" "80 50"

# --- io_uring's workers and its polling thread write for their process
for more in --force_async=1 --sqthread_poll=1 --hipri=0; do
	"$FUSELENS" prove "$mnt" --json -- fio --name=u --filename="$mnt/f" --size=1M --bs=4k --rw=randwrite --direct=1 \
		--ioengine=io_uring --iodepth=8 --output=/dev/null $more >"$out" 2>"$out.err"
	check_eq "io_uring, $more: all of it is the command's" \
		"$(report "$out" '"\(.counts.writes) \(.counts.outside)"')" "256 0"
done

# --- the busiest processes, file by file
dd_writes() { dd if=/dev/zero of="$1" bs=4k count="$2" oflag=direct conv=notrunc,"${3:-notrunc}" status=none; }
# who FILE - of the report: "COMM WRITES" each, then the others' writes
who()
{
	jq -r --arg f "$1" '.snapshot.files[] | select(.name == $f) |
		([.writers[] | "\(.comm) \(.writes)"] | join(", ")) + "; others \(.writers_others)"' "$out"
}
export -f dd_writes
for m in "$mnt" "$direct"; do
	"$FUSELENS" prove "$m" --json -- bash -c "dd_writes $m/f 10; dd_writes $m/f 30; dd_writes $m/g 20" >"$out" 2>"$out.err"
	check_eq "${m##*/}: who wrote f" "$(who f)" "dd 30, dd 10; others 0"
	check_eq "${m##*/}: who wrote g" "$(who g)" "dd 20; others 0"
done
check_eq "processes are told by their numbers" \
	"$(report "$out" '[.snapshot.files[].writers[].pid] | unique | length')" 3
"$FUSELENS" prove "$mnt" -- bash -c "dd_writes $mnt/f 10; dd_writes $mnt/f 30" >"$out" 2>"$out.err"
check "the text names them" grep -q '^ *30  75.0 %  *[0-9][0-9]*  dd' "$out"
"$FUSELENS" prove "$mnt" --json -- python3 - "$mnt/f" >"$out" 2>"$out.err" <<-'EOF'
	import mmap, os, sys
	fd = os.open(sys.argv[1], os.O_WRONLY | os.O_DIRECT)
	block = mmap.mmap(-1, 4096)
	for i in range(20):
	    os.pwrite(fd, block, 0)
	    try:
	        os.pwrite(fd, memoryview(block)[:100], 0)
	    except OSError:
	        pass
	cached = os.open(sys.argv[1], os.O_WRONLY)
	for i in range(5):
	    os.pwrite(cached, b"x" * 100, 0)
EOF
check_eq "what failed is taken back; buffered writes, too" "$(who f)" "python3 25; others 0"
"$FUSELENS" prove "$mnt" --json -- fio --name=u --filename="$mnt/f" --size=1M --bs=4k --rw=randwrite --direct=1 \
	--ioengine=io_uring --iodepth=8 --output=/dev/null >"$out" 2>"$out.err"
check_eq "io_uring's tries" "$(who f)" "fio 256; others 0"
# each child writes once, and more than the table holds
"$FUSELENS" prove "$mnt" --json -- python3 - "$mnt/f" >"$out" 2>"$out.err" <<-'EOF'
	import mmap, os, sys
	fd = os.open(sys.argv[1], os.O_WRONLY | os.O_DIRECT)
	block = mmap.mmap(-1, 4096)
	for i in range(200):
	    os.pwrite(fd, block, 0)
	for i in range(3000):
	    pid = os.fork()
	    if not pid:
	        os.pwrite(fd, block, 0)
	        os._exit(0)
	    os.waitpid(pid, 0)
EOF
check_eq "more than can be told apart: the busiest is there, and all are counted" \
	"$(report "$out" '.snapshot.files[0] | "\(.writers | length) \(.writers[0].writes >= 200) \([.writers[1:][].writes] | max) \(([.writers[].writes] | add) + .writers_others) \(.outside)"')" \
	"8 true 1 3200 0"
group=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)/fuselens-$$
digits=$(printf '0123456789abcdef%.0s' 1 2 3 4)
if mkdir -p "$group/docker-$digits.scope" 2>/dev/null; then
	at_end rmdir "$group/docker-$digits.scope" "$group"
	"$FUSELENS" prove "$mnt" --json -- bash -c "echo \$\$ >'$group/docker-$digits.scope/cgroup.procs'; dd_writes $mnt/f 10" \
		>"$out" 2>"$out.err"
	check_eq "containers have names" \
		"$(report "$out" '.snapshot.files[0].writers[0] | "\(.container) \(.cgroup)"')" "0123456789ab docker-$digits.scope"
else
	skip "containers have names" "there are no control groups of version 2"
fi

# --- a process: its threads, its descendants, and not its parent
threads=(fio --name=t --filename="$mnt/f" --size=1M --bs=4k --rw=randwrite --direct=1 --ioengine=psync --thread=1
	--numjobs=2 --time_based --runtime=3600 --output=/dev/null)
spawn "${threads[@]}"
pid=$SPAWNED
has_file()
{
	find "/proc/$1/fd" -lname "$mnt/f" 2>/dev/null | grep -q .
}
wait_until 10 has_file "$pid"
"$FUSELENS" prove -p "$pid" -n 20 --json >"$out" 2>"$out.err"
check "-p PID: what its threads write" [ "$(report "$out" .counts.writes)" -ge 20 ]
tid=$(ls "/proc/$pid/task" | tail -n 1)
"$FUSELENS" prove -p "$tid" -n 20 --json >"$out" 2>"$out.err"
check "-p of a thread: what its process writes" [ "$(report "$out" '.counts.writes // 0')" -ge 20 ]
kill "$pid"
wait "$pid" 2>/dev/null

spawn bash -c "trap 'kill \$(jobs -p)' TERM; $(printf '%q ' "${threads[@]/--thread=1/--thread=0}") & wait"
pid=$SPAWNED
grandchild_writes()
{
	local child
	for child in $(pgrep -P "$(pgrep -P "$pid" | head -n 1)" 2>/dev/null); do
		has_file "$child" && return
	done
	return 1
}
wait_until 10 grandchild_writes
"$FUSELENS" prove -p "$pid" -d 0.1 >"$out" 2>"$out.err"
check_eq "-p of a shell alone: it has no file open" "$?" 2
"$FUSELENS" prove -p "$pid" --children -n 20 --json >"$out" 2>"$out.err"
check "--children: what its grandchildren write" [ "$(report "$out" '.counts.writes // 0')" -ge 20 ]
"$FUSELENS" prove -p "$other" --children -d 0.3 --json >"$out" 2>"$out.err"
check_eq "--children of somebody else: nothing" "$(report "$out" .counts.writes)" 0
"$FUSELENS" stat -p "$pid" --children -i 0.2 --json >"$out" 2>"$out.err" &
stat=$!
has_writes()
{
	[ "$(jq -s '[.[] | .writes // 0] | add // 0' "$out" 2>/dev/null || echo 0)" -gt 0 ]
}
check "stat, too" wait_until 20 has_writes
kill -INT "$stat"
wait "$stat"
# shellcheck disable=SC2046
live_signal TERM $(live_family "$pid")
wait "$pid" 2>/dev/null
# --- a process that goes on to another mount, where it had no file open
cat >"$WORK/goes_on" <<-'EOF'
	import mmap, os, sys, time
	here, there, go, is_open = sys.argv[1:]
	block = mmap.mmap(-1, 4096)
	os.open(here, os.O_WRONLY | os.O_DIRECT)
	open(is_open, "w").close()
	while not os.path.exists(go):
	    time.sleep(0.02)
	for name, n in ((here, 20), (there, 30)):
	    fd = os.open(name, os.O_WRONLY | os.O_DIRECT)
	    for i in range(n):
	        os.pwrite(fd, block, 0)
	time.sleep(3600)
EOF
# expects_blind N - N where tracepoints count, which miss writes on ext4; functions miss none
expects_blind()
{
	[ "$(report "$out" .snapshot.writes_method)" = state-tp ] && echo "$1" || echo 0
}
# all_written OUT - whether stat's rows have all writes
all_written()
{
	[ "$(jq -s '[.[] | .writes // 0] | add // 0' "$1" 2>/dev/null)" = 50 ]
}
mounts_named()
{
	[ "$(jq -s '[.[] | select(.kind == "interval")] | length' "$1" 2>/dev/null || echo 0)" -ge 2 ]
}
for children in "" --children; do
	rm -f "$WORK/go" "$WORK/is_open"
	spawn python3 "$WORK/goes_on" "$mnt/f" "$direct/f" "$WORK/go" "$WORK/is_open"
	pid=$SPAWNED
	wait_until 10 test -e "$WORK/is_open"
	# shellcheck disable=SC2086
	"$FUSELENS" stat -p "$pid" $children -i 0.2 --json >"$out" 2>"$out.err" &
	stat=$!
	wait_until 20 mounts_named "$out"
	touch "$WORK/go"
	check "-p ${children:-alone}: what it writes to any mount" wait_until 10 all_written "$out"
	kill -INT "$stat"
	wait "$stat"
	check_eq "... of which none is called new" "$(jq -s '[.[] | select(.event == "mount-appeared")] | length' "$out")" 0
	kill "$pid"
	wait "$pid" 2>/dev/null
done

# --- requests that another task sends: two at a time may be on their way, and who answers one sends the next. Which
# are sent so is up to the threads that ask at the same moment; without a look at their makers some are missed.
mkdir "$WORK/connections"
if mount -t fusectl none "$WORK/connections"; then
	at_end umount "$WORK/connections"
	number=$(mountpoint -d "$direct")
	echo 2 >"$WORK/connections/${number#*:}/max_background"
	rm -f "$WORK/go" "$WORK/is_open"
	spawn bash -c 'exec 3<>"$0"; touch "$2"; until [ -e "$1" ]; do sleep 0.02; done; shift 2; exec fio "$@"' "$direct/f" \
		"$WORK/go" "$WORK/is_open" --name=w --filename="$direct/f" --size=4M --bs=4k --rw=randwrite --direct=1 \
		--ioengine=libaio --iodepth=64 --number_ios=500 --numjobs=16 --thread=1 --output=/dev/null
	pid=$SPAWNED
	wait_until 10 test -e "$WORK/is_open"
	"$FUSELENS" prove -p "$pid" -d 3600 --json >"$out" 2>"$out.err" &
	prove=$!
	wait_until 20 counting "$prove"
	touch "$WORK/go"
	wait "$pid"
	kill -INT "$prove"
	wait "$prove"
	check_eq "-p alone: also those of its writes that others send" \
		"$(report "$out" '"\(.counts.writes) \(.loss.lost)"')" "8000 0"
else
	skip "-p alone: also those of its writes that others send" "needs fusectl"
fi

# --- pages that are written back belong to no task, and are no writes: none is lost
cached=$WORK/cached
mkdir "$cached"
start_daemon "$src" "$cached" cached || exit 1
"$FUSELENS" prove "$cached" --only-command --json -- python3 - "$cached/f" >"$out" 2>"$out.err" <<-'EOF'
	import mmap, os, sys
	fd = os.open(sys.argv[1], os.O_RDWR)
	mapping = mmap.mmap(fd, 1 << 20)
	for i in range(10):
	    mapping[i * 8192] = 7
	    mapping.flush()
	    os.pwrite(fd, b"x", i)
EOF
check_eq "--only-command: pages of a mapping that are written back are not lost" \
	"$(report "$out" '"\(.counts.writes) \(.loss.lost)"')" "10 0"
stop_daemon

# --- files of which the probes miss writes, open in somebody else
truncate -s 64M "$WORK/ext4.img"
mkdir "$WORK/ext4" "$WORK/blind"
if mkfs.ext4 -q "$WORK/ext4.img" 2>/dev/null && mount -o loop "$WORK/ext4.img" "$WORK/ext4"; then
	start_daemon "$WORK/ext4" "$WORK/blind" passthrough || exit 1
	touch "$WORK/blind/f"
	spawn sleep 3600
	pid=$SPAWNED
	exec 3<>"$WORK/blind/f"
	"$FUSELENS" prove -p "$pid" --children -d 0.3 --json >"$out" 2>"$out.err" 3<&-
	check_eq "--children: a stranger's open file is none that the verdict leaves out" \
		"$(report "$out" .snapshot.blind_files)" "$(expects_blind 0)"
	"$FUSELENS" prove -p $$ --children -d 0.3 --json >"$out" 2>"$out.err" 3<&-
	check_eq "--children: its own is" "$(report "$out" .snapshot.blind_files)" "$(expects_blind 1)"
	exec 3<&-
	kill "$pid"
	wait "$pid" 2>/dev/null
	stop_daemon
	umount "$WORK/ext4"
else
	skip "files of which the probes miss writes" "no ext4 here"
fi
for args in "--children $mnt" "--only-command $mnt -d 0.1" "-p 4194303 --children"; do
	# shellcheck disable=SC2086
	"$FUSELENS" prove $args >"$out" 2>"$out.err"
	check_eq "bad usage '$args': exit 2 and a hint" "$? $(grep -c '^hint: ' "$out.err")" "2 1"
done

# Writes of others that are under way when a command's watch begins were counted by nobody, and are not unseen.
spawn fio --name=w --filename="$mnt/f" --size=4m --bs=4k --rw=randwrite --direct=1 --ioengine=libaio --iodepth=32 \
	--time_based --runtime=3600 --output=/dev/null
writing()
{
	"$FUSELENS" prove "$mnt" -d 0.2 --json 2>/dev/null | jq -e '.counts.writes > 0' >/dev/null
}
wait_until 20 writing
unseen=0
for _ in 1 2 3 4 5; do
	"$FUSELENS" prove "$mnt" --json -- sleep 0.1 >"$out" 2>"$out.err"
	unseen=$((unseen + $(report "$out" .loss.unseen)))
done
check_eq "writes that began before the watch are not unseen" "$unseen" 0
exit $((LIVE_FAILED > 0))
