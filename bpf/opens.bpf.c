// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why opens fail: fuse_file_io_open() turns every breach of the I/O-mode rules into EIO. The functions
 * inside it still know the errno, and which of them failed is the rule. Flags are read before and after,
 * which shows what the kernel took away. Opens are rare: hash maps will do.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "walks.bpf.h"
#include "abi.h"

char LICENSE[] SEC("license") = "GPL";

#define EINVAL	  22
#define MAX_ERRNO 4095ul

struct opening {
	__u32 open_flags;
	__u32 rule;
	__s32 error;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64); /* pid_tgid */
	__type(value, struct opening);
} opening SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct fl_refused_key);
	__type(value, struct fl_refused);
} refused SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct fl_stripped_key);
	__type(value, __u64);
} stripped SEC(".maps");

/* What found no place in the two maps above. */
__u64 refused_without_place, stripped_without_place;

static __always_inline struct opening *current_opening(void)
{
	__u64 id = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&opening, &id);
}

SEC("fentry/fuse_file_io_open")
int open_entry(__u64 *ctx)
{
	struct file *file = (void *)ctx[0];
	struct fuse_file *ff = file->private_data;
	__u64 id = bpf_get_current_pid_tgid();
	struct opening o = {};

	o.open_flags = BPF_CORE_READ(ff, open_flags);
	/* the rule unless an inner function fails: the tests at the top, all with -EINVAL */
	o.rule = o.open_flags & FOPEN_PASSTHROUGH ? FL_RULE_FLAGS : FL_RULE_ALL_PASSTHROUGH;
	o.error = -EINVAL;
	bpf_map_update_elem(&opening, &id, &o, BPF_ANY);
	return 0;
}

static __always_inline int inner_failed(long error, enum fl_open_rule rule)
{
	struct opening *o = error < 0 ? current_opening() : NULL;

	if (o) {
		o->rule = rule;
		o->error = error;
	}
	return 0;
}

SEC("fexit/fuse_inode_uncached_io_start")
int uncached_start_exit(__u64 *ctx)
{
	int error = ctx[2];

	/* -EBUSY: another backing file; -ETXTBSY: cached opens (fs/fuse/iomode.c) */
	return inner_failed(error, error == -16 ? FL_RULE_OTHER_BACKING : FL_RULE_CACHED_OPENS);
}

SEC("fexit/fuse_file_cached_io_open")
int cached_open_exit(__u64 *ctx)
{
	return inner_failed((int)ctx[2], FL_RULE_UNCACHED_OPENS);
}

/* Its arguments differ between kernels, so only the result is read: a pointer or an errno. */
SEC("fexit/fuse_passthrough_open")
int passthrough_open_exit(__u64 *ctx)
{
	__u64 ret = 0;

	bpf_get_func_ret(ctx, &ret);
	return inner_failed(ret >= -MAX_ERRNO ? (long)ret : 0, FL_RULE_BACKING_ID);
}

static __always_inline void count_refused(struct inode *inode, const struct opening *o)
{
	struct fl_refused_key key = {};
	struct fl_refused fresh = {}, *r;
	struct hlist_node *node;

	key.ino = inode->i_ino;
	key.dev = inode->i_sb->s_dev;
	key.nodeid = BPF_CORE_READ((struct fuse_inode *)inode, nodeid);
	key.rule = o->rule;
	key.error = o->error;
	key.open_flags = o->open_flags;
	r = bpf_map_lookup_elem(&refused, &key);
	if (!r) {
		node = BPF_CORE_READ(inode, i_dentry.first);
		if (node) {
			struct dentry *d = dentry_of_alias(node);

			bpf_probe_read_kernel_str(fresh.name, sizeof(fresh.name),
						  BPF_CORE_READ(d, d_name.name));
		}
		bpf_map_update_elem(&refused, &key, &fresh, BPF_NOEXIST);
		r = bpf_map_lookup_elem(&refused, &key);
		if (!r) {
			__sync_fetch_and_add(&refused_without_place, 1);
			return;
		}
	}
	__sync_fetch_and_add(&r->count, 1);
	r->last_pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(r->last_comm, sizeof(r->last_comm));
}

SEC("fexit/fuse_file_io_open")
int open_exit(__u64 *ctx)
{
	struct file *file = (void *)ctx[0];
	struct fuse_file *ff = file->private_data;
	struct inode *inode = (void *)ctx[1];
	__u64 id = bpf_get_current_pid_tgid();
	struct opening *o = current_opening();
	struct fl_stripped_key key = {};
	__u64 one = 1, *n;
	int ret = ctx[2];

	if (!o)
		return 0;
	if (ret) {
		count_refused(inode, o);
	} else if (o->open_flags & FOPEN_PARALLEL_DIRECT_WRITES &&
		   !(BPF_CORE_READ(ff, open_flags) & FOPEN_PARALLEL_DIRECT_WRITES)) {
		key.dev = inode->i_sb->s_dev;
		key.open_flags = o->open_flags;
		n = bpf_map_lookup_elem(&stripped, &key);
		if (n)
			__sync_fetch_and_add(n, 1);
		else if (bpf_map_update_elem(&stripped, &key, &one, BPF_ANY))
			__sync_fetch_and_add(&stripped_without_place, 1);
	}
	bpf_map_delete_elem(&opening, &id);
	return 0;
}
