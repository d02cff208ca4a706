#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The livepatch on one of Debian's own kernels, loaded and unloaded under load: files that were open before
# share the lock, every method counts what fio counts, and unload restores the kernel's functions.
#
# LIVE_KERNELS  which kernels, as lab/build/debian-kernel takes them (default: debian-6.12)
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
out=$tmp/live

# of FILE FILTER - the result of jq on a report
of()
{
	jq -r "$2" "$out/$1"
}

iops()
{
	of "scale.$1.fio" '.jobs[0].write.iops | round'
}

for kernel in ${LIVE_KERNELS:-debian-6.12}; do
	if ! dir=$("$top/lab/build/live" "$kernel" 2>"$tmp/err"); then
		check "$kernel: a module is built for it" false
		continue
	fi
	mkdir -p "$out"
	cp "$dir/fuselens_live.ko" "$out/"
	vm --kernel "$kernel" --cpus 2 --out "$out" --timeout 560 -- lab/guest/live 3 1 8
	check "$kernel: the guest came through" is "$rc" 0
	[ "$rc" = 0 ] || continue
	# files that nobody reopened
	check "$kernel: open files are exclusive before" is "$(of stock.old.prove .verdict)" EXCLUSIVE
	check "... share the lock while it is loaded" is "$(of live.old.prove .verdict)" SHARED
	check "... and are exclusive again" is "$(of stock-again.old.prove .verdict)" EXCLUSIVE
	check "... status names the functions" is "$(of live.json '.state + " " + (.functions | sort | join(" "))')" \
		"loaded $(sort "$dir/replaced" | paste -sd' ')"
	for phase in stock live stock-again; do
		# The first writes after an open look for privileges, under the exclusive lock: one for each job at most.
		case $phase in
		live) verdict=SHARED few=4 ;;
		*) verdict=EXCLUSIVE few=400 ;;
		esac
		for method in state-tp state-fentry callsite global; do
			check "$kernel, $phase: $method" is \
				"$(of "$phase.$method.prove" '"\(.verdict) \(.counts.writes) lost \(.loss.lost)"') fio $(of "$phase.$method.fio" '.jobs[0].write.total_ios')" \
				"$verdict 400 lost 0 fio 400"
			check "... exclusive are $(of "$phase.$method.prove" .counts.exclusive)" \
				test "$(of "$phase.$method.prove" .counts.exclusive)" -le $few -a \
				"$(of "$phase.$method.prove" '.counts.exclusive + .counts.shared')" = 400
		done
	done
	# Eight writers on a device that takes 2 ms: the factor does not depend on other work of the machine.
	check "$kernel: writers scale with it ($(iops live.mount.1) to $(iops live.mount.8))" \
		test "$(iops live.mount.8)" -gt $((3 * $(iops live.mount.1)))
	check "... and do not without ($(iops stock.mount.8), $(iops stock-again.mount.8))" \
		test $((2 * $(iops stock-again.mount.8))) -lt "$(iops live.mount.8)"
	check "$kernel: the kernel's log has no complaint" is \
		"$(grep -cE 'BUG|WARNING|Oops|refcount|general protection' "$out/dmesg" || true)" 0
	rm -rf "$out"
done
exit "$failed"
