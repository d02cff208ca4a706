#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# lab/run: passes input and output through, and leaves nothing behind, however it ends.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2317 # called through check
# The VM's processes, found by a part of their command line that no other VM has.
processes()
{
	pgrep -fc "fuselens.test=$1" || true
}

# shellcheck disable=SC2317
gone()
{
	local i
	for ((i = 0; i < 3000; i++)); do
		[ "$(processes "$1")" != 0 ] || return 0
		sleep 0.1
	done
	echo "# still running: $(pgrep -fa "fuselens.test=$1" | cut -c1-100)"
	return 1
}

# The guest's output may come in pieces, and bash's read returns a piece when its time is over.
# shellcheck source=lab/build/lines.sh
. "$top/lab/build/lines.sh"
mkfifo "$tmp/ctl"
exec {ctl}<>"$tmp/ctl"
printf 'beat\nstar' >&$ctl
lines=
for piece in '' '' 'ted\nex' 'it 0\n' ''; do
	# shellcheck disable=SC2059
	printf "$piece" >&$ctl
	! next_line $ctl 0.2 || lines+="$line,"
done
check "a line that comes in pieces is one line" is "$lines" "beat,started,exit 0,"
exec {ctl}>&-

# shellcheck disable=SC2016 # the guest expands these
vm --build none -- sh -c 'echo "out $1"; echo err >&2; echo again >/dev/stdout; exit 7' - 'two  words'
check "exit code comes back" is "$rc" 7
check "stdout is the command's alone" is "$(<"$tmp/out")" $'out two  words\nagain'
check "stderr is the command's and lab/run's" is "$(grep -v '^lab/run: ' "$tmp/err")" err

# shellcheck disable=SC2016
vm --build none -- sh -c 'head -c 8000000 /dev/zero | tr "\0" "x"; grep -c . /sys/kernel/btf/fuse >/dev/null &&
	[ "$PWD" = /fuselens ] && [ -e lab/run ] && touch /tmp/a /run/a /var/tmp/a && ! touch /usr/a'
check "fuse has BTF, the project is there, the root is read-only" is "$rc" 0
check "8 MB of output arrive whole" is "$(wc -c <"$tmp/out")" 8000000

mkdir "$tmp/files"
vm --build none --out "$tmp/files" -- sh -c 'echo kept >/out/file'
check "--out brings files back" is "$(cat "$tmp/files/file" 2>/dev/null)" kept

vm --build none --timeout 4 -- sleep 1000
check "a command that runs too long: 124" is "$rc" 124
check "... and the guest's tasks are shown" grep -q 'sysrq: Show Blocked State' "$tmp/err"

vm --build none -- sh -c 'echo c >/proc/sysrq-trigger'
check "a panic: 125" is "$rc" 125
check "... and its text is shown" grep -q 'panic: Kernel panic - not syncing: sysrq' "$tmp/err"

# An init that never gets anywhere is what a hung boot looks like from outside.
vm --build none --boot-timeout 3 --cmdline "rdinit=/bin/none init=/bin/none panic=0" -- true
check "a boot that hangs: 125" is "$rc" 125
check "... after one retry, which is counted" is "$(grep -c '^lab/run: retry 1 of 1' "$tmp/err")" 1

for signal in KILL INT TERM; do
	tag=$$.$signal
	# A job of an interactive kind: in a script, background jobs ignore SIGINT.
	set -m
	"$top/lab/run" --build none --cmdline "fuselens.test=$tag" -- sleep 1000 >/dev/null 2>&1 &
	pid=$!
	set +m
	for ((i = 0; i < 3000; i++)); do
		[ "$(pgrep -fc "qemu.*fuselens.test=$tag" || true)" = 0 ] || break
		sleep 0.1
	done
	sleep 1
	if [ $signal = KILL ]; then
		kill -KILL $pid
	else
		kill -$signal -- -$pid
	fi
	wait $pid 2>/dev/null || true
	check "SIG$signal: no process is left" gone "$tag"
done

tag=$$.script
ends_with_me bash -c '. "$1/lab/lib.sh"
	ends_with_me "$1/lab/run" --build none --cmdline "fuselens.test=$2" -- sleep 1000' - "$top" "$tag" >/dev/null 2>&1 &
pid=$!
for ((i = 0; i < 3000; i++)); do
	[ "$(pgrep -fc "qemu.*fuselens.test=$tag" || true)" = 0 ] || break
	sleep 0.1
done
kill -KILL $pid
wait $pid 2>/dev/null || true
check "a script that started it is killed: no process is left" gone "$tag"
check "... and no mount" is "$(grep -c "$("$top/lab/build/rootfs" lab)" /proc/self/mounts || true)" 0
exit "$failed"
