#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Standard streams that are closed or full: a result that was not delivered is reported as an error, and no
# file of ours gets the number of a stream that the caller had closed.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs
export FUSELENS_PROFILES=$LIVE_TOP/profiles
start_daemon "$src" "$mnt"

# undelivered NAME ARG... - runs it with stdout full, and closed
undelivered()
{
	local name=$1 rc
	shift
	"$FUSELENS" "$@" >/dev/full 2>"$WORK/err"
	rc=$?
	check_eq "$name, stdout full: exit code and message" "$rc $(grep -c 'could not be written' "$WORK/err")" "2 1"
	"$FUSELENS" "$@" >&- 2>"$WORK/err"
	rc=$?
	check_eq "$name, stdout closed: exit code and message" "$rc $(grep -c 'could not be written' "$WORK/err")" "2 1"
}
undelivered --help --help
undelivered --version --version
undelivered "stat --help" stat --help
undelivered files files
undelivered "files --json" files --json
undelivered doctor doctor
undelivered live live
undelivered "live --json" live --json
undelivered prove prove "$mnt" -d 0.2
undelivered "prove --json" prove "$mnt" -d 0.2 --json
undelivered "verify --list" verify --list
undelivered "an error as JSON" prove "$WORK/xfs" --json

"$FUSELENS" bench randwrite-4k-psync --raw "$WORK/xfs" --jobs 1,2 --repeat 1 --runtime 1 --size 4m -q \
	-o "$WORK/result" >/dev/full 2>"$WORK/err"
check_eq "bench, stdout full: exit code and message" "$? $(grep -c 'could not be written' "$WORK/err")" "2 1"
undelivered report report "$WORK/result"

figures()
{
	grep -c '<svg' "$1"
}
if command -v gnuplot >/dev/null; then
	"$FUSELENS" report "$WORK/result" --format html -o "$WORK/open.html"
	"$FUSELENS" report "$WORK/result" --format html -o "$WORK/closed.html" <&- >&- 2>&-
	check_eq "report with every stream closed: exit code" "$?" 0
	check "... and a page with figures" test "$(figures "$WORK/open.html")" -gt 0
	check_eq "... as many as otherwise" "$(figures "$WORK/closed.html")" "$(figures "$WORK/open.html")"
else
	skip "report with every stream closed" "no gnuplot here"
fi
stop_daemon

# The daemon in the background, as mount(8) starts it.
mkdir -p "$mnt"
mounted()
{
	awk -v m="$mnt" '$5 == m && / - fuse/ {found = 1} END {exit !found}' /proc/self/mountinfo
}
background()
{
	local name=$1
	shift
	timeout 600 "$@"
	check_eq "the daemon with $name: it returns" "$?" 0
	check "... mounted" mounted
	check "... and serves" eval "echo x >'$mnt/file' && grep -q x '$src/file'"
	umount "$mnt"
	wait_until 20 eval '! mounted'
	rm -f "$src/file"
}
# shellcheck disable=SC2016 # the inner shell expands
closing='d=$1; shift; eval "exec $d"; exec "$@"'
background "stdin closed" bash -c "$closing" - '<&-' "$FUSELENS_DAEMON" "$src" "$mnt"
background "stdin and stdout closed" bash -c "$closing" - '<&- >&-' "$FUSELENS_DAEMON" "$src" "$mnt"
background "all streams closed" bash -c "$closing" - '<&- >&- 2>&-' "$FUSELENS_DAEMON" "$src" "$mnt"
exit "$((LIVE_FAILED > 0))"
