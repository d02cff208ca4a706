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

# Interrupted while the second of four rows runs, then resumed. Again where a busy machine did not let the first row
# write, or let the second one end.
second_row()
{
	test -e "$WORK/cut/rows/raw-j1-r1" && ls -d "$WORK"/cut/rows/.*.partial &>/dev/null
}
for _ in {1..10}; do
	rm -rf "$WORK/cut"
	"$FUSELENS" bench randwrite-4k-psync "${both[@]}" --jobs 1,2 --repeat 1 -o "$WORK/cut" \
		>"$WORK/out" 2>"$WORK/err" &
	pid=$!
	wait_until 30 eval 'second_row || live_gone $pid'
	kill -INT $pid 2>/dev/null
	wait $pid
	rc=$?
	starved || [ "$(rows "$WORK/cut" | wc -l)" -gt 1 ] || break
done
check_eq "interrupted: exit code" "$rc" 3
check_eq "... finished rows are kept" "$(rows "$WORK/cut")" "raw-j1-r1 ok None"
check "... that it has four rows of a second was said first" grep -q '^fuselens: 4 rows of 1 s: about 4 s' "$WORK/err"
check "... and it says how to go on" grep -q "1 of 4 rows are kept" "$WORK/err"
stamp=$(stat -c %Y "$WORK/cut/rows/raw-j1-r1/row.json")
resume
go_on
check_eq "resumed as the hint says: exit code" "$rc" 0
[ "$rc" = 0 ] || sed 's/^/# /' "$WORK/err"
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

bench randwrite-4k-psync --mount "$WORK/mount" --raw "$WORK/mount" --runtime 1 --size 8m --jobs 1 --repeat 1 -o "$WORK/x9"
check "so is --raw on the mount itself" sh -c '[ "$1" = 2 ] && grep -q "^hint: --raw wants" "$2" && [ ! -e "$3" ]' - "$rc" "$WORK/err" "$WORK/x9"

# Another thing than the number of jobs.
bench randwrite-4k-psync --mount "$WORK/mount" --runtime 1 --size 8m --sweep bs=4k,16k --jobs 2 --repeat 1 -o "$WORK/sweep"
check_eq "--sweep: exit code" "$rc" 0
check "... each row is told by its value" grep -q '1/2  mount  bs 4k  *run 1 .*difference 0' "$WORK/err"
check_eq "... a row for each value" "$(rows "$WORK/sweep")" "mount-16k-j2-r1 ok 0
mount-4k-j2-r1 ok 0"
"$FUSELENS" report "$WORK/sweep" >"$WORK/out"
check "... which is what the report's tables go by" grep -q '^  16k ' "$WORK/out"
for f in text md html; do
	"$FUSELENS" report "$WORK/sweep" --reference "$WORK/sweep" --format $f >"$WORK/out.$f" 2>"$WORK/err"
	check_eq "... also beside an earlier sweep, $f" "$? $(wc -c <"$WORK/err")" "0 0"
done
check "... whose table has the sweep's values" grep -q '^  IOPS at bs  *4k  *16k$' "$WORK/out.text"
"$FUSELENS" report "$WORK/sweep" --reference "$WORK/cut" >/dev/null 2>"$WORK/err"
check_eq "a reference that varies another thing is refused" "$? $(grep -c '^hint: only results that vary the same' "$WORK/err")" "2 1"
"$FUSELENS" report "$WORK/sweep" --reference "$LIVE_TOP/docs/published.csv" >/dev/null 2>"$WORK/err"
check_eq "so is a table of numbers of jobs beside a sweep" "$? $(grep -c '^hint: give --reference an earlier result' "$WORK/err")" "2 1"
bench randwrite-4k-psync "${both[@]}" --sweep iodepth=1,4 -o "$WORK/x7"
check "a sweep of what the profile does not use is refused" \
	sh -c '[ "$1" = 2 ] && grep -q "does not use IODEPTH" "$2" && [ ! -e "$3" ]' - "$rc" "$WORK/err" "$WORK/x7"
bench randwrite-4k-psync "${both[@]}" --set IODEPTH=4 -o "$WORK/x8"
check "so is a variable that it does not use" grep -q "does not use IODEPTH" "$WORK/err"

# Reports need nothing but the directory.
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

# What a report is made from is not overwritten, a page stays small however long a run was, and no gnuplot is said.
for own in bench.json profile.fio rows/mount-j2-r1/row.json; do
	sum=$(cksum <"$away/one/$own")
	(cd "$away/one" && "$FUSELENS" report . -o "$own") >"$WORK/out" 2>"$WORK/err"
	check_eq "report onto its own $own: refused" "$? $(cksum <"$away/one/$own")" "2 $sum"
done
check "... with a hint" grep -q '^hint: give -o another name' "$WORK/err"
python3 - "$away/one/rows/mount-j2-r1/series.json" <<-'END'
	import json, sys
	s = json.load(open(sys.argv[1]))
	for key, v in s.items():
	    if isinstance(v, list):
	        s[key] = [v[i % len(v)] for i in range(200000)]
	s["end_ns"] = [s["start_ns"] + (i + 1) * 10**8 for i in range(200000)]
	json.dump(s, open(sys.argv[1], "w"))
END
"$FUSELENS" report "$away/one" --format html -o "$WORK/long.html"
check_eq "a page of 200,000 intervals: exit code" "$?" 0
check "... stays below 1 MB" test "$(stat -c %s "$WORK/long.html")" -lt 1000000
"$FUSELENS" report "$away/two" --format html --gnuplot "$WORK/none" -o "$WORK/bare.html" 2>"$WORK/err"
check_eq "without gnuplot: exit code" "$?" 0
check "... it is said" grep -q 'plots are missing from the page: cannot run .*/none' "$WORK/err"
check "... on the page, too" grep -q 'No plots: cannot run' "$WORK/bare.html"
"$FUSELENS" report "$away/two" --format csv >"$WORK/out"
check_eq "... with the columns of the rows behind the README's pictures" "$(head -n 1 "$WORK/out")" \
	"$(head -n 1 "$LIVE_TOP/docs/pictures/before-after.csv")"
check_eq "rows as CSV" "$(cut -d, -f2-6 "$WORK/out" | tail -n +2 | tr '\n' ' ')" \
	'"raw-j1-r1",raw,0,1,1 "mount-j1-r1",mount,1,1,1 "raw-j2-r1",raw,0,1,2 "mount-j2-r1",mount,1,1,2 '
