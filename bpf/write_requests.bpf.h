/* SPDX-License-Identifier: GPL-2.0-only */
/* Direct and cached writes, seen by the requests in which they leave for the daemon. */
#ifndef FUSELENS_WRITE_REQUESTS_BPF_H
#define FUSELENS_WRITE_REQUESTS_BPF_H

#include "holders.bpf.h"
#include "parts.bpf.h"
#include "registers.bpf.h"
#include "request_origin.bpf.h"
#include "settled.bpf.h"

/* Set if the form hooks fuse_direct_io(): it counts direct writes there, not by their requests. */
const volatile bool direct_by_function;

/* Set if this kernel calls fuse_request_send for background requests that go through a ring, too. */
const volatile bool ring_sends_seen;

/* Of the page cache. arm64 kernels may have pages of 16 and 64 KiB. */
const volatile __u32 page_size = 4096;

/* What a form does with a write request. */
enum at_request {
	REQUEST_COUNTS,	    /* the request is counted as it is sent */
	REQUEST_IS_FIRST,   /* it is the first one of a write that the form counts at its end */
	REQUEST_IS_FURTHER, /* it is a further one of such a write */
};
struct sent_write;

/* A form defines these functions. */

/* Whether write requests of the current task count. */
static __always_inline bool write_request_selected(void);
static __always_inline enum at_request ask_at_request(const struct sent_write *w);
/* Tells the form about the write of a first request. */
static __always_inline void tell_first_request(const struct sent_write *w, __u32 cell);

/*
 * Devices of the mounts to which the selected tasks have sent write requests themselves; two may share a place. If no
 * mount is named, a request whose task is not known is a loss on these mounts only. On others it is somebody else's.
 */
static __u64 written_devs[32];

static __always_inline __u64 *written_place(__u32 dev)
{
	return &written_devs[dev / 64 & 31];
}

static __always_inline void note_written(__u32 dev)
{
	__u64 *place = written_place(dev), bit = 1ull << (dev & 63);

	if (!(*place & bit))
		__sync_fetch_and_or(place, bit);
}

static __always_inline bool may_be_written(__u32 dev)
{
	return selected_dev_count || *written_place(dev) >> (dev & 63) & 1;
}

/* Whether the request writes pages back, by a kworker or msync: that is not a write(2), and needs no inode lock. */
static __always_inline bool is_write_back(struct fuse_args *args)
{
	struct fuse_io_args *ia = (void *)args -
				  bpf_core_field_offset(struct fuse_io_args, ap.args);

	return BPF_CORE_READ(ia, write.in.write_flags) & FUSE_WRITE_CACHE;
}

/*
 * Whether the request's write counts. If another task sends the request, the task for which it was
 * made decides. Pages are written back for no task.
 */
static __always_inline bool maker_selected(const struct fuse_req *req, struct fuse_args *args,
					   struct fuse_conn *fc, __u32 dev)
{
	__u32 maker;

	if (!(only.is.family || only.is.tgid))
		return write_request_selected();
	if (request_is_own(req, fc)) {
		if (!write_request_selected())
			return false;
		note_written(dev);
		return true;
	}
	maker = maker_of_request(req, fc);
	if (maker && !only.is.family)
		maker = process_of_task(maker);
	if (!maker && gate_open && may_be_written(dev) && !is_write_back(args))
		lost(FL_LOSS_NO_TASK);
	return maker && gate_open && (only.is.family ? in_family(maker) : maker == only.is.tgid);
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

/*
 * How the current task holds the lock. The lock names an exclusive holder. It does not name shared
 * holders, so there the caller must know that the task holds it. Sets *count to the lock's.
 */
static __always_inline enum held held_by_current(struct inode *inode, __u64 *count)
{
	enum held held;

	*count = BPF_CORE_READ(inode, i_rwsem.count.counter);
	held = held_from_count(*count);

	if (held == HELD_EXCL && (BPF_CORE_READ(inode, i_rwsem.owner.counter) &
				  ~RWSEM_OWNER_FLAGS) != bpf_get_current_task())
		return HELD_UNKNOWN;
	return held;
}

/*
 * The inode of a cached write whose pages the cache has dropped since they were filled, as it does when the daemon
 * tells of a new size or time: pages in use are dropped, too, and no longer lead to the inode. The writer has the file
 * open, and holds the lock exclusively. NULL if the search finds no such file; it looks at so many descriptors, and
 * at none that only a ring of io_uring knows.
 */
#define OWN_FILES_SEARCHED 1024

static __noinline struct inode *inode_without_pages(__u64 nodeid, __u32 dev)
{
	struct own_file_search search = {.nodeid = nodeid, .dev = dev};
	struct file *file = search_own_files(&search, OWN_FILES_SEARCHED);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	__u64 count;

	return held_by_current(inode, &count) == HELD_EXCL ? inode : NULL;
}

/* A write request as it is sent. */
struct sent_write {
	struct inode *inode;
	struct fuse_io_priv *io; /* NULL if the write is cached: such requests carry neither */
	struct kiocb *iocb;
	__u64 offset;
	__u32 size;
	__u32 open_flags; /* 0 if the write is cached */
	int ki_flags;
	enum fl_route route;
	__u32 slot;
	bool written_back;
};

/*
 * Fills in all but the slot; the inode is NULL if it cannot be read. Returns false if requests do not
 * count this write, or it is no write(2).
 */
static __always_inline bool look_at_write(struct fuse_args *args, struct sent_write *w)
{
	struct fuse_io_args *ia = (void *)args -
				  bpf_core_field_offset(struct fuse_io_args, ap.args);
	struct fuse_write_in in;
	struct fuse_io_priv *io;
	struct kiocb *iocb;
	struct fuse_file *ff;

	bpf_probe_read_kernel(&in, sizeof(in), &ia->write.in);
	if (in.write_flags & FUSE_WRITE_CACHE) {
		/* by a kworker or msync: not a write(2), and no inode lock */
		w->written_back = true;
		return false;
	}
	w->offset = in.offset;
	w->size = in.size;
	io = BPF_CORE_READ(ia, io);
	if (io && direct_by_function)
		return false;
	if (io) {
		iocb = BPF_CORE_READ(io, iocb);
		w->io = io;
		w->iocb = iocb;
		w->ki_flags = BPF_CORE_READ(iocb, ki_flags);
		w->inode = BPF_CORE_READ(iocb, ki_filp, f_inode);
		/*
		 * fuse_write_args_fill() does not set ia->ff, so the open file comes from the kiocb
		 */
		ff = BPF_CORE_READ(iocb, ki_filp, private_data);
		w->open_flags = BPF_CORE_READ(ff, open_flags);
	} else {
		w->inode = inode_of_pages(ia);
	}
	w->route = w->open_flags & FOPEN_DIRECT_IO ? FL_ROUTE_DIRECT : FL_ROUTE_CACHED;
	return true;
}

/* What a direct write's requests have in common; NULL if the write is cached. */
static __always_inline struct fuse_io_priv *io_of(struct fuse_args *args)
{
	struct fuse_io_args *ia = (void *)args -
				  bpf_core_field_offset(struct fuse_io_args, ap.args);

	return BPF_CORE_READ(ia, io);
}

/* How much the daemon says that it wrote, of len bytes. If it says more than that, fs/fuse fails the request. */
static __always_inline __u32 written_by(struct fuse_args *args, __u32 len)
{
	struct fuse_io_args *ia = (void *)args -
				  bpf_core_field_offset(struct fuse_io_args, ap.args);
	__u32 written = BPF_CORE_READ(ia, write.out.size);

	return written > len ? 0 : written;
}

/* The last request of a task to a cached file. Its next one may belong to the same write. */
struct cached_request {
	__u64 inode; /* 0: there was none */
	__u64 end;
	__u64 size;
	__u64 version; /* the inode's attr_version, which every write to the cache raises at its end */
	__u64 call;    /* that made it: see write_call_of_current() */
};

/* In the task itself: of two that share a place each would take the other's further requests for writes. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, 1 /* BPF_F_NO_PREALLOC */);
	__type(key, int);
	__type(value, struct cached_request);
} cached_requests SEC(".maps");

/* No write's: of a direct request, whose write raises attr_version at an end that nobody waits for. */
#define NO_VERSION (~0ull)

/* Puts the request in the place of its task's last one, and that one in *last. False if there was no memory for it. */
static __always_inline bool remember_cached(const struct sent_write *w, __u64 version, __u64 call,
					    struct cached_request *last)
{
	struct cached_request *c = bpf_task_storage_get(
		&cached_requests, bpf_get_current_task_btf(), NULL, 1 /* create */);

	if (!c)
		return false;
	*last = *c;
	c->inode = (__u64)w->inode;
	c->end = w->offset + w->size;
	c->version = version;
	c->call = call;
	c->size = w->size;
	return true;
}

/*
 * Whether the write may have gone on after this request: it is as large as requests get, or has parts of pages. A page
 * that is not filled ends a request, and so does memory that is not there yet. Or what was not written directly may
 * have gone to the cache.
 */
static __always_inline bool may_be_cut(const struct cached_request *c, struct inode *inode)
{
	struct fuse_mount *fm = BPF_CORE_READ(inode, i_sb, s_fs_info);
	struct fuse_conn *fc = BPF_CORE_READ(fm, fc);
	__u32 largest = BPF_CORE_READ(fc, max_write), within = page_size - 1;
	__u32 most = BPF_CORE_READ(fc, max_pages) * page_size;

	return c->version == NO_VERSION || c->size + page_size > largest || c->size >= most ||
	       c->end & within || c->size & within;
}

/*
 * Whether a request to a cached file belongs to the same write as the task's last one: it begins where that one ended,
 * and no write has ended in between. If the same call of write(2) made both, that shows it. Elsewhere attr_version
 * has to, which also rises with replies that carry attributes, and where other tasks' asynchronous writes end. If it
 * has risen, the request counts as a write and is marked.
 */
static __always_inline bool continues_cached(const struct sent_write *w)
{
	struct fuse_inode *fi = (struct fuse_inode *)w->inode;
	bool has_version = bpf_core_field_exists(fi->attr_version);
	__u64 version = has_version ? BPF_CORE_READ(fi, attr_version) : 0;
	__u64 call = write_call_of_current();
	struct cached_request last;

	if (!remember_cached(w, w->iocb ? NO_VERSION : version, call, &last)) {
		if (!w->iocb)
			count_in_slot(w->slot, FL_COUNT_MAYBE_SPLIT);
		return false;
	}
	if (w->iocb || last.inode != (__u64)w->inode || last.end != w->offset || last.call != call)
		return false;
	if (call != NO_CALL)
		return true;
	if (has_version && last.version == version)
		return true;
	if (!has_version || may_be_cut(&last, w->inode))
		count_in_slot(w->slot, FL_COUNT_MAYBE_SPLIT);
	return false;
}

/*
 * A write that is larger than max_write, or begins within a page, is sent as several requests. The
 * first request of a direct write starts at the kiocb's position, which moves only at the end.
 */
static __always_inline bool is_segment(const struct sent_write *w)
{
	struct kiocb *iocb = w->iocb;

	/* what cannot be written directly to a cached file is written to the cache, by requests without a kiocb */
	if (iocb && w->route == FL_ROUTE_CACHED)
		continues_cached(w);
	if (iocb)
		return w->offset != (__u64)BPF_CORE_READ(iocb, ki_pos);
	return continues_cached(w);
}

static __always_inline enum fl_nature nature_of_sent(const struct sent_write *w)
{
	bool direct = w->route == FL_ROUTE_DIRECT, cache_mode = false;
	struct inode *inode = w->inode;

	if (direct && cache_io_mode_bit >= 0)
		cache_mode = BPF_CORE_READ((struct fuse_inode *)inode, state) >>
				     (cache_io_mode_bit & 63) &
			     1;
	return nature_of(direct || w->ki_flags & IOCB_DIRECT, w->ki_flags & IOCB_APPEND,
			 w->offset + w->size, BPF_CORE_READ(inode, i_size), cache_mode,
			 BPF_CORE_READ(inode, i_mode), BPF_CORE_READ(inode, i_flags));
}

/*
 * Requests that were counted as they were sent, until they end. What a request failed to write is
 * subtracted. A place holds the last request that hashes to it.
 */
struct counted_request {
	__u64 req; /* 0: none; or COUNTED_BUSY */
	__u32 len;
	__u32 where; /* WHERE_MARK: a further request of a write */
	__u32 writer;
	__u32 displaced; /* a request lost this place before it ended */
	__u32 waiting;	 /* the task that waits for it; 0: none does */
	__u32 pad;
};
#define COUNTED_BITS 12
static struct counted_request counted_requests[1 << COUNTED_BITS];

/* Requests were remembered. Not static: see asynchronous_seen in scopes.bpf.h. */
__u32 requests_counted;

static __always_inline struct counted_request *counted_of(const struct fuse_req *req)
{
	return &counted_requests[place_of(req, COUNTED_BITS) & ((1 << COUNTED_BITS) - 1)];
}

/* Whether a direct write may need more requests after this one: it is as large as they get. */
static __always_inline bool may_need_more(struct fuse_args *args, struct fuse_conn *fc, __u32 size)
{
	struct fuse_args_pages *ap = (void *)args -
				     bpf_core_field_offset(struct fuse_args_pages, args);
	__u32 pages;

	if (bpf_core_field_exists(ap->folios))
		pages = BPF_CORE_READ(ap, num_folios);
	else
		pages = BPF_CORE_READ((struct fuse_args_pages___pages *)ap, num_pages);
	return pages >= BPF_CORE_READ(fc, max_pages) ||
	       size + page_size > BPF_CORE_READ(fc, max_write);
}

/* Another program is filling in the place. */
#define COUNTED_BUSY 1

/* Subtracts a request and, if it is the first of its write, the write. */
static __always_inline void subtract_request(const struct counted_request *c, int error)
{
	bool further = c->where & WHERE_MARK;

	settle_at(c->where, further ? FL_WRITERS : c->writer, further ? 0 : -1, -(__s64)c->len);
	if (!further)
		settle_failed(slot_at(c->where), error);
}

/* A program may be preempted at any point, so that another one comes to the same place. Only one fills it in. */
static __always_inline void remember_request(const struct fuse_req *req, __u32 where, __u32 writer,
					     __u32 len)
{
	struct counted_request *c = counted_of(req);
	__u64 was = __sync_lock_test_and_set(&c->req, COUNTED_BUSY);

	/* the last request at this address has not ended, but is gone: its task was killed, see task_ends() */
	if (was == (__u64)req && c->waiting)
		subtract_request(c, 0);
	else if (was)
		c->displaced = 1;
	if (was == COUNTED_BUSY)
		return;
	c->len = len;
	c->where = where;
	c->writer = writer;
	c->waiting = is_background(req) ? 0 : bpf_get_current_task_btf()->pid;
	__sync_lock_test_and_set(&c->req, (__u64)req);
	requests_counted = 1;
}

/* Returns whether it writes pages back, which is no write(2). */
static __always_inline bool write_request(const struct fuse_req *req, struct fuse_args *args,
					  struct fuse_conn *fc, __u32 dev)
{
	struct sent_write w = {};
	struct inode *inode;
	enum held held = HELD_UNKNOWN;
	enum at_request at;
	enum fl_mode mode;
	__u32 cell, where, writer;
	__u64 ino, count;
	bool own;

	count_on_mount(dev, FL_MOUNT_WRITE_REQUESTS);
	if (!look_at_write(args, &w)) {
		if (w.written_back)
			count_on_mount(dev, FL_MOUNT_WRITEBACK_REQUESTS);
		return w.written_back;
	}
	if (!w.inode)
		w.inode = inode_without_pages(BPF_CORE_READ(args, nodeid), dev);
	inode = w.inode;
	if (!inode) {
		lost(FL_LOSS_NO_INODE);
		return false;
	}
	ino = BPF_CORE_READ(inode, i_ino);
	if (!file_selected(inode, ino)) {
		forget_parts(w.io);
		return false;
	}
	w.slot = slot_of(inode, w.route, ino, dev, BPF_CORE_READ(inode, i_generation));
	at = ask_at_request(&w);
	if (at == REQUEST_IS_FURTHER) {
		count_in_slot(w.slot, FL_COUNT_SEGMENTS);
		return false;
	}
	if (at == REQUEST_COUNTS && is_segment(&w)) {
		if (!is_background(req) || further_part_counts(w.io, w.size))
			count_segment(w.slot, w.size);
		remember_request(req, where_of(w.slot, 0) | WHERE_MARK, FL_WRITERS, w.size);
		return false;
	}
	own = request_is_own(req, fc);
	if (own)
		held = held_by_current(inode, &count);
	if (held != HELD_UNKNOWN)
		look_at_holders(w.slot, count);
	mode = mode_from(held, w.iocb, w.open_flags & FOPEN_PARALLEL_DIRECT_WRITES);
	cell = (__u32)mode * FL_NATURES + (__u32)nature_of_sent(&w);
	if (at == REQUEST_IS_FIRST) {
		tell_first_request(&w, cell);
		return false;
	}
	count_cell(&w.slot, cell, w.size);
	where = where_of(w.slot, cell);
	if (tell_outside && !in_family(maker_of_request(req, fc))) {
		count_in_slot(w.slot, FL_COUNT_OUTSIDE);
		where |= WHERE_OUTSIDE;
	}
	writer = own ? count_writer(w.slot) : FL_WRITERS;
	if (is_background(req))
		first_part(w.io, may_need_more(args, fc, w.size), where, writer, w.size);
	remember_request(req, where, writer, w.size);
	return false;
}

/*
 * A request failed or came short that may have been counted. Another request has or had its place, so this is not
 * known. If its arguments are gone, neither is the file.
 */
static __noinline int unknown_request_failed(const struct fuse_req *req, struct fuse_args *args,
					     __u32 dev)
{
	struct sent_write w = {};
	struct inode *inode;
	bool counts = look_at_write(args, &w);
	__u32 slot;

	if (is_background(req) && part_failed(w.io, req->out.h.error))
		return 0;
	if (!arguments_were_there(req)) {
		if (others_selected())
			lost(FL_LOSS_NO_INODE);
		return 0;
	}
	inode = w.inode;
	if (!counts)
		return 0;
	if (!inode) {
		if (others_selected())
			lost(FL_LOSS_NO_INODE);
		return 0;
	}
	slot = slot_with_key(slot_key(inode, BPF_CORE_READ(inode, i_ino), dev,
				      BPF_CORE_READ(inode, i_generation), w.route));
	if (slot)
		settle_counter(slot, FL_COUNT_UNCERTAIN, 1);
	return 0;
}

/*
 * An asynchronous request failed, or the daemon wrote less than it asks for: fs/fuse then fails the whole write. If it
 * is not known what was counted of the others, the write is uncertain.
 */
static __noinline int asynchronous_request_failed(const struct counted_request *c,
						  const struct fuse_req *req,
						  struct fuse_args *args)
{
	int error = req->out.h.error;
	__u32 dev;

	if (part_failed(io_of(args), error))
		return 0;
	subtract_request(c, error);
	if (c->where & WHERE_MARK || may_need_more(args, conn_of_request(req, &dev), c->len))
		settle_counter(slot_at(c->where), FL_COUNT_UNCERTAIN, 1);
	return 0;
}

/*
 * Up to Linux 6.17 a background request that goes through a ring is queued without fuse_request_send, so nothing has
 * seen it leave. It is counted here, where its writer holds the lock no more.
 */
static __noinline int unseen_request_ended(const struct fuse_req *req, struct fuse_args *args)
{
	__u32 dev, written, where;
	struct fuse_conn *fc = conn_of_request(req, &dev);
	struct sent_write w = {};
	struct inode *inode;
	__u64 ino;

	if (!fc || !dev_selected(dev) || !maker_selected(req, args, fc, dev) ||
	    !look_at_write(args, &w))
		return 0;
	inode = w.inode;
	if (!inode) {
		lost(FL_LOSS_NO_INODE);
		return 0;
	}
	ino = BPF_CORE_READ(inode, i_ino);
	if (!file_selected(inode, ino))
		return 0;
	w.slot = slot_of(inode, w.route, ino, dev, BPF_CORE_READ(inode, i_generation));
	where = where_of(w.slot, FL_MODE_UNKNOWN * FL_NATURES + (__u32)nature_of_sent(&w));
	if (tell_outside && !in_family(maker_of_request(req, fc)))
		where |= WHERE_OUTSIDE;
	written = req->out.h.error ? 0 : written_by(args, w.size);
	/* as with those that were seen to leave */
	if (written < w.size)
		written = 0;
	if (is_segment(&w)) {
		settle_at(where, FL_WRITERS, 0, written);
		where |= WHERE_MARK;
	} else if (written) {
		settle_at(where, FL_WRITERS, 1, written);
	} else {
		settle_failed(w.slot, req->out.h.error);
	}
	/* the others' may have been counted */
	if (!written && (where & WHERE_MARK || may_need_more(args, fc, w.size)))
		settle_counter(w.slot, FL_COUNT_UNCERTAIN, 1);
	return 0;
}

/* Whether an ended request failed, or the daemon wrote less than it asks for. */
static __always_inline bool came_short(const struct fuse_req *req, struct fuse_args *args)
{
	struct fuse_io_args *ia = (void *)args -
				  bpf_core_field_offset(struct fuse_io_args, ap.args);
	__u32 len = BPF_CORE_READ(ia, write.in.size);

	return req->out.h.error || written_by(args, len) < len;
}

/* Takes what was remembered of the request. False if there is nothing, or another request took the place meanwhile. */
static __always_inline bool remove_request(const struct fuse_req *req, struct counted_request *out)
{
	struct counted_request *c = counted_of(req);

	if (c->req != (__u64)req)
		return false;
	*out = *c;
	return __sync_val_compare_and_swap(&c->req, (__u64)req, 0) == (__u64)req;
}

/* If the current task waited for this request, the request is gone: subtracts it. */
static int subtract_if_given_up(__u32 i, void *unused)
{
	struct counted_request *place = &counted_requests[i & ((1 << COUNTED_BITS) - 1)], c;
	__u32 pid = bpf_get_current_task_btf()->pid;
	__u64 req = place->req;

	if (!req || req == COUNTED_BUSY || place->waiting != pid)
		return 0;
	c = *place;
	if (__sync_val_compare_and_swap(&place->req, req, 0) == req)
		subtract_request(&c, 0);
	return 1;
}

/*
 * The current task ends. If it is killed while it waits for a request that no daemon has read yet, the kernel drops
 * the request without a tracepoint (request_wait_answer()), and nothing was written. A worker of io_uring ends without
 * a sign that it was killed.
 */
static __always_inline void task_ends(struct task_struct *task)
{
	if (task->flags & (PF_SIGNALED | PF_IO_WORKER) && requests_counted)
		bpf_loop(1 << COUNTED_BITS, subtract_if_given_up, NULL, 0);
}

static __always_inline void write_request_ended(const struct fuse_req *req, struct fuse_args *args)
{
	const struct counted_request *place = counted_of(req);
	int error = req->out.h.error;
	struct counted_request c;
	__u32 written, dev;

	if (!remove_request(req, &c)) {
		if (!ring_sends_seen && is_ring_request(req) && is_background(req))
			unseen_request_ended(req, args);
		else if ((place->req || place->displaced) && came_short(req, args) &&
			 conn_of_request(req, &dev) && dev_selected(dev))
			unknown_request_failed(req, args, dev);
		return;
	}
	written = error ? 0 : written_by(args, c.len);
	if (likely(written == c.len))
		return;
	if (!error && !arguments_were_there(req))
		settle_counter(slot_at(c.where), FL_COUNT_UNCERTAIN, 1);
	else if (is_background(req))
		asynchronous_request_failed(&c, req, args);
	else if (written)
		settle_at(c.where, FL_WRITERS, 0, -(__s64)(c.len - written));
	else
		subtract_request(&c, error);
}

#endif
