/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FUSE requests, from the fuse_request_send and fuse_request_end tracepoints: direct and cached writes
 * as they leave for the daemon, what daemons ask for when they open a file, and the requests that take
 * the inode lock without being writes.
 */
#ifndef FUSELENS_REQUESTS_BPF_H
#define FUSELENS_REQUESTS_BPF_H

#include "state.bpf.h"

/* Set where the form hooks fuse_direct_io(): it counts direct writes there, not by their requests. */
const volatile bool direct_by_function;

/* What a form makes of a write request. */
enum at_request {
	REQUEST_IS_WRITE,   /* counts as a write of its own */
	REQUEST_IS_SEGMENT, /* a further request of a write that was counted */
};

/* A form defines these three before it uses what follows. */

/* Whether write requests of the current task count. */
static __always_inline bool write_request_selected(void);
/* iocb is NULL for a cached write; held: how the writer holds the inode lock. */
static __always_inline enum at_request write_at_request(struct inode *inode, struct kiocb *iocb,
							__u32 slot, enum held held);
/* A file was opened or released: what is remembered of open files may have become another's. */
static __always_inline void open_files_changed(void);

#define MAX_MOUNTS 2048

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_MOUNTS);
	__uint(map_flags, 1 /* BPF_F_NO_PREALLOC */);
	__type(key, __u32);
	__type(value, struct fl_mount_counts);
} mounts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct fl_asked_key);
	__type(value, struct fl_asked);
} asked SEC(".maps");

static __always_inline struct fl_mount_counts *mount_counts(__u32 dev)
{
	struct fl_mount_counts *m = bpf_map_lookup_elem(&mounts, &dev);

	if (!m) {
		static const struct fl_mount_counts zero;

		bpf_map_update_elem(&mounts, &dev, &zero, BPF_NOEXIST);
		m = bpf_map_lookup_elem(&mounts, &dev);
	}
	return m;
}

static __always_inline void count_on_mount(__u32 dev, enum fl_mount_counter what)
{
	struct fl_mount_counts *m = mount_counts(dev);

	if (m)
		m->counter[what]++;
}

/*
 * Whether the current task is the one the request was made for. The request carries the pid as the
 * daemon's PID namespace sees it (fuse_get_req()); background requests may be sent later by whichever
 * task ended an earlier one (flush_bg_queue()), the daemon's threads among them.
 */
static __always_inline bool request_is_own(const struct fuse_req *req, struct fuse_conn *fc)
{
	__u32 want = req->in.h.pid, level;
	struct task_struct *task;

	if (!want)
		return false;
	level = BPF_CORE_READ(fc, pid_ns, level);
	if (!level)
		return want == (__u32)bpf_get_current_pid_tgid();
	task = (struct task_struct *)bpf_get_current_task();
	return want == pid_in_namespace(BPF_CORE_READ(task, thread_pid), level);
}

/* The inode a cached write's pages belong to: such requests carry no kiocb. */
static __always_inline struct inode *inode_of_pages(struct fuse_io_args *ia)
{
	void *array = NULL, *first = NULL;

	if (bpf_core_field_exists(ia->ap.folios)) {
		array = BPF_CORE_READ(ia, ap.folios);
		bpf_probe_read_kernel(&first, sizeof(first), array);
		return BPF_CORE_READ((struct folio *)first, mapping, host);
	}
	array = BPF_CORE_READ((struct fuse_args_pages___pages *)&ia->ap, pages);
	bpf_probe_read_kernel(&first, sizeof(first), array);
	return BPF_CORE_READ((struct page *)first, mapping, host);
}

/* An exclusive holder is named by the lock; a shared one is not, and is taken from the context. */
static __always_inline enum held held_by_current(struct inode *inode)
{
	enum held held = held_from_count(BPF_CORE_READ(inode, i_rwsem.count.counter));

	if (held == HELD_EXCL && (BPF_CORE_READ(inode, i_rwsem.owner.counter) &
				  ~RWSEM_OWNER_FLAGS) != bpf_get_current_task())
		return HELD_UNKNOWN;
	return held;
}

static __always_inline void write_request(const struct fuse_req *req, struct fuse_args *args,
					  struct fuse_conn *fc, __u32 dev)
{
	struct fuse_io_args *ia = (void *)args -
				  bpf_core_field_offset(struct fuse_io_args, ap.args);
	struct fuse_write_in in;
	struct fuse_io_priv *io;
	struct fuse_file *ff;
	struct inode *inode;
	struct kiocb *iocb = NULL;
	__u32 open_flags = 0, slot, cap;
	enum held held = HELD_UNKNOWN;
	enum fl_route route;
	enum fl_nature nature;
	int ki_flags = 0;
	__u64 size, ino;

	count_on_mount(dev, FL_MOUNT_WRITE_REQUESTS);
	bpf_probe_read_kernel(&in, sizeof(in), &ia->write.in);
	if (in.write_flags & FUSE_WRITE_CACHE) {
		/* written back later by a kworker or msync: not a write(2), and no inode lock */
		count_on_mount(dev, FL_MOUNT_WRITEBACK_REQUESTS);
		return;
	}
	io = BPF_CORE_READ(ia, io);
	if (io) {
		iocb = BPF_CORE_READ(io, iocb);
		ki_flags = BPF_CORE_READ(iocb, ki_flags);
		inode = BPF_CORE_READ(iocb, ki_filp, f_inode);
		/* fuse_write_args_fill() leaves ia->ff alone: the open file is the kiocb's */
		ff = BPF_CORE_READ(iocb, ki_filp, private_data);
		open_flags = BPF_CORE_READ(ff, open_flags);
	} else {
		inode = inode_of_pages(ia);
	}
	if (io && direct_by_function)
		return;
	if (!inode) {
		lost(FL_LOSS_NO_INODE);
		return;
	}
	ino = BPF_CORE_READ(inode, i_ino);
	if (selected_ino && selected_ino != ino)
		return;
	route = io && open_flags & FOPEN_DIRECT_IO ? FL_ROUTE_DIRECT : FL_ROUTE_CACHED;
	slot = slot_of(inode, route, ino, dev, BPF_CORE_READ(inode, i_generation));

	/*
	 * A write larger than max_write leaves as several requests. Of a direct one the first starts at
	 * the kiocb's position, which moves only at the end; a cached one carries no kiocb, so a
	 * full-sized request is only marked.
	 */
	if (iocb && in.offset != (__u64)BPF_CORE_READ(iocb, ki_pos)) {
		count_in_slot(slot, FL_COUNT_SEGMENTS);
		return;
	}
	cap = BPF_CORE_READ(fc, max_write);
	if (!io && in.size >= cap)
		count_in_slot(slot, FL_COUNT_MAYBE_SPLIT);

	if (request_is_own(req, fc))
		held = held_by_current(inode);
	if (write_at_request(inode, iocb, slot, held) == REQUEST_IS_SEGMENT) {
		count_in_slot(slot, FL_COUNT_SEGMENTS);
		return;
	}
	size = BPF_CORE_READ(inode, i_size);
	nature = nature_of(route == FL_ROUTE_DIRECT || ki_flags & IOCB_DIRECT,
			   ki_flags & IOCB_APPEND, in.offset + in.size, size,
			   route == FL_ROUTE_DIRECT && cache_io_mode_bit >= 0 &&
				   BPF_CORE_READ((struct fuse_inode *)inode, state) >>
						   (cache_io_mode_bit & 63) &
					   1,
			   BPF_CORE_READ(inode, i_mode), BPF_CORE_READ(inode, i_flags));
	count_write(slot, take_from(held, iocb != NULL, open_flags & FOPEN_PARALLEL_DIRECT_WRITES),
		    nature, in.size);
}

static __always_inline bool asks_for_capability(struct fuse_args *args)
{
	const char want[] = "security.capability";
	const void *name = BPF_CORE_READ(args, in_args[1].value);
	char got[sizeof(want)] = {};

	bpf_probe_read_kernel_str(got, sizeof(got), name);
	for (unsigned int i = 0; i < sizeof(want); i++)
		if (got[i] != want[i])
			return false;
	return true;
}

static __always_inline void other_request(struct fuse_args *args, __u32 opcode, __u32 dev)
{
	switch (opcode) {
	case FUSE_RELEASE_OP:
		open_files_changed();
		break;
	case FUSE_GETXATTR_OP:
		if (asks_for_capability(args))
			count_on_mount(dev, FL_MOUNT_GETXATTR_SECURITY);
		break;
	case FUSE_SETATTR_OP:
		count_on_mount(dev, FL_MOUNT_SETATTR);
		break;
	case FUSE_FSYNC_OP:
		count_on_mount(dev, FL_MOUNT_FSYNC);
		break;
	case FUSE_FALLOCATE_OP:
		count_on_mount(dev, FL_MOUNT_FALLOCATE);
		break;
	case FUSE_LSEEK_OP:
		count_on_mount(dev, FL_MOUNT_LSEEK);
		break;
	case FUSE_COPY_FILE_RANGE_OP:
		count_on_mount(dev, FL_MOUNT_COPY_FILE_RANGE);
		break;
	}
}

/*
 * A request's connection, NULL where it has none yet, and the device of the mount it came from. Where
 * requests know their channel only, that is the connection's first mount: submounts, which virtiofs
 * alone has, are counted with it.
 */
static __always_inline struct fuse_conn *conn_of_request(const struct fuse_req *req, __u32 *dev)
{
	const struct fuse_req___chan *by_chan = (const void *)req;
	struct fuse_conn *fc;

	if (bpf_core_field_exists(by_chan->chan)) {
		fc = BPF_CORE_READ(by_chan, chan, conn);
		*dev = BPF_CORE_READ(fc, dev);
		return fc;
	}
	*dev = BPF_CORE_READ(req, fm, sb, s_dev);
	return BPF_CORE_READ(req, fm, fc);
}

SEC("tp_btf/fuse_request_send")
int request_send(__u64 *ctx)
{
	const struct fuse_req *req = (const void *)ctx[0];
	struct fuse_args *args;
	struct fuse_conn *fc;
	__u32 dev, opcode;

	/*
	 * The verifier takes any argument of a module's tracepoint for possibly NULL, since commit
	 * 838a10bd2ebf ("bpf: Augment raw_tp arguments with PTR_MAYBE_NULL").
	 */
	if (!req)
		return 0;
	args = req->args;
	fc = conn_of_request(req, &dev);
	if (!fc || !args)
		return 0;
	if (!dev_selected(dev))
		return 0;
	opcode = BPF_CORE_READ(args, opcode);
	if (opcode == FUSE_WRITE_OP) {
		if (write_request_selected())
			write_request(req, args, fc, dev);
	} else if (others_selected()) {
		other_request(args, opcode, dev);
	}
	return 0;
}

struct open_out {
	__u64 fh;
	__u32 open_flags;
	__s32 backing_id;
};

/* What the daemon asked for: the kernel strips flags only after this point (fuse_file_io_open()). */
SEC("tp_btf/fuse_request_end")
int request_end(__u64 *ctx)
{
	const struct fuse_req *req = (const void *)ctx[0];
	struct fuse_args *args;
	struct fl_asked_key key = {};
	struct fl_asked fresh = {}, *known;
	struct open_out out = {};
	__u32 dev, opcode, which;

	if (!req)
		return 0;
	args = req->args;
	if (!args || req->out.h.error)
		return 0;
	opcode = BPF_CORE_READ(args, opcode);
	/* or with a request that was not known when this was written */
	if (opcode == FUSE_OPEN_OP || opcode == FUSE_CREATE_OP || opcode == FUSE_TMPFILE_OP ||
	    opcode > FUSE_COPY_FILE_RANGE_64_OP)
		open_files_changed();
	if (opcode != FUSE_OPEN_OP && opcode != FUSE_CREATE_OP && opcode != FUSE_TMPFILE_OP)
		return 0;
	if (!conn_of_request(req, &dev) || !dev_selected(dev))
		return 0;
	key.dev = dev;
	which = opcode == FUSE_OPEN_OP ? 0 : 1;
	if (which) {
		/* struct fuse_entry_out starts with the nodeid */
		bpf_probe_read_kernel(&key.nodeid, sizeof(key.nodeid),
				      BPF_CORE_READ(args, out_args[0].value));
		bpf_probe_read_kernel(&out, sizeof(out), BPF_CORE_READ(args, out_args[1].value));
	} else {
		key.nodeid = BPF_CORE_READ(args, nodeid);
		bpf_probe_read_kernel(&out, sizeof(out), BPF_CORE_READ(args, out_args[0].value));
	}
	if (others_selected()) {
		count_on_mount(key.dev, FL_MOUNT_OPENS);
		if (out.open_flags & FOPEN_PARALLEL_DIRECT_WRITES)
			count_on_mount(key.dev, FL_MOUNT_OPENS_ASKED_PARALLEL);
	}
	known = bpf_map_lookup_elem(&asked, &key);
	if (!known) {
		bpf_map_update_elem(&asked, &key, &fresh, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&asked, &key);
		if (!known)
			return 0;
	}
	__sync_fetch_and_add(&known->opens, 1);
	if (out.open_flags & FOPEN_PARALLEL_DIRECT_WRITES)
		__sync_fetch_and_add(&known->opens_with_parallel, 1);
	known->last_open_flags = out.open_flags;
	return 0;
}

#endif
