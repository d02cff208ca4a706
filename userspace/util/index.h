/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds things by two numbers (device and inode, say) in constant time: key pairs to array places. */
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

/* Where the pair was put; FL_INDEX_NONE where it never was. */
__u32 fl_index_get(const struct fl_index *ix, __u64 a, __u64 b);
/* Puts the pair at a place, or moves it there. Returns 0, or -1 when out of memory. */
int fl_index_put(struct fl_index *ix, __u64 a, __u64 b, __u32 place);
void fl_index_free(struct fl_index *ix);

#endif
