#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# FUSE over io_uring: a mount whose requests reach the daemon through rings. What prove counts is what fio wrote,
# synchronously and asynchronously, on the direct and the cached route. Up to Linux 6.17 no tracepoint sees asynchronous
# writes leave; they are counted without the mode of their lock.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# judge MODE LOAD METHOD - all writes are counted, or said to be lost, as on a kernel that preempts programs
judge()
{
	local name=$1.$2 report wrote writes untold lost want=0
	wrote=$(fio_writes "$out/$name.fio" 2>/dev/null) || wrote=0
	report=$(of "$name.$3" '"\(.counts.writes) \(.counts.untold) \(.loss.lost)"')
	read -r writes untold lost <<<"${report:-0 0 0}"
	[ "$3.$2.$(<"$out/told")" != state-tp.asynchronous.no ] || want=$writes
	check "$kernel: $1, $2, $3: $writes writes counted and $lost lost, $want of them without the lock's mode" test \
		"$wrote" -gt 0 -a "$writes" -gt $((wrote / 2)) -a "$writes" -le "$wrote" \
		-a $((writes + lost)) -ge "$wrote" -a "$untold" = "$want"
}

if ! daemon=$("$top/lab/build/uring-daemon" 2>"$tmp/err"); then
	check "a daemon with io_uring is built" false
	exit 1
fi
for kernel in debian-6.17 debian-backports; do
	if ! "$top/lab/build/debian-kernel" "$kernel" >/dev/null 2>"$tmp/err"; then
		echo "skip - $kernel: it cannot be had"
		continue
	fi
	rm -rf "$out"
	mkdir -p "$out/daemon"
	cp "$daemon/fuselens-passthroughd" "$out/daemon/"
	vm --kernel "$kernel" --memory 1536M --out "$out" -- tests/lab/guest/uring
	if [ "$rc" = 77 ]; then
		echo "skip - $kernel: it has no FUSE over io_uring"
		continue
	fi
	check "$kernel: the guest's run" is "$rc" 0
	for load in "direct asynchronous" "direct synchronous" "cached asynchronous" "cached synchronous" "cached buffered"; do
		for method in state-tp state-fentry; do
			# shellcheck disable=SC2086 # mode and load
			judge $load $method
		done
	done
done
exit "$failed"
