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
#include "iomap_route.bpf.h"
#include "times.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Times are measured for one write in this many, on average; 0: for none. */
const volatile __u32 timed_in = 1;
const volatile __u32 hist_slots = 64;

/* After so many writes at most, a batch is added to its slot, where times do not ask for it earlier. */
#define LARGEST_BATCH 1023

/* One per slot, for the first hist_slots slots; the other slots share slot 0's. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct fl_slot_hists);
} slot_hists SEC(".maps");

static __noinline int record_times(const struct fl_scope *s)
{
	__u64 now = bpf_ktime_get_ns(), locked = s->locked_ns;
	__u32 at = s->slot < hist_slots ? s->slot : 0;
	struct fl_slot_hists *h = bpf_map_lookup_elem(&slot_hists, &at);
	enum fl_mode mode = mode_of(s->cell);
	struct fl_hist *wait;

	if (!h || mode == FL_MODE_UNKNOWN)
		return 0;
	wait = &h->hist[mode == FL_MODE_SHARED ? FL_HIST_WAIT_SHARED : FL_HIST_WAIT_EXCL];
	add_time(wait, locked - s->entry_ns);
	add_time(wait + (FL_HIST_HOLD_EXCL - FL_HIST_WAIT_EXCL), now - locked);
	return 0;
}

/*
 * bpf_rdonly_cast() takes no types of modules, so the field is read through another struct's first
 * field.
 */
static __always_inline __u32 open_flags_of(void *fuse_file)
{
	struct upid *at =
		bpf_rdonly_cast(fuse_file + bpf_core_field_offset(struct fuse_file, open_flags),
				bpf_core_type_id_kernel(struct upid));

	return at->nr;
}

/* A random number below 2 * timed_in - 1. */
static __always_inline __u32 distance(void)
{
	return (__u64)bpf_get_prandom_u32() * (2 * timed_in - 1) >> 32;
}

/*
 * How many writes of a new task come before its first timed one. First writes are slower than
 * others and must not be more likely in the sample. So the number is the rest of a distance from a
 * random point in it: the smaller of two draws.
 */
static __always_inline __u32 first_untimed(void)
{
	__u32 one, other;

	if (!timed_in)
		return LARGEST_BATCH;
	one = distance();
	other = distance();
	return one < other ? one : other;
}

/*
 * Fills in what is known of the open file; returns 0 if it is selected. Only passthrough files are
 * remembered: the daemon answers each open of one, and its answer shows the backing file. If the
 * requests count a write, its slot is found with them.
 */
static __noinline int look_at_file(struct fl_scope *s, struct kiocb *iocb, __u64 backing)
{
	struct file *file = iocb->ki_filp;
	struct inode *inode = file->f_inode;
	__u32 dev = inode->i_sb->s_dev, epoch, open_flags, slot = 0;
	enum fl_route route;
	bool remembered, batched;

	if (!dev_selected(dev) || !file_selected(inode, inode->i_ino) || !enter_write())
		return -1;
	open_flags = open_flags_of(file->private_data);
	route = route_of_flags(open_flags);
	if (sees_passthrough_end && iocb->ki_complete)
		note_asynchronous();
	epoch = epoch_before_looking();
	if (route == FL_ROUTE_PASSTHROUGH || (route == FL_ROUTE_DIRECT && direct_by_function))
		slot = slot_of(inode, route, inode->i_ino, dev, inode->i_generation);
	/*
	 * Not remembered: files beyond the table (each write is a loss of its own), files while one
	 * process is selected, and files while each write has to ask the gate.
	 */
	remembered = epoch && slot && !only.any && route == FL_ROUTE_PASSTHROUGH;
	batched = remembered && !is_outside();
	/* a task may have left the family that it wrote for */
	if (!batched || slot != s->slot)
		end_batch(s);
	s->batched = batched;
	s->file = remembered ? backing : 0;
	s->fuse_file = (__u64)file;
	s->inode = (__u64)inode;
	s->epoch_looked = epoch;
	s->open_flags = open_flags;
	s->excl_cell = cell_of(open_flags & FOPEN_PARALLEL_DIRECT_WRITES ? FL_MODE_EXCL_FLAG_SET
									 : FL_MODE_EXCL_FLAG_UNSET,
			       FL_NATURE_PLAIN);
	if (!batched || slot != s->slot) {
		begin_change(s);
		s->slot = slot;
		s->usual = FL_NO_CELL;
		s->writer_key = NO_WRITER;
		end_change(s);
	}
	return 0;
}

/* Whether the write that the task has begun counts. If so, the scope knows its file. */
static __always_inline bool scope_counts(struct fl_scope *s, struct kiocb *iocb, __u64 backing)
{
	if (only.is.gated || !look_at_file(s, iocb, backing))
		return true;
	close_scope(s);
	return false;
}

/* A write that has to ask the gate does so when it begins. Returns 0 if it counts. */
static __noinline int enter_gate(struct fl_scope *s, struct kiocb *iocb)
{
	struct file *file = iocb->ki_filp;
	bool known = s->fuse_file == (__u64)file && s->inode == (__u64)file->f_inode &&
		     s->epoch_looked && s->epoch_looked == open_epoch && s->slot &&
		     route_of_flags(s->open_flags) == FL_ROUTE_PASSTHROUGH;

	if (known ? enter_write() : !look_at_file(s, iocb, 0))
		return 0;
	close_scope(s);
	return -1;
}

/*
 * A write begins that is timed, or whose task's batch is to be added to its slot. Measuring a write's times costs as
 * much as all the rest. The distances between timed writes are random, so that they cannot fall into step with a
 * writer that goes round its files. They are uniform from 1 to twice the mean minus 1.
 */
static __noinline int begin_specially(struct fl_scope *s, struct kiocb *iocb)
{
	__u32 *untimed = only.is.gated ? &s->until_timed : &s->untimed;

	if (only.is.gated && enter_gate(s, iocb))
		return 0;
	if (s->batch >= LARGEST_BATCH / 4)
		end_batch(s);
	if (*untimed) {
		--*untimed;
		return 0;
	}
	if (!timed_in) {
		*untimed = LARGEST_BATCH;
		return 0;
	}
	*untimed = distance();
	s->epoch = 0;
	s->entry_ns = bpf_ktime_get_ns();
	return 0;
}

/*
 * The scope is not this task's, or another write is in it: one around this one, for files on FUSE may be passed through
 * to files on FUSE, one whose end was missed, or one of a task with the same place. Returns 0 if it is ours now.
 */
static __noinline int take_scope(struct fl_scope *s, struct kiocb *iocb, __u32 pid)
{
	struct inode *inode = iocb->ki_filp->f_inode;

	if (s->key && scope_is_open(s)) {
		if (!dev_selected(inode->i_sb->s_dev) || !file_selected(inode, inode->i_ino))
			return -1;
		if (gate_open)
			lost(FL_LOSS_UNPAIRED);
		/* the other task may be about to add to its batch */
		if (s->pid != pid && ++s->refused % 16)
			return -1;
	}
	if (s->pid != pid) {
		end_batch(s);
		begin_change(s);
		s->usual = FL_NO_CELL;
		s->writer_key = NO_WRITER;
		end_change(s);
		s->file = 0;
		s->fuse_file = 0;
		s->pid = pid;
		s->until_timed = first_untimed();
		s->untimed = only.is.gated ? 0 : s->until_timed;
	}
	close_scope(s);
	return 0;
}

SEC("fentry/fuse_file_write_iter")
int write_entry(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	__u32 pid = current_pid();
	struct fl_scope *s = scope_of(pid);

	if (unlikely(s->key != pid) && take_scope(s, iocb, pid))
		return 0;
	s->key = (__u64)iocb;
	if (likely(s->untimed))
		s->untimed--;
	else
		begin_specially(s, iocb);
	return 0;
}

/*
 * The cell of an unusual passthrough write. A separate function, so that the usual path keeps the
 * registers.
 */
static __noinline __u32 unusual_cell(struct kiocb *iocb, struct inode *inode, __u64 bytes,
				     __u32 cell)
{
	int ki_flags = iocb->ki_flags;

	return cell + nature_of(ki_flags & IOCB_DIRECT, ki_flags & IOCB_APPEND,
				iocb->ki_pos + bytes, inode->i_size, false, inode->i_mode,
				inode->i_flags);
}

/* The cell of a write that holds the lock with this count, if nothing else is unusual. */
static __always_inline __u32 plain_cell(struct fl_scope *s, __u64 count)
{
	if (count & RWSEM_WRITER_LOCKED)
		return s->excl_cell;
	return cell_of(count & RWSEM_READER_MASK ? FL_MODE_SHARED : FL_MODE_UNKNOWN,
		       FL_NATURE_PLAIN);
}

static __always_inline struct inode *inode_in(const struct fl_scope *s)
{
	return bpf_rdonly_cast((void *)s->inode, bpf_core_type_id_kernel(struct inode));
}

/* Whether a write is direct, within EOF, no append, and need not look for privileges. */
static __always_inline bool is_plain(struct inode *inode, __u32 ki_flags, __u64 end)
{
	/* the kiocb's flags, as fuse passes them on */
	return (ki_flags & (IOCB_DIRECT | IOCB_APPEND)) == IOCB_DIRECT &&
	       inode->i_flags & S_NOSEC && end <= inode->i_size;
}

/* ctx is that of backing_file_write_iter(). */
static __noinline int look_under_lock(struct fl_scope *s, __u64 *ctx)
{
	struct inode *inode = inode_in(s);
	struct iov_iter *iter = (void *)ctx[1];
	struct kiocb *iocb = (void *)ctx[2];
	__u64 count = inode->i_rwsem.count.counter;
	__u32 cell = plain_cell(s, count);

	look_at_holders(s->slot, count);
	s->bytes = iter->count;
	if (!is_plain(inode, ctx[3], iocb->ki_pos + s->bytes))
		cell = unusual_cell(iocb, inode, s->bytes, cell);
	s->cell = cell;
	if (asynchronous_seen)
		remember_passthrough(s, iocb);
	s->key = (__u64)iocb + LOCKED;
	return 0;
}

/* The file is not the one of the task's last write, or more than the usual is to be noted of the write. */
static __noinline int locked_specially(struct fl_scope *s, __u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[2];
	__u64 backing = ctx[0];

	if (s->key != (__u64)iocb)
		return 0;
	if ((s->file != backing || s->epoch_looked != open_epoch) &&
	    !scope_counts(s, iocb, backing))
		return 0;
	if (s->entry_ns)
		s->locked_ns = bpf_ktime_get_ns();
	return look_under_lock(s, ctx);
}

/*
 * fuse_passthrough_write_iter() calls this under the lock. Overlayfs calls it too, without a scope. A file that the
 * scope knows is one of fs/fuse, so the write around this call is the scope's.
 */
SEC("fentry/backing_file_write_iter")
int passthrough_locked(__u64 *ctx)
{
	struct fl_scope *s = scope_of(current_pid());
	struct iov_iter *iter;
	struct inode *inode;
	struct kiocb *iocb;
	__u64 bytes;

	if (unlikely(s->file != ctx[0]) || unlikely(s->epoch != open_epoch))
		return locked_specially(s, ctx);
	/* what follows is look_under_lock() for a write that holds the lock alone, with nobody behind it */
	inode = inode_in(s);
	if ((inode->i_rwsem.count.counter & (RWSEM_WRITER_LOCKED | RWSEM_FLAG_WAITERS)) !=
	    RWSEM_WRITER_LOCKED)
		return look_under_lock(s, ctx);
	iter = (void *)ctx[1];
	iocb = (void *)ctx[2];
	bytes = iter->count;
	if (!is_plain(inode, ctx[3], iocb->ki_pos + bytes))
		return look_under_lock(s, ctx);
	s->bytes = bytes;
	s->key = (__u64)iter;
	return 0;
}

/* fuse_direct_write_iter() and fuse_direct_IO() call this under the lock. Reads call it as well. */
SEC("fentry/fuse_direct_io")
int direct_locked(__u64 *ctx)
{
	struct fuse_io_priv *io = (void *)ctx[0];
	struct iov_iter *iter = (void *)ctx[1];
	struct kiocb *iocb = io->iocb;
	struct fl_scope *s = scope_of(current_pid());
	struct inode *inode;
	enum held held;
	bool direct, cache_mode = false;
	__u64 count;
	int ki_flags;

	if (!s->key || s->key != (__u64)BPF_CORE_READ(io, iocb) || !scope_counts(s, iocb, 0))
		return 0;
	inode = iocb->ki_filp->f_inode;
	ki_flags = iocb->ki_flags;
	direct = s->open_flags & FOPEN_DIRECT_IO;
	count = inode->i_rwsem.count.counter;
	held = held_from_count(count);
	/* other writes of a cached file are counted with their requests, which find the slot */
	if (!direct)
		s->slot = slot_of(inode, FL_ROUTE_CACHED, inode->i_ino, inode->i_sb->s_dev,
				  inode->i_generation);
	if (s->slot)
		look_at_holders(s->slot, count);
	s->bytes = iter->count;
	if (direct && cache_io_mode_bit >= 0)
		cache_mode = BPF_CORE_READ((struct fuse_inode *)inode, state) >>
				     (cache_io_mode_bit & 63) &
			     1;
	s->cell = cell_of(mode_from(held, true, s->open_flags & FOPEN_PARALLEL_DIRECT_WRITES),
			  nature_of(direct || ki_flags & IOCB_DIRECT, ki_flags & IOCB_APPEND,
				    iocb->ki_pos + s->bytes, inode->i_size, cache_mode,
				    inode->i_mode, inode->i_flags));
	remember_direct(s, io);
	scope_locked(s, (__u64)iocb);
	return 0;
}

/* The current task's write was counted in the slot. */
static __always_inline void tell_whose(__u32 slot)
{
	count_writer(slot);
	if (is_outside())
		count_in_slot(slot, FL_COUNT_OUTSIDE);
}

/*
 * A write without a point at which the lock could be read went into the writeback cache. On other
 * routes the hook at that point is already detached, and the write does not belong to this window.
 */
static __noinline int count_unlocked(struct fl_scope *s, __u64 *ctx)
{
	/* read it from the context: to the verifier the scope's copy is only a number */
	struct kiocb *iocb = (void *)ctx[0];
	struct inode *inode = iocb->ki_filp->f_inode;
	long ret = ctx[2];
	__u32 slot;

	if (ret <= 0 || !scope_counts(s, iocb, 0) ||
	    route_of_flags(s->open_flags) != FL_ROUTE_CACHED)
		return 0;
	slot = slot_of(inode, FL_ROUTE_CACHED, inode->i_ino, inode->i_sb->s_dev,
		       inode->i_generation);
	count_write(slot, FL_MODE_UNKNOWN,
		    iocb->ki_flags & IOCB_DIRECT ? FL_NATURE_OTHER : FL_NATURE_BUFFERED, ret);
	tell_whose(slot);
	return 0;
}

/*
 * The lock was not seen held, the write did not return a number of bytes, or it is remembered. What completion shows of
 * a queued write may be settled already.
 */
static __noinline int count_unusual(struct fl_scope *s, struct kiocb *iocb, long ret)
{
	bool remembered = s->cell & CELL_REMEMBERED, queued = ret == -EIOCBQUEUED;

	if (queued && !remembered)
		queued_unremembered(s);
	else if (!queued && remembered)
		forget_queued(iocb);
	if (ret <= 0 && !queued) {
		count_in_slot(s->slot, ret == -EAGAIN ? FL_COUNT_RETRIED : FL_COUNT_FAILED);
		return 0;
	}
	/* io_uring makes another call for what would have waited */
	if (remembered && !queued && ret < s->bytes && iocb->ki_flags & IOCB_NOWAIT)
		count_in_slot(s->slot, FL_COUNT_MAYBE_SPLIT);
	count_cell(&s->slot, s->cell & ~CELL_REMEMBERED, queued ? s->bytes : ret);
	tell_whose(s->slot);
	return 0;
}

static __always_inline void add_to_batch(struct fl_scope *s, __u64 bytes)
{
	s->batch++;
	s->batch_bytes += bytes;
	/* while the scope is open no other task changes what the batch is of */
	barrier();
}

/* The first write of its kind, or one whose times were measured. */
static __always_inline void count_plain(struct fl_scope *s, __u32 cell, __u64 bytes)
{
	if (!s->batched) {
		count_cell(&s->slot, cell, bytes);
		tell_whose(s->slot);
		return;
	}
	if (cell != s->usual) {
		end_batch(s);
		begin_change(s);
		s->usual = cell;
		end_change(s);
		if (writer_at(s->writer)->key != s->writer_key)
			find_own_place(s);
		place_used(s);
	}
	add_to_batch(s, bytes);
}

static __noinline int ended_specially(struct fl_scope *s, __u64 *ctx)
{
	__u64 key = s->key, iocb = ctx[0], iter = ctx[1];
	__u32 cell = key == iter ? s->usual : s->cell;
	long ret = ctx[2];

	/* else the verifier loses what the comparison below says of it */
	barrier_var(cell);
	if (key == iocb) {
		count_unlocked(s, ctx);
	} else if (key == iocb + LOCKED || key == iter) {
		s->cell = cell;
		if (s->entry_ns)
			record_times(s);
		if (cell >= cell_of(FL_MODE_SHARED + 1, 0) || ret <= 0)
			count_unusual(s, (void *)ctx[0], ret);
		else
			count_plain(s, cell, ret);
	} else {
		return 0;
	}
	close_scope(s);
	return 0;
}

SEC("fexit/fuse_file_write_iter")
int write_exit(__u64 *ctx)
{
	__u32 pid = current_pid();
	struct fl_scope *s = scope_of(pid);
	long ret = ctx[2];

	if (likely(s->key == ctx[1]) && likely(ret > 0)) {
		add_to_batch(s, ret);
		s->key = pid;
		return 0;
	}
	ended_specially(s, ctx);
	if (only.is.gated)
		gate_end();
	return 0;
}

/*
 * fuse_passthrough_splice_write() calls this with the backing file, and holds the lock until after its return.
 * The splice counts by what the function returns: if the task has a signal to handle, or only work of its
 * io_uring, nothing is written, and the kernel makes the call again. A backing file of overlayfs leads to another
 * call, with the file below, and that one is counted.
 */
SEC("fexit/backing_file_splice_write")
int splice_ended(__u64 *ctx)
{
	struct file *out = (void *)ctx[1];
	struct backing_file *bf = (void *)out;
	struct inode *inode;
	__u32 dev, slot;
	__u64 ino, got;
	long ret;

	if (!is_backing_file(out->f_mode) || out->f_inode->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		return 0;
	inode = BPF_CORE_READ(bf, user_path.dentry, d_inode);
	if (BPF_CORE_READ(inode, i_sb, s_magic) != FUSE_SUPER_MAGIC)
		return 0;
	dev = BPF_CORE_READ(inode, i_sb, s_dev);
	ino = BPF_CORE_READ(inode, i_ino);
	if (!dev_selected(dev) || !mark_write_counted() || !file_selected(inode, ino))
		return 0;
	if (bpf_get_func_ret(ctx, &got))
		return 0;
	ret = (long)got;
	slot = slot_of(inode, FL_ROUTE_SPLICE, ino, dev, BPF_CORE_READ(inode, i_generation));
	if (ret <= 0) {
		count_in_slot(slot, ret == -EAGAIN || ret == -ERESTARTSYS ? FL_COUNT_RETRIED
									  : FL_COUNT_FAILED);
		return 0;
	}
	count_write(slot,
		    mode_from(held_from_count(BPF_CORE_READ(inode, i_rwsem.count.counter)), false,
			      false),
		    FL_NATURE_OTHER, ret);
	tell_whose(slot);
	return 0;
}
