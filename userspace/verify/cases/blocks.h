/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocks that begin with a stamp: who wrote the block, when and where. All other bytes follow from the stamp, so
 * a block shows whether it is whole and in its place. Pure.
 */
#ifndef FL_VERIFY_BLOCKS_H
#define FL_VERIFY_BLOCKS_H

#include <stddef.h>
#include <linux/types.h>

struct fl_stamp {
	__u32 magic;
	__u32 writer;
	__u64 seq;
	__u64 off; /* where it was meant to go; FL_STAMP_ANYWHERE for appends */
	__u32 len;
	__u32 check;
};
#define FL_STAMP_ANYWHERE (~0ull)

void fl_stamp_fill(void *buf, __u32 len, __u32 writer, __u64 seq, __u64 off);

enum fl_block_state {
	FL_BLOCK_WHOLE,
	FL_BLOCK_ZERO,
	FL_BLOCK_TORN,	    /* begins with one writer's stamp and goes on with something else */
	FL_BLOCK_MISPLACED, /* whole, but another place's */
	FL_BLOCK_FOREIGN,   /* no stamp */
};

/*
 * Says what the block of len bytes is that was read at off. If it has a stamp, st is set to it. *bad_at is set to the
 * first byte that does not follow from the stamp.
 */
enum fl_block_state fl_stamp_check(const void *buf, __u32 len, __u64 off, struct fl_stamp *st,
				   size_t *bad_at);

#endif
