/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a kprobe finds the first argument of a call, and behind the call its result; and in which system call a task
 * is. A program is built for one machine: bpf/module.mk names it, and libbpf puts in the offsets that the running
 * kernel has.
 */
#ifndef FUSELENS_REGISTERS_BPF_H
#define FUSELENS_REGISTERS_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#if defined(__TARGET_ARCH_x86)

static __always_inline __u64 first_argument(const struct pt_regs *ctx)
{
	return ctx->di;
}

static __always_inline __u64 result_of_call(const struct pt_regs *ctx)
{
	return ctx->ax;
}

/* Of write(2), pwrite(2), writev(2), pwritev(2) and pwritev2(2). */
static __always_inline bool is_write_call(const struct pt_regs *regs)
{
	__u64 nr = BPF_CORE_READ(regs, orig_ax);

	return nr == 1 || nr == 18 || nr == 20 || nr == 296 || nr == 328;
}

#define REGISTER(number, name)                                               \
	case number:                                                         \
		value = ctx->name;                                           \
		/* a load of its own: the verifier allows no computed one */ \
		asm volatile("" : "+r"(value));                              \
		break

/* Numbered as in machine code. */
static __always_inline __u64 register_numbered(const struct pt_regs *ctx, __u32 n)
{
	__u64 value = 0;

	switch (n) {
		REGISTER(0, ax);
		REGISTER(1, cx);
		REGISTER(2, dx);
		REGISTER(3, bx);
		REGISTER(4, sp);
		REGISTER(5, bp);
		REGISTER(6, si);
		REGISTER(7, di);
		REGISTER(8, r8);
		REGISTER(9, r9);
		REGISTER(10, r10);
		REGISTER(11, r11);
		REGISTER(12, r12);
		REGISTER(13, r13);
		REGISTER(14, r14);
		REGISTER(15, r15);
	}
	return value;
}

#elif defined(__TARGET_ARCH_arm64)

/* struct pt_regs begins with the registers that user space knows. */
static __always_inline __u64 first_argument(const struct pt_regs *ctx)
{
	return ((const struct user_pt_regs *)ctx)->regs[0];
}

static __always_inline __u64 result_of_call(const struct pt_regs *ctx)
{
	return ((const struct user_pt_regs *)ctx)->regs[0];
}

/* Of write(2), pwrite(2), writev(2), pwritev(2) and pwritev2(2). */
static __always_inline bool is_write_call(const struct pt_regs *regs)
{
	__s32 nr = BPF_CORE_READ(regs, syscallno);

	return nr == 64 || nr == 68 || nr == 66 || nr == 70 || nr == 287;
}

/*
 * Any of the registers from 0 to 30. The verifier allows direct accesses at constant offsets only, so this one
 * reads memory. These registers are part of the kernel's interface to user space, and lie at the beginning.
 */
static __always_inline __u64 register_numbered(const struct pt_regs *ctx, __u32 n)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (const void *)ctx + (n & 31) * sizeof(value));
	return value;
}

#else
#error "the registers of this machine are not known here"
#endif

/* Whether the current task is inside write(2) or the like. The workers of io_uring have their maker's registers. */
static __always_inline bool is_in_write_call(struct task_struct *task)
{
	return !(task->flags & (PF_KTHREAD | PF_IO_WORKER)) &&
	       is_write_call((const struct pt_regs *)bpf_task_pt_regs(task));
}

/* No call can be told from the next: io_uring, io_submit(2), splice(2) and others do not raise the number of calls. */
#define NO_CALL (~0ull)

/*
 * Which write(2) or the like the current task is inside: how many it had ended before; or NO_CALL. Without
 * CONFIG_TASK_IO_ACCOUNTING nothing counts them.
 */
static __always_inline __u64 write_call_of_current(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!bpf_core_field_exists(task->ioac.syscw) || !is_in_write_call(task))
		return NO_CALL;
	return BPF_CORE_READ(task, ioac.syscw);
}

#endif
