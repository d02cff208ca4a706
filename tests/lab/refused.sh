#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# 'fuselens files --refused' with a server that breaks every rule an open can break. Each refusal must show
# the kernel's errno behind the EIO, the rule, who tried and how often; and the opens that lost a flag must
# show.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"

# the numbers of include/uapi/linux/fuse.h, as what the server replied
direct=1 keep_cache=2 nonseekable=4 cache_dir=8 stream=16 parallel=64 passthrough=128

# shellcheck disable=SC2317 # called through check
# refusal MOUNT ANSWERS ERRNO RULE COUNT COMM FLAGS - the report has this refusal, and no other for the name
refusal()
{
	local got
	got=$(jq -r --arg m "/mnt/$1" --arg n "$2" '.refused[] | select(.mount == $m and .name == $n)
		| "\(.errno) \(.rule) \(.count) \(.last_comm) \(.open_flags)"' "$out/refused.json")
	is "$got" "$3 $4 $5 $6 $7"
}

# stripped MOUNT FLAGS - how many opens with these flags in the reply lost the flag
stripped()
{
	jq -r --arg m "/mnt/$1" --argjson f "$2" '[.stripped[] | select(.mount == $m and .open_flags == $f)
		| .count] | add // 0' "$out/refused.json"
}

# run KERNEL_OR_VARIANT ARG... - the opens on one kernel
run()
{
	local k=$1
	shift
	out=$tmp/$k
	mkdir "$out"
	vm --out "$out" --memory 1536M "$@" -- tests/lab/guest/refused
	[ "$rc" = 0 ] || cat "$out"/err "$out"/contrary.* >>"$tmp/err" 2>/dev/null || true
	check "$k: the opens fail and succeed as they should" is "$rc" 0
	[ "$rc" = 0 ] || return 0
	while read -r row; do
		# shellcheck disable=SC2086 # the columns of the table
		set -- $row
		check "$k: $2 is refused by $4 with $3" refusal "$@"
	done <<-END
		a cached,passthrough ETXTBSY cached-opens 3 cat $passthrough
		a passthrough,cached EINVAL all-passthrough 2 cat 0
		a passthrough,direct EINVAL all-passthrough 1 head $direct
		a passthrough,passthrough+other EBUSY other-backing 1 cat $passthrough
		a passthrough+keep_cache EINVAL flags 1 cat $((passthrough + keep_cache))
		a passthrough+nonseekable EINVAL flags 1 cat $((passthrough + nonseekable))
		a passthrough+stream EINVAL flags 1 cat $((passthrough + stream))
		a passthrough+cache_dir EINVAL flags 1 cat $((passthrough + cache_dir))
		b passthrough EINVAL flags 1 cat $passthrough
		a passthrough+noid EINVAL backing-id 1 cat $passthrough
		a passthrough+gone ENOENT backing-id 1 cat $passthrough
		a direct+parallel+hold,cached,passthrough ETXTBSY uncached-opens 1 cat 0
	END
	check "$k: nothing else is refused" is "$(jq '.refused | length' "$out/refused.json")" 12
	check "$k: every hook was live" is "$(jq -r .not_hooked "$out/refused.json")" null
	check "$k: cached opens lose the parallel flag" is "$(stripped a $parallel) $(stripped b $parallel)" "2 1"
	check "$k: those that are not told apart are told" is "$(jq -c '[(.refused | length), .more_refused]' "$out/many.json")" "[4096,4]"
	check "$k: direct ones keep it" is "$(stripped a $((direct + parallel)))" 0
}

run stock
[ "$failed" = 0 ] || exit 1
check "stock: a passthrough open loses the parallel flag" is "$(stripped a $((passthrough + parallel)))" 1
check "as text: the rule, the errno and who tried" is \
	"$(grep -A2 -F 'passthrough,passthrough+other on /mnt/a: 1 refused, EBUSY' "$out/refused.txt" |
		sed 's/cat [0-9]*,/cat PID,/')" \
	"passthrough,passthrough+other on /mnt/a: 1 refused, EBUSY
  the inode is open with another backing file already
  the daemon replied with PASSTHROUGH; last tried by cat PID, who got EIO"
check "... of the mount that was asked for alone" is "$(grep -c /mnt/b "$out/refused.txt")" 0
run v3 --variant v3
check "v3: a passthrough open keeps the parallel flag" is "$(stripped a $((passthrough + parallel)))" 0
if [ -n "${LONG:-}" ]; then
	for kernel in debian-6.12 debian-6.17 debian-backports; do
		if "$top/lab/build/debian-kernel" $kernel >/dev/null 2>"$tmp/err"; then
			run $kernel --kernel $kernel
		else
			echo "# $kernel: it cannot be had"
		fi
	done
fi
exit "$failed"
