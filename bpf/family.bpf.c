// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process and its descendants: a bit for each task's number. A task that forks passes its own bit
 * on, set or not, so a reused number has no old bit. The iterators mark tasks that already exist.
 */
#include "members.bpf.h"
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

static __always_inline void set_member(__u32 pid, bool is)
{
	__u32 at = pid >> 6;
	__u64 *word = bpf_map_lookup_elem(&family, &at), bit = 1ull << (pid & 63);

	if (!word)
		return;
	if (is)
		__sync_fetch_and_or(word, bit);
	else if (*word & bit)
		__sync_fetch_and_and(word, ~bit);
}

/* Any clone(2), of a thread or a process. The child runs later. */
SEC("tp_btf/sched_process_fork")
int task_forks(__u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];

	set_member(child->pid, in_family(parent->pid));
	return 0;
}

/* The iterator is limited to one process. */
SEC("iter/task")
int mark_process(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task)
		set_member(task->pid, true);
	return 0;
}

/* Writes a byte for each task that it marks, because these may have children to mark. */
SEC("iter/task")
int mark_children(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	char marked = 1;

	if (!task || in_family(task->pid))
		return 0;
	if (!in_family(task->tgid) && !in_family(BPF_CORE_READ(task, real_parent, tgid)))
		return 0;
	set_member(task->pid, true);
	bpf_seq_write(ctx->meta->seq, &marked, sizeof(marked));
	return 0;
}
