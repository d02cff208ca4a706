#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Both programs compile for arm64 on this machine, their BPF programs read that machine's registers, and Debian packages
# for it say what they need. An emulator of the processor runs them, and some unit tests, on this kernel: what calls
# bpf(2) cannot run in it. On an arm64 machine the tests leave the lab out.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
"$top/lab/host-deps" cross || {
	echo "skip - arm64: no cross compiler here"
	exit 77
}

# a machine that says it is another
mkdir "$tmp/bin"
# shellcheck disable=SC2016 # the program expands it
printf '#!/bin/sh\n[ "$*" = -m ] && echo aarch64 || exec /bin/uname "$@"\n' >"$tmp/bin/uname"
chmod +x "$tmp/bin/uname"
check "on arm64 the lab says that it needs another machine" is "$(PATH=$tmp/bin:$PATH "$top/lab/build/rootfs" lab 2>&1)" \
	"lab/build/rootfs: the lab needs an x86-64 machine, and this is aarch64"
check "... and the tests leave it out" \
	is "$(PATH=$tmp/bin:$PATH TESTS=lab TIER=default timeout 60 "$top/tests/all" "$tmp/b" | grep -c '^skip - lab tests: they need an x86-64')" 1

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
emulate=(qemu-aarch64 -L "$("$top/lab/build/rootfs" sysroot-arm64)")
unit=(test_callsite test_callsite_arm64 test_hist test_kallsyms test_snapshot test_verdict test_daemon_openflags
	test_daemon_wire)
if "$top/lab/host-deps" emulator; then
	check "fuselens runs in an emulator" is "$("${emulate[@]}" "$tmp/b/fuselens" --version | sed -n 's/^build.* //p')" aarch64
	check "the daemon runs in an emulator" \
		is "$("${emulate[@]}" "$tmp/b/fuselens-passthroughd" --version | sed 's/ [0-9].*//')" fuselens-passthroughd
	check "unit tests compile" bash -c 'cd "$1" && make B="$2/b" CROSS=aarch64-linux-gnu- "${@:3}" >"$2/err" 2>&1' - \
		"$top" "$tmp" "${unit[@]/#/$tmp/b/tests/unit/}"
	cd "$top"
	for name in "${unit[@]}"; do
		check "$name passes as an arm64 program" \
			bash -c '"${@:2}" >"$1" 2>&1' - "$tmp/err" "${emulate[@]}" "$tmp/b/tests/unit/$name"
	done
else
	echo "skip - arm64: no emulator here"
fi
check "make deb CROSS=aarch64-linux-gnu-" \
	bash -c 'make -C "$1" B="$2/b" CROSS=aarch64-linux-gnu- deb >"$2/err" 2>&1' - "$top" "$tmp"
for package in fuselens fuselens-passthroughd; do
	deb=$(echo "$tmp/b/${package}"_*_arm64.deb)
	check "$package is for arm64" is "$(dpkg-deb -f "$deb" Architecture)" arm64
	dpkg-deb -x "$deb" "$tmp/$package"
	check "... and holds a program for it" is "$(machine "$tmp/$package"/usr/*bin/$package)" AArch64
	# each library that the program names is in a package that the package names
	LC_ALL=C readelf -d "$tmp/$package"/usr/*bin/$package | sed -n 's/.*(NEEDED).*\[lib\([a-z-]*\).*/\1/p' |
		grep -vE '^m$' >"$tmp/needed"
	dpkg-deb -f "$deb" Depends >"$tmp/depends"
	check "... whose libraries it depends on" is "$(while read -r lib; do
		grep -qE "(^|[ ,])(lib)?$lib" "$tmp/depends" || echo "$lib"
	done <"$tmp/needed")" ""
done
check "its completion is that of this machine's programs" \
	is "$(grep -c doctor "$tmp/fuselens/usr/share/bash-completion/completions/fuselens" | sed 's/^[1-9].*/some/')" some
exit "$failed"
