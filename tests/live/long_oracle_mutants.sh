#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Counting that is broken on purpose, in one way by each patch of tests/oracle/mutants. The oracle has to
# catch each.
# usage: long_oracle_mutants.sh [PATCH...]
set -u
dir=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/oracle/lib.sh
. "$dir/../oracle/lib.sh"

[ $# -gt 0 ] || set -- "$top"/tests/oracle/mutants/*.patch
oracle_seeds "what the mutants are tried on, without them" --stores "$ORACLE_COUNTED_STORES" --only "$ORACLE_COUNTED" 1-70
for mutant; do
	oracle_catches "$mutant"
done
exit "$oracle_bad"
