#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Targets and verdicts as users see them: mounts, files, PIDs, other namespaces, no traffic, no FUSE, bad
# usage; text, JSON and exit codes.
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh disable=SC1091
. "$(dirname "$0")/counts_lib.sh"
live_begin_on_xfs
prefill "$src/f" 16
prefill "$src/g" 16
start_daemon "$src" "$mnt" direct,allow_other || exit 1
out=$WORK/out

# code CMD... - runs it; its output in $out, its errors in $out.err; sets CODE
code()
{
	CODE=0
	"$@" >"$out" 2>"$out.err" || CODE=$?
}

writer()
{
	spawn fio --name=w --filename="$1" --size=16M --rw=randwrite --bs=4k --direct=1 --ioengine=psync \
		--time_based --runtime=3600 --output=/dev/null
	wait_until 10 writes_seen "$mnt"
}

writes_seen()
{
	"$FUSELENS" prove "$1" -d 0.2 --json 2>/dev/null | jq -e '.counts.writes > 0' >/dev/null
}

# --- no traffic, no FUSE, bad usage
code "$FUSELENS" prove "$mnt" -d 0.3
check_eq "no traffic: exit 3" "$CODE" 3
check "no traffic: says so" grep -q '^INCONCLUSIVE  no write was seen' "$out"
code "$FUSELENS" prove "$mnt" -d 0.3 --json
check_eq "no traffic: JSON" "$(report "$out" '"\(.verdict) \(.exit_code) \(.counts.writes)"')" "INCONCLUSIVE 3 0"
code "$FUSELENS" prove /tmp -d 0.3
check_eq "not FUSE: exit 2" "$CODE" 2
check "not FUSE: a hint that names the mounts" grep -q "^hint: FUSE mounts here: /" "$out.err"
code "$FUSELENS" prove /tmp --json
check_eq "not FUSE: JSON error" "$(report "$out" '"\(.exit_code) \(.error.hint | length > 0)"')" "2 true"
for args in "" "$mnt -d 0" "$mnt -d x" "$mnt -n -1" "$mnt --min-eligible x" "$mnt --min-eligible 101%" "$mnt --evidence nonsense" \
	"$mnt --min-share 101" "$mnt --bogus" "$mnt $mnt" "-p 0" "$mnt --" "/no/such/path -d 1" "-p 4194303"; do
	# shellcheck disable=SC2086
	code "$FUSELENS" prove $args
	check_eq "bad usage '$args': exit 2 and a hint" "$CODE $(grep -c '^hint: ' "$out.err")" "2 1"
done
code "$FUSELENS" prove "$mnt" -- /no/such/command
check_eq "a command that cannot be run: exit 2" "$CODE" 2
check "and says which" grep -q "cannot run /no/such/command: No such file" "$out.err"
code "$FUSELENS" prove "$mnt" --json -- sh -c 'dd if=/dev/zero of='"$mnt"'/f bs=4k count=3 oflag=direct conv=notrunc status=none; exit 7'
check_eq "a command that fails still has its verdict and its code" \
	"$CODE $(report "$out" '"\(.verdict) \(.exit_code) \(.counts.writes) \(.command_exit_code) \(.command_failed)"')" \
	"4 INCONCLUSIVE 4 3 7 true"
code "$FUSELENS" prove "$mnt" --min-eligible 3 -- dd if=/dev/zero of="$mnt/f" bs=4k count=3 oflag=direct conv=notrunc status=none
check_eq "three writes are no SHARED, unless that is asked for: exit 0" "$CODE" 0
code "$FUSELENS" prove "$mnt" -n 1000000 -d 0.3 --json
check_eq "-n and -d: until the first is done" "$(report "$out" '.duration_ns >= 300000000')" true
code "$FUSELENS" prove "$mnt" -n 20 --json -- sh -c "while :; do dd if=/dev/zero of='$mnt/f' bs=4k count=20 oflag=direct conv=notrunc status=none; done"
check_eq "-n and a command: it is ended, and that is no failure of its own" \
	"$CODE $(report "$out" '"\(.counts.writes >= 20) \(.command_failed) \(.command_signal)"')" "0 true false 15"
is_told()
{
	script -qec "'$FUSELENS' prove '$mnt' -d 1.8" /dev/null </dev/null | grep "of 1.8 s, 0 writes" >/dev/null
}
check "a terminal is told how far it is" wait_until 10 is_told

# --- a method that this kernel refuses, forced
if ! "$FUSELENS" doctor --json | jq -e '.methods[] | select(.name == "state-fentry") | .works' >/dev/null; then
	code "$FUSELENS" prove "$mnt" -d 0.3 --evidence state-fentry
	check_eq "a refused method, forced: exit 2 and a hint" "$CODE $(grep -c '^hint: ' "$out.err")" "2 1"
else
	skip "a refused method, forced" "this kernel refuses none"
fi
code "$FUSELENS" prove "$mnt" -d 0.3 --evidence state-tp --json
check_eq "the tracepoint form, forced" "$(report "$out" .snapshot.method)" state-tp

# --- targets
writer "$mnt/f"
pid=$SPAWNED
code "$FUSELENS" prove "$mnt" -n 50 --json
check_eq "a mount made by other means: SHARED, exit 0" "$CODE $(report "$out" .verdict)" "0 SHARED"
code "$FUSELENS" prove "$mnt" -n 500 --json
check_eq "-n: at least so many" "$(report "$out" '.counts.writes >= 500')" true
code "$FUSELENS" prove "$mnt/f" -n 50 --json
check_eq "a file: its writes" "$(report "$out" '.counts.writes > 0')" true
code "$FUSELENS" prove "$mnt/g" -d 0.5 --json
check_eq "another file: none" "$(report "$out" .counts.writes)" 0
code "$FUSELENS" prove -p "$DAEMON_PID" -n 50 --json
check_eq "a daemon's PID: its mounts" "$(report "$out" '.counts.writes > 0')" true
# fio writes in a process of its own
code "$FUSELENS" prove -p "$(pgrep -P "$pid" | head -n 1)" -n 50 --json
check_eq "a writer's PID: what it writes" "$(report "$out" '.counts.writes > 0')" true
code "$FUSELENS" prove -p $$ -d 0.3
check_eq "a PID without FUSE files: exit 2" "$CODE" 2
code "$FUSELENS" prove all -d 0.5 --json
check_eq "all: this mount among them" \
	"$(jq -r --arg m "$mnt" '[.snapshot.mounts[].path] | index($m) != null' "$out")" true
check_eq "all: no cross-check, for the reason that it has" \
	"$(jq -r '[.snapshot.mounts[].cross_check] | unique | join(" ")' "$out")" all
code "$FUSELENS" files "$mnt" --json
check_eq "files: route and flags by name" \
	"$(report "$out" '[.files[] | "\(.route) \(.open_flag_names | join("|"))"] | unique | .[0]')" \
	"direct DIRECT_IO|PARALLEL_DIRECT_WRITES"
check_eq "files: the path" "$(report "$out" '.files[0].path')" "$mnt/f"
kill "$pid"
wait "$pid" 2>/dev/null

# --- a mount that only another mount namespace has, by its path there and by /proc/PID/root
inner=$WORK/inner
mkdir "$inner"
spawn unshare --mount --propagation private sh -c "mount --bind '$mnt' '$inner' && cd '$inner' &&
	exec fio --name=nsw --filename=f --size=16M --rw=randwrite --bs=4k --direct=1 --ioengine=psync \
	--time_based --runtime=3600 --output=/dev/null"
ns_pid=$SPAWNED
bound()
{
	grep -q " $inner " "/proc/$ns_pid/mountinfo" 2>/dev/null
}
wait_until 10 bound
wait_until 10 writes_seen "$mnt"
code "$FUSELENS" prove "$inner" -n 50 --json
check_eq "a mount of another namespace, by its path there" "$CODE $(report "$out" '.counts.writes > 0')" "0 true"
code "$FUSELENS" prove "/proc/$ns_pid/root$inner" -n 50 --json
check_eq "the same through /proc/PID/root" "$CODE $(report "$out" '.counts.writes > 0')" "0 true"
# shellcheck disable=SC2046
live_signal TERM $(live_family "$ns_pid")
wait "$ns_pid" 2>/dev/null

# --- from inside a PID namespace: pids as seen there
code unshare --pid --fork --mount-proc "$FUSELENS" prove "$mnt" --json -- \
	dd if=/dev/zero of="$mnt/f" bs=4k count=50 oflag=direct conv=notrunc status=none
check_eq "inside a PID namespace: counted and SHARED" "$CODE $(report "$out" .counts.shared)" "0 50"

# --- two tools at once see the same writes
both_count()
{
	local tool
	for tool in $(pgrep -f "^$FUSELENS prove $mnt -n 200"); do
		counting "$tool" && echo "$tool"
	done | wc -l | grep -qx 2
}
timeout 600 "$FUSELENS" prove "$mnt" -n 200 --json >"$WORK/first" 2>/dev/null &
first=$!
timeout 600 "$FUSELENS" prove "$mnt" -n 200 --json >"$WORK/second" 2>/dev/null &
second=$!
wait_until 30 both_count
dd if=/dev/zero of="$mnt/f" bs=4k count=200 oflag=direct conv=notrunc status=none
wait "$first" "$second"
check_eq "two at once" "$(jq .counts.writes "$WORK/first") $(jq .counts.writes "$WORK/second")" "200 200"

# --- files: one line for descriptors that are alike, and options that select files
exec 3<>"$mnt/f" 4<>"$mnt/f"
code "$FUSELENS" files "$mnt/f"
check_eq "files: descriptors that are alike share a line" "$(grep -c ' f$' "$out")" 1
code "$FUSELENS" files "$mnt/f" -v
check "files: -v tells them apart" [ "$(grep -c '^  .* fd [34], rdwr' "$out")" -ge 2 ]
route=$("$FUSELENS" files "$mnt/f" --json | jq -r '.files[0].route')
code "$FUSELENS" files "$mnt" --route "$route" --json
check "files: --route takes those that go this way" [ "$(report "$out" '.files | length')" -ge 2 ]
others=$(echo passthrough,direct,cached | sed "s/\b$route\b//; s/,,/,/; s/^,//; s/,$//")
code "$FUSELENS" files "$mnt" --route "$others" --json
check_eq "files: and no others" "$(report "$out" '.files | length')" 0
code "$FUSELENS" files "$mnt" --not-shared --json
check_eq "files: --not-shared takes what never shares" \
	"$(report "$out" '[.files[].shared_lock | startswith("none")] | all')" true
code "$FUSELENS" files "$mnt" --flag bogus
check_eq "files: a flag that is none is an error" "$CODE" 2
exec 3<&- 4<&-

# --- hostile names
bad=$(printf 'new\nline\ttab\033[31m"quote\\back\377\376end')
cp "$src/f" "$src/$bad"
exec 3<>"$mnt/$bad"
code "$FUSELENS" files "$mnt"
check "files: a hostile name on one line, escaped" \
	grep -qF 'new\nline\ttab\x1b[31m"quote\\back\xff\xfeend' "$out"
check_eq "files: no escape character reaches the terminal" "$(grep -c "$(printf '\033')" "$out")" 0
code "$FUSELENS" files "$mnt" --json
# the tool inherits the descriptor: one file, open in the shell and in the tool
check_eq "files: JSON is valid" "$(report "$out" '[.files[].path] | unique | length')" 1
code "$FUSELENS" prove "$mnt" --json -- dd if=/dev/zero of="$mnt/$bad" bs=4k count=5 oflag=direct conv=notrunc status=none
check_eq "prove: JSON with a hostile name" "$(report "$out" .counts.writes)" 5
exec 3<&-

# --- missing capabilities, by name
code setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --regid=65534 --clear-groups "$FUSELENS" prove "$mnt" -d 1
check_eq "no capabilities: exit 2" "$CODE" 2
check "no capabilities: named" grep -q 'missing privileges: CAP_BPF and CAP_PERFMON' "$out.err"
check "no capabilities: the command that gives them" \
	grep -q "sudo setcap cap_bpf,cap_perfmon,cap_sys_ptrace=ep $FUSELENS\$" "$out.err"
code setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --regid=65534 --clear-groups "$FUSELENS" doctor
check_eq "no capabilities: doctor answers, and no library's messages are shown" \
	"$CODE $(wc -c <"$out.err")" "0 0"
code setpriv --bounding-set=-sys_admin,-bpf "$FUSELENS" prove "$mnt" -d 1
check "CAP_BPF alone missing: named" grep -q 'missing privileges: CAP_BPF$' "$out.err"
cp "$FUSELENS" "$WORK/fuselens-caps"
if setcap cap_bpf,cap_perfmon,cap_sys_ptrace=ep "$WORK/fuselens-caps" 2>/dev/null; then
	code setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$WORK/fuselens-caps" prove "$mnt" -d 0.3
	check_eq "an ordinary user with file capabilities: works" "$CODE" 3
else
	skip "an ordinary user with file capabilities" "file capabilities cannot be set in $WORK"
fi

# --- help and version
for c in doctor files prove; do
	code "$FUSELENS" $c --help
	check_eq "$c --help: exit 0" "$CODE $(head -c 6 "$out")" "0 usage:"
done
code "$FUSELENS" --version
check_eq "--version" "$CODE $(cut -d' ' -f1 "$out" | tr '\n' ' ')" "0 fuselens build libbpf kernel "
code unshare -m sh -c 'umount -R -l /sys && exec "$@"' - "$FUSELENS" prove "$mnt" -d 0.2
check_eq "no /sys: what to do" "$CODE $(grep -c '^hint: .*mount -t sysfs' "$out.err")" "2 1"
code unshare -m sh -c 'umount -R -l /sys && exec "$@"' - "$FUSELENS" files "$mnt"
check_eq "... files says so, too" "$CODE $(grep -c '^hint: .*mount -t sysfs' "$out.err")" "2 1"
code bash -c 'ulimit -v 23000 && exec "$@"' - "$FUSELENS" prove "$mnt" -d 0.2
check_eq "too little address space: what to do" "$CODE $(grep -c '^hint: .*ulimit -v' "$out.err")" "2 1"
# More lets the object open, but not the BTF of this kernel. How much it takes differs.
unsaid=''
for kib in 24000 28000 32000 36000; do
	code bash -c 'ulimit -v "$1" && shift && exec "$@"' - $kib "$FUSELENS" prove "$mnt" -d 0.2
	[ "$CODE" != 2 ] || grep -q '^hint: .*ulimit -v' "$out.err" || unsaid+=" $kib"
done
check_eq "... a little more, too" "$unsaid" ""
code "$FUSELENS" help prove
check_eq "help prove: as prove --help" "$CODE $(cat "$out")" "0 $("$FUSELENS" prove --help)"
code "$FUSELENS" porve
check "a slip: the command that was meant" grep -q "^hint: did you mean 'fuselens prove'" "$out.err"
code "$FUSELENS" nonsense
check_eq "an unknown command: exit 2 and a hint" "$CODE $(grep -c '^hint: ' "$out.err")" "2 1"
code "$FUSELENS" doctor --json
check "doctor --json is valid" jq -e '.methods | length >= 2' "$out"

# --- files that were opened before anybody watched: the open file keeps what the daemon answered
code "$FUSELENS" prove "$mnt" --json -- true
stop_daemon
cases=("direct,no_parallel:flag-not-set")
# a kernel that shares passthrough writes strips no flag
[ "$(report "$out" .snapshot.kernel_can_share.passthrough)" = yes ] || cases+=(passthrough:flag-stripped)
for case in "${cases[@]}"; do
	start_daemon "$src" "$WORK/before" "${case%:*}" || exit 1
	fio --name=w --filename="$WORK/before/f" --size=16M --rw=randwrite --bs=4k --direct=1 --ioengine=psync --time_based \
		--runtime=3600 --output=/dev/null &
	load=$!
	wait_until 10 writes_seen "$WORK/before"
	code "$FUSELENS" prove "$WORK/before" -n 50 --json
	kill "$load"
	wait "$load" 2>/dev/null
	# a kernel whose code says that it cannot share needs no flag to say so
	check "opened before, ${case%:*}: ${case#*:}" \
		grep -qxE "${case#*:}|kernel-cannot" <(report "$out" '.reasons[0].reason')
	check_eq "... as the answer was read, no open was seen" \
		"$(report "$out" '"\(.snapshot.files[0].parallel_flag.opens_seen > 0) \(.snapshot.mounts[0].opens)"')" "true 0"
	stop_daemon
done
