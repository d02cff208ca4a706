/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel types that the programs look into, holding only the fields used. CO-RE finds each field's
 * place in the running kernel, so nothing here depends on the machine that builds. A suffix ___x marks
 * a second shape of a type; its comment names the commit that made the difference.
 */
#ifndef FUSELENS_KERNEL_TYPES_H
#define FUSELENS_KERNEL_TYPES_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1 };
enum { BPF_F_MMAPABLE = 1 << 10 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* What a kprobe sees of the processor, and what a system call began with: see registers.bpf.h. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, sp;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
};
struct pt_regs {
	__s32 syscallno;
};
#endif

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

typedef struct {
	long counter;
} atomic_long_t;

struct rw_semaphore {
	atomic_long_t count;
	atomic_long_t owner;
};

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct vfsmount;
struct super_block;

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	union {
		struct hlist_node d_alias;
	} d_u;
};

/* the union lost its name between 6.18 and 7.3 */
struct dentry___anonymous {
	union {
		struct hlist_node d_alias;
	};
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
	void *s_fs_info;
};

struct inode {
	__u16 i_mode;
	__u32 i_flags;
	struct super_block *i_sb;
	unsigned long i_ino;
	__u32 i_rdev;
	long long i_size;
	__u32 i_generation;
	struct rw_semaphore i_rwsem;
	struct hlist_head i_dentry;
};

struct address_space {
	struct inode *host;
};

struct folio {
	struct address_space *mapping;
};

struct page {
	struct address_space *mapping;
};

struct file {
	__u32 f_mode;
	void *private_data;
	struct inode *f_inode;
	__u32 f_flags;
	struct path f_path;
};

struct backing_file {
	struct file file;
	struct path user_path;
};

struct kiocb {
	struct file *ki_filp;
	long long ki_pos;
	void (*ki_complete)(struct kiocb *, long);
	int ki_flags;
};

/* fs/backing-file.c */
struct backing_aio {
	struct kiocb iocb;
	struct kiocb *orig_iocb;
};

struct iov_iter {
	bool data_source;
	unsigned long count;
};

struct iomap {
	__u64 length;
};

struct iomap_iter {
	struct inode *inode;
	long long pos;
	unsigned int flags;
	struct iomap iomap;
};

/* until v6.15, when the parts of an iteration began to move its position */
struct iomap_iter___processed {
	long long processed;
};

/* since v6.15 */
struct iomap_iter___status {
	int status;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct pid_namespace {
	unsigned int level;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_io_accounting {
	__u64 syscw; /* calls of write(2) and the like that have ended, with any result */
};

struct kernfs_node {
	const char *name;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct task_struct {
	struct files_struct *files;
	struct css_set *cgroups;
	int pid;
	int tgid;
	char comm[16];
	unsigned int flags;
	struct pid *thread_pid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct task_io_accounting ioac;
};

struct io_kiocb {
	struct file *file;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

/* fs/fuse */

struct xarray {
	void *xa_head;
};

struct xa_node {
	unsigned char shift;
	void *slots[64];
};

struct idr {
	struct xarray idr_rt;
	unsigned int idr_base;
};

struct fuse_backing {
	struct file *file;
};

struct fuse_conn {
	struct idr backing_files_map; /* with CONFIG_FUSE_PASSTHROUGH */
	atomic_long_t attr_version;
	__u32 dev;
	struct pid_namespace *pid_ns;
	unsigned int max_write;
	unsigned int max_pages;
	unsigned int writeback_cache : 1;
	unsigned int handle_killpriv_v2 : 1;
	unsigned int no_getxattr : 1;
};

struct fuse_mount {
	struct fuse_conn *fc;
	struct super_block *sb;
};

struct fuse_dev {
	struct fuse_conn *fc;
};

/*
 * Between 6.18 and 7.3 daemons' descriptors and requests came to belong to a channel (struct
 * fuse_chan in fs/fuse/fuse_dev_i.h), which leads to the connection.
 */
struct fuse_chan {
	struct fuse_conn *conn;
};

struct fuse_dev___chan {
	struct fuse_chan *chan;
};

struct spinlock {
};
typedef struct spinlock spinlock_t;

struct fuse_inode {
	struct inode inode;
	spinlock_t lock;
	__u64 nodeid;
	unsigned long state;
	int iocachectr;
	__u64 attr_version;
};

struct fuse_open_out {
	__u64 fh;
	__u32 open_flags;
	__s32 backing_id;
};

union fuse_file_args {
	struct fuse_open_out open_outarg;
};

struct fuse_file {
	struct fuse_mount *fm;
	union fuse_file_args *args;
	__u64 nodeid;
	__u32 open_flags;
	int iomode;
	struct file *passthrough;
};

struct fuse_in_arg {
	unsigned int size;
	const void *value;
};

struct fuse_arg {
	unsigned int size;
	void *value;
};

struct fuse_args {
	__u64 nodeid;
	__u32 opcode;
	struct fuse_in_arg in_args[3];
	struct fuse_arg out_args[2];
};

struct fuse_args_pages {
	struct fuse_args args;
	struct folio **folios;
	unsigned int num_folios;
};

/* before commit 68bfb7eb7f7d ("fuse: remove pages for requests and exclusively use folios") */
struct fuse_args_pages___pages {
	struct page **pages;
	unsigned int num_pages;
};

struct fuse_write_in {
	__u64 fh;
	__u64 offset;
	__u32 size;
	__u32 write_flags;
};

struct fuse_write_out {
	__u32 size;
};

struct fuse_io_priv {
	int async;
	unsigned long size;
	bool write;
	struct kiocb *iocb;
	bool blocking;
};

struct fuse_io_args {
	struct {
		struct fuse_write_in in;
		struct fuse_write_out out;
	} write;
	struct fuse_args_pages ap;
	struct fuse_io_priv *io;
};

struct fuse_in_header {
	__u32 opcode;
	__u64 nodeid;
	__u32 pid;
};

struct fuse_out_header {
	__u32 len;
	int error;
};

enum fuse_req_flag {
	FR_BACKGROUND = 2,
	FR_URING = 12, /* sent through a ring, v6.14 */
};

struct fuse_req {
	struct fuse_args *args;
	struct {
		struct {
			int counter;
		} refs;
	} count;
	unsigned long flags;
	struct {
		struct fuse_in_header h;
	} in;
	struct {
		struct fuse_out_header h;
	} out;
	struct fuse_mount *fm;
};

/* see struct fuse_chan */
struct fuse_req___chan {
	struct fuse_chan *chan;
};

#pragma clang attribute pop

/* Macros of the kernel, which BTF does not carry. All are stable user or VFS interface values. */
#define FUSE_SUPER_MAGIC      0x65735546
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define XFS_SUPER_MAGIC	      0x58465342
#define FUSE_DEV_RDEV	      ((10u << 20) | 229u)

/*
 * FMODE_BACKING moved from bit 25 to bit 24 when FMODE_NONOTIFY became two bits (the series that
 * added fanotify's pre-content events). This came with v6.14 and with stable kernels as old as
 * 6.12, so neither version nor type shows the bit. Backing files also carry FMODE_NOACCOUNT
 * (alloc_empty_backing_file()), which never moved and which no file opened by a user has. Together
 * with it, either bit will do.
 */
#define FMODE_BACKING_EITHER (3u << 24)
#define FMODE_NOACCOUNT	     (1u << 29)

#define S_IFMT	0170000
#define S_IFCHR 0020000
#define S_IFREG 0100000
#define S_ISUID 0004000
#define S_ISGID 0002000
#define S_IXGRP 0000010
#define S_NOSEC (1u << 12)

#define IOCB_DSYNC  0x00000002
#define IOCB_NOWAIT 0x00000008
#define IOCB_APPEND 0x00000010
#define IOCB_DIRECT (1 << 17)
#define IOCB_WRITE  (1 << 18)

#define IOMAP_WRITE  (1u << 0)
#define IOMAP_DIRECT (1u << 4)

#define IOMAP_DIO_OVERWRITE_ONLY (1u << 1)

#define PF_IO_WORKER 0x10
#define PF_SIGNALED  0x400 /* killed, or ended with its process */
#define PF_KTHREAD   0x200000

#define RWSEM_WRITER_LOCKED (1ul << 0)
#define RWSEM_FLAG_WAITERS  (1ul << 1)
#define RWSEM_READER_SHIFT  8
#define RWSEM_READER_MASK   (~0xfful & ~(1ul << 63))
#define RWSEM_OWNER_FLAGS   7ul

#define FOPEN_DIRECT_IO		     (1u << 0)
#define FOPEN_PARALLEL_DIRECT_WRITES (1u << 6)
#define FOPEN_PASSTHROUGH	     (1u << 7)

#define EIO	    5
#define EAGAIN	    11
#define ERESTARTSYS 512
#define EIOCBQUEUED 529

#define FUSE_LOOKUP_OP		   1
#define FUSE_GETATTR_OP		   3
#define FUSE_SETATTR_OP		   4
#define FUSE_OPEN_OP		   14
#define FUSE_READ_OP		   15
#define FUSE_WRITE_OP		   16
#define FUSE_RELEASE_OP		   18
#define FUSE_FSYNC_OP		   20
#define FUSE_GETXATTR_OP	   22
#define FUSE_CREATE_OP		   35
#define FUSE_FALLOCATE_OP	   43
#define FUSE_READDIRPLUS_OP	   44
#define FUSE_LSEEK_OP		   46
#define FUSE_COPY_FILE_RANGE_OP	   47
#define FUSE_TMPFILE_OP		   51
#define FUSE_STATX_OP		   52
#define FUSE_COPY_FILE_RANGE_64_OP 53

#define FUSE_WRITE_CACHE (1u << 0)

#endif
