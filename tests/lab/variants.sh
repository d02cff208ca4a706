#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Every variant of fs/fuse builds without a warning, loads, and has in its write path the lock calls that
# expected.csv implies.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# In the guest: the module is there with its BTF; then what its write path calls, from the file's relocations
# (the host's objdump may be too old to keep to one function of a module).
in_guest='grep -q "^fuse " /proc/modules && [ -s /sys/kernel/btf/fuse ] &&
	for f in fuse_passthrough_write_iter fuse_passthrough_write_lock; do
		objdump -dr --no-show-raw-insn --disassemble=$f /lab/fuse.ko
	done'

declare -A seen
while IFS=, read -r variant engine exclusive shared _; do
	case $variant in '#'* | variant) continue ;; esac
	[ -z "${seen[$variant]:-}" ] || continue
	seen[$variant]=1
	: "$engine"
	if ! dir=$("$top/lab/build/variant" "$variant" 2>"$tmp/err"); then
		check "$variant builds" false
		continue
	fi
	check "$variant compiles without a warning" is "$(grep -c warning: "$dir/log" || true)" 0
	vm --build none --variant "$variant" -- sh -c "$in_guest"
	check "$variant loads, with BTF" is "$rc" 0
	calls=$(
		grep -oE 'R_X86_64_P(LT|C)32[[:space:]]+(down_(read|write)(_trylock)?|fuse_dio_lock)' "$tmp/out" |
		awk '{ print $2 }' | sort | uniq -c | awk '{ printf "%s%s:%s", sep, $2, $1; sep = " " }' || true
	)
	case $exclusive$shared$variant in
	10*) want=down_write:1 ;;
	01v1*) want=fuse_dio_lock:1 ;;
	01next) want="down_read:1 down_read_trylock:1 down_write:1 down_write_trylock:1" ;;
	*) want="down_read:1 down_write:2" ;;
	esac
	check "$variant calls $want in its write path" is "$calls" "$want"
done <"$top/kernel-patches/expected.csv"

vm --build none --variant nosuch -- true
check "an unknown variant is an error, with those that exist" grep -q 'hint: stock' "$tmp/err"
exit "$failed"
