#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# What only the lab can show, once on stock and once on v3: each method counts the same writes as fio;
# times, completions in workers, upgrades, refused opens, verify's lock cases, and the verdict.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

guest=()

# judge VARIANT VERDICT LOCK
judge()
{
	local variant=$1 verdict=$2 lock=$3 method wrote all
	check "$variant: doctor names it" is "$(of doctor .variant)" "$variant"
	check "$variant: doctor says that every method works" is \
		"$(of doctor '[.methods[] | select(.works) | .name] | sort | join(" ")')" \
		"callsite global state-fentry state-tp"
	check "$variant: each program of state-tp attaches" is "$(unattached doctor state-tp)" ""

	wrote=$(fio_writes "$out/all.fio")
	check "$variant: fio wrote" is "$wrote" 400
	for method in state-tp state-fentry callsite global; do
		check "$variant, $method: counted as many, all $lock, none lost" is \
			"$(of $method '"\(.counts.writes) \(.counts.'"$lock"') \(.loss.lost)"')" "$wrote $wrote 0"
		check "$variant, $method: verdict" is "$(of $method .verdict)" "$verdict"
	done
	for method in callsite global; do
		check "$variant, $method: a take of the lock and one of fi->lock for each write" is \
			"$(of $method '.counts | "\(.takes.'"$lock"') \(.takes.fi_lock) \(.takes_minus_writes)"')" \
			"$wrote $wrote 0"
	done
	for method in wait hold; do
		all=$(of state-fentry "[.snapshot.files[].histograms // {} | to_entries[] |
			select(.key | startswith(\"$method\")) | .value.buckets[].count] | add // 0")
		check "$variant: a $method for each write" is "$all" "$wrote"
	done

	# A writer that is kept from its processor for longer than the device takes ends its write itself.
	check "$variant: each of 100 writes ends once, in a kworker or, overtaken by the device, in the writer" is \
		"$(of completions '.snapshot.files | map(.completed_worker + .completed_inline) | add')" 100
	check "$variant: without times, a take of the lock and one of fi->lock for each write" is \
		"$(of completions '.counts | "\(.takes.'"$lock"') \(.takes.fi_lock) \(.takes_minus_writes)"')" "100 100 0"
	check "$variant: writes end in a kworker" test \
		"$(of completions '.snapshot.files | map(.completed_worker) | add')" -gt 0
	check "$variant: takes = writes + upgrades" is \
		"$(of upgrades '.counts | "\(.writes) \(.takes.exclusive + .takes.shared + .takes.upgrade - .upgrades)"')" "400 400"
	if [ "$variant" = stock ]; then
		check "$variant: no upgrade" is "$(of upgrades .counts.upgrades)" 0
	else
		check "$variant: upgrades are counted ($(of upgrades .counts.upgrades))" \
			test "$(of upgrades .counts.upgrades)" -gt 0
	fi
	for method in overwrite o_append extend_race; do
		check "$variant: verify $method" is \
			"$(of verify '.cases[] | select(.case == "'$method'").result')" pass
	done
	check "$variant: prove says it in words" grep -q "^$verdict  " "$out/prove"
	check "$variant: a refused open, with its errno and rule" is \
		"$(of refused '.refused[] | "\(.name) \(.errno) \(.rule) \(.count > 0)"')" \
		"passthrough+nonseekable EINVAL flags true"
}

# Both at once: an emulated guest keeps little more than one processor busy.
for variant in stock v3; do
	mkdir "$tmp/$variant"
	ends_with_me "${lab_run[@]}" --variant "$variant" --memory 1536M --out "$tmp/$variant" -- \
		tests/lab/guest/smoke >"$tmp/$variant.out" 2>"$tmp/$variant.err" </dev/null &
	guest[${#guest[@]}]=$!
done
for variant in stock v3; do
	out=$tmp/$variant
	rc=0
	wait "${guest[0]}" || rc=$?
	guest=("${guest[@]:1}")
	cp "$tmp/$variant.err" "$tmp/err"
	check "$variant: the guest's run" is "$rc" 0
	[ "$rc" = 0 ] || continue
	if [ "$variant" = stock ]; then
		judge stock EXCLUSIVE exclusive
	else
		judge v3 SHARED shared
	fi
done
exit "$failed"
