#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# The watching commands need only CAP_BPF and CAP_PERFMON, say which one is missing, and give up all others
# once they count.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/export_lib.sh
. "$(dirname "$0")/export_lib.sh"

live_begin_on_xfs
start_daemon "$src" "$mnt" allow_other || exit 1
dd if=/dev/zero of="$mnt/f" bs=4k count=16 oflag=direct status=none
# a place where every user can execute it
cp "$FUSELENS" "$WORK/fuselens"
chmod 755 "$WORK/fuselens"

# as CAPS CMD... - as another user with these capabilities alone ("none" for none). In the background with
# run=exec, or $! is a shell's, whose end leaves CMD behind.
as()
{
	local caps=$1
	shift
	if [ "$caps" = none ]; then
		${run:-} setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --ambient-caps=-all \
			--bounding-set=-all "$@"
	else
		${run:-} setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps="-all,$caps" \
			--ambient-caps="-all,$caps" --bounding-set="-all,$caps" "$@"
	fi
}

as none "$WORK/fuselens" stat "$mnt" -i 0.1 -c 1 >"$WORK/out" 2>"$WORK/err"
check_eq "without capabilities it refuses" "$?" 2
check "and says what is missing" grep -q 'CAP_BPF and CAP_PERFMON' "$WORK/err"
check "and what to do" grep -q '^hint: ' "$WORK/err"
as +bpf "$WORK/fuselens" stat "$mnt" -i 0.1 -c 1 >"$WORK/out" 2>"$WORK/err"
check_eq "with one of them as well" "$? $(grep -c 'missing privileges: CAP_PERFMON$' "$WORK/err")" "2 1"

# writes COMMAND - the number that it has counted so far
writes()
{
	if [ "$1" = stat ]; then
		jq -s '[.[] | select(.kind == "interval") | .writes] | add' "$WORK/rows"
	else
		total fuselens_writes_total
	fi
}
counted()
{
	[ "$(writes "$1")" = 16 ]
}
for command in stat "export"; do
	rm -f "$WORK/rows" "$WORK/err"
	if [ "$command" = stat ]; then
		run="exec" as +bpf,+perfmon "$WORK/fuselens" stat "$mnt" --json -i 0.1 >"$WORK/rows" 2>"$WORK/err" &
		pid=$!
		wait_until 20 grep -qs interval "$WORK/rows"
	else
		run="exec" start_export as +bpf,+perfmon "$WORK/fuselens" export "$mnt" --listen 127.0.0.1:0
		pid=$EXPORT_PID
	fi
	dd if=/dev/zero of="$mnt/f" bs=4k count=16 oflag=direct conv=notrunc status=none
	check "$command: CAP_BPF and CAP_PERFMON are enough to count" wait_until 2 counted "$command"
	kill "$pid"
	wait "$pid"
done

# Root gives up what it does not need.
rm "$WORK/rows"
"$WORK/fuselens" stat "$mnt" --json -i 0.1 >"$WORK/rows" 2>/dev/null &
pid=$!
wait_until 20 grep -qs interval "$WORK/rows"
caps=$(awk '/^CapEff/ {print $2}' "/proc/$pid/status")
check_eq "root keeps what it goes on needing and nothing else" \
	"$(capsh --decode="$caps" 2>/dev/null | sed 's/.*=//' | tr ',' '\n' |
		grep -vxE 'cap_bpf|cap_perfmon|cap_sys_ptrace|cap_kill' | tr '\n' ' ')" ""
check "it can count still" grep -q perfmon <<<"$(capsh --decode="$caps")"
check_eq "permitted is no more than effective" "$(awk '/^CapPrm/ {print $2}' "/proc/$pid/status")" "$caps"
check_eq "and it can't get anything back" "$(awk '/^NoNewPrivs/ {print $2}' "/proc/$pid/status")" 1
kill "$pid"
wait "$pid"

# The service's sandbox, as far as it can be tested without a service manager.
unit=$LIVE_TOP/deploy/systemd/fuselens-export.service
if command -v systemd-analyze >/dev/null; then
	sed "s,/usr/bin/fuselens,$WORK/fuselens," "$unit" >"$WORK/fuselens-export.service"
	check_eq "the unit is sound" \
		"$(systemd-analyze verify --man=no "$WORK/fuselens-export.service" 2>&1 |
			grep -c "fuselens-export.service")" 0
	if command -v strace >/dev/null; then
		start_export strace -f -qq -o "$WORK/calls" "$WORK/fuselens" export "$mnt" --listen 127.0.0.1:0
		page >/dev/null
		kill "$(pgrep -P "$EXPORT_PID" || echo "$EXPORT_PID")"
		wait "$EXPORT_PID"
		{
			systemd-analyze syscall-filter @system-service | sed -n 's/^ *\(@\?[a-z_0-9-]*\)$/\1/p'
			echo bpf
		} >"$WORK/allowed"
		# groups in groups, to the bottom
		while grep -q '^@' "$WORK/allowed"; do
			while read -r name; do
				case $name in
				@*) systemd-analyze syscall-filter "$name" | sed -n '2,$s/^ *\(@\?[a-z_0-9-]*\)$/\1/p' ;;
				*) echo "$name" ;;
				esac
			done <"$WORK/allowed" | sort -u >"$WORK/allowed.new"
			mv "$WORK/allowed.new" "$WORK/allowed"
		done
		check_eq "its system calls are those the unit allows" \
			"$(sed -n 's/^[0-9]* *\([a-z_0-9]*\)(.*/\1/p' "$WORK/calls" | sort -u |
				grep -vxFf "$WORK/allowed" | tr '\n' ' ')" ""
	fi
else
	skip "the unit" "no systemd here"
fi
