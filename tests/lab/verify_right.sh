#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# What setfl blames on series v3 is the cause: with the append test looking at the backing file's flags too,
# and nothing else changed, it passes.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

setfl()
{
	jq -r ".cases[0] | $1" "$tmp/out"
}

vm --variant v3+tests/lab/mutants/right-backing-append.patch -- \
	tests/lab/guest/verify passthrough --quick --json --case setfl,overwrite
check "setfl and overwrite pass" is "$rc $(jq -r '.cases[] | .case + " " + .result' "$tmp/out" | sort | tr '\n' ' ')" \
	"0 overwrite pass setfl pass "
jq '.cases |= map(select(.case == "setfl"))' "$tmp/out" >"$tmp/setfl" && mv "$tmp/setfl" "$tmp/out"
check "every append of the backing file is exclusive" is \
	"$(setfl '.files[] | select(.file == "clear-append") | "\(.writes) \(.exclusive)"')" "256 256"
check "no defect is claimed" is "$(setfl .kernel_defect)" null
exit "$failed"
