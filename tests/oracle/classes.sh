# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # used by those who source it
# What the tracepoint form is known to count to the unit, on these file systems. Left out, as it counts them wrong
# and says nothing of it: ext4, btrfs and overlay below (buffered writes, and direct ones that fall back, are not
# seen); io_uring (attempts that end in -EAGAIN count); failed and short writes (badbuf, badalign, append to an odd
# end, stores beside, full, fsize); reflink (bounces are not seen); huge (bytes); cached (parts of a write count).
ORACLE_COUNTED_STORES=xfs,xfs-old,both
ORACLE_COUNTED=vectors,aio,crowd,threads,mounts,onefile,reads,reader,mapped,buffered,synced,pasteof
ORACLE_COUNTED+=,unaligned,holes,truncate,rename,replace,reopen,empty,direct,signals,splice
