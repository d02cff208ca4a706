#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Loads that are hard to count, on Debian's kernel for arm64 in an emulator: every case of 'fuselens verify', and the
# oracle (tests/oracle) by call sites and function hooks on four processors, 5 plans or with LONG=1 200.
LAB_ARCH=arm64
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/oracle/classes.sh
. "$top/tests/oracle/classes.sh"

kernel=debian-6.12
if ! "$top/lab/build/debian-kernel" --arch arm64 "$kernel" >/dev/null 2>"$tmp/err"; then
	echo "skip - $kernel for arm64: it cannot be had"
	exit 77
fi
lab_run+=(--kernel "$kernel")

vm -- tests/lab/guest/verify passthrough --quick --json
check "verify: fifteen cases" is "$(jq '.cases | length' "$tmp/out")" 15
check "verify: each passes" is "$(jq -r '.cases[] | select(.result != "pass") | "\(.case): \(.why)"' "$tmp/out")" ""
check "verify: no write was shared" is "$(jq '[.cases[].shared] | add' "$tmp/out")" 0

seeds=1-5
[ -z "${LONG:-}" ] || seeds=1-200
vm --cpus 4 -- tests/lab/guest/oracle --evidence callsite --stores "$ORACLE_COUNTED_STORES" \
	--only "$ORACLE_COUNTED" "$seeds"
check "the oracle: $(tail -n 1 "$tmp/out")" is "$rc" 0
[ "$rc" = 0 ] || sed 's/^/# /' "$tmp/out" | head -n 60
exit "$failed"
