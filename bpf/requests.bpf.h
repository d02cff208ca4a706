/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FUSE requests, from the fuse_request_send and fuse_request_end tracepoints: writes, what daemons ask
 * for when they open a file, and the requests that take the inode lock without being writes.
 */
#ifndef FUSELENS_REQUESTS_BPF_H
#define FUSELENS_REQUESTS_BPF_H

#include "write_requests.bpf.h"

/*
 * A form defines this function, too. A file was opened or released: what the form remembers of an open
 * file may be out of date.
 */
static __always_inline void open_files_changed(void);

/* And this one. Whether the form may miss writes to the file that a reply opens. flags: those of open(2). */
static __always_inline bool may_miss_writes(struct fuse_conn *fc, __u32 flags, __u32 open_flags,
					    __s32 backing_id);

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
	case FUSE_COPY_FILE_RANGE_64_OP:
		count_on_mount(dev, FL_MOUNT_COPY_FILE_RANGE);
		break;
	}
}

/* What is known of a file's opens; makes an entry if there is none. NULL if there is no room. */
static __always_inline struct fl_asked *asked_of(const struct fl_asked_key *key)
{
	struct fl_asked *known = bpf_map_lookup_elem(&asked, key), fresh = {};

	if (known)
		return known;
	bpf_map_update_elem(&asked, key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&asked, key);
}

/* Notes, once of each file, that writes to it may be missed, if they may. flags and what follows: see above. */
static __always_inline void tell_if_blind(struct fuse_conn *fc, const struct fl_asked_key *key,
					  struct fl_asked *known, __u32 flags, __u32 open_flags,
					  __s32 backing_id)
{
	if ((known && known->blind) || !others_selected() ||
	    (selected_ino && key->nodeid != selected_nodeid) ||
	    !may_miss_writes(fc, flags, open_flags, backing_id))
		return;
	if (known)
		known->blind = 1;
	count_blind_file(key->dev);
}

#define OPEN_TO_WRITE 2u /* O_RDWR */

/*
 * Pages of a file are written back. If the mount has a writeback cache, writes may have filled them, however the file
 * was opened: F_SETFL may have changed that.
 */
static __noinline int pages_written_back(struct fuse_conn *fc, struct fuse_args *args, __u32 dev)
{
	struct fl_asked_key key = {.nodeid = BPF_CORE_READ(args, nodeid), .dev = dev};

	if (BPF_CORE_READ_BITFIELD_PROBED(fc, writeback_cache))
		tell_if_blind(fc, &key, asked_of(&key), OPEN_TO_WRITE, 0, 0);
	return 0;
}

SEC("tp_btf/fuse_request_send")
int request_send(__u64 *ctx)
{
	const struct fuse_req *req = (const void *)ctx[0];
	struct fuse_args *args;
	struct fuse_conn *fc;
	__u32 dev, opcode;

	/*
	 * Since commit 838a10bd2ebf ("bpf: Augment raw_tp arguments with PTR_MAYBE_NULL") the
	 * verifier takes any argument of a module's tracepoint for possibly NULL.
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
		if (!maker_selected(req, args, fc, dev)) {
			if (is_background(req))
				forget_parts(io_of(args));
		} else if (write_request(req, args, fc, dev)) {
			pages_written_back(fc, args, dev);
		}
	} else if (others_selected()) {
		other_request(args, opcode, dev);
	}
	return 0;
}

/* sizeof(struct fuse_direntplus) and a name of at least one byte */
#define DIRENTPLUS_LEAST 160

/*
 * At most how many entries the reply has; -1 if that is not known. The header belongs to the request
 * and is always there, but a daemon that replies through a ring leaves the length in it as it was.
 */
static __always_inline __s64 entries_of(const struct fuse_req *req, struct fuse_args *args)
{
	__u64 size;

	if (!is_ring_request(req))
		return req->out.h.len / DIRENTPLUS_LEAST;
	size = BPF_CORE_READ(args, out_args[0].size);
	return arguments_were_there(req) ? size / DIRENTPLUS_LEAST : -1;
}

/*
 * How often a reply may raise fc->attr_version. fuse_change_attributes_i() raises it once for each
 * set of attributes. Requests that change names, sizes or contents may raise it for one inode more.
 * Short reads raise it only if the file has shrunk without the kernel's knowledge.
 */
static __always_inline void count_attribute_reply(const struct fuse_req *req,
						  struct fuse_args *args, __u32 opcode, __u32 dev)
{
	struct fl_mount_counts *m = mount_counts(dev);
	__s64 n = 2;

	if (opcode == FUSE_LOOKUP_OP || opcode == FUSE_GETATTR_OP || opcode == FUSE_OPEN_OP ||
	    opcode == FUSE_STATX_OP)
		n = 1;
	else if (opcode == FUSE_READDIRPLUS_OP)
		n = entries_of(req, args);
	if (m && n < 0)
		m->counter[FL_MOUNT_UNREAD_REPLIES]++;
	else if (m)
		m->counter[FL_MOUNT_ATTRIBUTE_REPLIES] += n;
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
	struct fl_asked *known;
	struct open_out out = {};
	struct fuse_conn *fc;
	__u32 dev, opcode, which, flags = 0;

	if (!req)
		return 0;
	args = req->args;
	if (!args)
		return 0;
	opcode = req->in.h.opcode;
	if (opcode == FUSE_WRITE_OP) {
		write_request_ended(req, args);
		return 0;
	}
	if (req->out.h.error)
		return 0;
	/* or with a request that is newer than this program */
	if (opcode == FUSE_OPEN_OP || opcode == FUSE_CREATE_OP || opcode == FUSE_TMPFILE_OP ||
	    opcode > FUSE_COPY_FILE_RANGE_64_OP)
		open_files_changed();
	if (opcode == FUSE_READ_OP)
		return 0;
	fc = conn_of_request(req, &dev);
	if (!fc || !dev_selected(dev))
		return 0;
	count_attribute_reply(req, args, opcode, dev);
	if (opcode != FUSE_OPEN_OP && opcode != FUSE_CREATE_OP && opcode != FUSE_TMPFILE_OP)
		return 0;
	key.dev = dev;
	which = opcode == FUSE_OPEN_OP ? 0 : 1;
	if (which) {
		/* struct fuse_entry_out starts with the nodeid */
		bpf_probe_read_kernel(&key.nodeid, sizeof(key.nodeid),
				      BPF_CORE_READ(args, out_args[0].value));
		bpf_probe_read_kernel(&out, sizeof(out), BPF_CORE_READ(args, out_args[1].value));
	} else {
		key.nodeid = req->in.h.nodeid;
		bpf_probe_read_kernel(&out, sizeof(out), BPF_CORE_READ(args, out_args[0].value));
	}
	/* struct fuse_open_in and struct fuse_create_in start with the flags */
	bpf_probe_read_kernel(&flags, sizeof(flags), BPF_CORE_READ(args, in_args[0].value));
	if (!arguments_were_there(req))
		return 0;
	if (others_selected()) {
		count_on_mount(key.dev, FL_MOUNT_OPENS);
		if (out.open_flags & FOPEN_PARALLEL_DIRECT_WRITES)
			count_on_mount(key.dev, FL_MOUNT_OPENS_ASKED_PARALLEL);
	}
	known = asked_of(&key);
	if (known) {
		__sync_fetch_and_add(&known->opens, 1);
		if (out.open_flags & FOPEN_PARALLEL_DIRECT_WRITES)
			__sync_fetch_and_add(&known->opens_with_parallel, 1);
		known->last_open_flags = out.open_flags;
	}
	tell_if_blind(fc, &key, known, flags, out.open_flags, out.backing_id);
	return 0;
}

#endif
