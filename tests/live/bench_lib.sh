# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# What the tests of bench share (sourced after lib.sh).

# bench_begin - a mount of XFS, and the options that name it
bench_begin()
{
	live_begin
	export FUSELENS_PROFILES=$LIVE_TOP/profiles
	make_xfs "$WORK/raw"
	mkdir "$WORK/mount"
	start_daemon "$WORK/raw" "$WORK/mount"
	both=(--mount "$WORK/mount" --raw "$WORK/raw" --runtime 1 --size 8m)
}

# starved - whether the last bench failed because fio got no processor time in the second that it has
starved()
{
	grep -q '^hint: .*a longer --runtime helps' "$WORK/err"
}

# resume - runs what the hint in $WORK/err says; code in $rc, and in $WORK/err all that was said and is still true
resume()
{
	local command
	command=$(sed -n 's/^hint: the rest is run by: fuselens //p' "$WORK/err")
	[ -n "$command" ] || return
	rc=0
	eval "'$FUSELENS' $command" >"$WORK/out" 2>"$WORK/err.now" || rc=$?
	grep -v 'fio wrote nothing\|^hint: \|rows are kept' "$WORK/err" >"$WORK/err.before"
	cat "$WORK/err.before" "$WORK/err.now" >"$WORK/err"
}

# go_on - resumes where fio was starved, ten times at most
go_on()
{
	for _ in {1..10}; do
		[ "$rc" = 2 ] && starved && resume || break
	done
}

# bench ARG... - with code in $rc, stderr in $WORK/err
bench()
{
	rc=0
	"$FUSELENS" bench "$@" >"$WORK/out" 2>"$WORK/err" || rc=$?
	go_on
}

# rows RESULT - "ID STATUS DIFFERENCE" of each finished row
rows()
{
	python3 - "$1" <<-'END'
	import glob, json, sys
	for f in sorted(glob.glob(sys.argv[1] + "/rows/*/row.json")):
	    r = json.load(open(f))
	    print(r["id"], r["status"], r["difference"])
	END
}
