/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fentry form on the iomap route: fs/fuse does direct I/O by iomap on the FUSE inode itself. The flags of the open
 * file do not tell it, so the write's scope learns its route where iomap begins. The two tracepoints fire for each
 * direct I/O of every file system that uses iomap, so the collector attaches these programs only where fs/fuse has the
 * route.
 */
#ifndef FUSELENS_IOMAP_ROUTE_BPF_H
#define FUSELENS_IOMAP_ROUTE_BPF_H

#include "queued.bpf.h"

SEC("tp_btf/iomap_dio_rw_begin")
int iomap_locked(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	struct iov_iter *iter = (void *)ctx[1];
	struct fl_scope *s = scope_of(current_pid());
	struct inode *inode;
	__u64 count;
	int ki_flags;

	/* a write that is passed through has another kiocb for its backing file */
	if (s->key != number_of(iocb) || !scope_counts(s, iocb, 0))
		return 0;
	inode = iocb->ki_filp->f_inode;
	ki_flags = iocb->ki_flags;
	count = inode->i_rwsem.count.counter;
	s->slot = slot_of(inode, FL_ROUTE_IOMAP, inode->i_ino, inode->i_sb->s_dev,
			  inode->i_generation);
	look_at_holders(s->slot, count);
	s->bytes = iter->count;
	s->cell = cell_of(mode_from_count(count),
			  nature_of(true, ki_flags & IOCB_APPEND, iocb->ki_pos + s->bytes,
				    inode->i_size, false, inode->i_mode, inode->i_flags));
	remember_passthrough(s, iocb);
	scope_locked(s, number_of(iocb));
	return 0;
}

/* A call that has not returned yet returns the outcome itself, if its own task gets it here. */
SEC("tp_btf/iomap_dio_complete")
int iomap_ended(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	struct fl_scope *s = scope_of(current_pid());
	long ret = ctx[2];
	struct attempt a;

	if (!iocb->ki_complete || s->key == number_of(iocb) + LOCKED)
		return 0;
	if (remove_tentative(iocb, &a) && ret != a.len)
		settle_queued(&a, ret);
	return 0;
}

#endif
