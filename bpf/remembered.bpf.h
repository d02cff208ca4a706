/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slots of the inodes that were written last on each CPU. What is found here needs none of the
 * loads by which a slot is looked up: a load through an unchecked pointer costs eight instructions.
 */
#ifndef FUSELENS_REMEMBERED_BPF_H
#define FUSELENS_REMEMBERED_BPF_H

#include "epoch.bpf.h"
#include "pointers.bpf.h"

struct remembered {
	__u64 inode;
	__u32 slot;
	__u32 epoch; /* open_epoch at that time */
};

#define REMEMBERED_BITS 8
#define REMEMBERED_CPUS 256
/* A CPU runs a program once at a time, so nobody writes a place while another one reads it. */
static struct remembered remembered[REMEMBERED_CPUS << REMEMBERED_BITS];

/* NULL on CPUs beyond the table. */
static __always_inline struct remembered *remembered_place(struct inode *inode)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u32 at = cpu << REMEMBERED_BITS | place_of(inode, REMEMBERED_BITS);

	return at < sizeof(remembered) / sizeof(remembered[0]) ? &remembered[at] : NULL;
}

/* Whether the inode's slot is remembered, and so that the inode is selected. */
static __always_inline bool is_remembered(const struct remembered *r, struct inode *inode)
{
	return r && r->inode == (__u64)inode && r->epoch == open_epoch;
}

/*
 * epoch: open_epoch before the slot was looked up. Slot 0 is looked up each time: a write that finds
 * no slot of its own is counted there.
 */
static __always_inline void remember_slot(struct remembered *r, struct inode *inode, __u32 slot,
					  __u32 epoch)
{
	if (!r || !epoch || !slot)
		return;
	r->inode = (__u64)inode;
	r->slot = slot;
	r->epoch = epoch;
}

#endif
