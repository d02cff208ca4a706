#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# FUSE over io_uring: a mount whose requests reach the daemon through rings. What prove counts is what fio wrote,
# synchronously and asynchronously, on the direct and the cached route. Up to Linux 6.17 no tracepoint sees asynchronous
# writes leave; they are counted without the mode of their lock. URING_KERNELS chooses other kernels.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# counted MODE LOAD METHOD - all writes are counted, or said to be lost, as where programs are preempted; sets what
counted()
{
	local name=$1.$2 report wrote writes untold lost want=0
	wrote=$(fio_writes "$out/$name.fio" 2>/dev/null) || wrote=0
	report=$(of "$name.$3" '"\(.counts.writes) \(.counts.untold) \(.loss.lost)"')
	read -r writes untold lost <<<"${report:-0 0 0}"
	# even synchronous direct writes to a cached file leave as asynchronous requests
	case $3.$1.$2.$told in
	state-tp.*.asynchronous.no | state-tp.*.large.no | state-tp.cached.synchronous.no) want=$writes ;;
	esac
	what="$wrote written, $writes counted and $lost lost, $untold of $want without the lock's mode"
	[ "$wrote" -gt 0 ] && [ "$writes" -gt $((wrote / 2)) ] && [ "$writes" -le "$wrote" ] &&
		[ $((writes + lost)) -ge "$wrote" ] && [ "$untold" = "$want" ]
}

judge()
{
	local wrong=
	counted "$@" || wrong=1
	check "$kernel: $1, $2, $3: $what" [ -z "$wrong" ]
}

# guest [MODE LOAD] - what the guest counts goes to $out
# shellcheck disable=SC2120
guest()
{
	rm -rf "$out"
	mkdir -p "$out/daemon"
	cp "$daemon/fuselens-passthroughd" "$out/daemon/"
	vm --kernel "$kernel" --memory 1536M --out "$out" -- tests/lab/guest/uring "$@"
	told=$(cat "$out/told" 2>/dev/null) || true
}

# caught MUTANT MODE LOAD - the tracepoint form's counts show the mistake
caught()
{
	local missed=
	if ! with_mutant "$1" guest "${@:2}"; then
		check "mutant $1: it applies" false
		return
	fi
	! counted "$2" "$3" state-tp || missed=1
	check "$kernel: mutant $1 is caught: $what" [ -z "$missed" -a "$rc" = 0 ]
}

if ! daemon=$("$top/lab/build/uring-daemon" 2>"$tmp/err"); then
	check "a daemon with io_uring is built" false
	exit 1
fi
for kernel in ${URING_KERNELS:-debian-6.17 debian-backports}; do
	if ! "$top/lab/build/debian-kernel" "$kernel" >/dev/null 2>"$tmp/err"; then
		echo "skip - $kernel: it cannot be had"
		continue
	fi
	# shellcheck disable=SC2119
	guest
	if [ "$rc" = 77 ]; then
		echo "skip - $kernel: it has no FUSE over io_uring"
		continue
	fi
	check "$kernel: the guest's run" is "$rc" 0
	for load in "direct asynchronous" "direct large" "direct synchronous" "cached asynchronous" "cached large" \
		"cached synchronous" "cached buffered"; do
		for method in state-tp state-fentry; do
			# shellcheck disable=SC2086 # mode and load
			judge $load $method
		done
	done
	if [ "$told" = no ]; then
		caught ring-unseen direct asynchronous
		caught ring-parts direct large
	fi
done
exit "$failed"
