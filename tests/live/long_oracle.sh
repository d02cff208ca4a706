#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The oracle at length: 5,000 plans.
set -u
dir=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/oracle/lib.sh
. "$dir/../oracle/lib.sh"

oracle_seeds "plans of counted classes" --stores "$ORACLE_COUNTED_STORES" --only "$ORACLE_COUNTED" 1001-6000
exit "$oracle_bad"
