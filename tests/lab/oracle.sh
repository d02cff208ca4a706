#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The oracle (tests/oracle) in the VM, where every form of evidence works: on stock and v3, each form counts
# what was written, or says by how much it may be off. ORACLE_VARIANTS ("stock v3") and ORACLE_FORMS ("state-tp
# state-fentry callsite global") choose others.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck source=tests/oracle/classes.sh
. "$top/tests/oracle/classes.sh"
for variant in ${ORACLE_VARIANTS:-stock v3}; do
	for form in ${ORACLE_FORMS:-state-tp state-fentry callsite global}; do
		vm --variant "$variant" -- tests/lab/guest/oracle --evidence "$form" \
			--stores "$ORACLE_COUNTED_STORES" --only "$ORACLE_COUNTED" 1-40
		check "$variant, $form: $(tail -n 1 "$tmp/out")" is "$rc" 0
		[ "$rc" = 0 ] || sed 's/^/# /' "$tmp/out" | head -n 60
	done
done
exit "$failed"
