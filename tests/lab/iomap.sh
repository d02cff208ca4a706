#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# A route of writes that no released kernel has: fs/fuse does direct I/O by iomap on the FUSE inode itself, under its
# lock. Two variants of our own (tests/lab/iomap) have it: one takes the lock exclusively for each write, as the
# published fuse-iomap series does, the other shares it for aligned overwrites. Each form of evidence counts what was
# written, with this route, its mode and its reason.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# by NAME PATCH... - the writes on stock with these patches
by()
{
	local name=$1 variant=stock dir
	shift
	for patch; do
		variant+=+tests/lab/iomap/$patch
	done
	if ! dir=$("$top/lab/build/variant" "$variant" 2>"$tmp/err"); then
		check "$name: it builds" false
		return
	fi
	check "$name: it compiles without a warning" is "$(grep -c warning: "$dir/log" || true)" 0
	vm --variant "$variant" --memory 1536M -- tests/lab/guest/iomap "$name"
	relayed '' "$name: "
}

# caught MUTANT LOAD - the guest's program finds the mistake by this load
caught()
{
	if ! with_mutant "$1" vm --variant stock+tests/lab/iomap/exclusive.patch --memory 1536M -- \
		tests/lab/guest/iomap exclusive "$2"; then
		check "mutant $1: it applies" false
		return
	fi
	check "mutant $1 is caught: $(grep -m 1 '^not ok - ' "$tmp/out" | cut -c10-110)" \
		grep -q "^not ok - [a-z-]*, $2: counted" "$tmp/out"
}

by exclusive exclusive.patch
by shared exclusive.patch shared.patch
caught iomap-failures misaligned
caught iomap-reads "reads, too"
exit "$failed"
