/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which process writes which file: a bounded table of processes by slot and CPU. No two CPUs add to
 * the same place, and the usual write finds its place by one multiplication. If there is no room,
 * the process that wrote least is dropped; its counts that user space has not read then belong to
 * no process.
 *
 * User space copies a place and looks at its key before and after, and programs change the key before and after they
 * fill the place in, all with barriers in between (order.bpf.h). So a copy with one key is of one process.
 */
#ifndef FUSELENS_WRITERS_BPF_H
#define FUSELENS_WRITERS_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi.h"
#include "walks.bpf.h"

/*
 * Identify processes by the PID that they themselves see, not by that in the initial PID namespace.
 */
const volatile bool own_pids;

struct fl_writer writers[FL_WRITERS] __attribute__((aligned(128)));

#include "choose_writer.h"

static __always_inline __u64 writer_key(__u32 slot, __u32 tgid)
{
	return (__u64)tgid << FL_WRITER_TGID_SHIFT |
	       (__u64)bpf_get_smp_processor_id() << FL_WRITER_CPU_SHIFT | slot;
}

/* The current task's process and its control group. */
static __always_inline void describe_writer(struct fl_writer *w)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);

	w->pid = pid_in_namespace(pid, own_pids ? BPF_CORE_READ(pid, level) : 0);
	bpf_probe_read_kernel_str(w->comm, sizeof(w->comm), &leader->comm);
	w->cgroup[0] = 0;
	bpf_probe_read_kernel_str(w->cgroup, sizeof(w->cgroup),
				  BPF_CORE_READ(leader, cgroups, dfl_cgrp, kn, name));
}

/* The current task's process is not at its first place. Returns its place from now on. */
__noinline __u32 find_writer(__u64 key)
{
	__u32 place = choose_writer(key);
	struct fl_writer *w = writer_at(place);

	if (w->key == key)
		return place;
	/* user space skips the place if it reads at this moment */
	w->key = FL_WRITER_CLAIMED;
	__sync_lock_test_and_set(&w->writes, 0);
	w->settled = 0;
	w->scope = 0;
	describe_writer(w);
	__sync_lock_test_and_set(&w->key, key);
	return place;
}

/* The place of a task's process, as a writer of the slot's file. It is the current task's. */
static __always_inline __u32 writer_as(struct task_struct *task, __u32 slot)
{
	__u64 key = writer_key(slot, task->tgid);
	__u32 place = writer_place(key);

	return writer_at(place)->key == key ? place : find_writer(key);
}

static __always_inline __u32 writer_of(__u32 slot)
{
	return writer_as(bpf_get_current_task_btf(), slot);
}

/*
 * Adds a write of the current task, which a caller that has it need not ask for again. Returns the place, for
 * callers that may have to subtract it again.
 */
static __always_inline __u32 count_writer_as(struct task_struct *task, __u32 slot)
{
	__u32 place = writer_as(task, slot);

	writer_at(place)->writes++;
	return place;
}

static __always_inline __u32 count_writer(__u32 slot)
{
	return count_writer_as(bpf_get_current_task_btf(), slot);
}

/* Adds or subtracts writes, in any task. place: FL_WRITERS if the writer is not known. */
static __always_inline void settle_writer(__u32 place, __u32 slot, __s64 n)
{
	struct fl_writer *w = writer_at(place);

	/* else the process had to make room */
	if (n && place < FL_WRITERS && (w->key & FL_WRITER_SLOT_MASK) == slot)
		__sync_fetch_and_add(&w->settled, n);
}

#endif
