// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state method from BTF tracepoints alone: no function is hooked, so it works where loading a
 * trampoline is refused. iomap_dio_rw_begin runs in the writer with the backing file's kiocb, while
 * fuse_passthrough_write_iter() holds the FUSE inode's lock. With the kiocb of a FUSE file it is a write that fs/fuse
 * itself does by iomap, whatever functions led to it.
 */
#include "requests.bpf.h"
#include "attempts.bpf.h"
#include "backing_files.bpf.h"
#include "buffered.bpf.h"
#include "holders.bpf.h"
#include "remembered.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Each write is added at once. */
static __always_inline __u64 batched_for(const struct fl_writer *w)
{
	return 0;
}

/* The form's answers to what write_requests.bpf.h asks. No request is remembered for the next. */

static __always_inline bool write_request_selected(void)
{
	return mark_write_counted();
}

static __always_inline enum at_request ask_at_request(const struct sent_write *w)
{
	return REQUEST_COUNTS;
}

static __always_inline void tell_first_request(const struct sent_write *w, __u32 cell)
{
}

static __always_inline void open_files_changed(void)
{
	forget_open_files();
}

#define OPEN_WRITES 3u /* O_WRONLY or O_RDWR */
/* O_DIRECT */
#if defined(__TARGET_ARCH_arm64)
#define OPEN_DIRECT 0200000u
#else
#define OPEN_DIRECT 040000u
#endif

/*
 * Only on XFS are all writes seen that are passed through, and none that goes into a writeback cache. The list of open
 * files shows those that are open when user space looks; this one is for files that are closed again before. Of one
 * process's files it is not asked.
 */
static __always_inline bool may_miss_writes(struct fuse_conn *fc, __u32 flags, __u32 open_flags,
					    __s32 backing_id)
{
	__u32 magic;

	if (!(flags & OPEN_WRITES) || only.is.tgid)
		return false;
	if (!(open_flags & (FOPEN_PASSTHROUGH | FOPEN_DIRECT_IO)))
		return !(flags & OPEN_DIRECT) && BPF_CORE_READ_BITFIELD_PROBED(fc, writeback_cache);
	if (!(open_flags & FOPEN_PASSTHROUGH))
		return false;
	magic = magic_of_backing(fc, backing_id);
	return magic && magic != XFS_SUPER_MAGIC;
}

/*
 * Nearly all writes are plain, and four jumps are enough to find out. If the compiler may combine
 * all the conditions, it makes a dozen jumps more.
 */
static __always_inline enum fl_nature nature_of_backing(struct inode *inode, bool direct,
							bool append, __u64 end)
{
	__u32 i_flags = inode->i_flags;
	__u64 size = inode->i_size;

	if (likely(direct))
		if (likely(i_flags & S_NOSEC))
			if (likely(!append))
				if (likely(end <= size))
					return FL_NATURE_PLAIN;
	return nature_of(direct, append, end, size, false, inode->i_mode, i_flags);
}

enum write_begins {
	DIRECT_BEGINS,
	DIRECT_BOUNCES, /* this fails before iomap sees it */
	BUFFERED_BEGINS,
};

/* Counts a write, or remembers it until its outcome is known. */
static __always_inline int write_begins(struct kiocb *iocb, struct file *file, __u32 slot,
					__u32 cell, __u64 len, __u32 dio_flags,
					enum write_begins how)
{
	__u32 where = where_of(slot, cell);
	int ki_flags = iocb->ki_flags;

	if (is_outside())
		where |= WHERE_OUTSIDE;
	if (how == BUFFERED_BEGINS) {
		buffered_begins(iocb, file, where, len);
		return 0;
	}
	if (how == DIRECT_BOUNCES)
		return put_tentative(iocb, where, len);
	if (unlikely(ki_flags & IOCB_NOWAIT || dio_flags & IOMAP_DIO_OVERWRITE_ONLY)) {
		tp_state.tentative_seen |= ki_flags & IOCB_NOWAIT ? FL_TENTATIVE_NOWAIT
								  : FL_TENTATIVE_OVERWRITE;
		/*
		 * One that does not have IOCB_NOWAIT shows at its completion by nothing but a lookup. And from now on
		 * each certain write looks for a tentative attempt that an earlier kiocb left at its address.
		 */
		only_length = LENGTHS_DIFFER;
		if (!(ki_flags & IOCB_NOWAIT))
			where |= WHERE_MARK;
		return put_tentative(iocb, where, len);
	}
	count_cell(&slot, cell, len);
	if (unlikely(where & WHERE_OUTSIDE))
		count_in_slot(slot, FL_COUNT_OUTSIDE);
	put_certain(iocb, where, count_writer(slot), len);
	return 0;
}

#define NOT_SELECTED (~0u)

/*
 * The slot of a write that counts, or NOT_SELECTED. A selected device belongs to a FUSE mount.
 * Not static: see slots.bpf.h.
 */
__noinline __u32 look_up_slot(__u64 inode_address, __u32 route)
{
	struct inode *inode = bpf_rdonly_cast((void *)inode_address,
					      bpf_core_type_id_kernel(struct inode));
	struct super_block *sb = inode->i_sb;
	__u32 dev = sb->s_dev;
	__u64 ino;

	if (dev != selected_devs[0] && (!dev_selected(dev) || sb->s_magic != FUSE_SUPER_MAGIC))
		return NOT_SELECTED;
	if (!mark_write_counted())
		return NOT_SELECTED;
	ino = inode->i_ino;
	if (!file_selected(inode, ino))
		return NOT_SELECTED;
	return slot_of(inode, route, ino, dev, inode->i_generation);
}

/* Looks at the lock, which the write holds, and at the write, and counts it. */
static __always_inline int look_at_write_of(struct inode *inode, __u32 slot, struct kiocb *iocb,
					    struct file *file, struct iov_iter *iter,
					    __u32 dio_flags, enum write_begins how)
{
	__u64 count = inode->i_rwsem.count.counter, len = iter->count;
	enum fl_mode mode = mode_from_count(count);
	enum fl_nature nature;
	/* in memory, so that the verifier forgets its value and does not follow each possible one */
	volatile __u8 cell;

	look_at_holders(slot, count);
	nature = nature_of_backing(inode, how != BUFFERED_BEGINS, iocb->ki_flags & IOCB_APPEND,
				   iocb->ki_pos + len);
	cell = mode * FL_NATURES + nature;
	return write_begins(iocb, file, slot, cell, len, dio_flags, how);
}

/*
 * A write to a backing file. user_path leads to the FUSE inode. Overlayfs uses backing files too;
 * there user_path leads to an overlayfs inode, and the magic excludes it.
 */
static __always_inline int backing_write(struct kiocb *iocb, struct file *file,
					 struct iov_iter *iter, __u32 dio_flags,
					 enum write_begins how)
{
	struct backing_file *bf;
	struct dentry *dentry;
	struct inode *inode;
	__u32 slot, epoch = epoch_before_looking();

	bf = bpf_rdonly_cast(file, bpf_core_type_id_kernel(struct backing_file));
	dentry = bf->user_path.dentry;
	inode = dentry->d_inode;
	slot = look_up_slot(number_of(inode), FL_ROUTE_PASSTHROUGH);
	if (slot == NOT_SELECTED) {
		/* the attempt that an earlier kiocb left at this address must not get this one's failure */
		forget_attempts(iocb);
		return 0;
	}
	/*
	 * Not remembered: files while each write has to ask whose it is or has to ask the gate, and files with
	 * --waits, where looking a slot up follows the locks.
	 */
	if (how == DIRECT_BEGINS && !only.any && !follow_locks)
		remember_file(file, dentry, inode, slot, epoch);
	return look_at_write_of(inode, slot, iocb, file, iter, dio_flags, how);
}

/* A write that fs/fuse does by iomap on the FUSE inode itself, under its lock. */
static __noinline int fuse_write(struct kiocb *iocb, struct file *file, struct iov_iter *iter,
				 __u32 dio_flags)
{
	struct inode *inode = file->f_inode;
	__u32 slot = look_up_slot(number_of(inode), FL_ROUTE_IOMAP);

	if (slot != NOT_SELECTED)
		return look_at_write_of(inode, slot, iocb, file, iter, dio_flags, DIRECT_BEGINS);
	forget_attempts(iocb);
	return 0;
}

/*
 * The usual write: to a file that is remembered, and nothing about it needs a second look. Counts it and returns
 * true. All that runs for each write is here, in the order that needs the fewest instructions.
 */
static __always_inline bool usual_write(__u64 *ctx, struct remembered *known)
{
	struct kiocb *iocb = (void *)ctx[0];
	struct iov_iter *iter = (void *)ctx[1];
	struct fl_slot_counts *c;
	struct inode *inode;
	__u64 count, len;
	__u32 where, writer;

	if (((__u32)iocb->ki_flags & (IOCB_NOWAIT | IOCB_APPEND)) |
		    ((__u32)ctx[2] & IOMAP_DIO_OVERWRITE_ONLY) | ctx[3] ||
	    !iter->data_source || !gate_open)
		return false;
	len = iter->count;
	c = bpf_map_lookup_elem(&slot_counts, &known->slot);
	if (!c)
		return false;
	/* else the compiler keeps the address of known->slot, too, and then len needs a place on the stack */
	barrier_var(known);
	/* what is loaded from here on needs no place on the stack: no call comes in between */
	inode = bpf_rdonly_cast((void *)known->inode, bpf_core_type_id_kernel(struct inode));
	iocb = (void *)ctx[0];
	if (!(inode->i_flags & S_NOSEC) || iocb->ki_pos + len > inode->i_size)
		return false;
	count = inode->i_rwsem.count.counter;
	where = where_of(known->slot, FL_MODE_EXCL_FLAG_UNKNOWN * FL_NATURES + FL_NATURE_PLAIN);
	if (likely(count & RWSEM_WRITER_LOCKED)) {
		c->cell[FL_MODE_EXCL_FLAG_UNKNOWN][FL_NATURE_PLAIN]++;
	} else {
		if (!(count & RWSEM_READER_MASK))
			return false;
		c->cell[FL_MODE_SHARED][FL_NATURE_PLAIN]++;
		where = where_of(known->slot, FL_MODE_SHARED * FL_NATURES + FL_NATURE_PLAIN);
	}
	c->counter[FL_COUNT_BYTES] += len;
	look_at_holders(known->slot, count);
	if (is_outside()) {
		where |= WHERE_OUTSIDE;
		c->counter[FL_COUNT_OUTSIDE]++;
	}
	writer = count_remembered_writer(known);
	put_certain((void *)ctx[0], where, writer, len);
	return true;
}

/* A separate function, so that the usual path keeps the registers. */
static __noinline int other_begins(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	struct iov_iter *iter = (void *)ctx[1];
	__u32 dio_flags = ctx[2];
	__u64 done_before = ctx[3];
	/* load it once: at each load the verifier searches the whole BTF for what it may trust */
	struct file *file = iocb->ki_filp;
	bool backing = is_backing_file(file->f_mode);

	if (!backing && !is_fuse_file(file))
		return 0;
	/*
	 * Whether this is a read or the rest of a write. A file system that goes on with a write
	 * after faulting pages in passes how much was done before.
	 */
	if (!iter->data_source)
		forget_attempts(iocb);
	if (!iter->data_source || done_before)
		return 0;
	return backing ? backing_write(iocb, file, iter, dio_flags, DIRECT_BEGINS)
		       : fuse_write(iocb, file, iter, dio_flags);
}

SEC("tp_btf/iomap_dio_rw_begin")
int dio_begin(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	struct file *file = iocb->ki_filp;
	__u32 cpu = bpf_get_smp_processor_id();
	struct remembered *known;

	if (likely(cpu < REMEMBERED_CPUS)) {
		known = remembered_place(cpu, file);
		if (is_remembered(known, file) && usual_write(ctx, known))
			return 0;
	}
	return other_begins(ctx);
}

/*
 * Nearly all writes need nothing here: they were counted where they began. A successful read
 * differs from a tentative write by its flags; synchronous writes never have IOCB_NOWAIT.
 */
SEC("tp_btf/iomap_dio_complete")
int dio_complete(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	struct file *file;
	long ret = ctx[2];

	/* first the usual: in full, or a read or somebody else's write of the same length */
	if (likely(ret == only_length) && likely(!(iocb->ki_flags & IOCB_NOWAIT)))
		return 0;
	if (ret > 0 && (iocb->ki_flags & (IOCB_NOWAIT | IOCB_WRITE)) == IOCB_NOWAIT &&
	    !unmarked_tentative)
		return 0;
	file = iocb->ki_filp;
	if (!is_backing_file(file->f_mode) && !is_fuse_file(file))
		return 0;
	return direct_write_ended(iocb, ret);
}

/*
 * XFS passes an unaligned direct write to a file with shared blocks to the buffered path
 * (xfs_file_dio_write_unaligned()). XFS may be a module, so the arguments of its tracepoints need
 * the check. Each is read once: to the kernel, what is read again is another pointer, and unchecked.
 */
SEC("tp_btf/xfs_reflink_bounce_dio_write")
int xfs_bounce(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	struct iov_iter *from = (void *)ctx[1];
	struct file *file;

	if (!iocb || !from)
		return 0;
	file = iocb->ki_filp;
	if (!is_backing_file(file->f_mode))
		return 0;
	return backing_write(iocb, file, from, 0, DIRECT_BOUNCES);
}

SEC("tp_btf/xfs_file_buffered_write")
int xfs_buffered_write(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	struct iov_iter *from = (void *)ctx[1];
	struct file *file;
	struct attempt a;

	if (!iocb || !from)
		return 0;
	file = iocb->ki_filp;
	if (!is_backing_file(file->f_mode))
		return 0;
	if (begin_buffered_again(iocb))
		return 0;
	if (!(iocb->ki_flags & IOCB_DIRECT))
		return backing_write(iocb, file, from, 0, BUFFERED_BEGINS);
	/*
	 * Whether this is a direct write that goes on through the page cache: it bounced, or it
	 * could not drop its pages because a mapping keeps them dirty. iomap_dio_rw() began and
	 * then gave up with -ENOTBLK.
	 */
	if (remove_certain(iocb, &a))
		settle_at(a.where, a.writer, -1, -(__s64)a.len);
	else if (!remove_tentative(iocb, &a)) {
		unknown_failed(iocb);
		return 0;
	}
	buffered_begins(iocb, file, a.where, a.len);
	return 0;
}

/* io_uring tried without waiting, perhaps unseen, and now passes the write to a worker. */
SEC("tp_btf/io_uring_queue_async_work")
int uring_punts(__u64 *ctx)
{
	struct io_kiocb *req = (void *)ctx[0];
	struct file *file = BPF_CORE_READ(req, file);
	struct super_block *sb;

	if (!file)
		return 0;
	sb = BPF_CORE_READ(file, f_inode, i_sb);
	if (BPF_CORE_READ(sb, s_magic) == FUSE_SUPER_MAGIC &&
	    dev_selected(BPF_CORE_READ(sb, s_dev)))
		tp_state.punted = 1;
	return 0;
}

SEC("tp_btf/sched_process_exit")
int task_exits(__u64 *ctx)
{
	task_ends(bpf_get_current_task_btf());
	return 0;
}
