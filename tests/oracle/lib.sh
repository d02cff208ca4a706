# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # used by those who source it
# What the tests by the oracle share (sourced).
#
#   oracle_seeds NAME CHOICE... SEEDS   a case: each plan's counts are exact or off by no more than is said
#   oracle_catches PATCH                a case: with PATCH applied to the programs that count, one is not
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
	local name=$1 rc=0 pattern='^([0-9]+) seeds, ([1-9][0-9]*) writes: ([0-9]+) exact.*; ([0-9]+) writes uncertain$'
	shift
	"$top/tests/oracle/run" "$@" >"$oracle_dir/out" 2>"$oracle_dir/err" || rc=$?
	# A report that calls all of it uncertain is never wrong. It may say so of one write in fifty, or of more in one
	# plan of five: on a busy machine a few plans have thousands that failed after their place was given away.
	if [ "$rc" = 0 ] && [[ $(tail -n 1 "$oracle_dir/out") =~ $pattern ]] &&
		{ [ $((BASH_REMATCH[4] * 50)) -le "${BASH_REMATCH[2]}" ] ||
			[ $((BASH_REMATCH[3] * 5)) -ge $((BASH_REMATCH[1] * 4)) ]; }; then
		echo "ok - $name: $(tail -n 1 "$oracle_dir/out")"
	else
		echo "not ok - $name: $(tail -n 1 "$oracle_dir/out")"
		cat "$oracle_dir/out" "$oracle_dir/err" | sed 's/^/# /' | head -n 200
		oracle_bad=1
	fi
}

# oracle_mutant PATCH - builds the program from a copy of the tree with PATCH in it, and nothing else
oracle_mutant()
{
	local tree=$oracle_dir/tree
	if [ ! -d "$tree" ]; then
		mkdir "$tree"
		tar -C "$top" --exclude=./.git --exclude=./build -cf - . | tar -C "$tree" -xf -
	fi
	patch -d "$tree" --fuzz=0 -p1 <"$1" && make -s -C "$tree" -j"$(nproc)" B=build build/fuselens
}

# By the plans 1 to 70, unless the patch has a line 'plans: CLASSES SEED...' with some that show it.
oracle_catches()
{
	local name classes seeds rc=0 built=1
	name=$(basename "$1" .patch)
	read -r classes seeds < <(sed -n 's/^plans: //p' "$1")
	oracle_mutant "$1" >"$oracle_dir/out" 2>&1 || built=
	patch -d "$oracle_dir/tree" --fuzz=0 -p1 -R <"$1" >>"$oracle_dir/out" 2>&1
	if [ -z "$built" ]; then
		echo "not ok - mutant $name: it does not apply or does not build"
		sed 's/^/# /' "$oracle_dir/out" | tail -n 20
		oracle_bad=1
		return
	fi
	# what differs without the patch, too, shows nothing
	# shellcheck disable=SC2086 # seeds are words
	[ -z "$classes" ] || oracle_seeds "mutant $name: its plans without it" \
		--stores "$ORACLE_COUNTED_STORES" --only "$classes" $seeds
	# shellcheck disable=SC2086
	FUSELENS=$oracle_dir/tree/build/fuselens "$top/tests/oracle/run" --first --stores "$ORACLE_COUNTED_STORES" \
		--only "${classes:-$ORACLE_COUNTED}" ${seeds:-1-70} >"$oracle_dir/out" 2>"$oracle_dir/err" || rc=$?
	if [ "$rc" = 1 ] && grep -q ' [1-9][0-9]* different, 0 not compared;' "$oracle_dir/out"; then
		echo "ok - mutant $name is caught: $(grep -m 1 -E '^  .*(differ|called|target|counted for)' "$oracle_dir/out" |
			sed 's/^ *//' | cut -c1-100)"
	else
		echo "not ok - mutant $name is not caught: $(tail -n 1 "$oracle_dir/out")"
		oracle_bad=1
	fi
}
