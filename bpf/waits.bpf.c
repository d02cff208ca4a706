// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waits for the locks of files that are written, from the tracepoints of contention. They fire for every lock in
 * the system that somebody queues for. One look by the lock's address drops all but ours. Beside them the time of
 * synchronous direct I/O under the lock: with these waits it is nearly all of a write's time.
 */
#include "gate.bpf.h"
#include "locks.bpf.h"
#include "order.bpf.h"
#include "slot_map.bpf.h"
#include "times.bpf.h"
#include "walks.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* include/trace/events/lock.h */
#define LCB_F_READ 2

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FL_WAITED_FILES);
	__type(key, __u32);
	__type(value, struct fl_waits);
} waits SEC(".maps");

struct waiting {
	__u64 task;
	__u64 lock; /* 0: none */
	__u64 ns;
	__u32 slot;
	__u32 kind;
};
#define WAITING_PLACES 8192
static struct waiting waiting[WAITING_PLACES];

static __always_inline struct waiting *waiting_of_current(void)
{
	return &waiting[bpf_get_current_pid_tgid() & (WAITING_PLACES - 1)];
}

static __always_inline struct fl_lock *followed(__u64 address)
{
	struct fl_lock_set *set = locks_near(address);

	for (int i = 0; set && i < FL_LOCK_WAYS; i++)
		if (set->way[i].address == address) {
			read_in_order();
			return &set->way[i];
		}
	return NULL;
}

SEC("tp_btf/contention_begin")
int wait_begins(__u64 *ctx)
{
	__u64 address = ctx[0];
	struct fl_lock *l = followed(address);
	struct waiting *w;

	if (!l || !gate_open)
		return 0;
	w = waiting_of_current();
	w->task = bpf_get_current_task();
	w->slot = l->slot;
	w->kind = l->is_fi_lock		? FL_WAIT_FI_LOCK
		  : ctx[1] & LCB_F_READ ? FL_WAIT_SHARED
					: FL_WAIT_EXCL;
	w->ns = bpf_ktime_get_ns();
	w->lock = address;
	return 0;
}

/* The inode at an address that was the slot's may be another one by now. */
static __always_inline bool is_inode_of(const struct fl_slot *s)
{
	struct inode *inode = (void *)s->inode;

	return BPF_CORE_READ(inode, i_ino) == s->ino &&
	       BPF_CORE_READ(inode, i_generation) == s->generation &&
	       BPF_CORE_READ(inode, i_sb, s_dev) == s->dev;
}

static __noinline int wait_of_ours_ends(struct waiting *w)
{
	__u64 ns = bpf_ktime_get_ns() - w->ns;
	struct fl_slot *s = bpf_map_lookup_elem(&slots, &w->slot);
	struct fl_wait_times *t;
	struct fl_waits *of;
	__u32 at;

	w->lock = 0;
	if (!s || !gate_open || !is_inode_of(s))
		return 0;
	at = s->waits;
	of = bpf_map_lookup_elem(&waits, &at);
	if (!of || w->kind >= FL_WAIT_KINDS)
		return 0;
	t = &of->kind[w->kind];
	add_time_atomic(&t->times, ns);
	if (ns > t->max_ns)
		t->max_ns = ns;
	return 0;
}

/* The current task has what it waited for: @lock, or what stands for it. Nearly always that is not ours. */
static __always_inline int got(__u64 lock)
{
	struct waiting *w = waiting_of_current();

	if (w->lock != lock || w->task != bpf_get_current_task())
		return 0;
	return wait_of_ours_ends(w);
}

SEC("tp_btf/contention_end")
int wait_ends(__u64 *ctx)
{
	return got(ctx[0]);
}

/*
 * A task's place is free for this: a writer that queued has the lock now, and it takes no other lock that is followed
 * before its I/O has ended. The kiocb stands for the lock.
 */
SEC("tp_btf/iomap_dio_rw_begin")
int io_begins(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];
	struct iov_iter *iter = (void *)ctx[1];
	struct backing_file *bf = (void *)iocb->ki_filp;
	struct inode *inode;
	struct fl_lock *l;
	struct waiting *w;

	if (!is_backing_file(iocb->ki_filp->f_mode) || !gate_open)
		return 0;
	/* an asynchronous write's I/O goes on when the lock has been let go */
	if (iocb->ki_complete || !iter->data_source)
		return 0;
	inode = BPF_CORE_READ(bf, user_path.dentry, d_inode);
	l = followed((__u64)inode + bpf_core_field_offset(struct inode, i_rwsem));
	if (!l)
		return 0;
	w = waiting_of_current();
	w->task = bpf_get_current_task();
	w->slot = l->slot;
	w->kind = FL_WAIT_IO;
	w->ns = bpf_ktime_get_ns();
	w->lock = (__u64)iocb;
	return 0;
}

SEC("tp_btf/iomap_dio_complete")
int io_ends(__u64 *ctx)
{
	return got(ctx[0]);
}
