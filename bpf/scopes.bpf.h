/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each task is writing right now: one record per task, in an array indexed by PID. Task
 * storage would cost three times as much. If two tasks whose PIDs share a place write at the same
 * moment, one of the writes is lost, and the loss is counted. A task reads only what it has written itself, on
 * whichever CPU, so for that a scope needs no barriers (order.bpf.h).
 *
 * A usual write only adds to the batch of its task's scope. What it adds to belongs to this task alone, so that
 * there is nothing to look up. Every few writes the batch is added to the slot and the writer.
 */
#ifndef FUSELENS_SCOPES_BPF_H
#define FUSELENS_SCOPES_BPF_H

#include "epoch.bpf.h"
#include "requests.bpf.h"

_Static_assert(sizeof(struct fl_scope) == 128, "a place is computed by a shift");

/*
 * A scope's key shows in one comparison whether the scope is free, and else for which write and how far that one is:
 * the PID, the task's next write finds its scope free;
 * the address of the kiocb, the write has begun;
 * that address and LOCKED, the lock was seen held;
 * the address of the iov_iter, the same, and the write is usual: it joins the batch if it succeeds.
 */
#define LOCKED 1ull

/* A global array, not a map: computing an address takes four instructions, without a lookup. */
struct fl_scope scopes[FL_SCOPE_PLACES] __attribute__((aligned(128)));
/* A bit for each that has ever had a batch. */
__u64 scopes_used[FL_SCOPE_PLACES / 64];

/*
 * Somebody writes to a passthrough file asynchronously. Not static: clang may make one byte of a static variable that
 * is only ever set to 1, and the kernel refuses the object's type information because the size does not fit.
 */
__u32 asynchronous_seen;

/* From now on no write is usual: all look whether they have to be remembered. */
static __always_inline void note_asynchronous(void)
{
	if (asynchronous_seen)
		return;
	/* before the version rises: whoever looks at a file anew has to see it */
	__sync_lock_test_and_set(&asynchronous_seen, 1);
	forget_open_files();
}

static __always_inline __u32 current_pid(void)
{
	return bpf_get_current_task_btf()->pid;
}

static __always_inline struct fl_scope *scope_of(__u32 pid)
{
	struct fl_scope *s = &scopes[pid & (FL_SCOPE_PLACES - 1)];

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

/* What is changed in between is read by user space as a whole. Exchanges are barriers (order.bpf.h). */
static __always_inline void begin_change(struct fl_scope *s)
{
	__sync_lock_test_and_set(&s->version, s->version | 1);
	barrier();
}

static __always_inline void end_change(struct fl_scope *s)
{
	barrier();
	__sync_lock_test_and_set(&s->version, (s->version | 1) + 1);
}

/* As a scope's writer_key: the place is not known, or belongs to another file or task. No place has this key. */
#define NO_WRITER (~0ull)

/* User space looks at the scope's batch from now on. */
static __always_inline void place_used(const struct fl_scope *s)
{
	__u32 place = s->pid & (FL_SCOPE_PLACES - 1);
	__u64 *word = &scopes_used[place / 64], bit = 1ull << (place % 64);

	if (!(*word & bit))
		__sync_fetch_and_or(word, bit);
}

/* Of the process's tasks the last one that began a batch. */
static __always_inline __u64 batched_for(const struct fl_writer *w)
{
	const struct fl_scope *s = &scopes[w->scope & (FL_SCOPE_PLACES - 1)];

	return s->writer_key == w->key ? s->batch : 0;
}

/* The place of the scope's task, which is the current one, among the writers of its slot. */
static __always_inline void find_own_place(struct fl_scope *s)
{
	__u32 place = writer_of(s->slot);

	writer_at(place)->scope = s->pid & (FL_SCOPE_PLACES - 1);
	begin_change(s);
	s->writer = place;
	s->writer_key = writer_at(place)->key;
	end_change(s);
}

/*
 * Adds the batch to its slot and writer. Other programs add there, too. User space reads the slots first, so it finds
 * what is on the way later, and never twice.
 */
static __noinline int end_batch(struct fl_scope *s)
{
	__u32 n = s->batch, slot = s->slot, cell = s->usual;
	__u64 bytes = s->batch_bytes;

	if (!n)
		return 0;
	begin_change(s);
	s->batch = 0;
	s->batch_bytes = 0;
	end_change(s);
	settle(slot, cell, n, bytes);
	/* else it had to make room, and its task is gone */
	if (writer_at(s->writer)->key != s->writer_key && s->pid == current_pid())
		find_own_place(s);
	if (writer_at(s->writer)->key == s->writer_key)
		__sync_fetch_and_add(&writer_at(s->writer)->settled, n);
	return 0;
}

/* Whether the task is inside a write, as far as the scope knows. */
static __always_inline bool scope_is_open(const struct fl_scope *s)
{
	return s->key != s->pid;
}

/* What the scope's epoch has to be for the next write. */
static __always_inline __u32 usual_epoch(const struct fl_scope *s)
{
	return asynchronous_seen || s->usual != s->excl_cell ? 0 : s->epoch_looked;
}

static __always_inline void close_scope(struct fl_scope *s)
{
	s->entry_ns = 0;
	s->epoch = usual_epoch(s);
	s->key = s->pid;
}

static __always_inline void scope_locked(struct fl_scope *s, __u64 iocb)
{
	s->key = iocb + LOCKED;
	if (s->entry_ns)
		s->locked_ns = bpf_ktime_get_ns();
}

/* In state_fentry.bpf.c: whether the write that the task has begun counts. If so, the scope knows its file. */
static __always_inline bool scope_counts(struct fl_scope *s, struct kiocb *iocb, __u64 backing);

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
	struct fl_scope *s = scope_of(pid);
	__u64 address = s->key & ~LOCKED;
	struct kiocb *iocb;

	if (s->pid != pid || !scope_is_open(s) || (w->iocb && address != (__u64)w->iocb))
		return REQUEST_COUNTS;
	if (s->key & LOCKED) {
		if (s->inode != (__u64)w->inode)
			return REQUEST_COUNTS;
		s->bytes += w->size;
		return REQUEST_IS_FURTHER;
	}
	iocb = bpf_rdonly_cast((void *)address, bpf_core_type_id_kernel(struct kiocb));
	if (iocb->ki_filp->f_inode != w->inode || !scope_counts(s, iocb, 0))
		return REQUEST_COUNTS;
	return REQUEST_IS_FIRST;
}

static __always_inline void tell_first_request(const struct sent_write *w, __u32 cell)
{
	struct fl_scope *s = scope_of(current_pid());

	s->slot = w->slot;
	s->bytes = w->size;
	s->cell = cell;
	scope_locked(s, s->key);
}

#endif
