#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# The livepatch on one of Debian's own kernels, loaded and unloaded once under load: files that were open before share
# the lock, and unload restores the kernel's functions. With TIER=full every method counts what fio counts in each
# phase, those who watch meanwhile tell of it, and it is loaded a second time.
#
# LIVE_KERNELS  which kernels, as lab/build/debian-kernel takes them (default: debian-6.12)
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# exclusive_shared_exclusive KERNEL PHASE... - what prove said of the files that stayed open, in /out/PHASE
exclusive_shared_exclusive()
{
	check "$1: open files are exclusive before" is "$(of "$2" .verdict)" EXCLUSIVE
	check "... share the lock while it is loaded" is "$(of "$3" .verdict)" SHARED
	check "... and are exclusive again" is "$(of "$4" .verdict)" EXCLUSIVE
}

# judge_once KERNEL MODULE_DIR
judge_once()
{
	local kernel=$1 phase
	vm --kernel "$kernel" --cpus 2 --out "$out" -- tests/lab/guest/live_short
	check "$kernel: the guest came through" is "$rc" 0
	[ "$rc" = 0 ] || return 0
	exclusive_shared_exclusive "$kernel" {stock,live,stock-again}.old.prove
	for phase in stock live stock-again; do
		check "$kernel, $phase: eight writers, $(of $phase.fio '.jobs[0].write.iops | round') writes a second, are counted" is \
			"$(of $phase.prove "[.counts.writes, .counts.writes + .loss.lost] |
				.[0] <= $(fio_writes "$out/$phase.fio") and .[1] >= $(fio_writes "$out/$phase.fio")")" true
	done
	check "... with it up to $(of live.prove .counts.shared_holders.max) hold the lock at the same time" \
		test "$(of live.prove '.counts.shared_holders.max // 0')" -gt 1
	check "$kernel: call sites are those of the code that runs: as many takes as writes, but for what is said to be lost" is \
		"$(of callsite.prove '"\(.verdict) \((.counts.takes_minus_writes | fabs) <= .loss.lost) \(.counts.writes + .loss.lost >= 100)"')" \
		"SHARED true true"
	quiet_log "$kernel"
}

iops()
{
	of "scale.$1.1.fio" '.jobs[0].write.iops | round'
}

# judge KERNEL MODULE_DIR
judge()
{
	local kernel=$1 dir=$2 phase method verdict allowed
	vm --kernel "$kernel" --cpus 2 --out "$out" -- lab/guest/live 3 1 8
	check "$kernel: the guest came through" is "$rc" 0
	[ "$rc" = 0 ] || return 0
	# files that nobody reopened
	exclusive_shared_exclusive "$kernel" {stock,live,stock-again}.old.prove
	check "... status names the functions" is "$(of live.json '.state + " " + (.functions | sort | join(" "))')" \
		"loaded $(sort "$dir/replaced" | paste -sd' ')"
	# watchers that were there before, and stay
	check "... stat tells of it while it watches" is \
		"$(jq -r 'select(.event == "path-changed").text' "$out/stat.json" | grep -oE 'is (un)?loaded' | paste -sd,)" \
		"is loaded,is unloaded"
	check "... and export: on stderr" is \
		"$(grep -oE 'livepatch fuselens_live is (un)?loaded' "$out/export.err" | paste -sd,)" \
		"livepatch fuselens_live is loaded,livepatch fuselens_live is unloaded"
	check "... and counted" test "$(awk '$1 == "fuselens_path_changes_total" {print $2}' "$out/export.page")" -ge 2
	check "... stat by call sites: exclusive, shared, exclusive" is \
		"$(jq -rs 'map(select(.kind == "interval" and .writes > 0)
			| if .exclusive * 20 > .writes * 19 then "exclusive"
			  elif .shared * 20 > .writes * 19 then "shared" else empty end)
			| reduce .[] as $m ([]; if .[-1] == $m then . else . + [$m] end) | join(",")' "$out/stat.json")" \
		"exclusive,shared,exclusive"
	check "... nothing stood in its way" is "$(jq -r 'select(.event == "cannot-follow").text' "$out/stat.json")" ""
	check "... prove, over all of it: both modes, and when the path changed" is \
		"$(of through.prove '"\(.verdict), \([.path_changes[].text | capture("is (?<w>(un)?loaded)").w] | join(","))"')" \
		"MIXED, loaded,unloaded"
	for phase in stock live stock-again; do
		# With it, the first writes after attributes were fetched look for privileges under the exclusive lock,
		# and so do writes that wait meanwhile. On a slow machine attributes expire, and there are more of them.
		case $phase in
		live) verdict=SHARED allowed="privileges unknown" ;;
		*) verdict=EXCLUSIVE allowed=kernel-cannot ;;
		esac
		for method in state-tp state-fentry callsite global; do
			# A preemptible kernel does not run a program that a writer of the same CPU was preempted in: such
			# a write is missing, and said to be lost.
			check "$kernel, $phase: $method ($(of "$phase.$method.prove" '"\(.counts.writes) counted, \(.loss.lost) lost"'))" is \
				"$(of "$phase.$method.prove" '"\(.verdict) \(.counts.writes <= 400 and .counts.writes + .loss.lost >= 400)"') fio $(fio_writes "$out/$phase.$method.fio")" \
				"$verdict true fio 400"
			check "... exclusive are $(of "$phase.$method.prove" .counts.exclusive), for the reasons that there are" is \
				"$(of "$phase.$method.prove" "[.reasons[].reason] - (\"$allowed\" / \" \") | length")" 0
			check "... each has its mode" is \
				"$(of "$phase.$method.prove" '.counts.exclusive + .counts.shared == .counts.writes')" true
		done
	done
	# The device takes 2 ms per write: more than 500 writes a second need some at the same time, however fast the
	# machine. If it is too slow for this on the raw device, it can't show it through FUSE either.
	check "$kernel: eight writers never write at the same time without it ($(iops stock.mount.8), $(iops stock-again.mount.8))" \
		test "$(iops stock.mount.8)" -le 510 -a "$(iops stock-again.mount.8)" -le 510
	if [ "$(iops live.raw.8)" -gt 1000 ]; then
		check "... and do with it ($(iops live.mount.8))" test "$(iops live.mount.8)" -gt 510
	else
		echo "skip - $kernel: eight writers write at the same time with it: this machine is too slow even without FUSE"
	fi
	quiet_log "$kernel"
}

if [ "${TIER:-}" = full ]; then
	with_livepatch judge
else
	with_livepatch judge_once
fi
exit "$failed"
