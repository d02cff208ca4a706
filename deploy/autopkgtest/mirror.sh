# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What the tests of the installed packages share (sourced): a mirror of an XFS in $dir/mnt, mounted by mount(8).
set -eu
work=${AUTOPKGTEST_TMP:-$(mktemp -d)}
dir=$work/mirror
mkdir -p "$dir/xfs" "$dir/mnt"
unmount()
{
	umount "$dir/mnt" 2>/dev/null || :
	umount "$dir/xfs" 2>/dev/null || :
}
trap unmount EXIT

# skip WHY - this machine cannot run the test (Restrictions: skippable)
skip()
{
	echo "skipped: $1"
	exit 77
}

test -c /dev/fuse || skip "no /dev/fuse"
truncate -s 400M "$dir/image"
mkfs.xfs -q "$dir/image"
mount -o loop "$dir/image" "$dir/xfs" || skip "no loop devices"
mkdir "$dir/xfs/source"
mount -t fuse.fuselens "$dir/xfs/source" "$dir/mnt"
fuselens prove "$dir/mnt" --json -d 0.1 >"$work/first" || :
jq -e '.error | not' "$work/first" >/dev/null || skip "no BPF here: $(jq -r .error.what "$work/first")"
