#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Livepatch modules that must not be loaded, and changes that do not come to their end, on Debian's kernel.
# LIVE_KERNELS as for live.sh.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# neighbour KERNEL MODULE_DIR - $out/neighbour.ko is a module made for the nearest older kernel of the same series,
# if Debian has one
neighbour()
{
	local version older='' other dir
	version=$(sed 's/[+-].*//' "$2/release")
	mkdir -p "$tmp/root"
	"$top/lab/build/live" "$1" -w "$tmp/root" /fuselens/tests/lab/root/releases 2>"$tmp/err" || true
	while read -r other && [ "$other" != "$version" ]; do
		[ "${other%.*}" != "${version%.*}" ] || older=$other
	done < <(cat "$tmp/root/releases" 2>/dev/null)
	if [ -n "$older" ] && dir=$("$top/lab/build/live" "debian-$older" 2>"$tmp/err"); then
		cp "$dir/fuselens_live.ko" "$out/neighbour.ko"
	else
		echo "skip - $1: a module made for an older kernel of its series: there is none to be had${older:+ of $older}"
	fi
}

# judge KERNEL MODULE_DIR
judge()
{
	neighbour "$1" "$2"
	vm --kernel "$1" --out "$out" -- tests/lab/guest/live_refused
	relayed '' "$1: "
}

with_livepatch judge
exit "$failed"
