#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The livepatch beside others, on Debian's kernel: another livepatch on its way, prove by call sites, and the service
# with its few capabilities.
# LIVE_KERNELS as for live.sh.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# judge KERNEL MODULE_DIR
judge()
{
	vm --kernel "$1" --out "$out" -- tests/lab/guest/live_beside
	relayed '' "$1: "
}

with_livepatch judge
exit "$failed"
