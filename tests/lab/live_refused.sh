#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Livepatch modules that must not be loaded, and changes that do not come to their end, on Debian's kernel.
# LIVE_KERNELS as for live.sh.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

for kernel in ${LIVE_KERNELS:-debian-6.12}; do
	if ! dir=$("$top/lab/build/live" "$kernel" 2>"$tmp/err"); then
		check "$kernel: a module is built for it" false
		continue
	fi
	mkdir -p "$tmp/live"
	cp "$dir/fuselens_live.ko" "$tmp/live/"
	vm --kernel "$kernel" --out "$tmp/live" --timeout 560 -- tests/lab/guest/live_refused
	sed "s/^\(ok\|not ok\) - /\1 - $kernel: /" "$tmp/out"
	check "$kernel: what is wrong was refused, and nothing else" is "$rc" 0
done
exit "$failed"
