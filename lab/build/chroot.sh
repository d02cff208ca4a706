# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Running commands inside a lab root (sourced). Call it under cache_contain only: the mounts made here go with
# that mount namespace.

# lab_chroot ROOT [-w DIR] [-b SOURCE:TARGET]... [-r SOURCE:TARGET]... -- CMD...
# Runs CMD in ROOT. CMD can write to /tmp, /run and what -b binds, and to nothing else; -r binds read-only. With -w
# it can write everywhere, and its changes go to DIR. Targets under /tmp and /run are made as needed. CMD replaces
# the calling process.
lab_chroot()
{
	local root=$1 source target
	shift
	if [ "$1" = -w ]; then
		mkdir -p "$2"/{changes,work,root}
		mount -t overlay -o "lowerdir=$root,upperdir=$2/changes,workdir=$2/work" overlay "$2/root"
		root=$2/root
		shift 2
	else
		mount --bind "$root" "$root"
		mount -o remount,bind,ro "$root"
	fi
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount --rbind /sys "$root/sys"
	mount -t tmpfs tmpfs "$root/tmp"
	mount -t tmpfs tmpfs "$root/run"
	while [ "$1" != -- ]; do
		source=${2%%:*}
		target=$root${2#*:}
		[ -e "$target" ] || mkdir -p "$target"
		mount --bind "$source" "$target"
		[ "$1" = -b ] || mount -o remount,bind,ro "$target"
		shift 2
	done
	shift
	exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/tmp LANG=C.UTF-8 TERM="${TERM:-dumb}" \
		chroot "$root" "$@"
}
