#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Series 'next', wrong on purpose in ways that its design argues about. The test that is meant for each has
# to catch it. Only the model catches the others, above all what a processor may reorder: see next_model.sh.
# shellcheck source=tests/lab/next_lib.sh
. "$(dirname "$0")/next_lib.sh"
mutants=tests/lab/mutants

at_most()
{
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > 0 && a <= b) }' || { echo "# got $1, at most $2"; return 1; }
}

# NAME:TEST - on next with mutants/next-NAME.patch, the selftest's TEST fails
mutants_of_selftest=(
	no-count:overwrite_while_reply_is_held
	nowait-blocks:nowait_does_not_wait
	iocb-only:append_does_not_share
	shares-nothing:write_and_splice_share
	looks-alone:writes_look_side_by_side
	nowait-looks:writes_look_side_by_side
	believes-all:write_that_strips_does_not_share
	forgets-caps:write_that_strips_does_not_share
	looks-unlocked:setxattr_waits_for_look
	workers-queue:workers_write_side_by_side
)
todo=(
	"no-nowait=next+$mutants/next-no-nowait.patch:nowait_does_not_wait"
	"assert=next+$mutants/next-assert.patch:chmod_while_write_waits"
	"assert-caps=next+$mutants/next-assert.patch:write_that_strips_does_not_share"
	"caps-shared=next+$mutants/next-assert.patch+$mutants/next-believes-all.patch:write_that_strips_does_not_share"
	"no-second-look=next+$mutants/next-assert.patch+$mutants/next-no-second-look.patch:chmod_while_write_waits"
)
for one in "${mutants_of_selftest[@]}"; do
	todo+=("${one%%:*}=next+$mutants/next-${one%%:*}.patch:${one#*:}")
done
check "the selftest builds without a warning" build_selftest
selftests "${todo[@]}"
check "the guest came to its end" is "$rc" 0
for one in "${mutants_of_selftest[@]}"; do
	check "next-${one%%:*}: the selftest's ${one#*:} fails" fails "${one%%:*}" "${one#*:}"
done
check "next-no-nowait: the selftest says what it could not try" \
	is "$(skipped no-nowait)" "nowait_does_not_wait: no RWF_NOWAIT here"
check "privileges are stripped under the exclusive lock" eval "! warned assert && ! warned assert-caps"
check "next-no-second-look: the kernel warns that the lock is shared" warned no-second-look
check "next-believes-all: the kernel warns that the lock is shared" warned caps-shared

# A race between two processors: where the host has only one to spare, many rounds pass without it.
for ((i = 0; i < 10; i++)); do
	selftests mask-first=next+$mutants/next-delays.patch+$mutants/next-mask-first.patch:stress
	[ "$(said mask-first)" = "0 failed" ] || break
done
check "next-mask-first: the selftest's stress fails" fails mask-first stress

vm --variant "next+$mutants/next-iocb-only.patch" -- tests/lab/guest/verify passthrough --quick --json --case setfl
check "next-iocb-only: verify's setfl fails" is "$rc $(jq -r '.cases[0].result' "$tmp/out")" "1 FAIL"

calls=$(calls_per_write next)
# One that does not wait, and one by a worker where the timestamp has to change; the slower the machine, the more
# writes meet a new timestamp. And a few that look for privileges.
check "io_uring makes at most two calls for each write" at_most "$calls" 2.1
calls=$(calls_per_write "next+$mutants/next-keeps-poll.patch")
check "next-keeps-poll: it makes more ($calls)" at_most 2.1 "$calls"
exit "$failed"
