#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Kernels that are wrong on purpose: verify has to catch each by the case that is meant for it. A harness
# that catches nothing proves nothing.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# caught PATCH CASE WORDS - CASE fails on v3 with PATCH, for the reason that has WORDS in it.
caught()
{
	vm --variant "v3+tests/lab/mutants/$1.patch" -- \
		tests/lab/guest/verify passthrough --quick --json --case "$2"
	check "$1: $2 fails" is "$rc $(jq -r '.cases[0].result' "$tmp/out")" "1 FAIL"
	check "$1: for the reason it has" grep -qE "$3" \
		<<<"$(jq -r '.cases[] | .why, .files[].why' "$tmp/out")"
}

caught no-second-look extend_race "'past_eof' writes ran under the shared lock"
caught shared-append o_append "writes ran under the shared lock"
caught shared-buffered buffered "writes ran under the shared lock"
caught always-exclusive overwrite "took the lock exclusively, though"
exit "$failed"
