/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The addresses of the locks of files that are written: i_rwsem and fi->lock of their inodes. Filled in by the
 * programs that count writes, read by those that see waits (bpf/waits.bpf.c).
 */
#ifndef FUSELENS_LOCKS_BPF_H
#define FUSELENS_LOCKS_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi.h"

/* One set; FL_LOCK_SETS if waits are asked for. The collector sets the size before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fl_lock_set);
} locks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fl_lock_state);
} lock_state SEC(".maps");

static __always_inline struct fl_lock_set *locks_near(__u64 address)
{
	__u32 set = ((__u32)(address >> 3) * 0x9e3779b1u) >> 20;

	_Static_assert(FL_LOCK_SETS == 1 << 12, "the hash has 12 bits");
	return bpf_map_lookup_elem(&locks, &set);
}

static __always_inline void follow_lock(__u64 address, __u32 slot, bool is_fi_lock,
					struct fl_lock_state *state)
{
	struct fl_lock_set *set = locks_near(address);

	if (!set)
		return;
	for (int i = 0; i < FL_LOCK_WAYS; i++) {
		struct fl_lock *l = &set->way[i];

		if (l->address && l->address != address)
			continue;
		l->slot = slot;
		l->is_fi_lock = is_fi_lock;
		/* who finds the address finds the rest: see order.bpf.h */
		__sync_lock_test_and_set(&l->address, address);
		return;
	}
	__sync_fetch_and_add(&state->unfollowed, 1);
}

/* Follows the locks of an inode that is new for the slot's file: nearly always the file's first one. */
__attribute__((unused)) static __noinline int follow_inode(struct fl_slot *s, __u32 slot,
							   __u64 inode)
{
	__u32 zero = 0;
	struct fl_lock_state *state = bpf_map_lookup_elem(&lock_state, &zero);

	if (!s || !state)
		return 0;
	s->inode = inode;
	/* the verifier takes this for a pointer; what is loaded from memory is a number to it */
	inode = *(volatile __u64 *)&s->inode;
	if (!s->waits && state->places < FL_WAITED_FILES - 1)
		s->waits = 1 + __sync_fetch_and_add(&state->places, 1);
	follow_lock(inode + bpf_core_field_offset(struct inode, i_rwsem), slot, false, state);
	if (bpf_core_field_exists(struct fuse_inode, lock))
		follow_lock(inode + bpf_core_field_offset(struct fuse_inode, lock), slot, true,
			    state);
	return 0;
}

#endif
