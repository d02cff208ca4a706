/* SPDX-License-Identifier: GPL-2.0-only */
/* How long what programs remember of open files and their inodes is good. */
#ifndef FUSELENS_EPOCH_BPF_H
#define FUSELENS_EPOCH_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include "order.bpf.h"

/*
 * The version of what programs remember. It grows whenever another struct file or inode may have come to
 * an old address: with each open that a daemon answers, with each release, and when user space gives slots
 * back. Only files on the passthrough route are remembered, because a daemon answers every open of such a
 * file. 0 means that opens are not watched; then nothing may be remembered.
 */
__u32 open_epoch SEC(".data.epoch");

/*
 * The version, for what is looked up next. User space frees a slot and then raises the version. A program that read the
 * raised one must not have found the slot as it was before.
 */
static __always_inline __u32 epoch_before_looking(void)
{
	__u32 epoch = open_epoch;

	read_in_order();
	return epoch;
}

static __always_inline void forget_open_files(void)
{
	/* user space sets it to 1 when all programs are attached */
	if (open_epoch)
		__sync_fetch_and_add(&open_epoch, 1);
}

#endif
