#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The oracle at length: 5,000 plans.
set -u
dir=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/oracle/lib.sh
. "$dir/../oracle/lib.sh"

for ((first = 1001; first < 6000; first += 500)); do
	classes=$ORACLE_COUNTED
	[ "$first" -lt 4500 ] || classes=$ORACLE_COUNTED_STORED
	[ "$first" -lt 5000 ] || classes=$ORACLE_COUNTED_SYNCED
	oracle_seeds "plans $first to $((first + 499))" --stores "$ORACLE_COUNTED_STORES" --only "$classes" \
		"$first-$((first + 499))"
done
exit "$oracle_bad"
