# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # used by those who source it
# What the tracepoint form counts to the unit, or says by how much it may be off: classes of plans and file systems.
# Left out, as there it is wrong and says nothing of it:
#   ext4, btrfs, overlay   buffered writes, and direct ones that fall back, are not seen; the mount's cross-check
#                          finds them only where one mount is the target and io_uring does not write
ORACLE_COUNTED_STORES=xfs,xfs-old,both
oracle_common=vectors,aio,crowd,threads,mounts,reads,pasteof,unaligned,holes,truncate,rename,reopen,empty,direct
oracle_common+=,signals,splice,cached
ORACLE_COUNTED=$oracle_common,reader,mapped,buffered,uring,sqpoll,fixed,linked,forced,cancel,replace,huge,reflink
ORACLE_COUNTED+=,badbuf,badalign,append,setfl,halfbuf,fsize,full
# with writes that fail as they are synced: pages could not be dropped from the page cache for direct writes
ORACLE_COUNTED_STORED=$ORACLE_COUNTED,stores,synced
ORACLE_COUNTED_SYNCED=$oracle_common,synced,onefile,replace
