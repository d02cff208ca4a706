#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The edges of a window under load. Probes are attached and detached one after the other while four jobs
# write, and still takes and writes are counted over the same stretch of time. The counts are exact, except
# for writes that had not ended when counting stopped; those are reported, and nothing is lost.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

windows=1
[ -z "${LONG:-}" ] || windows=10

# window NAME RUN VERDICT - checks that hold for every window
window()
{
	check "$1: $(of "$2" .counts.writes) writes" is "$(of "$2" .verdict)" "$3"
	check "... nothing lost" is "$(of "$2" .loss.lost)" 0
}

# within NUMBER LEAST MOST
within()
{
	[ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# ends NAME RUN VERDICT - all writes have ended: each has one take of the inode lock and one of fi->lock
ends()
{
	local writes fi_lock unfinished=0 in_flight=0
	writes=$(of "$2" .counts.writes)
	fi_lock=$(of "$2" .counts.takes.fi_lock)
	# Tracepoints see no write's end, so nobody waits for it. A writer that got no processor between its count
	# and its take of fi->lock makes that one after the probes are gone: at most one for each job.
	[[ $2 != callsite-tp.* ]] || unfinished=null in_flight=4
	window "$@"
	check "... writes, takes, what is unfinished" is \
		"$(of "$2" '.counts | "\(.writes) \(.takes | .exclusive + .shared) \(.unfinished)"')" \
		"$writes $writes $unfinished"
	check "... the difference" is "$(of "$2" .counts.takes_minus_writes)" 0
	check "... $fi_lock takes of fi->lock" within "$fi_lock" $((writes - in_flight)) "$writes"
}

# forms that count writes differently behave alike on either variant
for guest in "stock latency callsite global" "v3 cpu callsite global callsite-tp state-fentry state-tp"; do
	read -r variant disk methods <<<"$guest"
	read -ra methods <<<"$methods"
	verdict=EXCLUSIVE
	[ "$variant" = stock ] || verdict=SHARED
	rm -rf "$out"
	mkdir "$out"
	vm --variant "$variant" --cpus 2 --out "$out" -- \
		tests/lab/guest/edges "$disk" "$windows" "${methods[@]}"
	check "$variant: the guest's windows" is "$rc" 0
	for method in "${methods[@]}"; do
		[[ $method != state-* ]] || continue
		for ((n = 1; n <= windows; n++)); do
			ends "$variant, $method" "$method.$n" "$verdict"
		done
		ends "$variant, $method, one of the writers" "$method.pid" "$verdict"
		# each job has asked for the lock; if it is shared, all hold it, and none has written
		window "$variant, $method, the disk frozen" "$method.frozen" "$verdict"
		unfinished=4
		[ "$method" != callsite-tp ] || unfinished=null
		check "... four writes are unfinished, and have made a take each" is \
			"$(of "$method.frozen" '.counts | "\(.unfinished) \(.takes_minus_writes)"')" "$unfinished 4"
	done
	for method in "${methods[@]}"; do
		[[ $method == state-* ]] || continue
		for ((n = 1; n <= windows; n++)); do
			window "$variant, $method" "$method.$n" "$verdict"
		done
		check "... takes are not known, nor what is unfinished" is \
			"$(of "$method.1" '.counts | "\(.takes_minus_writes) \(.unfinished)"')" "null null"
	done
done
exit "$failed"
