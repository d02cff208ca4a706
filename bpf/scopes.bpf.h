/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a task is writing right now: one record a task, in an array mapped by PID rather than in task
 * storage, because it costs a third. Two tasks whose PIDs share a place lose each other's scope; the
 * loss is counted.
 */
#ifndef FUSELENS_SCOPES_BPF_H
#define FUSELENS_SCOPES_BPF_H

#include "state.bpf.h"

/* set where fuse_direct_io() is hooked: its writes are counted there, not by their requests */
const volatile bool direct_by_function;

#define SCOPE_PLACES 32768

struct scope {
	__u64 task; /* struct task_struct *; 0 where no scope is open */
	__u64 iocb;
	__u64 entry_ns;
	__u64 locked_ns; /* 0 until the lock was seen held */
	__u64 bytes;
	__u32 open_flags;
	__u32 slot;
	__u32 held;
	__u32 take; /* to be counted at the return, when it is known that something was written */
	__u32 nature;
	__u32 counted; /* by its own request, see requests.bpf.h */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SCOPE_PLACES);
	__type(key, __u32);
	__type(value, struct scope);
} scopes SEC(".maps");

static __always_inline struct scope *scope_of_current(void)
{
	__u32 place = (__u32)bpf_get_current_pid_tgid() & (SCOPE_PLACES - 1);

	return bpf_map_lookup_elem(&scopes, &place);
}

/* The current task's scope while it is open, else NULL. */
static __always_inline struct scope *open_scope(void)
{
	struct scope *s = scope_of_current();

	return s && s->task == bpf_get_current_task() ? s : NULL;
}

enum scope_request {
	SCOPE_NONE,    /* no scope: a request sent for somebody else, or a write begun before */
	SCOPE_LOCKED,  /* the first request of the scope's write */
	SCOPE_COUNTED, /* a further one */
};

/*
 * A write request leaves while its writer holds the lock. iocb is NULL for cached writes, which send
 * nothing but their own requests from within the scope.
 */
static __always_inline enum scope_request scope_at_request(struct kiocb *iocb, __u32 slot,
							   enum held held)
{
	struct scope *s = open_scope();

	if (!s || (iocb && s->iocb != (__u64)iocb))
		return SCOPE_NONE;
	if (s->locked_ns)
		return SCOPE_COUNTED;
	s->slot = slot;
	s->held = held;
	s->counted = 1;
	s->locked_ns = bpf_ktime_get_ns();
	return SCOPE_LOCKED;
}

#endif
