#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# shellcheck disable=SC2119 # stop_daemon has a default
# bench and report, once: interrupts and resumes a bench, with difference 0 in every row; then reports it, and
# compares two, in each format and as another user. long_bench.sh has the other tests, long_report.sh the browser.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/bench_lib.sh
. "$(dirname "$0")/bench_lib.sh"
bench_begin

# Interrupted while the second of four rows runs, then resumed.
"$FUSELENS" bench randwrite-4k-psync "${both[@]}" --jobs 1,2 --repeat 1 -o "$WORK/cut" \
	>"$WORK/out" 2>"$WORK/err" &
pid=$!
wait_until 30 eval 'test -e "$WORK/cut/rows/raw-j1-r1" && ls -d "$WORK"/cut/rows/.*.partial &>/dev/null'
kill -INT $pid
wait $pid
check_eq "interrupted: exit code" "$?" 3
check_eq "... finished rows are kept" "$(rows "$WORK/cut")" "raw-j1-r1 ok None"
check "... and it says how to go on" grep -q "1 of 4 rows are kept" "$WORK/err"
stamp=$(stat -c %Y "$WORK/cut/rows/raw-j1-r1/row.json")
bench --resume -o "$WORK/cut"
check_eq "resumed: exit code" "$rc" 0
check_eq "... runs what is missing" "$(rows "$WORK/cut" | wc -l)" 4
check_eq "... and nothing twice" "$(stat -c %Y "$WORK/cut/rows/raw-j1-r1/row.json")" "$stamp"
bench --resume -o "$WORK/cut" --jobs 8
check_eq "--resume takes no other settings" "$rc" 2

check_eq "every difference is 0, raw rows are not counted" "$(rows "$WORK/cut")" \
	"mount-j1-r1 ok 0
mount-j2-r1 ok 0
raw-j1-r1 ok None
raw-j2-r1 ok None"
check_eq "... nothing is left on the mount or behind it" "$(find "$WORK/raw" -name "fuselens-bench*" | wc -l)" 0

bench randwrite-4k-psync "${both[@]}" -o "$WORK/x1" --fio "$WORK/none"
check_eq "no fio: exit code" "$rc" 2
check "... the error names it, and leaves no directory" \
	sh -c 'grep -q "cannot run .*/none: No such file" "$1" && [ ! -e "$2" ]' - "$WORK/err" "$WORK/x1"
bench "${both[@]}"
check "no profile: the names are listed" grep -q '^hint: there are .*randwrite-4k-psync' "$WORK/err"
bench nonesuch "${both[@]}"
check "an unknown profile: the names are listed" grep -q '^hint: there are .*randwrite-4k-psync' "$WORK/err"
bench randwrite-4k-psync --mount "$WORK/raw" -o "$WORK/x6"
check "a mount that is not FUSE is refused" sh -c '[ "$1" = 2 ] && [ ! -e "$2" ]' - "$rc" "$WORK/x6"

# Reports need only the directory.
as_nobody()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
away=$WORK/away
mkdir "$away"
cp "$FUSELENS" "$away/fuselens"
cp -r "$WORK/cut" "$away/one"
cp -r "$WORK/cut" "$away/two"
chmod -R a+rX "$away"
stop_daemon
for format in text md html; do
	as_nobody "$away/fuselens" report "$away/one" --format $format \
		>"$WORK/out" 2>"$WORK/err"
	check_eq "report as nobody, $format" "$? $(wc -c <"$WORK/err")" "0 0"
	as_nobody "$away/fuselens" report "$away/one" "$away/two" \
		--format $format >"$WORK/out" 2>"$WORK/err"
	check_eq "report of two as nobody, $format" "$? $(wc -c <"$WORK/err")" "0 0"
done
