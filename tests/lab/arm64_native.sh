#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# With LONG=1: 'make demo' and 'make test-unit' on arm64 itself, in an emulator: Debian's compilers build both programs and
# the unit tests, the demo counts what fio wrote, and the unit tests pass. It takes half an hour.
LAB_ARCH=arm64
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
if [ -z "${LONG:-}" ]; then
	echo "skip - a build on arm64: half an hour, so only with LONG=1"
	exit 77
fi
kernel=debian-6.12
if ! "$top/lab/build/debian-kernel" --arch arm64 "$kernel" >/dev/null 2>"$tmp/err"; then
	echo "skip - $kernel for arm64: it cannot be had"
	exit 77
fi
mkdir "$out"
vm --kernel "$kernel" --native --cpus 2 --memory 6G --build none --out "$out" -- tests/lab/guest/native
cat "$out"/*.err >>"$tmp/err" 2>/dev/null || true
check "both commands come to their end" is "$rc" 0
check "make demo: twelve rows" is "$(grep -cE '^(passthrough|direct|cached) +(psync|libaio) ' "$out/demo")" 12
check "... where passthrough is exclusive" is "$(awk '$1 == "passthrough" { print $NF }' "$out/demo" | sort -u)" EXCLUSIVE
check "make test-unit: all pass" grep -qE '^[1-9][0-9]* passed, 0 failed, ' "$out/test"
sed -n 's/^\([0-9]* passed.*\)/# \1/p' "$out/test"
exit "$failed"
