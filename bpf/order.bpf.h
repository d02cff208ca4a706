/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In which order other processors see what a program reads and writes.
 *
 * x86 processors show a program's writes in its order, and read in its order. arm64 ones do neither. Of BPF's atomic
 * operations those that return the old value are full barriers on both: on arm64 one instruction with acquire and
 * release (LSE), or a loop with a barrier behind it, which a comparison that fails jumps over. Those whose result
 * nobody uses order nothing, and are for sums only. So a program that publishes something writes it first, and then the
 * word that shows it by an exchange; whoever found that word calls read_in_order() before reading the rest.
 *
 * A task finds on another processor what its programs wrote on the last one, because the scheduler moves tasks with
 * barriers. For the same reason the end of an I/O sees what was written before the I/O was submitted: queues and
 * interrupts hand it on. So records of a task, and attempts by their kiocb, are read in whole by those that they are
 * for.
 */
#ifndef FUSELENS_ORDER_BPF_H
#define FUSELENS_ORDER_BPF_H

#include "kernel_types.h"
#include <bpf/bpf_helpers.h>

/* What was read before this is read before what is read after it. */
static __always_inline void read_in_order(void)
{
#if defined(__TARGET_ARCH_x86)
	barrier();
#else
	volatile __u64 place = 0;

	__sync_lock_test_and_set(&place, 1);
#endif
}

#endif
