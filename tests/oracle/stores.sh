# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The file systems that the oracle writes to, each in a loop file, and the daemons in front of them
# (sourced after tests/live/lib.sh, whose $WORK all of it lies in and whose cleanup takes it down).
#
#   oracle_stores [STORE...]    makes those that can be made here; sets $ORACLE_STORES, commas between them
#   oracle_mount DAEMON...      a daemon for each store in each mode

# what a machine may lack, by the program that makes it
ORACLE_ALL='xfs xfs-old ext4 btrfs btrfs-nosum overlay both'
ORACLE_STORES=

# oracle_image NAME SIZE MKFS... - $WORK/NAME.img with a file system in it, mounted on $WORK/fs/NAME
oracle_image()
{
	local name=$1 size=$2 options=$3
	shift 3
	command -v "$1" >/dev/null || return 1
	mkdir -p "$WORK/fs/$name"
	truncate -s "$size" "$WORK/$name.img"
	"$@" "$WORK/$name.img" >/dev/null 2>&1 && mount -o "loop,$options" "$WORK/$name.img" "$WORK/fs/$name"
}

oracle_overlay()
{
	mkdir -p "$WORK"/fs/xfs/{lower,upper,scratch} "$WORK/fs/overlay"
	mount -t overlay overlay "$WORK/fs/overlay" \
		-o "lowerdir=$WORK/fs/xfs/lower,upperdir=$WORK/fs/xfs/upper,workdir=$WORK/fs/xfs/scratch"
}

oracle_store()
{
	case $1 in
	# with reflinks; XFS of before 2018 without, in blocks of 1 KiB
	xfs) oracle_image xfs 400M noatime mkfs.xfs -q -m reflink=1 ;;
	xfs-old) oracle_image xfs-old 400M noatime mkfs.xfs -q -m reflink=0,rmapbt=0 -b size=1024 ;;
	ext4) oracle_image ext4 200M noatime mkfs.ext4 -q ;;
	btrfs) oracle_image btrfs 300M noatime mkfs.btrfs -q ;;
	btrfs-nosum) oracle_image btrfs-nosum 300M noatime,nodatacow mkfs.btrfs -q ;;
	f2fs) oracle_image f2fs 200M noatime mkfs.f2fs -q ;;
	overlay) mountpoint -q "$WORK/fs/xfs" && oracle_overlay ;;
	both) mountpoint -q "$WORK/fs/xfs" && mountpoint -q "$WORK/fs/xfs-old" && mkdir -p "$WORK/fs/both" ;;
	*) return 1 ;;
	esac
}

# oracle_source STORE MODE - a directory of the store; of 'both' one with two file systems in it
oracle_source()
{
	local dir=$WORK/src/$1/$2
	mkdir -p "$WORK/src/$1"
	if [ "$1" = both ]; then
		mkdir -p "$dir"/{a,b} "$WORK/fs/xfs/both-$2" "$WORK/fs/xfs-old/both-$2"
		mount --bind "$WORK/fs/xfs/both-$2" "$dir/a" && mount --bind "$WORK/fs/xfs-old/both-$2" "$dir/b"
	else
		mkdir -p "$WORK/fs/$1/$2"
		ln -s "$WORK/fs/$1/$2" "$dir"
	fi
}

oracle_stores()
{
	local store
	# shellcheck disable=SC2086
	[ $# -gt 0 ] || set -- $ORACLE_ALL
	for store; do
		if oracle_store "$store"; then
			ORACLE_STORES+=${ORACLE_STORES:+,}$store
		else
			echo "# no $store here" >&2
		fi
	done
	[ -n "$ORACLE_STORES" ]
}

oracle_mount()
{
	local store mode options
	for store in ${ORACLE_STORES//,/ }; do
		for mode in passthrough direct cached; do
			oracle_source "$store" "$mode" || return 1
			options=$mode
			# a file system on another has one level more
			[ "$store $mode" != "overlay passthrough" ] || options+=,stack_depth=1
			start_daemon "$WORK/src/$store/$mode" "$WORK/mnt/$store/$mode" "$options" || return 1
		done
	done
}
