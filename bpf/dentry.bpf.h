/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUSELENS_DENTRY_BPF_H
#define FUSELENS_DENTRY_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* The dentry whose place in its inode's list of names is at node. */
static __always_inline struct dentry *dentry_of_alias(struct hlist_node *node)
{
	if (bpf_core_field_exists(struct dentry___anonymous, d_alias))
		return (void *)node - bpf_core_field_offset(struct dentry___anonymous, d_alias);
	return (void *)node - bpf_core_field_offset(struct dentry, d_u.d_alias);
}

#endif
