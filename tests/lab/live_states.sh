#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The command that loads the livepatch, where an earlier call of it was killed, another one runs beside it, or somebody
# else takes the livepatch back, on Debian's kernel.
# LIVE_KERNELS as for live.sh.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# judge KERNEL MODULE_DIR
judge()
{
	vm --kernel "$1" --out "$out" -- tests/lab/guest/live_states
	relayed '' "$1: "
}

with_livepatch judge
exit "$failed"
