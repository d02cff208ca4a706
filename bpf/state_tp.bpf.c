// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state method from BTF tracepoints alone: no function is hooked, so it works where loading a
 * trampoline is refused. iomap_dio_rw_begin runs in the writer with the backing file's kiocb, while
 * fuse_passthrough_write_iter() holds the FUSE inode's lock.
 */
#include "requests.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* The form's answers to what requests.bpf.h asks. Nothing is remembered from one request to the next. */

static __always_inline bool write_request_selected(void)
{
	return mark_write_counted();
}

static __always_inline enum at_request write_at_request(struct inode *inode, struct kiocb *iocb,
							__u32 slot, enum held held)
{
	return REQUEST_IS_WRITE;
}

static __always_inline void open_files_changed(void)
{
}

/*
 * A write that may come to nothing and be tried again, remembered until then. Two kinds:
 *
 * XFS tries an unaligned direct write under its shared lock first and starts over when the blocks turn
 * out not to be plain overwrites (xfs_file_dio_write_unaligned()): the second try is the same write.
 *
 * io_uring writes with IOCB_NOWAIT first; when the write would have to wait it ends with -EAGAIN, is not
 * a write, and comes again later.
 */
struct tentative {
	__u64 pid;
	__u64 iocb;
	__u64 pos;
	__u64 len;
	__u32 slot;
	__u32 take;
	__u32 nature;
	__u32 same_write_again; /* the first kind */
};
#define TENTATIVES 1024

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TENTATIVES);
	__type(key, __u32);
	__type(value, struct tentative);
} tentatives SEC(".maps");

static __always_inline struct tentative *tentative_of_current(void)
{
	__u32 idx = bpf_get_current_pid_tgid() & (TENTATIVES - 1);

	return bpf_map_lookup_elem(&tentatives, &idx);
}

static __always_inline bool is_tentative(const struct tentative *t, struct kiocb *iocb)
{
	return t && t->pid == bpf_get_current_pid_tgid() && t->iocb == (__u64)iocb;
}

static __always_inline bool is_second_try(struct kiocb *iocb, __u64 pos, __u64 len)
{
	struct tentative *t = tentative_of_current();

	if (!is_tentative(t, iocb) || !t->same_write_again || t->pos != pos || t->len != len)
		return false;
	t->pid = 0;
	return true;
}

/*
 * Nearly all writes are plain, which four jumps find out; the compiler makes a dozen more of it where it
 * may weigh all the conditions at once.
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

/*
 * A write to a backing file: the FUSE inode is behind user_path. Overlayfs uses backing files too; its
 * user_path leads to an inode of its own, and the magic sorts it out.
 */
static __always_inline int backing_write(struct kiocb *iocb, struct iov_iter *iter, bool direct,
					 __u32 dio_flags)
{
	struct backing_file *bf;
	struct inode *inode;
	struct super_block *sb;
	enum fl_nature nature;
	enum fl_take take;
	__u64 ino, len, pos;
	__u32 dev, slot;
	int ki_flags;

	if (!iter->data_source)
		return 0;
	bf = bpf_rdonly_cast(iocb->ki_filp, bpf_core_type_id_kernel(struct backing_file));
	inode = bf->user_path.dentry->d_inode;
	sb = inode->i_sb;
	dev = sb->s_dev;
	/*
	 * A load through a pointer that was not checked costs eight instructions: no more of them than
	 * needed. A device that was selected is a FUSE mount's.
	 */
	if (dev != selected_devs[0]) {
		if (!dev_selected(dev) || sb->s_magic != FUSE_SUPER_MAGIC)
			return 0;
	}
	if (!mark_write_counted())
		return 0;
	ino = inode->i_ino;
	if (selected_ino && selected_ino != ino)
		return 0;
	take = take_from_count(inode->i_rwsem.count.counter);
	slot = slot_of(inode, FL_ROUTE_PASSTHROUGH, ino, dev, inode->i_generation);
	len = iter->count;
	pos = iocb->ki_pos;
	ki_flags = iocb->ki_flags;
	nature = nature_of_backing(inode, direct, ki_flags & IOCB_APPEND, pos + len);
	count_write(slot, take, nature, len);
	if (unlikely(dio_flags & IOMAP_DIO_OVERWRITE_ONLY || ki_flags & IOCB_NOWAIT)) {
		struct tentative *t = tentative_of_current();

		if (!t)
			return 0;
		t->pid = bpf_get_current_pid_tgid();
		t->iocb = (__u64)iocb;
		t->pos = pos;
		t->len = len;
		t->slot = slot;
		t->take = take;
		t->nature = nature;
		t->same_write_again = dio_flags & IOMAP_DIO_OVERWRITE_ONLY &&
				      !(ki_flags & IOCB_NOWAIT);
	}
	return 0;
}

SEC("tp_btf/iomap_dio_rw_begin")
int dio_begin(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	struct iov_iter *iter = (void *)ctx[1];
	__u32 dio_flags = ctx[2];
	__u64 done_before = ctx[3];

	if (!is_backing_file(iocb->ki_filp->f_mode))
		return 0;
	/* a file system that resumes a write after faulting pages in says how much was done before */
	if (done_before)
		return 0;
	if (dio_flags & IOMAP_DIO_FORCE_WAIT && is_second_try(iocb, iocb->ki_pos, iter->count))
		return 0;
	return backing_write(iocb, iter, true, dio_flags);
}

/* Takes back what was counted of an attempt that would have had to wait. */
SEC("tp_btf/iomap_dio_complete")
int dio_complete(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	struct tentative *t;
	struct fl_slot_counts *c;

	if ((int)ctx[1] != -EAGAIN)
		return 0;
	t = tentative_of_current();
	if (!is_tentative(t, iocb) || t->same_write_again)
		return 0;
	t->pid = 0;
	c = bpf_map_lookup_elem(&slot_counts, &t->slot);
	if (!c || t->take >= FL_TAKES || t->nature >= FL_NATURES)
		return 0;
	c->cell[t->take][t->nature]--;
	c->counter[FL_COUNT_BYTES] -= t->len;
	c->counter[FL_COUNT_RETRIED]++;
	return 0;
}

SEC("tp_btf/xfs_file_buffered_write")
int xfs_buffered_write(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];

	/* XFS may be a module: its tracepoint's arguments need the check */
	if (!iocb || !ctx[1] || !is_backing_file(iocb->ki_filp->f_mode))
		return 0;
	/*
	 * A direct write that could not drop its pages from the page cache, for a mapping keeps them dirty:
	 * iomap_dio_rw() gave up with -ENOTBLK after it began, and the write was counted there.
	 */
	if (iocb->ki_flags & IOCB_DIRECT)
		return 0;
	return backing_write(iocb, (void *)ctx[1], false, 0);
}
