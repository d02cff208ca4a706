// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts takes in the lock functions themselves: down_read(), down_write(), _raw_spin_lock() and the like,
 * which everything in the system calls. A call counts if its task is in a FUSE write, or in the update of a
 * FUSE inode after one, and the lock belongs to that inode. The programs look up arrays and nothing else: a
 * hash update, a ring buffer or a printk under _raw_spin_lock() deadlocks.
 */
#include "takes.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define SCOPE_PLACES 32768

const volatile __u64 fi_lock_offset;

struct take_scope {
	__u64 task;
	__u64 rwsem;
	__u64 fi_lock;
	__u64 had_shared;
	__u32 slot;
	__u16 inner; /* in an update that is part of the write; the scope goes on after it */
	__u8 write;  /* 0 in an update outside a write, which has no mark at the gate */
	__u8 passed; /* whether an update outside a write passed the gate */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SCOPE_PLACES);
	__type(key, __u32);
	__type(value, struct take_scope);
} take_scopes SEC(".maps");

static __always_inline struct take_scope *place_of_current(void)
{
	__u32 place = (__u32)bpf_get_current_pid_tgid() & (SCOPE_PLACES - 1);

	return bpf_map_lookup_elem(&take_scopes, &place);
}

static __always_inline struct take_scope *current_scope(void)
{
	struct take_scope *s = place_of_current();

	return s && s->task == bpf_get_current_task() ? s : NULL;
}

static __always_inline bool scope_passed(const struct take_scope *s)
{
	return s->write ? gate_passed() : s->passed;
}

/* route: FL_ROUTE_OTHER in an update outside a write: its write may have any route */
static __always_inline void open_take_scope(struct inode *inode, enum fl_route route, bool write)
{
	struct take_scope *s = place_of_current();
	__u32 dev;
	__u64 ino;

	if (!s)
		return;
	if (s->task == bpf_get_current_task()) {
		s->inner = 1;
		return;
	}
	if (!is_selected_inode(inode, &dev, &ino))
		return;
	if (s->task && gate_open)
		lost(FL_LOSS_UNPAIRED);
	if (write && !writes_come_marked)
		gate_enter();
	s->write = write;
	s->passed = gate_passed();
	s->slot = slot_for_take(inode, route, ino, dev);
	s->rwsem = (__u64)inode + bpf_core_field_offset(struct inode, i_rwsem);
	s->fi_lock = (__u64)inode + fi_lock_offset;
	s->had_shared = 0;
	s->inner = 0;
	s->task = bpf_get_current_task();
}

static __always_inline void close_take_scope(void)
{
	struct take_scope *s = current_scope();

	if (!s)
		return;
	if (s->inner) {
		s->inner = 0;
		return;
	}
	s->task = 0;
	if (s->write && !writes_come_marked)
		gate_end();
}

static __always_inline enum fl_route route_of_writer(struct kiocb *iocb)
{
	struct fuse_file *ff = iocb->ki_filp->private_data;

	return route_of_flags(BPF_CORE_READ(ff, open_flags));
}

SEC("fentry/fuse_file_write_iter")
int take_write_entry(__u64 *ctx)
{
	struct kiocb *iocb = (void *)ctx[0];

	/*
	 * begin a scope even if the gate is closed: this program may run before the one that marks
	 * the write at the gate
	 */
	if (tgid_selected())
		open_take_scope(iocb->ki_filp->f_inode, route_of_writer(iocb), true);
	return 0;
}

SEC("fexit/fuse_file_write_iter")
int take_write_exit(__u64 *ctx)
{
	close_take_scope();
	return 0;
}

/* Asynchronous writes are updated in a worker, others in the writer. */
SEC("fentry/fuse_write_update_attr")
int take_update_entry(__u64 *ctx)
{
	struct take_scope *s;

	if (!writer_selected())
		return 0;
	open_take_scope((void *)ctx[0], FL_ROUTE_OTHER, false);
	s = current_scope();
	if (s && scope_passed(s))
		count_completion(s->slot);
	return 0;
}

SEC("fexit/fuse_write_update_attr")
int take_update_exit(__u64 *ctx)
{
	close_take_scope();
	return 0;
}

static __always_inline int exclusive_take(__u64 rwsem)
{
	struct take_scope *s = current_scope();

	if (s && s->rwsem == rwsem && scope_passed(s))
		count_take(s->slot, s->had_shared ? FL_SITE_UPGRADE : FL_SITE_EXCLUSIVE);
	return 0;
}

static __always_inline int shared_take(__u64 rwsem)
{
	struct take_scope *s = current_scope();

	if (s && s->rwsem == rwsem) {
		s->had_shared = 1;
		if (scope_passed(s))
			count_take(s->slot, FL_SITE_SHARED);
	}
	return 0;
}

static __always_inline int spin_take(__u64 lock)
{
	struct take_scope *s = current_scope();

	if (s && s->fi_lock == lock && scope_passed(s))
		count_take(s->slot, FL_SITE_FI_LOCK);
	return 0;
}

#define TAKE(function, how)             \
	SEC("fentry/" #function)        \
	int take_##function(__u64 *ctx) \
	{                               \
		return how(ctx[0]);     \
	}

/* a call that may return without the lock is counted at its return, if it has the lock */
#define TRIED_TAKE(function, how)                     \
	SEC("fexit/" #function)                       \
	int take_##function(__u64 *ctx)               \
	{                                             \
		return (int)ctx[1] ? how(ctx[0]) : 0; \
	}

TAKE(down_write, exclusive_take)
TAKE(down_write_nested, exclusive_take)
TAKE(down_write_killable, exclusive_take)
TAKE(down_read, shared_take)
TAKE(down_read_nested, shared_take)
TAKE(down_read_killable, shared_take)
TRIED_TAKE(down_write_trylock, exclusive_take)
TRIED_TAKE(down_read_trylock, shared_take)
TAKE(_raw_spin_lock, spin_take)
