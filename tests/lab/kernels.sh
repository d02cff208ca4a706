#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The same binary on Debian's newest kernel (LONG=1: on three of them), and on the lab's with features
# turned off. The counts are fio's and the verdict is right, or the error says what to do.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

kernels=debian-backports
[ -z "${LONG:-}" ] || kernels="debian-6.12 debian-6.17 debian-backports"
for kernel in $kernels; do
	if ! "$top/lab/build/debian-kernel" "$kernel" >/dev/null 2>"$tmp/err"; then
		echo "skip - $kernel: it cannot be had"
		continue
	fi
	rc=0
	KERNELS_WRITES=200 ends_with_me "$top/lab/kernels" -o "$tmp/kernels" "$kernel" \
		>"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?
	sed 's/^/# /' "$tmp/out"
	check "$kernel: every method that works counts what fio wrote" is "$rc" 0
	out=$tmp/kernels/$kernel
	check "$kernel: each program of state-tp attaches" is "$(unattached doctor.json state-tp)" ""
	for name in state-tp state-fentry callsite global; do
		# where writes were lost, the verdict may be withheld
		check "$kernel: $name says why" is \
			"$(jq -r '"\(if .loss.lost > 0 and .verdict == "INCONCLUSIVE" then "EXCLUSIVE" else .verdict end) \(.reasons[0].reason)"' \
				"$tmp/kernels/$kernel/$name.prove" 2>/dev/null)" \
			"EXCLUSIVE kernel-cannot"
	done
done

# said LIST - the output has the right verdict with fio's count, or an error with a hint.
# shellcheck disable=SC2317 # called through check
said()
{
	local report=$tmp/off/$1.prove ios
	if jq -e '.error.what and .error.hint' "$report" >/dev/null 2>&1; then
		return 0
	fi
	ios=$(fio_writes "$tmp/off/$1.fio")
	is "$(jq -r '"\(.verdict) \(.counts.writes)"' "$report")" "EXCLUSIVE $ios"
}

mkdir "$tmp/off"
vm --out "$tmp/off" --memory 1536M -- tests/lab/guest/kernels fentry fentry,kprobes module-btf
check "the lab kernel with features turned off: the run ends well" is "$rc" 0
for list in fentry fentry,kprobes module-btf; do
	check "without $list: the right verdict, or an error with a hint" said "$list"
done
exit "$failed"
