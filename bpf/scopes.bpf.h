/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each task is writing right now: one record per task, in an array indexed by PID. Task
 * storage would cost three times as much. If two tasks whose PIDs share a place write at the same
 * moment, one of the writes is lost, and the loss is counted. A task reads only what it has written itself, on
 * whichever CPU, so a scope needs no barriers (order.bpf.h).
 */
#ifndef FUSELENS_SCOPES_BPF_H
#define FUSELENS_SCOPES_BPF_H

#include "epoch.bpf.h"
#include "requests.bpf.h"

#define SCOPE_PLACES 32768

/*
 * One cache line. The second half describes the open file and stays after the write has ended, for the next
 * write through the same file.
 */
struct scope {
	__u64 iocb;	 /* 0: no scope is open. Differs for each write under way. See LOCKED */
	__u64 entry_ns;	 /* 0 if this write's times are not measured */
	__u64 locked_ns; /* only with LOCKED and entry_ns */
	__u32 bytes;	 /* no write(2) has more than MAX_RW_COUNT, below 2^31 */
	__u32 pid;	 /* of the task; not updated while the file is remembered */

	__u64 file; /* 0 if the fields below may be out of date */
	__u64 inode;
	__u32 epoch; /* open_epoch at that time */
	__u32 slot;
	__u32 untimed;	 /* number of further writes of the task that are not timed */
	__u8 cell;	 /* of this write; counted at its return, if it has written */
	__u8 excl_cell;	 /* the cell of a plain exclusive write */
	__u8 open_flags; /* the lower ones */
	__u8 pad;
};
_Static_assert(sizeof(struct scope) == 64, "a place is computed by a shift");

/*
 * Added to a scope's iocb (an aligned address) once the lock was seen held. One comparison at the
 * return then shows both that the scope belongs to this write and that it is complete.
 */
#define LOCKED 1ull

/* A global array, not a map: computing an address takes four instructions, without a lookup. */
static struct scope scopes[SCOPE_PLACES] __attribute__((aligned(64)));

static __always_inline __u32 current_pid(void)
{
	return bpf_get_current_task_btf()->pid;
}

static __always_inline struct scope *scope_of(__u32 pid)
{
	struct scope *s = &scopes[pid & (SCOPE_PLACES - 1)];

	/* else the compiler computes the address anew for one field after the other */
	barrier_var(s);
	return s;
}

static __always_inline __u8 cell_of(enum fl_mode mode, enum fl_nature nature)
{
	return (__u32)mode * FL_NATURES + (__u32)nature;
}

/* Added to a scope's cell: queued.bpf.h remembers the write. */
#define CELL_REMEMBERED 0x80

static __always_inline enum fl_mode mode_of(__u8 cell)
{
	return (cell & ~CELL_REMEMBERED) / FL_NATURES;
}

static __always_inline void scope_locked(struct scope *s, __u64 iocb)
{
	/*
	 * set the whole word: if another task's write came in between, that one must not count as
	 * locked
	 */
	s->iocb = iocb + LOCKED;
	if (s->entry_ns)
		s->locked_ns = bpf_ktime_get_ns();
}

/* The form's answers to what write_requests.bpf.h asks. */

/* A write with a scope is counted at its end. */
static __always_inline bool write_request_selected(void)
{
	return task_selected();
}

/* Functions see every write. */
static __always_inline bool may_miss_writes(struct fuse_conn *fc, __u32 flags, __u32 open_flags,
					    __s32 backing_id)
{
	return false;
}

static __always_inline void open_files_changed(void)
{
	forget_open_files();
}

/*
 * A write request is sent while its writer holds the lock, so the first request of a scope's write
 * marks the lock as taken. From within its scope a cached write (iocb is NULL) sends only its own
 * requests, unless its backing file is on FUSE, too. Without a scope the request was sent for
 * another task, or the write began before counting.
 */
static __always_inline enum at_request ask_at_request(const struct sent_write *w)
{
	__u32 pid = current_pid();
	struct scope *s = scope_of(pid);

	if (!s->iocb || s->pid != pid || s->inode != (__u64)w->inode ||
	    (w->iocb && (s->iocb & ~LOCKED) != (__u64)w->iocb))
		return REQUEST_COUNTS;
	if (!(s->iocb & LOCKED))
		return REQUEST_IS_FIRST;
	s->bytes += w->size;
	return REQUEST_IS_FURTHER;
}

static __always_inline void tell_first_request(const struct sent_write *w, __u32 cell)
{
	struct scope *s = scope_of(current_pid());

	s->file = 0;
	s->slot = w->slot;
	s->bytes = w->size;
	s->cell = cell;
	scope_locked(s, s->iocb);
}

#endif
