/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Direct writes to backing files, by the address of their kiocb, from their beginning until their
 * outcome is known. No two live kiocbs have the same address. A kiocb that is gone may leave its
 * attempt behind, until its address is used again.
 *
 * A certain write is counted where it begins, and subtracted if its completion shows a failure; a
 * success needs no lookup. A tentative write is counted when it has succeeded: io_uring first
 * writes with IOCB_NOWAIT, and XFS first tries an unaligned write as a plain overwrite. Many
 * tentative attempts end where there is no tracepoint, and are tried again under another kiocb.
 */
#ifndef FUSELENS_ATTEMPTS_BPF_H
#define FUSELENS_ATTEMPTS_BPF_H

#include "settled.bpf.h"

struct attempt {
	__u64 iocb; /* 0: none */
	__u32 len;
	__u32 where; /* WHERE_MARK: a first attempt, which the file system itself repeats */
	__u32 writer;
	__u32 pad;
};

#define CERTAIN_BITS 12
/* A place holds the last attempt that hashes to it. */
static struct attempt certain[1 << CERTAIN_BITS];

#define SET_BITS 10
#define WAYS	 4
struct attempt_set {
	struct attempt way[WAYS];
};
static struct attempt_set tentative[1 << SET_BITS];

/*
 * Mapped by the collector. tentative_seen is 0 nearly always, which saves the lookup of such
 * attempts.
 */
struct fl_tp_state tp_state SEC(".data.tp");

static __always_inline struct attempt *certain_of(struct kiocb *iocb)
{
	return &certain[place_of(iocb, CERTAIN_BITS) & ((1 << CERTAIN_BITS) - 1)];
}

static __always_inline struct attempt_set *set_of(struct kiocb *iocb)
{
	return &tentative[place_of(iocb, SET_BITS) & ((1 << SET_BITS) - 1)];
}

static __always_inline bool remove_certain(struct kiocb *iocb, struct attempt *out)
{
	struct attempt *a = certain_of(iocb);

	if (a->iocb != (__u64)iocb)
		return false;
	*out = *a;
	a->iocb = 0;
	return true;
}

/* Removes the kiocb's tentative attempt into out; false if there is none. */
static __always_inline bool remove_tentative(struct kiocb *iocb, struct attempt *out)
{
	struct attempt_set *set = set_of(iocb);

	for (int i = 0; i < WAYS; i++) {
		struct attempt *a = &set->way[i];

		if (a->iocb != (__u64)iocb)
			continue;
		*out = *a;
		/* if this fails, the attempt was given up meanwhile and is counted as uncertain */
		return __sync_val_compare_and_swap(&a->iocb, (__u64)iocb, 0) == (__u64)iocb;
	}
	return false;
}

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
static __noinline int retire_tentative(struct kiocb *iocb)
{
	struct attempt a;

	if (remove_tentative(iocb, &a))
		came_to_nothing(&a);
	return 0;
}

static __always_inline void forget_attempts(struct kiocb *iocb)
{
	struct attempt *a = certain_of(iocb);

	if (a->iocb == (__u64)iocb)
		a->iocb = 0;
	if (tp_state.tentative_seen)
		retire_tentative(iocb);
}

static __always_inline void put_certain(struct kiocb *iocb, __u32 where, __u32 writer, __u32 len)
{
	struct attempt *a;

	if (unlikely(tp_state.tentative_seen))
		retire_tentative(iocb);
	a = certain_of(iocb);
	a->iocb = (__u64)iocb;
	a->len = len;
	a->where = where;
	a->writer = writer;
}

/* Remembers an attempt of the current task. */
static __noinline int put_tentative(struct kiocb *iocb, __u32 where, __u32 len)
{
	struct attempt_set *set = set_of(iocb);
	struct attempt *a;

	forget_attempts(iocb);
	for (int i = 0; i < WAYS; i++) {
		if (!set->way[i].iocb &&
		    !__sync_val_compare_and_swap(&set->way[i].iocb, 0, (__u64)iocb)) {
			a = &set->way[i];
			goto fill;
		}
	}
	/* Give one attempt up. If it has not ended, it will not be counted. */
	a = &set->way[bpf_get_prandom_u32() & (WAYS - 1)];
	settle_counter(slot_at(a->where), FL_COUNT_UNCERTAIN, 1);
	__sync_lock_test_and_set(&a->iocb, (__u64)iocb);
fill:
	a->len = len;
	a->where = where;
	a->writer = writer_of(slot_at(where));
	return 0;
}

/* The slot of the kiocb's file on the passthrough route, or 0. */
static __always_inline __u32 slot_of_kiocb(struct kiocb *iocb)
{
	struct backing_file *bf;
	struct inode *inode;

	/* this path is rare: the cast only saves the verifier a search of the BTF for what may be trusted */
	iocb = bpf_rdonly_cast(iocb, bpf_core_type_id_kernel(struct kiocb));
	bf = bpf_rdonly_cast(iocb->ki_filp, bpf_core_type_id_kernel(struct backing_file));
	inode = bf->user_path.dentry->d_inode;

	return slot_with_key(slot_key(inode, inode->i_ino, inode->i_sb->s_dev, inode->i_generation,
				      FL_ROUTE_PASSTHROUGH));
}

/* Whether the attempt belongs to the kiocb's file: kiocbs of other files may reuse the address. */
static __always_inline bool is_of_file(const struct attempt *a, struct kiocb *iocb)
{
	__u32 slot = slot_at(a->where);

	return !slot || slot == slot_of_kiocb(iocb);
}

/*
 * A write without a known attempt failed. If another attempt has its place, it may have been
 * counted.
 */
static __always_inline void unknown_failed(struct kiocb *iocb)
{
	__u32 slot;

	if (!certain_of(iocb)->iocb)
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

static __noinline int direct_write_ended(struct kiocb *iocb, long ret)
{
	struct attempt a;

	/* asynchronous attempts show in their flags what they are */
	if (iocb->ki_complete && !(iocb->ki_flags & IOCB_WRITE))
		return 0;
	if (remove_certain(iocb, &a)) {
		if (ret > 0 || !is_of_file(&a, iocb))
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
	} else if (ret <= 0) {
		unknown_failed(iocb);
	}
	return 0;
}

#endif
