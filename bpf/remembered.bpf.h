/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slots of the inodes that were written last on each CPU. A slot that is found here does not have to
 * be looked up, which takes several loads through unchecked pointers, of eight instructions each.
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
/* A program never interrupts itself on a CPU, so nobody writes a place while it is read. */
static struct remembered remembered[REMEMBERED_CPUS << REMEMBERED_BITS];

/* NULL on CPUs beyond the table. */
static __always_inline struct remembered *remembered_place(struct inode *inode)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u32 at = cpu << REMEMBERED_BITS | place_of(inode, REMEMBERED_BITS);

	return at < sizeof(remembered) / sizeof(remembered[0]) ? &remembered[at] : NULL;
}

/* Whether the inode's slot is remembered. If so, the inode is selected. */
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
