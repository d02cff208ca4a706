#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The kernel selftest that is part of series 'next': on next, on next with wide windows, and on kernels
# without the series, where only what must not wait is missing.
# shellcheck source=tests/lab/next_lib.sh
. "$(dirname "$0")/next_lib.sh"
mutants=tests/lab/mutants

check "the selftest builds without a warning" build_selftest
selftests next=next delays=next+$mutants/next-delays.patch stock=stock v3=v3
check "the guest came to its end" is "$rc" 0
for name in next delays stock v3; do
	check "$name: nothing fails" is "$(said $name)" "0 failed"
	check "$name: the kernel has no complaint" eval "! warned $name"
done
for name in next delays; do
	check "$name: nothing is skipped" is "$(skipped $name)" ""
done
for name in stock v3; do
	check "$name: what is skipped is RWF_NOWAIT and parallel writes" is "$(skipped $name)" \
		"nowait_does_not_wait: no RWF_NOWAIT here $(printf '%s: no parallel writes here\n' \
			workers_write_side_by_side write_and_splice_share writes_look_side_by_side | paste -sd' ')"
done
exit "$failed"
