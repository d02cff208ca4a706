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

/* One per slot, for the first hist_slots slots; the other slots share slot 0's. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct fl_slot_hists);
} slot_hists SEC(".maps");

static __noinline int record_times(const struct scope *s)
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

/*
 * Measuring a write's times costs half as much as all the rest. The distances between timed writes
 * are random, so that they cannot fall into step with a writer that goes round its files. They are
 * uniform from 1 to twice the mean minus 1.
 */
static __noinline int begin_times(struct scope *s)
{
	if (!timed_in) {
		s->untimed = ~0u;
		return 0;
	}
	s->untimed = bpf_get_prandom_u32() % (2 * timed_in - 1);
	s->entry_ns = bpf_ktime_get_ns();
	return 0;
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
		return ~0u;
	one = bpf_get_prandom_u32() % (2 * timed_in - 1);
	other = bpf_get_prandom_u32() % (2 * timed_in - 1);
	return one < other ? one : other;
}

/*
 * Fills in what is known of the open file; returns 0 if it is selected. Only passthrough files are
 * remembered: the daemon answers each open of one, and its answer shows the backing file. If the
 * requests count a write, its slot is found with them.
 */
static __noinline int open_file(struct scope *s, struct kiocb *iocb, struct file *file, __u32 pid)
{
	struct inode *inode = file->f_inode;
	__u32 dev = inode->i_sb->s_dev, epoch = epoch_before_looking(), open_flags, slot = 0;
	enum fl_route route;

	if (!dev_selected(dev) || !file_selected(inode, inode->i_ino) || !enter_write())
		return -1;
	open_flags = open_flags_of(file->private_data);
	route = route_of_flags(open_flags);
	if (sees_passthrough_end && iocb->ki_complete)
		asynchronous_seen = 1;
	if (route == FL_ROUTE_PASSTHROUGH || (route == FL_ROUTE_DIRECT && direct_by_function))
		slot = slot_of(inode, route, inode->i_ino, dev, inode->i_generation);
	if (!s->pid)
		s->untimed = first_untimed();
	s->pid = pid;
	s->inode = (__u64)inode;
	s->slot = slot;
	s->epoch = epoch;
	s->open_flags = open_flags;
	s->excl_cell = cell_of(open_flags & FOPEN_PARALLEL_DIRECT_WRITES ? FL_MODE_EXCL_FLAG_SET
									 : FL_MODE_EXCL_FLAG_UNSET,
			       FL_NATURE_PLAIN);
	/*
	 * Not remembered: files beyond the table (each write is a loss of its own), files while one
	 * process is selected, and files while each write has to ask the gate.
	 */
	s->file = 0;
	if (epoch && slot && !only.any && route == FL_ROUTE_PASSTHROUGH)
		s->file = (__u64)file;
	return 0;
}

/* A scope whose end was missed must not serve this write, whose iocb may have the same address. */
static __noinline int not_selected(struct scope *s, struct kiocb *iocb)
{
	if ((s->iocb & ~LOCKED) == (__u64)iocb) {
		s->iocb = 0;
		lost(FL_LOSS_UNPAIRED);
	}
	return 0;
}

SEC("fentry/fuse_file_write_iter")
int write_entry(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	__u32 pid = current_pid();
	struct scope *s = scope_of(pid);
	struct file *file = iocb->ki_filp;

	/*
	 * Compare the inode, too. Another task with the same place may have changed it meanwhile,
	 * and the address of the remembered file may now belong to a file of a mount without OPEN
	 * requests.
	 */
	if ((s->file != (__u64)file || s->inode != (__u64)file->f_inode ||
	     s->epoch != open_epoch) &&
	    open_file(s, iocb, file, pid))
		return not_selected(s, iocb);
	if (s->iocb)
		lost(FL_LOSS_UNPAIRED);
	s->iocb = (__u64)iocb;
	s->entry_ns = 0;
	if (s->untimed)
		s->untimed--;
	else
		begin_times(s);
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

/*
 * fuse_passthrough_write_iter() calls this under the lock. Overlayfs calls it too, without a scope.
 */
SEC("fentry/backing_file_write_iter")
int passthrough_locked(__u64 *ctx)
{
	struct scope *s = scope_of(current_pid());
	struct kiocb *iocb = (void *)ctx[2];
	struct iov_iter *iter;
	struct inode *inode;
	__u64 count, bytes;
	__u32 ki_flags, cell;

	if (s->iocb != (__u64)iocb)
		return 0;
	inode = bpf_rdonly_cast((void *)s->inode, bpf_core_type_id_kernel(struct inode));
	count = inode->i_rwsem.count.counter;
	cell = s->excl_cell;
	if (!(count & RWSEM_WRITER_LOCKED)) {
		cell = cell_of(FL_MODE_SHARED, FL_NATURE_PLAIN);
		if (!(count & RWSEM_READER_MASK))
			cell = cell_of(FL_MODE_UNKNOWN, FL_NATURE_PLAIN);
	}
	look_at_holders(s->slot, count);
	iter = (void *)ctx[1];
	bytes = iter->count;
	s->bytes = bytes;
	ki_flags = ctx[3]; /* the kiocb's flags, as fuse passes them on */
	if ((ki_flags & (IOCB_DIRECT | IOCB_APPEND)) != IOCB_DIRECT ||
	    !(inode->i_flags & S_NOSEC) || iocb->ki_pos + bytes > inode->i_size)
		cell = unusual_cell(iocb, inode, bytes, cell);
	s->cell = cell;
	if (unlikely(asynchronous_seen))
		remember_passthrough(s, iocb);
	scope_locked(s, (__u64)iocb);
	return 0;
}

/* fuse_direct_write_iter() and fuse_direct_IO() call this under the lock. Reads call it as well. */
SEC("fentry/fuse_direct_io")
int direct_locked(__u64 *ctx)
{
	struct fuse_io_priv *io = (void *)ctx[0];
	struct iov_iter *iter = (void *)ctx[1];
	struct kiocb *iocb = io->iocb;
	struct scope *s = scope_of(current_pid());
	struct inode *inode;
	enum held held;
	bool direct, cache_mode = false;
	__u64 count;
	int ki_flags;

	if (!s->iocb || s->iocb != (__u64)BPF_CORE_READ(io, iocb))
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
static __noinline int count_unlocked(struct scope *s, __u64 *ctx)
{
	/* read it from the context: to the verifier the scope's copy is only a number */
	struct kiocb *iocb = (void *)ctx[0];
	struct inode *inode = iocb->ki_filp->f_inode;
	long ret = ctx[2];
	__u32 slot;

	s->iocb = 0;
	if (ret <= 0 || route_of_flags(s->open_flags) != FL_ROUTE_CACHED)
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
static __noinline int count_unusual(struct scope *s, struct kiocb *iocb, long ret)
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

/* The order of these steps keeps the path of the usual write short. */
static __always_inline int end_write(__u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scope *s = scope_of(task->pid);
	__u32 cell;
	long ret;

	if (s->iocb != ctx[0] + LOCKED)
		return s->iocb == ctx[0] ? count_unlocked(s, ctx) : 0;
	s->iocb = 0;
	if (s->entry_ns)
		record_times(s);
	ret = ctx[2];
	cell = s->cell;
	if (cell >= cell_of(FL_MODE_SHARED + 1, 0) || ret <= 0)
		return count_unusual(s, (void *)ctx[0], ret);
	count_cell(&s->slot, cell, ret);
	count_writer_as(task, s->slot);
	if (is_outside())
		count_in_slot(s->slot, FL_COUNT_OUTSIDE);
	return 0;
}

SEC("fexit/fuse_file_write_iter")
int write_exit(__u64 *ctx)
{
	end_write(ctx);
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
