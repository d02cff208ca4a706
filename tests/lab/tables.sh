#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# make lab's tables as assertions. What each variant takes, by engine, must agree with expected.csv and with
# fio, by three methods. Writers must scale on v3 and not on stock. LONG=1: v1-1 as well, and longer. TABLES_VARIANTS and
# TABLES_METHODS choose others.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

rc=0
variants=${TABLES_VARIANTS:-stock v1 v3 next} seconds=3 methods=${TABLES_METHODS:-state,callsite,global}
[ -z "${LONG:-}" ] || variants=${TABLES_VARIANTS:-stock v1-1 v1 v3 next} seconds=6
TABLES_VARIANTS=$variants TABLES_SECONDS=$seconds \
	ends_with_me "$top/lab/tables" --arch "$arch" --only 1,2 -o "$tmp/tables" \
	>"$tmp/out" 2>"$tmp/err" || rc=$?
sed 's/^/# /' "$tmp/out"
[ "$rc" = 0 ] || tail -n 20 "$tmp/err" | sed 's/^/# /'
check "the tables come to their end, each take as expected, each count fio's" is "$rc" 0

while IFS=, read -r variant engine exclusive shared upgrades fi_lock; do
	case " $variants " in
	*" $variant "*) ;;
	*) continue ;;
	esac
	for method in ${methods//,/ }; do
		want="$exclusive $shared $upgrades $fi_lock"
		[[ $method != state* ]] || want="$exclusive $shared - -"
		got=$(awk -F, -v v="$variant" -v e="$engine" -v m="$method" '
			# some takes belong to no write: see differs() in lab/tables
			function near(x) { return x == "-" ? x : ((x - int(x + 0.5)) * $8) ^ 2 <= 144 ? int(x + 0.5) : x }
			$1 == v && $2 == e && $3 == m { print near($4), near($5), near($6), near($7) }' "$tmp/tables/table1.csv")
		check "$variant $engine by $method" is "$got" "$want"
		diff=$(awk -F, -v v="$variant" -v e="$engine" -v m="$method" '
			$1 == v && $2 == e && $3 == m { print $8 - $9 }' "$tmp/tables/table1.csv")
		check "$variant $engine by $method: counted as many as fio wrote" is "$diff" 0
	done
done <"$top/kernel-patches/expected.csv"

# The device takes 2 ms per write: more than 500 writes a second need some at the same time, however fast the
# machine. If the machine is too slow for this on the raw device, it can't show it through FUSE either.
# more_than N VARIANT,SYSTEM - whether eight jobs did more than N writes a second
more_than()
{
	awk -F, -v n="$1" -v a="$2" '$1 "," $2 == a && $3 == 8 { x = $4 } END { exit !(x > n) }' "$tmp/tables/table2.csv"
}
check "stock: 8 jobs never write at the same time" eval '! more_than 510 stock,mount'
if more_than 1000 v3,raw; then
	check "v3: 8 jobs do" more_than 510 v3,mount
else
	echo "skip - v3: 8 jobs write at the same time: this machine is too slow even without FUSE"
fi
exit "$failed"
