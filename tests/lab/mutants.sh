#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Kernels that are wrong on purpose: verify has to catch each by the case that is meant for it. A harness
# that catches nothing proves nothing. The default tier tries one of them. TIER=full tries all, and also the
# one patch in mutants/ that is right: right-backing-append.patch mends what setfl blames on v3.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# caught PATCH CASE WORDS - CASE fails on v3 with PATCH, with a reason that contains WORDS.
caught()
{
	vm --variant "v3+tests/lab/mutants/$1.patch" -- \
		tests/lab/guest/verify passthrough --quick --json --case "$2"
	check "$1: $2 fails" is "$rc $(jq -r '.cases[0].result' "$tmp/out")" "1 FAIL"
	check "$1: for the reason it has" grep -qE "$3" \
		<<<"$(jq -r '.cases[] | .why, .files[].why' "$tmp/out")"
}

# mended - setfl passes if the append test looks at the backing file's flags, too, and nothing else is changed
mended()
{
	vm --variant v3+tests/lab/mutants/right-backing-append.patch -- \
		tests/lab/guest/verify passthrough --quick --json --case setfl,overwrite
	check "the right patch: setfl and overwrite pass" is \
		"$rc $(jq -r '.cases[] | .case + " " + .result' "$tmp/out" | sort | tr '\n' ' ')" \
		"0 overwrite pass setfl pass "
	check "the right patch: every append of the backing file is exclusive" is \
		"$(jq -r '.cases[] | select(.case == "setfl").files[] | select(.file == "clear-append") |
			"\(.writes) \(.exclusive)"' "$tmp/out")" "256 256"
	check "the right patch: no defect is claimed" is \
		"$(jq -r '.cases[] | select(.case == "setfl").kernel_defect' "$tmp/out")" null
}

caught shared-append o_append "writes ran under the shared lock"
if [ "${TIER:-}" = full ]; then
	caught no-second-look extend_race "'past_eof' writes ran under the shared lock"
	caught shared-buffered buffered "writes ran under the shared lock"
	caught always-exclusive overwrite "took the lock exclusively, though"
	mended
fi
exit "$failed"
