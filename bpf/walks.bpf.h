/* SPDX-License-Identifier: GPL-2.0-only */
/* What several programs need of kernel structures: the ways to a dentry and to a PID, and what kind a file is. */
#ifndef FUSELENS_WALKS_BPF_H
#define FUSELENS_WALKS_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* Of overlayfs, too. */
static __always_inline bool is_backing_file(__u32 f_mode)
{
	return f_mode & FMODE_NOACCOUNT && f_mode & FMODE_BACKING_EITHER;
}

/* The dentry whose place in its inode's list of names is at node. */
static __always_inline struct dentry *dentry_of_alias(struct hlist_node *node)
{
	if (bpf_core_field_exists(struct dentry___anonymous, d_alias))
		return (void *)node - bpf_core_field_offset(struct dentry___anonymous, d_alias);
	return (void *)node - bpf_core_field_offset(struct dentry, d_u.d_alias);
}

/* The number of pid in the PID namespace at a nesting level; 0 where pid is not visible there. */
static __always_inline __u32 pid_in_namespace(struct pid *pid, __u32 level)
{
	__u32 nr = 0;

	if (BPF_CORE_READ(pid, level) < level)
		return 0;
	bpf_probe_read_kernel(&nr, sizeof(nr),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid) +
				      bpf_core_field_offset(struct upid, nr));
	return nr;
}

#endif
