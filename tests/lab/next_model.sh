#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Explores all interleavings of tests/model/attr_version.pml. Series 'next' looks at attr_version, i_size
# and inval_mask without a lock: its order is right, and each wrong order is found. The default tier tries
# the design and two wrong ones with one request. TIER=full tries all, and the right ones with two requests
# (a minute). Needs no VM and no root.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

if ! command -v spin >/dev/null; then
	echo "skip - next_model.sh: no spin (lab/host-deps test installs it)"
	exit 77
fi

# explored WANTED NAME OPTION... - spin explores the whole model (WANTED 'right'), or finds the error.
explored()
{
	local wanted=$1 name=$2 errors
	shift 2
	(
		cd "$tmp"
		rm -f pan*
		spin -a "$@" "$top/tests/model/attr_version.pml" >log
		gcc -O2 -w -DSAFETY -DCOLLAPSE -o pan pan.c
		./pan -m100000
	) >"$tmp/out" 2>&1 || true
	errors=$(sed -n 's/.*errors: \([0-9]*\)$/\1/p' "$tmp/out")
	if [ "$wanted" = right ] && [ "$errors" = 0 ] && ! grep -qE 'not completed|max search depth too small' \
		"$tmp/out"; then
		echo "ok - $name: nothing is wrong in $(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$tmp/out") states"
	elif [ "$wanted" = wrong ] && grep -q 'assertion violated' "$tmp/out"; then
		echo "ok - $name: found wrong"
	else
		echo "not ok - $name: expected it to be $wanted"
		sed 's/^/# /' "$tmp/out" | tail -n 20
		failed=1
	fi
}

explored right "the design" -DNO_LOCK -DSHORT -DSTAT
explored wrong "v1: a plain store without the lock" -DV1 -DSHORT
explored wrong "the greater of two stored, without the lock" -DMAXIMUM -DSHORT
if [ "${TIER:-}" = full ]; then
	explored right "the design, two requests" -DNO_LOCK
	explored right "the design, a truncate on this mount" -DNO_LOCK -DLOCAL
	explored right "the design, a stale reply to SETATTR" -DNO_LOCK -DLOCAL -DCHMOD -DSTAT -DONE -DSHORT
	explored right "the design, the time of birth" -DNO_LOCK -DSHORT -DSTAT -DBIRTH
	explored right "unpatched, for who holds the lock" -DSTOCK
	explored right "unpatched, a truncate on this mount" -DSTOCK -DLOCAL
	explored wrong "unpatched, for who does not: stat(2) while a reply is applied" -DSTOCK -DNO_LOCK -DSHORT
	explored wrong "requests are not counted" -DNO_COUNT -DSHORT
	explored wrong "no barrier between the change and the counter" -DNO_MB -DSHORT
	explored wrong "no barrier between the counter and the server's look" -DLOOK_FIRST -DSHORT
	explored wrong "inval_mask before attr_version" -DMASK_FIRST -DSHORT
	explored wrong "i_size before attr_version" -DSIZE_FIRST -DSHORT
	explored wrong "attr_version before what a reply brings" -DVERSION_FIRST -DSHORT
	explored wrong "stat(2) looks at attributes before inval_mask" -DSTAT_FIRST -DNO_LOCK -DSTAT -DSHORT
	explored wrong "i_time before what a reply brings" -DTIME_FIRST -DNO_LOCK -DLOCAL -DCHMOD -DSTAT -DONE -DSHORT
	explored wrong "the time of birth is valid before it is there" -DBIRTH_FIRST -DNO_LOCK -DSTAT -DSHORT
	explored wrong "attributes time out after a stale reply to SETATTR has brought its own" \
		-DLATE -DNO_LOCK -DLOCAL -DCHMOD -DSTAT -DONE -DSHORT
fi
exit "$failed"
