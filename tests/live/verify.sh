#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# The cases of 'fuselens verify' in every mode of the daemon, and its report when something is wrong. All
# cases in passthrough mode; in every mode with TIER=full.
# shellcheck disable=SC2119
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs 1G
mount=$WORK/mnt

# field CASE KEY - of the report in $WORK/json.
field()
{
	jq -r --arg case "$1" --arg key "$2" '.cases[] | select(.case == $case)[$key]' "$WORK/json"
}

nothing_left()
{
	[ -z "$(find "$src" -mindepth 1)" ]
}

# cases MODE [CASE,...] - runs these or all; extend_race can't show upgrades where state is all the evidence.
cases()
{
	local mode=$1 name result code=0 want=0 count=15
	local -a some=()
	is_full || some=(--seconds 1)
	if [ $# -gt 1 ]; then
		some+=(--case "$2")
		count=$(tr , '\n' <<<"$2" | wc -l)
	fi
	start_daemon "$src" "$mount" "$mode"
	"$FUSELENS" verify "$mount" --quick --json "${some[@]}" >"$WORK/json" 2>/dev/null || code=$?
	for name in $(jq -r '.cases[].case' "$WORK/json"); do
		result=$(field "$name" result)
		if [ "$result" = inconclusive ]; then
			skip "$mode: $name" "$(field "$name" why)"
			want=3
		elif [ "$result" = pass ]; then
			ok "$mode: $name"
		else
			not_ok "$mode: $name" "$(field "$name" why)"
			want=1
		fi
	done
	check_eq "$mode: the exit code says so" "$code" "$want"
	check_eq "$mode: $count cases" "$(jq '.cases | length' "$WORK/json")" "$count"
	# a probe that would interrupt itself misses an event now and then, and reports it
	check_eq "$mode: every write counted, or known to be lost" \
		"$(jq '[.cases[].files[] | select(.writes < .writes_made and
			((.note // "") | contains("known to be lost") | not))] | length' "$WORK/json")" 0
	check "$mode: leaves nothing behind" nothing_left
}

if ! command -v jq >/dev/null; then
	echo "needs jq" >&2
	exit 77
fi
none_running()
{
	! pgrep -f "^$FUSELENS verify $mount" >/dev/null
}
cases passthrough
check_eq "passthrough: buffered writes go through the passthrough write path" \
	"$(field buffered writes_by_route | jq -c 'keys')" '["passthrough"]'
stop_daemon
if is_full; then cases direct; else cases direct overwrite,o_append; fi
check_eq "direct: overwrites share the lock" "$(field overwrite exclusive)" 0
stop_daemon
if is_full; then cases cached; else cases cached buffered,o_append; fi
stop_daemon

# A block that changes behind the mount's back while the workload runs.
start_daemon "$src" "$mount" passthrough
corrupt()
{
	local file
	while :; do
		for file in "$src"/.fuselens-verify-*/"$1"; do
			[ ! -s "$file" ] || dd if=/dev/urandom of="$file" bs=4k count=1 seek=3 conv=notrunc
		done
		sleep 0.05
	done 2>/dev/null
}
# beside SPOILER CASE CMD... - runs CMD while SPOILER changes the case's file, until it fails, ten times at most: on a
# busy machine a workload may be over before its file has changed. Sets $code; output in $WORK/json and $WORK/err.
beside()
{
	local spoiler=$1 case=$2
	shift 2
	for _ in {1..10}; do
		rm -rf "$src"/.fuselens-verify-*
		spawn "$spoiler" "$case"
		code=0
		"$@" >"$WORK/json" 2>"$WORK/err" || code=$?
		kill "$SPAWNED"
		[ "$code" != 1 ] || break
	done
}
for name in overwrite hole buffered; do
	beside corrupt "$name" "$FUSELENS" verify "$mount" --quick --json --case "$name"
	check_eq "a damaged block: $name fails" "$code $(field "$name" data)" "1 FAIL"
done
check "a failure too leaves nothing behind" nothing_left

beside corrupt hole "$FUSELENS" verify "$mount" --quick --keep --case hole
check "--keep says where the files are" grep -q "files kept in $mount/.fuselens-verify-" "$WORK/err"
check "--keep keeps them" test -s "$src"/.fuselens-verify-*/hole
check "without -q a line tells that a case ended" grep -q "^ *hole " "$WORK/err"
rm -rf "$src"/.fuselens-verify-*
"$FUSELENS" verify "$mount" -q --quick --case suid >"$WORK/out" 2>"$WORK/err"
check_eq "-q prints the report and nothing else" "$(grep -c '^  suid' "$WORK/out") $(cat "$WORK/err")" "1 "
cut_off()
{
	local code=0
	unshare -m bash -c 'mount -o remount,bind,ro "$1" && shift && exec "$@"' - "$mount" "$FUSELENS" verify "$mount" \
		--case suid >/dev/null 2>"$WORK/err" || code=$?
	echo "$code"
}
check_eq "a mount that is read-only here" "$(cut_off)" 2
check "is said to be" grep -qF "$mount: cannot make a directory in it: Read-only" "$WORK/err"

# A file that has another size than the case gave it.
grow()
{
	local file
	while :; do
		for file in "$src"/.fuselens-verify-*/hole; do
			[ ! -s "$file" ] || truncate -s 17M "$file"
		done
		sleep 0.05
	done 2>/dev/null
}
beside grow hole "$FUSELENS" verify "$mount" --quick --json --case hole
check "a size that is wrong is said" grep -q 'the size is' <<<"$(field hole why)"

# While a case writes, the case and its judge have no more rights than they need.
caps()
{
	capsh --decode="$(awk '/^CapEff/ {print $2}' "/proc/$1/status")" | sed 's/^[^=]*=//' | tr ',' '\n' |
		sort | tr '\n' ' '
}
"$FUSELENS" verify "$mount" --case overwrite --size 32 --seconds 4 >/dev/null 2>&1 &
pid=$!
# the case is a process group of its own
fio_of_case()
{
	local group fio=''
	for group in $(pgrep -P "$pid"); do
		fio=$(pgrep -x fio -g "$group" | head -n 1)
		[ -z "$fio" ] || break
	done
	[ -n "$fio" ] && echo "$fio" >"$WORK/fio"
}
wait_until 20 fio_of_case
fio=$(cat "$WORK/fio")
check_eq "while a case runs, verify can attach again, list files and end it" "$(caps $pid)" \
	"cap_bpf cap_dac_override cap_kill cap_perfmon cap_sys_ptrace "
check_eq "... and the case can write" "$(caps "$fio")" "cap_dac_override cap_ipc_lock cap_sys_nice "
wait $pid
check_eq "... which is enough" "$?" 0

# Interrupted, and killed: probes, processes and files all go.
for signal in INT KILL; do
	"$FUSELENS" verify "$mount" --case overwrite --size 32 >/dev/null 2>&1 &
	pid=$!
	wait_until 20 fio_of_case
	kill -$signal "$pid"
	wait "$pid" 2>/dev/null
	code=$?
	[ $signal = KILL ] || check_eq "interrupted: inconclusive" "$code" 3
	check "SIG$signal: no process is left" wait_until 10 none_running
	check "SIG$signal: no file is left" wait_until 10 \
		sh -c "[ -z \"\$(find '$src' -mindepth 1)\" ]"
done
stop_daemon

# A daemon that stops answering: the case ends at its deadline, says where, and nothing waits for ever.
start_daemon "$src" "$mount" direct
for deadline in 6 60 600; do
	rm -f "$WORK/fio"
	"$FUSELENS" verify "$mount" --case overwrite,hole --size 32 --deadline $deadline --json >"$WORK/json" 2>"$WORK/err" &
	pid=$!
	wait_until 20 fio_of_case
	live_stop "$DAEMON_PID"
	# a busy machine may need longer than the deadline to come so far
	! live_gone "$(cat "$WORK/fio" 2>/dev/null || echo none)" || [ $deadline = 600 ] || {
		kill -CONT "$DAEMON_PID"
		wait "$pid" 2>/dev/null
		continue
	}
	break
done
wait_until $((60 + deadline)) live_gone "$pid"
check "a daemon that hangs: the command ends" live_gone "$pid"
wait "$pid" 2>/dev/null
check_eq "a daemon that hangs: failed" "$?" 1
check_eq "a daemon that hangs: said so" "$(field overwrite hung)" true
check "a daemon that hangs: where the writers wait" grep -q 'fuse' <<<"$(field overwrite where_it_hangs)"
check "a daemon that hangs: no further case is tried" grep -q 'not run' <<<"$(field hole why)"
check "a daemon that hangs: how to abort the connection" grep -q '/abort' "$WORK/err"
kill -CONT "$DAEMON_PID"
check "once it goes on, the files go" wait_until 20 \
	sh -c "[ -z \"\$(find '$src' -mindepth 1)\" ]"
stop_daemon

# Usage.
check_usage()
{
	local name=$1 code=0
	shift
	"$FUSELENS" verify "$@" >/dev/null 2>"$WORK/err" || code=$?
	check_eq "$name" "$code" 2
}
check_usage "no mount named" --quick
check_usage "no such case" "$mount" --case nosuch
check_usage "not a FUSE mount" "$WORK/xfs"
check_eq "--list explains every case" "$("$FUSELENS" verify --list | grep -c '^[a-z]')" 15
