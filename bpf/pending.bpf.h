/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attempts to write whose outcome is not known yet, by the address of their kiocb. There are two tables: in one the
 * last attempt that hashes to a place has it, and in the other an attempt that loses its place is told as uncertain.
 */
#ifndef FUSELENS_PENDING_BPF_H
#define FUSELENS_PENDING_BPF_H

#include "settled.bpf.h"

struct attempt {
	__u64 iocb; /* 0: none; see ENDED */
	__u32 len;
	__u32 where; /* WHERE_MARK: a first attempt, which the file system itself repeats */
	__u32 writer;
	__u32 pad;
};

#define CERTAIN_BITS 12
/* A place holds the last attempt that hashes to it. */
static struct attempt certain[1 << CERTAIN_BITS];

/*
 * Added to the address in that table once the attempt is settled. So the place still shows that it was used, and
 * that an attempt of another kiocb may have lost it.
 */
#define ENDED 1ull

#define SET_BITS 10
#define WAYS	 4
struct attempt_set {
	struct attempt way[WAYS];
};
static struct attempt_set tentative[1 << SET_BITS];

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
	a->iocb = (__u64)iocb + ENDED;
	return true;
}

/* Whether an attempt of the kiocb that is not found may have lost its place. */
static __always_inline bool may_be_displaced(struct kiocb *iocb)
{
	__u64 last = certain_of(iocb)->iocb;

	return last && last != (__u64)iocb + ENDED;
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

/* Remembers an attempt of the current task. If there is no room, another one is given up. */
static __always_inline void add_tentative(struct kiocb *iocb, __u32 where, __u32 len)
{
	struct attempt_set *set = set_of(iocb);
	struct attempt *a;

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
}

#endif
