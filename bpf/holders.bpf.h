/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many tasks a write shares the inode lock with, and whether somebody is queued behind one that
 * does not share it. Both are in the count word that shows the mode, so each write that is looked at
 * under the lock tells them, at that moment.
 */
#ifndef FUSELENS_HOLDERS_BPF_H
#define FUSELENS_HOLDERS_BPF_H

#include "slots.bpf.h"

/*
 * The number of the map's places less 1; that number is a power of two. Slots beyond them are counted in place 0.
 * Set by the collector before loading.
 */
const volatile __u32 holders_mask = 63;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct fl_holders);
} slot_holders SEC(".maps");

/* Separate functions keep the path of an exclusive write that nobody waits for short. */
static __noinline int count_holders(__u32 slot, __u64 count)
{
	__u32 at = slot <= holders_mask ? slot : 0;
	struct fl_holders *h = bpf_map_lookup_elem(&slot_holders, &at);
	__u64 n = (count & RWSEM_READER_MASK) >> RWSEM_READER_SHIFT;

	if (!h || !n)
		return 0;
	if (n >= FL_HOLDERS) {
		h->looks[FL_HOLDERS - 1]++;
		h->beyond += n;
		return 0;
	}
	h->looks[n - 1]++;
	return 0;
}

static __noinline int count_queued_behind(__u32 slot)
{
	count_in_slot(slot, FL_COUNT_QUEUED_BEHIND);
	return 0;
}

/* count: of the inode lock, which the current task holds. */
static __always_inline void look_at_holders(__u32 slot, __u64 count)
{
	if (!(count & RWSEM_WRITER_LOCKED))
		count_holders(slot, count);
	else if (count & RWSEM_FLAG_WAITERS)
		count_queued_behind(slot);
}

#endif
