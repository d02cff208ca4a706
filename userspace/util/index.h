/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hash table from a pair of numbers, such as device and inode, to a place in an array. A user's daemon may choose the
 * inode numbers, so where a pair lies depends on numbers that are drawn anew in each process.
 */
#ifndef FL_INDEX_H
#define FL_INDEX_H

#include <stddef.h>
#include <linux/types.h>

struct fl_index_entry {
	__u64 a, b;
	__u32 place_plus_1; /* 0: free */
};

struct fl_index {
	struct fl_index_entry *entry;
	size_t capacity; /* a power of two */
	size_t n;
};

#define FL_INDEX_NONE 0xffffffffu

/* The place of the pair; FL_INDEX_NONE where it has none. */
__u32 fl_index_get(const struct fl_index *ix, __u64 a, __u64 b);
/* Sets the pair's place, whether it had one or not. Returns 0, or -1 when out of memory. */
int fl_index_put(struct fl_index *ix, __u64 a, __u64 b, __u32 place);
void fl_index_free(struct fl_index *ix);

#endif
