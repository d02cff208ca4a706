#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Both programs compile for arm64 on this machine, and their BPF programs read that machine's registers.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
"$top/lab/host-deps" cross || {
	echo "skip - arm64: no cross compiler here"
	exit 77
}

# machine FILE - "AArch64" and the like
machine()
{
	LC_ALL=C readelf -h "$1" | sed -n 's/^ *Machine: *//p'
}

# member OBJECT TYPE - whether the object's relocations name a type of the kernel
member()
{
	bpftool btf dump file "$1" | grep -q "STRUCT '$2' "
}
PATH=$PATH:/usr/sbin
check "make CROSS=aarch64-linux-gnu-" \
	bash -c 'make -C "$1" B="$2/b" CROSS=aarch64-linux-gnu- all >"$2/err" 2>&1' - "$top" "$tmp"
check "fuselens is an arm64 program" is "$(machine "$tmp/b/fuselens")" AArch64
check "the daemon is an arm64 program" is "$(machine "$tmp/b/fuselens-passthroughd")" AArch64
check "its kprobes read arm64's registers" member "$tmp/b/bpf/callsite.bpf.o" user_pt_regs
exit "$failed"
