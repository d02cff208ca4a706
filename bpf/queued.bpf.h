/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queued writes of the fentry form. A call that returns -EIOCBQUEUED says nothing of the outcome: the write may fail or
 * come up short in another task. It is counted in full at its return. Its completion, which may come before that,
 * subtracts what was not written. So that the completion finds it, a write that may be queued is remembered by
 * its kiocb before it is submitted.
 *
 * A synchronous passthrough write pays for this once somebody writes asynchronously.
 */
#ifndef FUSELENS_QUEUED_BPF_H
#define FUSELENS_QUEUED_BPF_H

#include "pending.bpf.h"
#include "scopes.bpf.h"

/* Whether the two programs below are attached. Without them a queued write is taken for a full one. */
const volatile bool sees_passthrough_end;
const volatile bool sees_direct_end;

static __always_inline bool end_is_seen(const struct fl_scope *s)
{
	return route_of_flags(s->open_flags) == FL_ROUTE_PASSTHROUGH ? sees_passthrough_end
								     : sees_direct_end;
}

static __always_inline __u32 where_in(const struct fl_scope *s)
{
	__u32 where = where_of(s->slot, s->cell);

	return is_outside() ? where | WHERE_OUTSIDE : where;
}

/*
 * The lock is held; the write is about to be submitted. Of an earlier write at the same address the completion was not
 * seen, which the kernel counts as a miss.
 */
static __noinline int remember_passthrough(struct fl_scope *s, struct kiocb *iocb)
{
	struct attempt left_behind;

	if (!iocb->ki_complete)
		return 0;
	remove_tentative(iocb, &left_behind);
	add_tentative(iocb, where_in(s), s->bytes);
	s->cell |= CELL_REMEMBERED;
	return 0;
}

/*
 * No program sees when the last request of a write ends well. So a write that succeeded stays until another one needs
 * its place.
 */
static __always_inline void remember_direct(struct fl_scope *s, struct fuse_io_priv *io)
{
	struct kiocb *iocb = io->iocb;
	struct attempt *a = certain_of(iocb);

	if (!sees_direct_end || !io->async || io->blocking)
		return;
	a->len = s->bytes;
	a->where = where_in(s);
	a->writer = writer_of(s->slot);
	__sync_lock_test_and_set(&a->iocb, (__u64)iocb);
	s->cell |= CELL_REMEMBERED;
}

/* The call has returned an outcome, so there will be no completion to look at. */
static __always_inline void forget_queued(struct kiocb *iocb)
{
	struct attempt a;

	if (!remove_tentative(iocb, &a))
		remove_certain(iocb, &a);
}

/* Queued, but not remembered: the first one after synchronous writes of the same task. */
static __always_inline void queued_unremembered(const struct fl_scope *s)
{
	if (!end_is_seen(s))
		return;
	note_asynchronous();
	count_in_slot(s->slot, FL_COUNT_UNCERTAIN);
}

/* ret: as the caller's ki_complete() gets it. */
static __always_inline void settle_queued(const struct attempt *a, long ret)
{
	if (ret > 0) {
		settle_at(a->where, a->writer, 0, -(__s64)(a->len - ret));
		return;
	}
	settle_at(a->where, a->writer, -1, -(__s64)a->len);
	settle_failed(slot_at(a->where), ret);
}

/*
 * Asynchronous writes to backing files end here, in a worker, and synchronous ones never. Overlayfs has its writes
 * ended here, too.
 */
SEC("fentry/backing_aio_queue_completion")
int passthrough_ended(__u64 *ctx)
{
	long ret = ctx[1];
	struct kiocb *iocb;
	struct attempt a;

	bpf_probe_read_kernel(&iocb, sizeof(iocb),
			      (void *)ctx[0] +
				      bpf_core_field_offset(struct backing_aio, orig_iocb) -
				      bpf_core_field_offset(struct backing_aio, iocb));
	if (remove_tentative(iocb, &a) && ret != a.len)
		settle_queued(&a, ret);
	return 0;
}

/* The slot of a kiocb's file on one of the routes that send requests, or 0. */
static __always_inline __u32 slot_of_direct(struct kiocb *iocb)
{
	struct file *file = BPF_CORE_READ(iocb, ki_filp);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct fuse_file *ff = BPF_CORE_READ(file, private_data);

	inode = bpf_rdonly_cast(inode, bpf_core_type_id_kernel(struct inode));
	return slot_with_key(slot_key(inode, inode->i_ino, inode->i_sb->s_dev, inode->i_generation,
				      route_of_flags(BPF_CORE_READ(ff, open_flags))));
}

/* One failed or short request makes the whole write fail (fuse_get_res_by_io()). */
static __noinline int direct_failed(struct kiocb *iocb, int err)
{
	struct attempt *at = certain_of(iocb), a = *at;
	__u32 slot = slot_of_direct(iocb);

	/* several requests may fail at once */
	if (!a.iocb || a.iocb == (__u64)iocb + ENDED || !slot)
		return 0;
	/* another write has or had the place, or the file that an earlier one left there is another one */
	if (a.iocb != (__u64)iocb || slot_at(a.where) != slot) {
		settle_counter(slot, FL_COUNT_UNCERTAIN, 1);
		return 0;
	}
	if (__sync_val_compare_and_swap(&at->iocb, a.iocb, a.iocb + ENDED) == a.iocb)
		settle_queued(&a, err ? err : -EIO);
	return 0;
}

/* All requests are sent. If a part of the memory is not mapped, they carry less than was asked for. */
static __always_inline void direct_submitted(struct kiocb *iocb, __u64 sent)
{
	struct fl_scope *s = scope_of(current_pid());
	struct attempt *a = certain_of(iocb);

	if (s->key != (__u64)iocb + LOCKED || sent >= s->bytes || a->iocb == (__u64)iocb + ENDED)
		return;
	s->bytes = sent;
	if (a->iocb == (__u64)iocb)
		a->len = sent;
}

/*
 * Runs once for each request of an asynchronous direct write that has ended, and once in the writer when all are sent.
 * pos: where the daemon stopped writing; below 0 if it did not.
 */
SEC("fentry/fuse_aio_complete")
int direct_ended(__u64 *ctx)
{
	struct fuse_io_priv *io = (void *)ctx[0];
	int err = ctx[1];
	__s64 pos = ctx[2];

	/* the task of a blocking write waits, and its call returns the outcome */
	if (!io->write || io->blocking)
		return 0;
	if (err || pos >= 0)
		return direct_failed(io->iocb, err);
	direct_submitted(io->iocb, io->size);
	return 0;
}

#endif
