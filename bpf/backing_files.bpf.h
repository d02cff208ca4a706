/* SPDX-License-Identifier: GPL-2.0-only */
/* The files that a daemon has registered for passthrough, by the number that it gives in its reply to an open. */
#ifndef FUSELENS_BACKING_FILES_BPF_H
#define FUSELENS_BACKING_FILES_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* An entry of the tree of numbers that is a node, not a file: the kernel marks its address with this. */
#define XA_NODE_MARK  2ul
#define XA_NODE_LEAST 4096ul
#define XA_LEVELS     6
#define XA_SLOTS      64

/* The magic number of the file system on which the file lies; 0 if that is not known. */
static __noinline __u32 magic_of_backing(struct fuse_conn *fc, __u32 id)
{
	unsigned long entry, base;
	struct fuse_backing *fb;
	struct xa_node *node;

	if (!bpf_core_field_exists(fc->backing_files_map) ||
	    bpf_core_field_size(((struct xa_node *)0)->slots) != XA_SLOTS * sizeof(void *))
		return 0;
	entry = (unsigned long)BPF_CORE_READ(fc, backing_files_map.idr_rt.xa_head);
	base = BPF_CORE_READ(fc, backing_files_map.idr_base);
	for (int level = 0; level < XA_LEVELS; level++) {
		__u32 place;

		if ((entry & 3) != XA_NODE_MARK || entry <= XA_NODE_LEAST)
			break;
		node = (void *)(entry - XA_NODE_MARK);
		place = (id - base) >> (BPF_CORE_READ(node, shift) & 31) & (XA_SLOTS - 1);
		bpf_probe_read_kernel(&entry, sizeof(entry), &node->slots[0] + place);
	}
	fb = (void *)entry;
	return BPF_CORE_READ(fb, file, f_inode, i_sb, s_magic);
}

#endif
