# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests of series 'next' and 'fixes' share (sourced).
# shellcheck source=tests/lab/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# build_selftest - the series' selftest as $tmp/o/selftest, linked so that it runs on any host. The kernel's
# header comes from the lab: that of an older host does not know of passthrough.
build_selftest()
{
	local kernel name=tools/testing/selftests/filesystems/fuse/passthrough_write_test.c
	kernel=$("$top/lab/build/kernel")/linux
	mkdir -p "$tmp/src" "$tmp/inc/linux" "$tmp/o"
	cp "$kernel/include/uapi/linux/fuse.h" "$tmp/inc/linux/"
	(cd "$tmp/src" && git apply --include="$name" "$top"/kernel-patches/next/6.12/*-selftests-*.patch)
	cp "$kernel"/tools/testing/selftests/kselftest*.h "$tmp/src/tools/testing/selftests/"
	gcc -Wall -Werror -O2 -g -I"$tmp/inc" -static -pthread -o "$tmp/o/selftest" "$tmp/src/$name"
}

# selftests NAME=VARIANT[:TEST]... - runs it, or one test of it, in one guest on the fs/fuse of each variant.
selftests()
{
	local one name variant dir guest=()
	rm -f "$tmp"/o/*.ko "$tmp"/o/*.log
	for one; do
		name=${one%%=*}
		variant=${one#*=}
		dir=$("$top/lab/build/variant" "${variant%%:*}" 2>"$tmp/err") || return
		cp "$dir/fuse.ko" "$tmp/o/$name.ko"
		case $variant in
		*:*) guest+=("$name:${variant#*:}") ;;
		*) guest+=("$name") ;;
		esac
	done
	vm --build none --out "$tmp/o" -- tests/lab/guest/selftest "${guest[@]}"
}

# said NAME - the selftest's last line, which has the numbers, and the tests that failed.
said()
{
	sed -n 's/^not ok [0-9]* [a-z]*\.[a-z]*\.\([a-z_]*\).*/failed: \1/p; s/^# Totals: .* fail:\([0-9]*\) .*/\1 failed/p' \
		"$tmp/o/$1.log" | sort -u | paste -sd' '
}

# fails NAME TEST - whether TEST failed, in one variant of the fixture or more
fails()
{
	[[ $(said "$1") =~ ^[1-9][0-9]*\ failed\ failed:\ $2$ ]] || { echo "# $(said "$1")"; return 1; }
}

# skipped NAME - the tests that could not run there, and why, except those that their variant does not need
skipped()
{
	sed -n 's/^ok [0-9]* [a-z]*\.[a-z]*\.\([a-z_]*\) # SKIP \(.*\)/\1: \2/p' "$tmp/o/$1.log" |
		grep -v 'once is enough\|there are no xattrs' | sort -u | paste -sd' ' || true
}

# warned NAME - whether the kernel complained meanwhile.
warned()
{
	[ -s "$tmp/o/$1.dmesg" ]
}

# calls_per_write VARIANT - calls of the passthrough write path per io_uring write
calls_per_write()
{
	vm --variant "$1" --out "$tmp/o" -- lab/guest/takes callsite io_uring 4000
	jq '.counts.writes as $w | ($w + ([.snapshot.files[] | .retried + .failed] | add)) / $w' \
		"$tmp/o/io_uring.callsite.prove"
}
