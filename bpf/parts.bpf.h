/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asynchronous direct writes that may leave as several requests. If one of them fails, or comes short, the whole write
 * fails (fuse_get_res_by_io()). The others may have ended well before, or end well later.
 */
#ifndef FUSELENS_PARTS_BPF_H
#define FUSELENS_PARTS_BPF_H

#include "order.bpf.h"
#include "settled.bpf.h"

/* The last such write that hashes to a place has it, from its first request on, until another one takes the place. */
struct parted {
	__u64 io; /* 0: none */
	__u64 bytes; /* counted of the write so far; PART_FAILED: it has failed, and nothing of it counts */
	__u32 where;
	__u32 writer;
};
#define PARTED_BITS 10
static struct parted parted_writes[1 << PARTED_BITS];

#define PART_FAILED (1ull << 63)

static __always_inline struct parted *parted_of(const struct fuse_io_priv *io)
{
	return &parted_writes[place_of(io, PARTED_BITS) & ((1 << PARTED_BITS) - 1)];
}

/* A write that does not count has this address: what is known of an earlier one must not get its failure. */
static __always_inline void forget_parts(const struct fuse_io_priv *io)
{
	struct parted *p = parted_of(io);

	if (p->io == (__u64)io)
		p->io = 0;
}

/* The first request of a write is counted. parted: whether others may follow. */
static __always_inline void first_part(const struct fuse_io_priv *io, bool parted, __u32 where,
				       __u32 writer, __u32 len)
{
	struct parted *p = parted_of(io);

	if (!parted) {
		forget_parts(io);
		return;
	}
	p->io = 0;
	p->where = where;
	p->writer = writer;
	__sync_lock_test_and_set(&p->bytes, len);
	__sync_lock_test_and_set(&p->io, (__u64)io);
}

/* Whether a further request counts: not if another one has failed. */
static __always_inline bool further_part_counts(const struct fuse_io_priv *io, __u32 len)
{
	struct parted *p = parted_of(io);

	return p->io != (__u64)io || !(__sync_fetch_and_add(&p->bytes, len) & PART_FAILED);
}

/*
 * A request failed, or came short. If the write is known, subtracts it and all that was counted of it, once, and
 * returns true.
 */
static __always_inline bool part_failed(const struct fuse_io_priv *io, int error)
{
	struct parted *p = parted_of(io);
	__u32 where, writer;
	__u64 bytes;

	if (p->io != (__u64)io)
		return false;
	where = p->where;
	writer = p->writer;
	/* no other write has taken the place meanwhile */
	read_in_order();
	if (*(volatile __u64 *)&p->io != (__u64)io)
		return false;
	bytes = __sync_fetch_and_or(&p->bytes, PART_FAILED);
	if (bytes & PART_FAILED)
		return true;
	settle_at(where, writer, -1, -(__s64)bytes);
	settle_failed(slot_at(where), error);
	return true;
}

#endif
