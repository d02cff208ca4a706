// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists every open file on a FUSE mount, and every daemon's descriptor of /dev/fuse, by walking all
 * tasks' descriptor tables: files opened before the tool started are seen, in every namespace.
 *
 * The iterator over versions is in the same object, because loading an object reads all of the
 * kernel's BTF, and that is most of the work.
 */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi.h"
#include "walks.bpf.h"
#include "versions.bpf.h"

char LICENSE[] SEC("license") = "GPL";

struct scratch {
	struct fl_file_record rec;
	char path[FL_PATH_MAX];
	char name[256];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

#define MAX_DEPTH 40

/*
 * Writes the backing file's path inside its file system: components from the leaf up, each with its
 * NUL, and an empty one at the end. User space prepends the mount point.
 */
static __always_inline void write_backing_path(struct seq_file *seq, struct scratch *s,
					       struct file *backing)
{
	struct dentry *dentry = BPF_CORE_READ(backing, f_path.dentry);

	for (int i = 0; i < MAX_DEPTH; i++) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
		long len;

		if (!parent || parent == dentry)
			break;
		len = bpf_probe_read_kernel_str(s->name, sizeof(s->name),
						BPF_CORE_READ(dentry, d_name.name));
		if (len <= 1 || len > (long)sizeof(s->name))
			break;
		bpf_seq_write(seq, s->name, len);
		dentry = parent;
	}
	s->name[0] = 0;
	bpf_seq_write(seq, s->name, 1);
}

/*
 * The number of a task or group in the reader's PID namespace; 0 if that namespace does not have
 * it.
 */
static __always_inline __u32 pid_for_reader(struct pid *pid)
{
	struct task_struct *reader = (struct task_struct *)bpf_get_current_task();

	return pid_in_namespace(pid, BPF_CORE_READ(reader, thread_pid, level));
}

static __always_inline void fill_conn(struct fl_file_record *r, struct fuse_conn *fc)
{
	r->fc_flags = 0;
	if (BPF_CORE_READ_BITFIELD_PROBED(fc, writeback_cache))
		r->fc_flags |= FL_FC_WRITEBACK_CACHE;
	if (BPF_CORE_READ_BITFIELD_PROBED(fc, handle_killpriv_v2))
		r->fc_flags |= FL_FC_KILLPRIV_V2;
	if (BPF_CORE_READ_BITFIELD_PROBED(fc, no_getxattr))
		r->fc_flags |= FL_FC_NO_GETXATTR;
}

static __always_inline void fill_fuse_file(struct fl_file_record *r, struct file *file,
					   struct inode *inode)
{
	struct fuse_file *ff = file->private_data;
	struct fuse_inode *fi = (void *)inode;
	struct file *backing;

	r->inode = 0;
	r->ino = inode->i_ino;
	r->generation = inode->i_generation;
	r->size = inode->i_size;
	r->dev = inode->i_sb->s_dev;
	r->s_flags = inode->i_sb->s_flags;
	r->nodeid = BPF_CORE_READ(ff, nodeid);
	r->open_flags = BPF_CORE_READ(ff, open_flags);
	/* the answer is kept until the release, since v6.11 */
	r->answered_flags = r->open_flags;
	if (bpf_core_field_exists(ff->args) && BPF_CORE_READ(ff, args)) {
		r->answered_flags = BPF_CORE_READ(ff, args, open_outarg.open_flags);
		r->answer_kept = 1;
	}
	/* commit cb098dd24bab ("fuse: introduce inode io modes"), v6.9 */
	r->iomode = bpf_core_field_exists(ff->iomode) ? BPF_CORE_READ(ff, iomode) : -1;
	if (bpf_core_field_exists(fi->iocachectr)) {
		r->has_iocachectr = 1;
		bpf_probe_read_kernel(&r->iocachectr, sizeof(r->iocachectr), &fi->iocachectr);
	}
	fill_conn(r, BPF_CORE_READ(ff, fm, fc));
	/* CONFIG_FUSE_PASSTHROUGH; commit 44350256ab94 ("fuse: implement ioctls to manage backing files") */
	if (!bpf_core_field_exists(ff->passthrough))
		return;
	backing = BPF_CORE_READ(ff, passthrough);
	if (!backing)
		return;
	r->passthrough = 1;
	r->backing_ino = BPF_CORE_READ(backing, f_inode, i_ino);
	r->backing_dev = BPF_CORE_READ(backing, f_inode, i_sb, s_dev);
	r->backing_magic = BPF_CORE_READ(backing, f_inode, i_sb, s_magic);
}

/* NULL if there is none. The kernel marks a removed backing file by a small number. */
static __always_inline struct fuse_conn *conn_of_dev(struct fuse_dev *fud)
{
	struct fuse_dev___chan *by_chan = (void *)fud;
	struct fuse_chan *chan;
	struct fuse_conn *fc;

	if (bpf_core_field_exists(by_chan->chan)) {
		chan = BPF_CORE_READ(by_chan, chan);
		if ((unsigned long)chan <= 7)
			return NULL;
		return BPF_CORE_READ(chan, conn);
	}
	fc = BPF_CORE_READ(fud, fc);
	return (unsigned long)fc > 7 ? fc : NULL;
}

/* A descriptor of /dev/fuse. False if it has no connection. */
static __always_inline bool fill_dev(struct fl_file_record *r, struct file *file)
{
	/* the low bit is a flag while the connection is set up: FUSE_DEV_SYNC_INIT, v6.18 */
	struct fuse_dev *fud = (void *)((unsigned long)file->private_data & ~7ul);
	struct fuse_conn *fc = fud ? conn_of_dev(fud) : NULL;

	if (!fc)
		return false;
	r->kind = FL_FILE_DEV;
	r->dev = BPF_CORE_READ(fc, dev);
	fill_conn(r, fc);
	return true;
}

SEC("iter/task_file")
int list_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct seq_file *seq;
	struct inode *inode;
	struct fl_file_record *r;
	struct scratch *s;
	bool is_dev;
	__u32 zero = 0;
	long len;

	if (!task || !file)
		return 0;
	inode = file->f_inode;
	is_dev = (inode->i_mode & S_IFMT) == S_IFCHR && inode->i_rdev == FUSE_DEV_RDEV;
	if (!is_dev && inode->i_sb->s_magic != FUSE_SUPER_MAGIC)
		return 0;
	/* nobody writes to directories or special files */
	if (!is_dev && (inode->i_mode & S_IFMT) != S_IFREG)
		return 0;
	s = bpf_map_lookup_elem(&scratches, &zero);
	if (!s)
		return 0;
	seq = ctx->meta->seq;
	r = &s->rec;
	__builtin_memset(r, 0, sizeof(*r));
	r->magic = FL_FILE_MAGIC;
	r->pid = pid_for_reader(BPF_CORE_READ(task, group_leader, thread_pid));
	r->tid = pid_for_reader(BPF_CORE_READ(task, thread_pid));
	r->global_pid = task->tgid;
	r->fd = ctx->fd;
	bpf_probe_read_kernel_str(r->comm, sizeof(r->comm), task->comm);
	if (is_dev) {
		if (fill_dev(r, file))
			bpf_seq_write(seq, r, sizeof(*r));
		return 0;
	}
	r->kind = FL_FILE_OPEN;
	r->f_flags = file->f_flags;
	r->f_mode = file->f_mode;
	fill_fuse_file(r, file, inode);
	len = bpf_d_path(&file->f_path, s->path, sizeof(s->path));
	if (len < 0 || len > FL_PATH_MAX)
		len = 0;
	r->path_len = len;
	bpf_seq_write(seq, r, sizeof(*r));
	if (len > 0)
		bpf_seq_write(seq, s->path, len);
	if (r->passthrough)
		write_backing_path(
			seq, s, BPF_CORE_READ((struct fuse_file *)file->private_data, passthrough));
	return 0;
}
