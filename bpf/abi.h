/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABI between the BPF programs and the collector: sizes, indices and plain structs, nothing else.
 * Both sides include it after their own integer types.
 */
#ifndef FUSELENS_ABI_H
#define FUSELENS_ABI_H

/* Where a write went. */
enum fl_route {
	FL_ROUTE_PASSTHROUGH,
	FL_ROUTE_DIRECT,
	FL_ROUTE_CACHED,
	FL_ROUTE_DAX,
	FL_ROUTE_SPLICE,
	FL_ROUTE_IOMAP,
	FL_ROUTE_OTHER,
	FL_ROUTES,
};

/*
 * What a write was by its own nature, whatever lock it took. It is the kernel-side half of a
 * reason. User space adds the other half: what this kernel can do, and which open flags were in
 * force.
 */
enum fl_nature {
	FL_NATURE_PLAIN,     /* direct, within EOF, no append: the shared path would accept it */
	FL_NATURE_UNCHECKED, /* the same, but the write looks for privileges: not IS_NOSEC */
	FL_NATURE_BUFFERED,
	FL_NATURE_APPEND,
	FL_NATURE_PAST_EOF,
	FL_NATURE_CACHE_MODE, /* direct route while the inode is in cached I/O mode */
	FL_NATURE_PRIVILEGES, /* setuid, or setgid with group execute: bits to strip */
	FL_NATURE_OTHER,
	FL_NATURES,
};

/* How a write held the inode lock, and what was known of FOPEN_PARALLEL_DIRECT_WRITES. */
enum fl_mode {
	FL_MODE_EXCL_FLAG_UNKNOWN,
	FL_MODE_EXCL_FLAG_UNSET,
	FL_MODE_EXCL_FLAG_SET,
	FL_MODE_SHARED,
	FL_MODE_UNKNOWN, /* seen from a task that need not hold the lock */
	FL_MODES,
};

/* What is counted besides the cells. */
enum fl_counter {
	FL_COUNT_BYTES,
	FL_COUNT_SEGMENTS,    /* further requests of a write that is already counted */
	FL_COUNT_MAYBE_SPLIT, /* calls that may have written a part of a larger write */
	FL_COUNT_COMPLETED_INLINE,
	FL_COUNT_COMPLETED_WORKER,
	FL_COUNT_UPGRADES,
	/*
	 * Attempts that took the lock and wrote nothing; they are no writes. io_uring tries again
	 * and again with IOCB_NOWAIT on a file that can be polled. The backing file system answers
	 * -EAGAIN, for example if it must update times. This makes dozens of takes per write.
	 */
	FL_COUNT_RETRIED,
	FL_COUNT_FAILED,    /* attempts that took the lock and ended with another error */
	FL_COUNT_UNCERTAIN, /* attempts that may have written or not: a loss */
	FL_COUNT_OUTSIDE,   /* writes of tasks that do not belong to the command's family */
	/*
	 * Attempts that held the lock exclusively, and behind which somebody was queued when they were
	 * looked at. Whoever queues later is not seen.
	 */
	FL_COUNT_QUEUED_BEHIND,
	FL_COUNTERS,
};

/* What a lock call in fs/fuse is for. The "other" ones are not on a write's path. */
enum fl_site_role {
	FL_SITE_EXCLUSIVE,
	FL_SITE_SHARED,
	FL_SITE_UPGRADE, /* exclusive, by a write that had held the lock shared */
	FL_SITE_FI_LOCK,
	FL_SITE_OTHER_EXCLUSIVE,
	FL_SITE_OTHER_SHARED,
	FL_SITE_OTHER_FI_LOCK,
	FL_SITE_ROLES,
};

/* Takes of one inode's locks, from one route's sites, on one CPU; and its writes' completions. */
struct fl_slot_takes {
	__u64 take[FL_SITE_ROLES];
	__u64 completed_inline; /* fuse_write_update_attr() in the writer */
	__u64 completed_worker; /* in a kworker: asynchronous writes */
};

#define FL_MAX_SITES 256

struct fl_site_counts {
	__u64 takes;
	__u64 elsewhere; /* the lock of a file outside the target, or of something else */
};

/*
 * A histogram of times in ns: eight buckets an octave, fine enough to subtract a probe pair's own time.
 * Bucket 8 * l + f holds [2^l * (1 + f/8), 2^l * (1 + (f+1)/8)) ns; each time below 8 ns has its
 * own bucket.
 */
#define FL_HIST_BUCKETS 288
struct fl_hist {
	__u64 bucket[FL_HIST_BUCKETS];
	__u64 sum_ns;
};

/*
 * Waits for the locks of a file's inode that queued, by the contention tracepoints; and beside them what a writer
 * that holds the lock waits for.
 */
enum fl_wait_kind {
	FL_WAIT_EXCL,
	FL_WAIT_SHARED,
	FL_WAIT_FI_LOCK,
	FL_WAIT_IO, /* a synchronous direct write's I/O in the backing file system */
	FL_WAIT_KINDS,
};
struct fl_wait_times {
	struct fl_hist times;
	__u64 max_ns;
};
struct fl_waits {
	struct fl_wait_times kind[FL_WAIT_KINDS];
};
#define FL_WAITED_FILES 1024 /* with waits of their own; place 0 is all others' */

/* Which locks are followed: sets of places by the lock's address. */
#define FL_LOCK_SETS 4096
#define FL_LOCK_WAYS 4
struct fl_lock {
	__u64 address; /* 0: none */
	__u32 slot;
	__u32 is_fi_lock;
};
struct fl_lock_set {
	struct fl_lock way[FL_LOCK_WAYS];
};

/* Between the programs that find locks and user space. */
struct fl_lock_state {
	__u64 places;	  /* given to files so far */
	__u64 unfollowed; /* locks for which there was no room */
};

/*
 * What a probe at a site does, in its cookie: site | role << 16 | route << 24 | what << 32, and for a lock whose
 * address comes from a register: offset << 44 | the register's number << 56.
 */
enum fl_site_action {
	FL_SITE_COUNT = 1,
	FL_SITE_BEGIN = 2, /* before the call: the wait begins */
	FL_SITE_END = 4,   /* after it: the wait ends */
	FL_SITE_CALIBRATE_BEGIN = 8,
	FL_SITE_CALIBRATE_END = 16,
	/* the call may fail: what it returns says whether the lock was taken */
	FL_SITE_TRY = 32,
	FL_SITE_TRY_IS_ZERO = 64,  /* by 0, as down_write_killable() does; else by another value */
	FL_SITE_IN_REGISTER = 128, /* else it is the call's first argument */
	FL_SITE_COMPLETES = 256,   /* a write is completed here, too */
};
#define FL_SITE_OFFSET_SHIFT   44
#define FL_SITE_OFFSET_MASK    0xfffull
#define FL_SITE_REGISTER_SHIFT 56

/* Wait and hold, each by mode. */
enum fl_hist_kind {
	FL_HIST_WAIT_EXCL,
	FL_HIST_WAIT_SHARED,
	FL_HIST_HOLD_EXCL,
	FL_HIST_HOLD_SHARED,
	FL_HISTS,
};

/* One (inode, route) pair on one CPU. */
struct fl_slot_counts {
	__u64 cell[FL_MODES][FL_NATURES];
	__u64 counter[FL_COUNTERS];
};

struct fl_slot_hists {
	struct fl_hist hist[FL_HISTS];
};

/*
 * How many tasks held the lock together, when an attempt that shared it was looked at: itself, and
 * whoever else held it at that moment. A task that has just asked for it counts, too, for as long as
 * it takes to find out that it must queue.
 */
#define FL_HOLDERS 64
struct fl_holders {
	__u64 looks[FL_HOLDERS]; /* by the number less 1; the last one: FL_HOLDERS or more */
	__u64 beyond;		 /* the sum of the numbers in the last one */
};

/*
 * Whose slot it is. A program claims the slot by compare-and-swap on key. After that it is only
 * read until user space gives it back, so writers on different CPUs share the line without bouncing
 * it. Slot 0 is never claimed: it is "other".
 */
#define FL_NAME_MAX 64
struct fl_slot {
	__u64 key; /* a hash of nodeid, dev, generation and route; 0 if free */
	__u64 ino;
	__u64 nodeid;
	__u32 dev; /* kernel form: major << 20 | minor */
	__u32 route;
	__u32 name_len;
	__u32 open_flags; /* in force on the writer's descriptor at the first write */
	__u32 open_flags_known;
	__u32 generation; /* of the node */
	__u32 waits;	  /* its place in the table of waits; 0: with those of other files */
	__u64 inode;	  /* whose locks are followed, where waits are */
	/* of the file system below, as the first writer's descriptor has it; 0: not known */
	__u64 backing_magic;
	/* the last path component, for files closed before anyone listed them */
	char name[FL_NAME_MAX];
};
#define FL_SLOT_PROBES 32
/* The key of a slot that user space gave back. Keys of files are odd; 0 means never claimed. */
#define FL_SLOT_FREED 2ull

/* A process that writes a file, on one CPU. */
#define FL_WRITER_BITS	 11
#define FL_WRITERS	 (1u << FL_WRITER_BITS)
#define FL_WRITER_PROBES 4
#define FL_CGROUP_MAX	 80 /* "cri-containerd-" and 64 digits */
struct fl_writer {
	__u64 key; /* tgid, CPU and slot; 0: nobody */
	__u64 writes;
	__u64 settled; /* more writes, to be added; may be "less than 0" */
	__u32 pid;
	__u32 scope; /* of a task of the process that may have a batch for this place (struct fl_scope) */
	char comm[16];
	char cgroup[FL_CGROUP_MAX]; /* the last component of its path */
};
#define FL_WRITER_TGID_SHIFT 40
#define FL_WRITER_CPU_SHIFT  24
#define FL_WRITER_SLOT_MASK  ((1u << FL_WRITER_CPU_SHIFT) - 1)
#define FL_WRITER_CLAIMED    FL_WRITER_SLOT_MASK /* as a key: the place is being filled in */

/*
 * What a task is writing, in the form with function hooks (bpf/scopes.bpf.h), and the writes that it has ended and that
 * are not yet added to a slot: a batch of one file and one cell. User space adds the batches to what it reads of slots.
 */
#define FL_SCOPE_PLACES 32768
struct fl_scope {
	/* what the usual write needs, in one cache line */
	__u64 key;
	__u64 file; /* the backing file of the last write; 0 if what follows may not be true of the next one */
	__u64 inode;
	__u64 batch_bytes;
	__u32 batch; /* writes */
	__u32 slot;  /* theirs, and the last write's */
	__u32 epoch; /* open_epoch; 0 if the next write is not usual */
	__u32 untimed;
	__u32 bytes;	 /* no write(2) has more than MAX_RW_COUNT, below 2^31 */
	__u8 cell;	 /* of this write; counted at its return, if it has written */
	__u8 usual;	 /* the batch's cell; FL_NO_CELL: writes do not join the batch */
	__u8 excl_cell;	 /* the cell of a plain exclusive write */
	__u8 open_flags; /* the lower ones */

	__u32 pid;     /* of the task */
	__u32 refused; /* writes of other tasks that found the scope in use */
	__u64 fuse_file;
	__u64 entry_ns;	  /* 0 if this write's times are not measured */
	__u64 locked_ns;  /* only with entry_ns, once the lock is held */
	__u64 writer_key; /* the task's place among the writers (struct fl_writer) has this key */
	__u32 writer;
	__u32 epoch_looked; /* open_epoch when the file was looked at */
	__u32 version; /* odd while slot, usual and the batch change other than by a further write */
	__u32 batched;	   /* whether plain writes may join the batch */
	__u32 until_timed; /* as untimed, where every write begins specially */
	__u32 pad[3];
};
#define FL_NO_CELL 0xff

/*
 * The order of claims: their number, then a ring of claimed slots with as many places as slots. A
 * place is 0 until its slot has been written in full, and again after user space has read it.
 */
#define FL_ORDER_CLAIMS 0
#define FL_ORDER_FIRST	1

/* What happened on a mount outside its writes, by device. */
enum fl_mount_counter {
	FL_MOUNT_GETXATTR_SECURITY, /* requests of writes for security.capability */
	FL_MOUNT_SETATTR,
	FL_MOUNT_FSYNC,
	FL_MOUNT_FALLOCATE,
	FL_MOUNT_LSEEK,
	FL_MOUNT_COPY_FILE_RANGE,
	FL_MOUNT_WRITE_REQUESTS,
	FL_MOUNT_WRITEBACK_REQUESTS,
	FL_MOUNT_OPENS,
	FL_MOUNT_OPENS_ASKED_PARALLEL,
	FL_MOUNT_ATTRIBUTE_REPLIES, /* how often replies may have raised fc->attr_version */
	FL_MOUNT_UNREAD_REPLIES,    /* the same is not known of so many more */
	FL_MOUNT_COUNTERS,
};

struct fl_mount_counts {
	__u64 counter[FL_MOUNT_COUNTERS];
	__u64 blind_files; /* that were opened for writes of which the form may miss some */
};

/* What a daemon answered to OPEN or CREATE, before the kernel stripped anything. */
struct fl_asked_key {
	__u64 nodeid;
	__u64 dev;
};

struct fl_asked {
	__u64 opens;
	__u64 opens_with_parallel;
	__u32 last_open_flags;
	__u32 blind; /* counted among the mount's blind_files */
};

/* Losses that only BPF can see, per CPU. */
enum fl_loss {
	FL_LOSS_TABLE_FULL, /* writes counted under slot 0 */
	FL_LOSS_UNPAIRED,   /* scopes that ended without their beginning or the reverse */
	FL_LOSS_NO_INODE,   /* a write whose inode could not be read */
	FL_LOSS_NO_TASK,    /* the task is not known, and only the writes of some count */
	FL_LOSSES,
};

struct fl_losses {
	__u64 count[FL_LOSSES];
};

/* Between the collector and the programs of the tracepoint form. */
struct fl_tp_state {
	__u32 buffered_followed; /* set by the collector: iomap_iterates is attached */
	__u32 buffered_seen;	 /* set by the programs: there was a buffered write */
	__u32 tentative_seen;	 /* FL_TENTATIVE_*: kinds of tentative attempts that began */
	__u32 punted;		 /* io_uring handed a FUSE file's I/O to its workers */
};
#define FL_TENTATIVE_NOWAIT    1u
#define FL_TENTATIVE_OVERWRITE 2u

struct fl_version_record {
	__u64 dev;
	__u64 version; /* 0: not known */
	__u32 fc_flags;
	__u32 unused;
};

#define FL_MAX_DEVS 16

/*
 * Which writes count: only those of one process or family, or only those that pass the gate
 * (bpf/gate.bpf.h).
 */
struct fl_only {
	__u32 tgid; /* 0: every process */
	__u16 gated;
	__u16 family; /* only those of the family (bpf/family.bpf.c) */
};

/* A bit for each number that a task may have (PID_MAX_LIMIT). */
#define FL_FAMILY_WORDS 65536

/* How a write came to the gate; kept in the low bits of its task's address. */
enum fl_gate_mark {
	FL_GATE_OUTSIDE = 1, /* begun while the gate was closed */
	FL_GATE_INSIDE = 2,
	FL_GATE_COUNTED = 3, /* begun while the gate was open, and counted */
};
#define FL_GATE_MARKS  3ull
#define FL_GATE_PLACES 32768

struct fl_gate {
	__u64 write[FL_GATE_PLACES]; /* marks of the tasks that write, by PID; 0: none */
};

/*
 * One open file, as the iterator writes it. path_len bytes of path follow. If there is a backing
 * file, the components of its path follow, from the leaf up, each with its NUL, and an empty one at
 * the end.
 */
#define FL_FILE_MAGIC 0x464c4631u
enum fl_file_kind {
	FL_FILE_OPEN = 1, /* an open file on a FUSE mount */
	FL_FILE_DEV = 2,  /* a daemon's descriptor of /dev/fuse */
};

struct fl_file_record {
	__u32 magic;
	__u32 kind;
	__u32 pid; /* as the reader's PID namespace has it */
	__u32 tid;
	__u32 fd;
	__u32 dev;
	__u64 inode;
	__u64 ino;
	__u64 nodeid;
	__u64 size;
	__u32 f_flags;
	__u32 f_mode;
	__u32 open_flags; /* effective FOPEN_* of struct fuse_file */
	__u32 s_flags;
	__s32 iomode;	  /* enum in struct fuse_file; -1 if the kernel has none */
	__s32 iocachectr; /* > 0 cached opens, < 0 uncached ones */
	__u32 has_iocachectr;
	__u32 passthrough; /* has a backing file */
	__u32 backing_dev;
	__u32 fc_flags; /* FL_FC_* */
	__u64 backing_ino;
	__u64 backing_magic;
	__u32 generation;     /* of the node */
	__u32 answered_flags; /* FOPEN_* of the answer; those in force if it is not kept */
	char comm[16];
	__u32 path_len;
	__u32 global_pid;  /* in the initial PID namespace; the programs filter by it */
	__u32 answer_kept; /* answered_flags are those of the answer */
	__u32 pad;
};

/* Which rule of fs/fuse/iomode.c refused an open. Users see EIO for all of them. */
enum fl_open_rule {
	FL_RULE_ALL_PASSTHROUGH, /* the inode is open for passthrough, so this open must be, too */
	FL_RULE_FLAGS,	    /* FOPEN_PASSTHROUGH is not negotiated, or another flag excludes it */
	FL_RULE_BACKING_ID, /* the backing id could not be used */
	FL_RULE_OTHER_BACKING,	/* open with another backing file already */
	FL_RULE_CACHED_OPENS,	/* somebody has it open in cached mode */
	FL_RULE_UNCACHED_OPENS, /* cached mode, and somebody has it open for passthrough */
	FL_RULES,
};

struct fl_refused_key {
	__u64 ino;
	__u64 nodeid;
	__u32 dev;
	__u32 rule;
	__s32 error; /* of the kernel, negative, before it became EIO */
	__u32 open_flags;
};

struct fl_refused {
	__u64 count;
	__u32 last_pid;
	__u32 pad;
	char last_comm[16];
	char name[64];
};

/* Opens that lost FOPEN_PARALLEL_DIRECT_WRITES; open_flags are those that the daemon asked for. */
struct fl_stripped_key {
	__u32 dev;
	__u32 open_flags;
};

/* Of the connection. */
#define FL_FC_WRITEBACK_CACHE 1u
#define FL_FC_KILLPRIV_V2     2u
#define FL_FC_NO_GETXATTR     4u

#define FL_PATH_MAX 4096

#endif
