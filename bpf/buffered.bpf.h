/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffered writes to backing files on XFS. A tracepoint says that one begins, and none says how it ended.
 * But iomap goes through the file's extents in the same task, and its tracepoint iomap_iter shows how far
 * it got: it fires once before the first part of the write, and once after each part.
 *
 * iomap_iter also fires twice for each direct I/O of every file system that uses iomap. So the collector
 * detaches the program from it when there have been direct writes and no buffered ones, and attaches the
 * program again when it sees a buffered one. Buffered writes that begin in between are counted, and are
 * uncertain.
 */
#ifndef FUSELENS_BUFFERED_BPF_H
#define FUSELENS_BUFFERED_BPF_H

#include "attempts.bpf.h"
#include "registers.bpf.h"

enum buffered_phase {
	BUFFERED_NONE,
	BUFFERED_BEGUN,
	BUFFERED_WRITES, /* some of it is written, and it is counted */
	BUFFERED_FAILED, /* it failed, and is counted as failed */
	BUFFERED_UNTOLD, /* counted as uncertain: iomap_iter was not attached */
};

struct buffered {
	__u64 iocb;
	__u64 inode;	  /* of the backing file */
	__u64 iter;	  /* 0 until the iteration begins */
	__s64 start, pos; /* where it begins, and how far the iteration got */
	__s64 end;	  /* how far the write was to get */
	__u32 where;
	__u32 phase;
	__u32 nowait;
	__u32 writer;
	__u64 again; /* XFS has made room, and will try the same write once more */
	__u64 call;  /* see write_call_of_current() */
	__u32 synced;
	__u32 cut; /* it is told as maybe split: it has stopped early, unless another part comes */
};

/* The last one of each task. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, 1 /* BPF_F_NO_PREALLOC */);
	__type(key, int);
	__type(value, struct buffered);
} buffered_writes SEC(".maps");

static __always_inline struct buffered *buffered_of_current(void)
{
	struct buffered *b = bpf_task_storage_get(&buffered_writes, bpf_get_current_task_btf(),
						  NULL, 0);

	return b && b->phase ? b : NULL;
}

/* The task's last write has ended: no further event of it will come. */
static __always_inline void buffered_ended(const struct buffered *b)
{
	if (b->phase == BUFFERED_BEGUN)
		settle_counter(slot_at(b->where), b->nowait ? FL_COUNT_RETRIED : FL_COUNT_FAILED,
			       1);
}

/* Begins a write again if this is XFS's second try of it. Returns whether it is. */
static __always_inline bool begin_buffered_again(struct kiocb *iocb)
{
	struct buffered *b = buffered_of_current();

	if (!b || !b->again || b->iocb != (__u64)iocb)
		return false;
	b->again = 0;
	b->iter = 0;
	if (b->phase == BUFFERED_FAILED)
		settle_counter(slot_at(b->where), FL_COUNT_FAILED, -1);
	if (b->phase != BUFFERED_UNTOLD)
		b->phase = BUFFERED_BEGUN;
	return true;
}

/*
 * Whether this is the rest of a write that came short. splice(2) and its like call the file system again for it, until
 * all is written or nothing is; write(2) returns.
 */
static __always_inline bool buffered_goes_on(const struct buffered *b, struct kiocb *iocb,
					     struct file *file, __u32 len)
{
	return b->phase == BUFFERED_WRITES && b->iocb == (__u64)iocb &&
	       b->inode == (__u64)file->f_inode && b->pos == iocb->ki_pos && b->pos < b->end &&
	       b->pos + len <= b->end && !iocb->ki_complete &&
	       !is_in_write_call(bpf_get_current_task_btf());
}

/* Nothing will tell how the write ends: it counts, and is uncertain. */
static __always_inline void count_untold(__u32 where, __u32 writer, bool nowait, __u32 len)
{
	settle_counter(slot_at(where), FL_COUNT_UNCERTAIN, 1);
	if (!nowait)
		settle_at(where, writer, 1, len);
}

static __always_inline void buffered_begins(struct kiocb *iocb, struct file *file, __u32 where,
					    __u32 len)
{
	struct buffered *b = bpf_task_storage_get(&buffered_writes, bpf_get_current_task_btf(),
						  NULL, 1 /* create */);
	__u32 nowait = iocb->ki_flags & IOCB_NOWAIT, writer;

	where &= ~WHERE_MARK;
	writer = writer_of(slot_at(where));
	/*
	 * Set this before reading buffered_followed, with a full barrier in between, which x86 needs, too: a
	 * collector that clears buffered_followed and then finds this 0 has missed no write.
	 */
	__sync_lock_test_and_set(&tp_state.buffered_seen, 1);
	if (!b) {
		count_untold(where, writer, nowait, len);
		return;
	}
	if (unlikely(buffered_goes_on(b, iocb, file, len)))
		settle_counter(slot_at(where), FL_COUNT_MAYBE_SPLIT, 1);
	buffered_ended(b);
	b->iocb = (__u64)iocb;
	b->inode = (__u64)file->f_inode;
	b->iter = 0;
	b->start = b->pos = iocb->ki_pos;
	b->end = b->pos + len;
	b->call = write_call_of_current();
	b->synced = !!(iocb->ki_flags & IOCB_DSYNC);
	b->where = where;
	b->nowait = nowait;
	b->writer = writer;
	b->again = 0;
	b->cut = 0;
	b->phase = BUFFERED_BEGUN;
	if (tp_state.buffered_followed)
		return;
	b->phase = BUFFERED_UNTOLD;
	count_untold(where, writer, nowait, len);
}

/*
 * How many bytes the last part wrote; below 0 for an error. Until v6.15 (commit "iomap: advance the
 * iter directly on buffered writes") a part only stored this number, and iomap_iter() then moved
 * the position.
 */
static __always_inline __s64 progress_of(const struct buffered *b, struct iomap_iter *iter)
{
	struct iomap_iter___processed *old = (void *)iter;
	struct iomap_iter___status *new = (void *)iter;
	__s64 moved;

	if (bpf_core_field_exists(old->processed))
		return BPF_CORE_READ(old, processed);
	moved = iter->pos - b->pos;
	if (!moved && bpf_core_field_exists(new->status))
		return BPF_CORE_READ(new, status);
	return moved;
}

/* Whether the last part ended the iteration before its end. n: what progress_of() said of the part. */
static __always_inline bool stopped_early(__s64 n, struct iomap_iter *iter)
{
	struct iomap_iter___status *new = (void *)iter;

	return n < 0 || (bpf_core_field_exists(new->status) && BPF_CORE_READ(new, status) < 0);
}

/*
 * If part of a write is written, and the rest would wait, io_uring makes another call for the rest, in another task.
 * That the rest would wait shows in the part that stopped early. Or the file system says so when it is asked for the
 * next extent, and then no part follows.
 */
static __always_inline void tell_if_cut(struct buffered *b, bool cut)
{
	if (cut != b->cut)
		settle_counter(slot_at(b->where), FL_COUNT_MAYBE_SPLIT, cut ? 1 : -1);
	b->cut = cut;
}

SEC("tp_btf/iomap_iter")
int iomap_iterates(__u64 *ctx)
{
	struct iomap_iter *iter = (void *)ctx[0];
	struct buffered *b = buffered_of_current();
	__s64 n;

	if (!b || b->phase == BUFFERED_UNTOLD || b->inode != (__u64)iter->inode)
		return 0;
	if (!b->iter) {
		if ((iter->flags & (IOMAP_WRITE | IOMAP_DIRECT)) == IOMAP_WRITE)
			b->iter = (__u64)iter;
		return 0;
	}
	/* copying from memory may fault and so iterate over another file */
	if (b->iter != (__u64)iter)
		return 0;
	if (!iter->iomap.length) {
		/* another iteration at the same stack address */
		buffered_ended(b);
		b->phase = BUFFERED_NONE;
		return 0;
	}
	n = progress_of(b, iter);
	if (n > 0) {
		settle_at(b->where, b->writer, b->phase == BUFFERED_BEGUN, n);
		b->phase = BUFFERED_WRITES;
		b->pos += n;
	} else if (n < 0 && b->phase == BUFFERED_BEGUN) {
		buffered_ended(b);
		b->phase = BUFFERED_FAILED;
	}
	if (b->phase == BUFFERED_WRITES && b->nowait)
		tell_if_cut(b, stopped_early(n, iter) || b->pos < b->end);
	return 0;
}

/*
 * Data went to the page cache, and could not be written from there, or could not be dropped for a direct write: the
 * kernel tells that to the next that writes with O_DSYNC, or calls fsync(2). A write then fails after all.
 */
SEC("tp_btf/file_check_and_advance_wb_err")
int write_back_failed(__u64 *ctx)
{
	struct file *file = (void *)ctx[0];
	struct buffered *b = buffered_of_current();

	if (!b || b->phase != BUFFERED_WRITES || !b->synced || b->inode != (__u64)file->f_inode)
		return 0;
	b->synced = 0;
	if (b->call == NO_CALL) {
		/* this may also be a later call: one for fsync(2) or for a direct write */
		settle_counter(slot_at(b->where), FL_COUNT_UNCERTAIN, 1);
	} else if (b->call == write_call_of_current()) {
		settle_at(b->where, b->writer, -1, b->start - b->pos);
		settle_counter(slot_at(b->where), FL_COUNT_FAILED, 1);
		b->phase = BUFFERED_FAILED;
	}
	return 0;
}

/* XFS found no space, freed some, and tries again (xfs_file_buffered_write()): still the same write. */
SEC("tp_btf/xfs_blockgc_free_space")
int xfs_makes_room(__u64 *ctx)
{
	struct buffered *b = buffered_of_current();

	if (b && b->phase != BUFFERED_WRITES)
		b->again = 1;
	return 0;
}

#endif
