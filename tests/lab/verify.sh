#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# Every case of 'fuselens verify' on each variant of fs/fuse: with small files and short runs, or at full
# length with LONG=1. VERIFY_VARIANTS ("stock v1 v3 next") chooses the variants.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# The series decide by the FUSE file's flags alone. After F_SETFL cleared O_APPEND the backing file still
# appends, now under the shared lock, and XFS lets direct appends that share its lock pick the same place:
# data are lost, and verify rightly says so. 'next' looks at the backing file's flags, too.
known_to_fail="v1:setfl v3:setfl"

# field CASE KEY - of the report in $tmp/out.
field()
{
	jq -r --arg case "$1" --arg key "$2" '.cases[] | select(.case == $case)[$key]' "$tmp/out"
}

passes()
{
	local why
	why=$(field "$1" why)
	[ "$(field "$1" result)" != pass ] || return 0
	echo "# $why"
	# direct writes and stores that meet in one folio may cost each other, on any file system
	[ "$(field "$1" result)" = inconclusive ] && [[ $why == *"reported this by EIO"* ]]
}

# run VARIANT MODE - every case of it.
run()
{
	local variant=$1 mode=$2 name length=--quick
	[ -z "${LONG:-}" ] || length=--seconds=30
	vm --variant "$variant" -- tests/lab/guest/verify "$mode" "$length" --json
	if [ ! -s "$tmp/out" ] || ! jq -e . "$tmp/out" >/dev/null 2>&1; then
		check "$variant, $mode: a report" false
		return
	fi
	check "$variant, $mode: fifteen cases" is "$(jq '.cases | length' "$tmp/out")" 15
	for name in $(jq -r '.cases[].case' "$tmp/out"); do
		case " $known_to_fail " in
		*" $variant:$name "*)
			check "$variant, $mode: $name loses appends, and verify says so" \
				grep -q 'clear-append: .* written over by others (256 of 256 ran shared); kernel defect: ' \
				<<<"$(field "$name" why)"
			check "... which rule the kernel breaks, and what mends it" \
				grep -q "need the lock exclusively.*fix: .*backing file's flags" \
				<<<"$(field "$name" kernel_defect)"
			;;
		*)
			check "$variant, $mode: $name" passes "$name"
			;;
		esac
	done
}

all_of()
{
	[ "$(field "$1" writes)" -gt 0 ] && is "$(field "$1" "$2")" "$(field "$1" writes)"
}

# judge VARIANT - checks what the cases took, beyond what verify itself judges
judge()
{
	local variant=$1 name except='[]'
	[ "$variant" = v1 ] ||
		check "$variant: buffered writes went through the passthrough path, by count" \
			is "$(jq -r '.cases[] | select(.case == "buffered").files[0].note' "$tmp/out" | sed 's/: .*//; s/,//g')" \
			"$(field buffered writes) of $(field buffered writes) buffered writes went through fuse_passthrough_write_iter()"
	# next strips under the exclusive lock, and looks at the backing file's flags, for which there is no reason. Where
	# each truncate makes the kernel forget about privileges, a write past EOF may seem to look for them.
	[ "$variant" != next ] || except='["suid", "setfl", "truncate_race"]'
	check "$variant: every exclusive write has a reason, and privileges are none" \
		is "$(jq -r --argjson except "$except" '.cases[] | select(.case | IN($except[]) | not)
			| .case + " " + (.reasons | keys[] | select(. == "unknown" or . == "privileges"))' "$tmp/out")" ""
	case $variant in
	stock)
		for name in overwrite buffered splice o_append; do
			check "stock: $name all exclusive" all_of "$name" exclusive
		done
		;;
	v1) check "v1: buffered writes share the lock, as its helper does not ask" all_of buffered shared ;;
	v3)
		for name in overwrite read_write append hole io_uring; do
			check "v3: $name all shared" all_of "$name" shared
		done
		for name in buffered o_append splice; do
			check "v3: $name all exclusive" all_of "$name" exclusive
		done
		check "v3: extend_race had upgrades" test "$(field extend_race upgrades)" -gt 0
		;;
	next)
		for name in overwrite read_write append hole io_uring; do
			check "next: $name all shared" all_of "$name" shared
		done
		for name in buffered o_append; do
			check "next: $name all exclusive" all_of "$name" exclusive
		done
		check "next: extend_race had upgrades" test "$(field extend_race upgrades)" -gt 0
		;;
	esac
}

for variant in ${VERIFY_VARIANTS:-stock v1 v3 next}; do
	run "$variant" passthrough
	judge "$variant"
done
exit "$failed"
