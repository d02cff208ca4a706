// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state method from function hooks that only FUSE writes hit. A scope runs from the entry of
 * fuse_file_write_iter() to its return; in between, the first function that runs under the inode lock
 * marks the lock as taken. That gives, besides the mode, the wait (entry to locked) and the hold
 * (locked to return; for asynchronous writes that is the submission alone).
 *
 * The wait includes the few instructions before the lock is asked for, the hold the few after it is
 * let go; both are tens of nanoseconds.
 */
#define FL_HAVE_SCOPES
#include "requests.bpf.h"

char LICENSE[] SEC("license") = "GPL";

const volatile bool want_hists = true;
const volatile __u32 hist_slots = 64;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct fl_slot_hists);
} slot_hists SEC(".maps");

static __always_inline __u32 log2_bucket(__u64 ns)
{
	__u32 b = 0;

	if (ns >> 32) {
		ns >>= 32;
		b += 32;
	}
	if (ns >> 16) {
		ns >>= 16;
		b += 16;
	}
	if (ns >> 8) {
		ns >>= 8;
		b += 8;
	}
	if (ns >> 4) {
		ns >>= 4;
		b += 4;
	}
	if (ns >> 2) {
		ns >>= 2;
		b += 2;
	}
	if (ns >> 1) {
		ns >>= 1;
		b += 1;
	}
	return b + ns;
}

static __always_inline void add_to_hist(struct fl_hist *h, __u64 ns)
{
	__u32 b = log2_bucket(ns);

	if (b >= FL_HIST_BUCKETS)
		b = FL_HIST_BUCKETS - 1;
	h->bucket[b]++;
	h->sum_ns += ns;
}

static __always_inline void record_times(const struct scope *s, __u64 now)
{
	__u32 idx = s->slot < hist_slots ? s->slot : 0;
	struct fl_slot_hists *h = bpf_map_lookup_elem(&slot_hists, &idx);

	if (!h)
		return;
	if (s->held == HELD_SHARED) {
		add_to_hist(&h->hist[FL_HIST_WAIT_SHARED], s->locked_ns - s->entry_ns);
		add_to_hist(&h->hist[FL_HIST_HOLD_SHARED], now - s->locked_ns);
	} else if (s->held == HELD_EXCL) {
		add_to_hist(&h->hist[FL_HIST_WAIT_EXCL], s->locked_ns - s->entry_ns);
		add_to_hist(&h->hist[FL_HIST_HOLD_EXCL], now - s->locked_ns);
	}
}

SEC("fentry/fuse_file_write_iter")
int write_entry(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	struct iov_iter *from = (void *)ctx[1];
	struct file *file = iocb->ki_filp;
	struct inode *inode = file->f_inode;
	__u32 dev = inode->i_sb->s_dev;
	struct fuse_file *ff;
	struct scope *s;

	if (!dev_selected(dev) || !task_selected())
		return 0;
	if (selected_ino && selected_ino != inode->i_ino)
		return 0;
	s = scope_of_current();
	if (!s)
		return 0;
	if (s->task)
		lost(FL_LOSS_UNPAIRED);
	ff = file->private_data;
	s->task = bpf_get_current_task();
	s->iocb = (__u64)iocb;
	s->open_flags = BPF_CORE_READ(ff, open_flags);
	s->locked_ns = 0;
	s->counted = 0;
	s->held = HELD_UNKNOWN;
	s->bytes = from->count;
	s->entry_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline enum fl_route route_of_flags(__u32 open_flags)
{
	if (open_flags & FOPEN_DIRECT_IO)
		return FL_ROUTE_DIRECT;
	return open_flags & FOPEN_PASSTHROUGH ? FL_ROUTE_PASSTHROUGH : FL_ROUTE_CACHED;
}

/* Notes how the lock is held now. The write is counted when it returns, see write_exit(). */
static __always_inline void note_lock(struct scope *s, struct kiocb *iocb, struct inode *inode,
				      enum fl_route route)
{
	int ki_flags = iocb->ki_flags;
	bool cache_mode = false;

	s->held = held_from_count(inode->i_rwsem.count.counter);
	s->slot = slot_of(inode, route, inode->i_ino, inode->i_sb->s_dev, inode->i_generation);
	if (route == FL_ROUTE_DIRECT && cache_io_mode_bit >= 0)
		cache_mode = BPF_CORE_READ((struct fuse_inode *)inode, state) >>
				     (cache_io_mode_bit & 63) &
			     1;
	s->take = take_from(s->held, true, s->open_flags & FOPEN_PARALLEL_DIRECT_WRITES);
	s->nature = nature_of(route == FL_ROUTE_DIRECT || ki_flags & IOCB_DIRECT,
			      ki_flags & IOCB_APPEND, iocb->ki_pos + s->bytes, inode->i_size,
			      cache_mode, inode->i_mode, inode->i_flags);
	s->locked_ns = bpf_ktime_get_ns();
}

/* In fuse_passthrough_write_iter(), under the lock. Overlayfs calls this too, without a scope. */
SEC("fentry/backing_file_write_iter")
int passthrough_locked(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[2];
	struct scope *s = open_scope();

	if (!s || s->locked_ns || s->iocb != ctx[2])
		return 0;
	note_lock(s, iocb, iocb->ki_filp->f_inode, FL_ROUTE_PASSTHROUGH);
	return 0;
}

/* In fuse_direct_write_iter() or fuse_direct_IO(), under the lock; reads come here as well. */
SEC("fentry/fuse_direct_io")
int direct_locked(__u64 *ctx)
{
	struct fuse_io_priv *io = (void *)ctx[0];
	struct kiocb *iocb = io->iocb;
	struct scope *s = open_scope();

	if (!s || s->locked_ns || s->iocb != (__u64)BPF_CORE_READ(io, iocb))
		return 0;
	note_lock(s, iocb, iocb->ki_filp->f_inode,
		  s->open_flags & FOPEN_DIRECT_IO ? FL_ROUTE_DIRECT : FL_ROUTE_CACHED);
	return 0;
}

SEC("fexit/fuse_file_write_iter")
int write_exit(__u64 *ctx)
{
	long ret = ctx[2];
	struct scope *s = open_scope();

	if (!s)
		return 0;
	if (s->locked_ns) {
		if (want_hists)
			record_times(s, bpf_ktime_get_ns());
		if (s->counted)
			; /* a cached write, counted with its request */
		else if (ret > 0 || ret == -EIOCBQUEUED)
			count_write(s->slot, s->take, s->nature, ret > 0 ? ret : s->bytes);
		else
			count_in_slot(s->slot, ret == -EAGAIN ? FL_COUNT_RETRIED : FL_COUNT_FAILED);
	} else if (ret > 0) {
		/* written without a point at which the lock could be read: the writeback cache */
		struct kiocb *iocb = (void *)ctx[0];
		struct inode *inode = iocb->ki_filp->f_inode;

		count_write(slot_of(inode, route_of_flags(s->open_flags), inode->i_ino,
				    inode->i_sb->s_dev, inode->i_generation),
			    FL_TAKE_UNKNOWN,
			    iocb->ki_flags & IOCB_DIRECT ? FL_NATURE_OTHER : FL_NATURE_BUFFERED,
			    ret);
	}
	s->task = 0;
	return 0;
}

/* Under the lock in fuse_passthrough_splice_write(). The file is the backing one. */
SEC("fentry/backing_file_splice_write")
int splice_locked(__u64 *ctx)
{
	struct file *out = (void *)ctx[1];
	struct backing_file *bf = (void *)out;
	struct inode *inode;
	__u32 dev, slot;
	__u64 ino;

	if (!is_backing_file(out->f_mode))
		return 0;
	inode = BPF_CORE_READ(bf, user_path.dentry, d_inode);
	if (BPF_CORE_READ(inode, i_sb, s_magic) != FUSE_SUPER_MAGIC)
		return 0;
	dev = BPF_CORE_READ(inode, i_sb, s_dev);
	ino = BPF_CORE_READ(inode, i_ino);
	if (!dev_selected(dev) || !task_selected() || (selected_ino && selected_ino != ino))
		return 0;
	slot = slot_of(inode, FL_ROUTE_SPLICE, ino, dev, BPF_CORE_READ(inode, i_generation));
	count_write(slot,
		    take_from(held_from_count(BPF_CORE_READ(inode, i_rwsem.count.counter)), false,
			      false),
		    FL_NATURE_OTHER, ctx[3]);
	return 0;
}
