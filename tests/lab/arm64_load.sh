#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Loads that are hard to count, on kernels for arm64 in an emulator: every case of 'fuselens verify' with pages of 4, 16
# and 64 KiB, and the oracle (tests/oracle) by call sites and function hooks on four processors, 5 plans or with LONG=1
# 200.
LAB_ARCH=arm64
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/oracle/classes.sh
. "$top/tests/oracle/classes.sh"

# verify KERNEL
verify()
{
	vm --kernel "$1" -- tests/lab/guest/verify passthrough --quick --json
	check "$1: verify: fifteen cases" is "$(jq '.cases | length' "$tmp/out")" 15
	# direct writes and stores that meet in one folio may cost each other, on any file system: the kernel tells it by EIO
	check "$1: verify: each passes, or the kernel itself told of a loss" is "$(jq -r '.cases[] |
		select(.result != "pass" and (.result != "inconclusive" or (.why | contains("reported this by EIO") | not))) |
		"\(.case): \(.why)"' "$tmp/out")" ""
	check "$1: verify: no write was shared" is "$(jq '[.cases[].shared] | add' "$tmp/out")" 0
}

kernel=debian-6.12
if ! "$top/lab/build/debian-kernel" --arch arm64 "$kernel" >/dev/null 2>"$tmp/err"; then
	echo "skip - $kernel for arm64: it cannot be had"
	exit 77
fi
verify "$kernel"
# pages of the page cache are larger than blocks of the file systems
if "$top/lab/build/debian-kernel" --arch arm64 "$kernel-16k" >/dev/null 2>"$tmp/err"; then
	verify "$kernel-16k"
	# what a request may have been cut at depends on the size of a page, and here no part of one is smaller than 4 KiB
	vm --kernel "$kernel-16k" -- tests/lab/guest/interrupted 20
	check "$kernel-16k: cached route, asynchronous writes in two requests: each is one write, or told" \
		is "$(jq -r '.counts.writes as $n | ([.snapshot.files[].maybe_split] | add) as $told
			| "\($n >= 20) \($n - $told <= 20)"' "$tmp/out")" "true true"
	check "... and they were in two requests" is "$(jq '[.snapshot.files[] | .segments + .maybe_split] | add >= 20' "$tmp/out")" true
else
	echo "skip - $kernel-16k for arm64: it cannot be had"
fi
verify lab-64k

seeds=1-5
[ -z "${LONG:-}" ] || seeds=1-200
vm --kernel "$kernel" --cpus 4 -- tests/lab/guest/oracle --evidence callsite --stores "$ORACLE_COUNTED_STORES" \
	--only "$ORACLE_COUNTED" "$seeds"
check "the oracle: $(tail -n 1 "$tmp/out")" is "$rc" 0
[ "$rc" = 0 ] || sed 's/^/# /' "$tmp/out" | head -n 60
exit "$failed"
