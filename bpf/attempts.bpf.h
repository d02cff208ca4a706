/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Direct writes that iomap does, by the address of their kiocb, from their beginning until their
 * outcome is known. No two live kiocbs have the same address. A kiocb that is gone may leave its
 * attempt behind, until its address is used again.
 *
 * A certain write is counted where it begins, and subtracted if its completion shows a failure; what a short one did
 * not write is subtracted, too. If all writes have one length, a success needs no lookup. A tentative write is counted
 * when it has succeeded: io_uring first writes with IOCB_NOWAIT, and XFS first tries an unaligned write as a plain
 * overwrite. Many tentative attempts end where there is no tracepoint, and are tried again under another kiocb.
 */
#ifndef FUSELENS_ATTEMPTS_BPF_H
#define FUSELENS_ATTEMPTS_BPF_H

#include "pending.bpf.h"

/*
 * Mapped by the collector. tentative_seen is 0 nearly always, which saves the lookup of such
 * attempts.
 */
struct fl_tp_state tp_state SEC(".data.tp");

/*
 * The length of all certain writes so far, or one of two numbers that no write has. A completion with just this length
 * is no short write, and needs no lookup. Once an attempt was tentative it is LENGTHS_DIFFER.
 */
#define NO_LENGTH_YET  (~1u)
#define LENGTHS_DIFFER (~0u)
__u32 only_length = NO_LENGTH_YET;

/*
 * An attempt wrote nothing and will be repeated. If it was a first attempt, the file system repeats
 * it, and it is not counted as retried.
 */
static __always_inline void came_to_nothing(const struct attempt *a)
{
	if (!(a->where & WHERE_MARK))
		settle_counter(slot_at(a->where), FL_COUNT_RETRIED, 1);
}

/*
 * Another attempt begins at the address. The earlier one has ended unseen, so it wrote nothing: the
 * completion of a write that wrote is always seen.
 */
static __always_inline void retire_tentative(struct kiocb *iocb)
{
	struct attempt a;

	if (remove_tentative(iocb, &a))
		came_to_nothing(&a);
}

static __always_inline void forget_attempts(struct kiocb *iocb)
{
	struct attempt *a = certain_of(iocb);

	if (a->iocb == (__u64)iocb)
		a->iocb = (__u64)iocb + ENDED;
	if (tp_state.tentative_seen)
		retire_tentative(iocb);
}

/* A certain write has another length than all before it, or tentative attempts were seen. */
static __noinline int note_other(struct kiocb *iocb, __u32 len)
{
	__u32 was;

	if (only_length != LENGTHS_DIFFER) {
		was = __sync_val_compare_and_swap(&only_length, NO_LENGTH_YET, len);
		if (was != NO_LENGTH_YET && was != len)
			only_length = LENGTHS_DIFFER;
	}
	if (tp_state.tentative_seen)
		retire_tentative(iocb);
	return 0;
}

static __always_inline void put_certain(struct kiocb *iocb, __u32 where, __u32 writer, __u32 len)
{
	struct attempt *a;

	if (unlikely(len != only_length))
		note_other(iocb, len);
	a = certain_of(iocb);
	a->iocb = (__u64)iocb;
	a->len = len;
	a->where = where;
	a->writer = writer;
}

/*
 * Some tentative attempts are asynchronous and have no IOCB_WRITE. Not static: see asynchronous_seen in scopes.bpf.h.
 */
__u32 unmarked_tentative;

/*
 * Asynchronous attempts show in their flags that they write, but for those of the loop driver. A read leaves no attempt
 * at its address.
 */
static __always_inline bool may_be_read(const struct kiocb *iocb)
{
	return iocb->ki_complete && !(iocb->ki_flags & IOCB_WRITE);
}

/* Remembers an attempt of the current task. */
static __noinline int put_tentative(struct kiocb *iocb, __u32 where, __u32 len)
{
	forget_attempts(iocb);
	if (may_be_read(iocb))
		unmarked_tentative = 1;
	add_tentative(iocb, where, len);
	return 0;
}

/* The slot of the kiocb's file, a backing file or a FUSE file, or 0. */
static __always_inline __u32 slot_of_kiocb(struct kiocb *iocb)
{
	enum fl_route route = FL_ROUTE_IOMAP;
	struct backing_file *bf;
	struct inode *inode;

	/* this path is rare: the cast only saves the verifier a search of the BTF for what may be trusted */
	iocb = bpf_rdonly_cast(iocb, bpf_core_type_id_kernel(struct kiocb));
	bf = bpf_rdonly_cast(iocb->ki_filp, bpf_core_type_id_kernel(struct backing_file));
	inode = bf->file.f_inode;
	if (is_backing_file(bf->file.f_mode)) {
		inode = bf->user_path.dentry->d_inode;
		route = FL_ROUTE_PASSTHROUGH;
	}
	return slot_with_key(
		slot_key(inode, inode->i_ino, inode->i_sb->s_dev, inode->i_generation, route));
}

/* Whether the attempt belongs to the kiocb's file: kiocbs of other files may reuse the address. */
static __always_inline bool is_of_file(const struct attempt *a, struct kiocb *iocb)
{
	__u32 slot = slot_at(a->where);

	return !slot || slot == slot_of_kiocb(iocb);
}

/*
 * A write without a known attempt failed. If another attempt has or had its place, it may have been
 * counted.
 */
static __always_inline void unknown_failed(struct kiocb *iocb)
{
	__u32 slot;

	if (!may_be_displaced(iocb))
		return;
	slot = slot_of_kiocb(iocb);
	if (slot)
		settle_counter(slot, FL_COUNT_UNCERTAIN, 1);
}

/* ret: what iomap_dio_complete() returns. 0: the file system may go on through the page cache. */
static __always_inline void failed(const struct attempt *a, long ret)
{
	__u32 slot = slot_at(a->where);

	if (ret == -EAGAIN)
		came_to_nothing(a);
	else
		settle_counter(slot, ret ? FL_COUNT_FAILED : FL_COUNT_UNCERTAIN, 1);
}

/*
 * A certain write wrote ret bytes; false if the kiocb has none. It may have written less than was asked for, and a file
 * system that then goes on with the rest has it completed again, with all that is written.
 */
static __always_inline bool certain_wrote(struct kiocb *iocb, __u32 ret)
{
	struct attempt *a = certain_of(iocb);

	if (a->iocb != (__u64)iocb)
		return false;
	if (likely(a->len == ret))
		return true;
	if (is_of_file(a, iocb)) {
		settle_at(a->where, FL_WRITERS, 0, (__s64)ret - a->len);
		a->len = ret;
	}
	return true;
}

static __noinline int direct_write_ended(struct kiocb *iocb, long ret)
{
	bool read = may_be_read(iocb);
	struct attempt a;

	if (read && !unmarked_tentative && certain_of(iocb)->iocb != (__u64)iocb)
		return 0;
	if (ret > 0 && certain_wrote(iocb, ret))
		return 0;
	if (remove_certain(iocb, &a)) {
		if (!is_of_file(&a, iocb))
			return 0;
		settle_at(a.where, a.writer, -1, -(__s64)a.len);
		failed(&a, ret);
	} else if (remove_tentative(iocb, &a)) {
		if (!is_of_file(&a, iocb))
			came_to_nothing(&a);
		else if (ret > 0)
			settle_at(a.where, a.writer, 1, ret);
		else
			failed(&a, ret);
	} else if (ret <= 0 && !read) {
		unknown_failed(iocb);
	}
	return 0;
}

#endif
