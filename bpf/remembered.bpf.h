/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The backing files that were last written directly on each CPU, with what a write needs to know of them. Finding it
 * again takes half a dozen loads through unchecked pointers, of eight instructions each.
 */
#ifndef FUSELENS_REMEMBERED_BPF_H
#define FUSELENS_REMEMBERED_BPF_H

#include "epoch.bpf.h"
#include "pointers.bpf.h"
#include "writers.bpf.h"

/* One cache line. */
struct remembered {
	__u64 file;   /* the backing file */
	__u64 dentry; /* of the FUSE file that it backs */
	__u64 inode;  /* of that FUSE file */
	__u32 slot;
	__u32 epoch; /* open_epoch at that time */
	/* the process that wrote last, in the table of writers */
	__u64 writer_key;
	__u32 writer;
	__u32 pad[5];
};
_Static_assert(sizeof(struct remembered) == 64, "a place is computed by a shift");

#define REMEMBERED_BITS 8
#define REMEMBERED_CPUS 256
/*
 * Only one program uses them, and a program never interrupts itself on a CPU, so nobody writes a place while it is
 * read.
 */
static struct remembered remembered[REMEMBERED_CPUS << REMEMBERED_BITS]
	__attribute__((aligned(64)));

/* Of a CPU below REMEMBERED_CPUS. */
static __always_inline struct remembered *remembered_place(__u32 cpu, struct file *file)
{
	struct remembered *r;

	r = &remembered[cpu << REMEMBERED_BITS | place_of(file, REMEMBERED_BITS)];
	/* else the compiler computes the address anew for one field after the other */
	barrier_var(r);
	return r;
}

/*
 * Whether what is remembered is true of the file. If so, it is the backing file of a selected one. A file of overlayfs,
 * whose opens nobody sees, may have come to the address of a backing file; it has another dentry.
 */
static __always_inline bool is_remembered(const struct remembered *r, struct file *file)
{
	struct backing_file *bf;

	if (r->file != (__u64)file)
		return false;
	bf = bpf_rdonly_cast(file, bpf_core_type_id_kernel(struct backing_file));
	return r->dentry == (__u64)bf->user_path.dentry && r->epoch == open_epoch;
}

/*
 * epoch: open_epoch before the slot was looked up. Slot 0 is looked up each time: a write that finds
 * no slot of its own is counted there.
 */
static __always_inline void remember_file(struct file *file, struct dentry *dentry,
					  struct inode *inode, __u32 slot, __u32 epoch)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct remembered *r;

	if (!epoch || !slot || cpu >= REMEMBERED_CPUS)
		return;
	r = remembered_place(cpu, file);
	r->file = (__u64)file;
	r->dentry = (__u64)dentry;
	r->inode = (__u64)inode;
	r->slot = slot;
	r->epoch = epoch;
	r->writer_key = 0;
}

/* Counts a write of the current task, as count_writer() does. */
static __always_inline __u32 count_remembered_writer(struct remembered *r)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 key = r->writer_key;
	struct fl_writer *w = writer_at(r->writer);
	__u32 place;

	/* else another process writes, or this one had to make room in the table */
	if (likely(key >> FL_WRITER_TGID_SHIFT == (__u32)task->tgid && w->key == key)) {
		w->writes++;
		return r->writer;
	}
	place = count_writer_as(task, r->slot);
	r->writer = place;
	r->writer_key = writer_at(place)->key;
	return place;
}

#endif
