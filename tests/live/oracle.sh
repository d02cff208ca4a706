#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Compares what prove counts with what a load knows that it wrote (tests/oracle): 120 plans, each drawn
# from a seed. Each count must be exact, or off by no more than its report says.
set -u
dir=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/oracle/lib.sh
. "$dir/../oracle/lib.sh"

oracle_seeds "plans of counted classes" --stores "$ORACLE_COUNTED_STORES" --only "$ORACLE_COUNTED" 1-80
oracle_seeds "plans of synchronous writes, one file the target" --stores "$ORACLE_COUNTED_STORES" \
	--only "$ORACLE_COUNTED_SYNCED" 81-100
oracle_seeds "plans with stores to mappings, and writes that fail as they are synced" --stores "$ORACLE_COUNTED_STORES" \
	--only "$ORACLE_COUNTED_STORED" 31-50
exit "$oracle_bad"
