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

# bench ARG... - with code in $rc, stderr in $WORK/err
bench()
{
	rc=0
	"$FUSELENS" bench "$@" >"$WORK/out" 2>"$WORK/err" || rc=$?
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
