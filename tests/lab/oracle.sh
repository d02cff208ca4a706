#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The oracle (tests/oracle) in the VM, where every form of evidence works: on stock and v3, each form counts
# what was written, or says by how much it may be off.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

counted=$(. "$top/tests/oracle/classes.sh" && echo "--stores $ORACLE_COUNTED_STORES --only $ORACLE_COUNTED")
for variant in stock v3; do
	for form in state-tp state-fentry callsite global; do
		# a queued write that fails later counts where functions are hooked (docs/measuring.md)
		choices="--without halfbuf"
		[ "$form" != state-tp ] || choices=$counted
		# shellcheck disable=SC2086 # words
		vm --variant "$variant" -- tests/lab/guest/oracle --evidence "$form" $choices 1-40
		check "$variant, $form: $(tail -n 1 "$tmp/out")" is "$rc" 0
		[ "$rc" = 0 ] || sed 's/^/# /' "$tmp/out" | head -n 60
	done
done
exit "$failed"
