/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What counts: the mounts, the file and the process or family that the user named, and the gate. The
 * collector sets the constants before loading.
 */
#ifndef FUSELENS_SELECT_BPF_H
#define FUSELENS_SELECT_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi.h"
#include "gate.bpf.h"
#include "members.bpf.h"
#include "walks.bpf.h"

const volatile __u32 selected_devs[FL_MAX_DEVS];
const volatile __u32 selected_dev_count; /* 0: every FUSE mount */
const volatile __u64 selected_ino;	 /* 0: every file */
/* Of that file. 0: not known; the inode number then decides. */
const volatile __u64 selected_nodeid;
const volatile __u32 selected_generation;
/*
 * One word: if no process is named and no takes are counted, a write needs only one load for both.
 */
const volatile union {
	struct fl_only is;
	__u64 any;
} only;
/* Writes of tasks outside the family are counted, and reported apart. */
const volatile bool tell_outside;
const volatile __s32 cache_io_mode_bit =
	-1; /* FUSE_I_CACHE_IO_MODE, from BTF: its enum has no name */

static __always_inline bool dev_selected(__u32 dev)
{
	__u32 n;

	/* Usually there is one device. If none is selected, the first is 0, which is no device. */
	if (selected_devs[0] == dev)
		return true;
	n = selected_dev_count;
	if (!n)
		return true;
	for (__u32 i = 1; i < FL_MAX_DEVS; i++) {
		if (i >= n)
			break;
		if (selected_devs[i] == dev)
			return true;
	}
	return false;
}

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

/*
 * The node by which fs/fuse knows an inode; 0 if not known, for example if fuse is a module without BTF.
 * bpf_rdonly_cast() takes no types of modules, so the field is read through another struct's first field.
 */
static __always_inline __u64 nodeid_of(struct inode *inode)
{
	struct rw_semaphore *at;

	if (!bpf_core_field_exists(((struct fuse_inode *)0)->nodeid))
		return 0;
	at = bpf_rdonly_cast((void *)inode + bpf_core_field_offset(struct fuse_inode, nodeid),
			     bpf_core_type_id_kernel(struct rw_semaphore));
	return at->count.counter;
}

/*
 * Whether a file of a selected device is selected. The inode number alone may now belong to another
 * file.
 */
static __always_inline bool file_selected(struct inode *inode, __u64 ino)
{
	if (!selected_ino)
		return true;
	if (selected_ino != ino)
		return false;
	return !selected_nodeid || (nodeid_of(inode) == selected_nodeid &&
				    BPF_CORE_READ(inode, i_generation) == selected_generation);
}

static __always_inline enum fl_route route_of_flags(__u32 open_flags)
{
	if (open_flags & FOPEN_DIRECT_IO)
		return FL_ROUTE_DIRECT;
	return open_flags & FOPEN_PASSTHROUGH ? FL_ROUTE_PASSTHROUGH : FL_ROUTE_CACHED;
}

/* Writes of io_uring's workers belong to their process. */
static __always_inline bool is_outside(void)
{
	return tell_outside && !in_family(bpf_get_current_pid_tgid() >> 32);
}

static __always_inline bool tgid_selected(void)
{
	if (only.is.family)
		return in_family(bpf_get_current_pid_tgid() >> 32);
	return !only.is.tgid || bpf_get_current_pid_tgid() >> 32 == only.is.tgid;
}

enum gate_event {
	WRITE_BEGINS,
	WRITE_COUNTS,
	ANYTHING,
};

/* Checks the task and the gate. A separate function, so that the usual path keeps the registers. */
__noinline int ask_task_and_gate(enum gate_event event)
{
	if (!tgid_selected())
		return false;
	if (!only.is.gated)
		return gate_open;
	switch (event) {
	case WRITE_BEGINS:
		return gate_enter();
	case WRITE_COUNTS:
		return gate_leave_counted();
	default:
		return gate_passed();
	}
}

/* Whether what the current task does counts. */
static __always_inline bool task_selected(void)
{
	return only.any ? ask_task_and_gate(ANYTHING) : gate_open;
}

/*
 * The current task begins a write. Notes at the gate that the task is inside, and returns whether
 * the write counts. Call this last, and only for selected files.
 */
static __always_inline bool enter_write(void)
{
	return only.any ? ask_task_and_gate(WRITE_BEGINS) : gate_open;
}

/*
 * The current task's write is counted now. Notes at the gate that nobody needs to wait for it, and
 * returns whether it counts.
 */
static __always_inline bool mark_write_counted(void)
{
	return only.any ? ask_task_and_gate(WRITE_COUNTS) : gate_open;
}

/* Whether an event that is no write counts, whichever task made it. */
static __always_inline bool others_selected(void)
{
	return only.is.gated ? gate_passed() : gate_open;
}

#endif
