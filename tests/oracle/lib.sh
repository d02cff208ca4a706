# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # used by those who source it
# What the tests by the oracle share (sourced).
#
#   oracle_seeds NAME CHOICE... SEEDS   a case: each plan's counts are exact or off by no more than is said
# Set oracle_bad where a case failed.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
oracle_bad=0
oracle_dir=$(mktemp -d)
trap 'rm -rf "$oracle_dir"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [ "$(id -u)" != 0 ]; then
	echo "skip - ${0##*/}: needs root"
	exit 77
fi

# shellcheck source=tests/oracle/classes.sh
. "$top/tests/oracle/classes.sh"

oracle_seeds()
{
	local name=$1 rc=0
	shift
	"$top/tests/oracle/run" "$@" >"$oracle_dir/out" 2>"$oracle_dir/err" || rc=$?
	if [ "$rc" = 0 ] && grep -q '^[1-9][0-9]* seeds, [1-9][0-9]* writes: ' "$oracle_dir/out"; then
		echo "ok - $name: $(tail -n 1 "$oracle_dir/out")"
	else
		echo "not ok - $name: $(tail -n 1 "$oracle_dir/out")"
		cat "$oracle_dir/out" "$oracle_dir/err" | sed 's/^/# /' | head -n 200
		oracle_bad=1
	fi
}
