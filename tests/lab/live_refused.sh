#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Livepatch modules that must not be loaded, and changes that do not come to their end, on Debian's kernel.
# LIVE_KERNELS as for live.sh.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# judge KERNEL MODULE_DIR
judge()
{
	vm --kernel "$1" --out "$out" -- tests/lab/guest/live_refused
	relayed '' "$1: "
}

with_livepatch judge
exit "$failed"
