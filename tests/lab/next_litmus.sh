#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Series 'next' under the kernel's own memory model: herd7 tries what processors may reorder in tests/model/litmus/*, as
# tests/model/attr_version.pml does not. The series' barriers allow nothing wrong, and without any of them something is.
# Debian has no herd7: put it in PATH (github.com/herd/herdtools7). Needs no VM.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)

if ! command -v herd7 >/dev/null; then
	echo "skip - next_litmus.sh: no herd7"
	exit 77
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
model=$("$top/lab/build/kernel")/linux/tools/memory-model
failed=0

# explored RESULT NAME TEST [SCRIPT] - what herd7 says of a test, which sed has changed by SCRIPT
explored()
{
	local wanted=$1 name=$2 test=$top/tests/model/litmus/$3.litmus script=${4:-} said
	sed "$script" "$test" >"$tmp/$3.litmus"
	if [ -n "$script" ] && cmp -s "$test" "$tmp/$3.litmus"; then
		echo "not ok - $name: nothing was changed in $3.litmus"
		failed=1
		return
	fi
	(cd "$model" && herd7 -conf linux-kernel.cfg "$tmp/$3.litmus") >"$tmp/out" 2>&1 || true
	said=$(sed -n 's/^Observation [^ ]* \([A-Z][a-z]*\) .*/\1/p' "$tmp/out")
	if [ "$said" = "$wanted" ]; then
		echo "ok - $name: ${said,,} wrong"
	else
		echo "not ok - $name: ${said:-nothing}, not $wanted"
		sed 's/^/# /' "$tmp/out" | tail -n 20
		failed=1
	fi
}

explored Never "the change, then the counter; the counter, then the look" counter
explored Never "the same, where another task made the change" counter-other
explored Sometimes "no barrier between the change and the counter" counter '/smp_mb();/d'
explored Sometimes "... where another task made the change" counter-other '/smp_mb();/d'
explored Sometimes "requests are counted without a barrier" counter 's/fetch_inc/&_relaxed/'
explored Never "a reply, and a writer without the lock" reply
explored Sometimes "the writer reads the version without acquire" reply \
	's/smp_load_acquire(version)/READ_ONCE(*version)/'
explored Sometimes "the version is stored without release" reply \
	's/smp_store_release(version, \(.\))/WRITE_ONCE(*version, \1)/'
explored Sometimes "the version before what the reply brings" reply \
	'/smp_store_release(version, 2)/d; s/^\(\t*\)WRITE_ONCE(\*size, 1);/\1smp_store_release(version, 2);\n&/'
explored Sometimes "the writer looks at the version last" reply \
	'/r1 = smp_load/d; s/^\(\t*\)r3 = READ_ONCE.*/&\n\1r1 = smp_load_acquire(version);/'
explored Never "a reply, and stat(2)" stat
explored Never "... that had only timed out" stat 's/ATOMIC_INIT(1)/ATOMIC_INIT(0)/'
explored Sometimes "stat(2) without a read barrier" stat 's/ATOMIC_INIT(1)/ATOMIC_INIT(0)/; /smp_rmb();/d'
explored Sometimes "a reply without a write barrier" stat 's/ATOMIC_INIT(1)/ATOMIC_INIT(0)/; /smp_wmb();/d'
explored Never "a stale reply to SETATTR, and stat(2)" setattr
explored Sometimes "stat(2) looks at inval_mask without acquire" setattr 's/atomic_read_acquire/atomic_read/'
exit "$failed"
