/* SPDX-License-Identifier: GPL-2.0-only */
/* A search among the files that the current task has open. */
#ifndef FUSELENS_OWN_FILES_BPF_H
#define FUSELENS_OWN_FILES_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "select.bpf.h"

/* What is searched: a file of this inode; or, if that is NULL, of this node on the mount of this device. */
struct own_file_search {
	struct inode *inode;
	__u64 nodeid;
	__u32 dev;
	struct file **fd;
	struct file *found;
};

static int look_at_own_file(__u32 i, struct own_file_search *search)
{
	struct file *file = NULL;
	struct inode *inode;

	bpf_probe_read_kernel(&file, sizeof(file), search->fd + i);
	if (!file)
		return 0;
	inode = BPF_CORE_READ(file, f_inode);
	if (search->inode ? inode != search->inode
			  : BPF_CORE_READ(inode, i_sb, s_dev) != search->dev ||
				    nodeid_of(inode) != search->nodeid)
		return 0;
	search->found = file;
	return 1;
}

/*
 * Looks at the descriptors below a limit. Returns the first file that fits, or NULL. The verifier goes through a loop
 * as many times as it may run, but once through the function of bpf_loop().
 */
static __always_inline struct file *search_own_files(struct own_file_search *search, __u32 limit)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
	__u32 max = BPF_CORE_READ(fdt, max_fds);

	search->fd = BPF_CORE_READ(fdt, fd);
	bpf_loop(max < limit ? max : limit, look_at_own_file, search, 0);
	return search->found;
}

#endif
