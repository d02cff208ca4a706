/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where writes are counted: one slot per (inode, route), with one copy of its counts per CPU. A program
 * claims a slot by compare-and-swap; afterwards the slot is only read. So the lock path updates no hash
 * and bounces no cache line. User space gives back the slots of files that nobody writes any more. A
 * write that finds no slot is counted under slot 0, "other".
 *
 * Order (order.bpf.h): the key that is compared and swapped is all that programs read of another's slot on the way
 * to its counts. User space reads the rest of a slot when it finds it in slot_order, which it was put into by an
 * exchange. It clears a slot before it frees the key (a store with release), and who claims the slot then writes
 * after that. Counts need no order: each CPU has its own, user space reads them word by word, and the last ones some
 * system calls after the gate has closed.
 */
#ifndef FUSELENS_SLOTS_BPF_H
#define FUSELENS_SLOTS_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "walks.bpf.h"
#include "abi.h"
#include "pointers.bpf.h"
#include "slot_map.bpf.h"
#include "select.bpf.h"
#include "own_files.bpf.h"
#include "locks.bpf.h"

/* Waits are counted, too: the locks of each inode that is written are followed. */
const volatile bool follow_locks;

/* Slots less 1; the number of slots is a power of two. Set by the collector before loading. */
const volatile __u32 slot_mask = 63;

/* Has as many entries as slots, and FL_ORDER_FIRST more. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 65);
	__type(key, __u32);
	__type(value, __u64); /* elements of an array have this width in any case */
} slot_order SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct fl_slot_counts);
} slot_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fl_losses);
} losses SEC(".maps");

static __always_inline void lost(enum fl_loss what)
{
	__u32 zero = 0;
	struct fl_losses *l = bpf_map_lookup_elem(&losses, &zero);

	if (l)
		l->count[what]++;
}

/*
 * fs/fuse tells files apart by device, node and the generation of the node, and so does this key.
 * The daemon chooses inode numbers, and may give one to several files, at once or in turn; the key
 * uses it only if the node is not known. Multiplications by odd constants keep distinct files
 * distinct, except for one chance in 2^64.
 */
static __always_inline __u64 slot_key(struct inode *inode, __u64 ino, __u32 dev, __u32 generation,
				      enum fl_route route)
{
	__u64 k = ((__u64)dev << 32 | generation) * 0xc2b2ae3d27d4eb4full, node = nodeid_of(inode);

	k ^= (node ? node : ino) + ((__u64)route << 56);
	return k * 0x9e3779b97f4a7c15ull | 1;
}

/* The last component of the inode's name. Runs once per slot: probe reads are cheap enough here. */
static __always_inline void slot_name(struct fl_slot *s, struct inode *inode)
{
	struct hlist_node *node;
	struct dentry *dentry;
	const unsigned char *name;
	long len;

	node = BPF_CORE_READ(inode, i_dentry.first);
	if (!node)
		return;
	dentry = dentry_of_alias(node);
	name = BPF_CORE_READ(dentry, d_name.name);
	len = bpf_probe_read_kernel_str(s->name, sizeof(s->name), name);
	if (len > 0)
		s->name_len = len - 1;
}

/*
 * The open flags in force, from the writer's own descriptor of the inode. A file that is opened, written and
 * closed within milliseconds is gone before user space lists open files. Runs once per slot.
 */
static __always_inline void slot_open_flags(struct fl_slot *s, struct inode *inode)
{
	struct own_file_search search = {.inode = inode};
	struct file *file = search_own_files(&search, 64);
	struct fuse_file *ff = BPF_CORE_READ(file, private_data);

	if (!ff)
		return;
	s->open_flags = BPF_CORE_READ(ff, open_flags);
	s->open_flags_known = 1;
	if (bpf_core_field_exists(ff->passthrough))
		s->backing_magic = BPF_CORE_READ(ff, passthrough, f_inode, i_sb, s_magic);
}

/*
 * The slot with the key, or 0. A slot that was given back does not end the search: keys that were
 * added while it was in use may lie behind it. The verifier checks a function that is not static
 * once, not anew for each state of its callers.
 */
__noinline __u32 slot_with_key(__u64 key)
{
	__u32 h = key >> 40;

	for (int i = 0; i < FL_SLOT_PROBES; i++) {
		__u32 idx = (h + i) & slot_mask;
		struct fl_slot *s = bpf_map_lookup_elem(&slots, &idx);

		if (!idx)
			continue;
		if (!s || !s->key)
			return 0;
		if (s->key == key)
			return idx;
	}
	return 0;
}

/*
 * Claims a slot for the key and sets *ours. If another program has claimed one for this key
 * meanwhile, returns that one with *ours false. 0: no room.
 */
static __always_inline __u32 slot_claim(__u64 key, bool *ours)
{
	__u32 h = key >> 40;

	*ours = false;
	for (int i = 0; i < FL_SLOT_PROBES; i++) {
		__u32 idx = (h + i) & slot_mask;
		struct fl_slot *s = bpf_map_lookup_elem(&slots, &idx);
		__u64 seen;

		if (!idx || !s)
			continue;
		seen = s->key;
		if (!seen || seen == FL_SLOT_FREED) {
			__u64 was = __sync_val_compare_and_swap(&s->key, seen, key);

			*ours = was == seen;
			if (*ours)
				return idx;
			seen = was;
		}
		if (seen == key)
			return idx;
	}
	return 0;
}

/* Tells user space of a claim. Call this when the whole slot has been written. */
static __always_inline void slot_publish(__u32 slot)
{
	__u32 idx = FL_ORDER_CLAIMS;
	__u64 *at = bpf_map_lookup_elem(&slot_order, &idx);

	if (!at)
		return;
	idx = FL_ORDER_FIRST + (__sync_fetch_and_add(at, 1) & slot_mask);
	at = bpf_map_lookup_elem(&slot_order, &idx);
	if (at)
		__sync_lock_test_and_set(at, slot);
}

/*
 * The slot of (inode, route); claims one at the first write. Returns 0, "other", when all places where the
 * key may lie are taken. The collector reports how many writes went there.
 *
 * Not static, as above. Such a function takes only numbers, hence the address.
 */
__noinline __u32 slot_search(__u64 inode_address, __u32 route, __u64 ino, __u32 dev,
			     __u32 generation)
{
	struct inode *inode = (void *)inode_address;
	__u64 key = slot_key(inode, ino, dev, generation, route);
	__u32 idx = slot_with_key(key);
	struct fl_slot *claimed;
	bool ours = false;

	if (idx)
		return idx;
	idx = slot_claim(key, &ours);
	if (!idx)
		lost(FL_LOSS_TABLE_FULL);
	if (!ours)
		return idx;
	claimed = bpf_map_lookup_elem(&slots, &idx);
	if (!claimed)
		return 0;
	claimed->ino = ino;
	claimed->dev = dev;
	claimed->route = route;
	claimed->generation = generation;
	claimed->nodeid = nodeid_of(inode);
	claimed->backing_magic = 0;
	slot_name(claimed, inode);
	if (bpf_core_field_exists(((struct fuse_file *)0)->open_flags))
		slot_open_flags(claimed, inode);
	slot_publish(idx);
	return idx;
}

/*
 * Nearly always the slot is the first one that the key leads to. All other cases are in a separate
 * function, so that this path needs few registers: every write pays for its instructions.
 */
static __always_inline __u32 slot_of(struct inode *inode, enum fl_route route, __u64 ino, __u32 dev,
				     __u32 generation)
{
	__u64 key = slot_key(inode, ino, dev, generation, route);
	__u32 idx = (key >> 40) & slot_mask;
	struct fl_slot *s = bpf_map_lookup_elem(&slots, &idx);

	/* slot 0 is never claimed, so no key equals its own */
	if (!s || s->key != key)
		idx = slot_search(number_of(inode), route, ino, dev, generation);
	if (follow_locks) {
		s = bpf_map_lookup_elem(&slots, &idx);
		if (s && idx && s->inode != (__u64)inode)
			follow_inode(s, idx, (__u64)inode);
	}
	return idx;
}

/* Counts a write in a slot. cell: mode and nature as one number. */
static __always_inline void count_cell(const __u32 *slot, __u32 cell, __u64 bytes)
{
	struct fl_slot_counts *c = bpf_map_lookup_elem(&slot_counts, slot);

	if (!c || cell >= FL_MODES * FL_NATURES)
		return;
	(&c->cell[0][0])[cell]++;
	c->counter[FL_COUNT_BYTES] += bytes;
}

static __always_inline void count_write(__u32 slot, enum fl_mode mode, enum fl_nature nature,
					__u64 bytes)
{
	struct fl_slot_counts *c = bpf_map_lookup_elem(&slot_counts, &slot);

	if (!c || (__u32)mode >= FL_MODES || (__u32)nature >= FL_NATURES)
		return;
	c->cell[mode][nature]++;
	c->counter[FL_COUNT_BYTES] += bytes;
}

/* Adds bytes of a write that is already counted. */
static __always_inline void count_segment(__u32 slot, __u64 bytes)
{
	struct fl_slot_counts *c = bpf_map_lookup_elem(&slot_counts, &slot);

	if (!c)
		return;
	c->counter[FL_COUNT_SEGMENTS]++;
	c->counter[FL_COUNT_BYTES] += bytes;
}

/* Adds 1 to a counter of a slot. */
static __always_inline void count_in_slot(__u32 slot, enum fl_counter what)
{
	struct fl_slot_counts *c = bpf_map_lookup_elem(&slot_counts, &slot);

	if (c)
		c->counter[what]++;
}

#endif
