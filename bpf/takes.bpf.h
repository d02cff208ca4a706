/* SPDX-License-Identifier: GPL-2.0-only */
/* Counting takes by inode and role: what the callsite and the global method share. */
#ifndef FUSELENS_TAKES_BPF_H
#define FUSELENS_TAKES_BPF_H

#include "select.bpf.h"
#include "slots.bpf.h"

/*
 * Whether the programs that count writes see each write begin and mark it at the gate. If not, these
 * programs do so themselves, at the first take that they see of a write.
 */
const volatile bool writes_come_marked;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct fl_slot_takes);
} slot_takes SEC(".maps");

static __always_inline void count_take(__u32 slot, enum fl_site_role role)
{
	struct fl_slot_takes *t = bpf_map_lookup_elem(&slot_takes, &slot);

	if (t && (__u32)role < FL_SITE_ROLES)
		t->take[role]++;
}

#define PF_WQ_WORKER 0x20 /* include/linux/sched.h */

static __always_inline bool in_worker(void)
{
	return bpf_get_current_task_btf()->flags & PF_WQ_WORKER;
}

/* Whether this task may act for a selected writer: a worker ends the writes of any task. */
static __always_inline bool writer_selected(void)
{
	return tgid_selected() || in_worker();
}

/* A write ends, in any task: fuse_write_update_attr(). */
static __always_inline void count_completion(__u32 slot)
{
	struct fl_slot_takes *t = bpf_map_lookup_elem(&slot_takes, &slot);

	if (!t)
		return;
	if (in_worker())
		t->completed_worker++;
	else
		t->completed_inline++;
}

/*
 * The slot of the route by which a file is written, for takes and completions whose route is not
 * known. Nearly every file has only one route.
 */
static __noinline __u32 slot_of_written(struct inode *inode, __u64 ino, __u32 dev, __u32 generation)
{
	__u32 slot = slot_with_key(slot_key(inode, ino, dev, generation, FL_ROUTE_PASSTHROUGH));

	if (!slot)
		slot = slot_with_key(slot_key(inode, ino, dev, generation, FL_ROUTE_DIRECT));
	if (!slot)
		slot = slot_with_key(slot_key(inode, ino, dev, generation, FL_ROUTE_CACHED));
	if (!slot)
		slot = slot_with_key(slot_key(inode, ino, dev, generation, FL_ROUTE_IOMAP));
	return slot ? slot : slot_search(number_of(inode), FL_ROUTE_OTHER, ino, dev, generation);
}

/* The slot for a take that a site or a hook saw; FL_ROUTE_OTHER if the route is not known. */
static __always_inline __u32 slot_for_take(struct inode *inode, __u32 route, __u64 ino, __u32 dev)
{
	__u32 generation = inode->i_generation;

	if (route == FL_ROUTE_OTHER)
		return slot_of_written(inode, ino, dev, generation);
	return slot_of(inode, route, ino, dev, generation);
}

/*
 * What may lie at an address. Any address is allowed: the loads are checked, which takes an eighth of the time that
 * bpf_probe_read_kernel() needs.
 */
static __always_inline struct inode *inode_at(__u64 address)
{
	return bpf_rdonly_cast((void *)address, bpf_core_type_id_kernel(struct inode));
}

/* Whether it is a FUSE inode of the target. */
static __always_inline bool is_selected_inode(struct inode *inode, __u32 *dev, __u64 *ino)
{
	struct super_block *sb = inode->i_sb;

	if (sb->s_magic != FUSE_SUPER_MAGIC)
		return false;
	*dev = sb->s_dev;
	*ino = inode->i_ino;
	return dev_selected(*dev) && file_selected(inode, *ino);
}

#endif
