/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether fio gets on: a daemon that does not answer keeps its I/O for ever, and fio with it. */
#ifndef FL_BENCH_STALL_H
#define FL_BENCH_STALL_H

#include <stdbool.h>
#include <sys/types.h>
#include <linux/types.h>

struct fl_stall {
	pid_t fio;
	__u64 looked_ns,
		moved_ns; /* CLOCK_MONOTONIC: the last look, and the last one that found it getting on */
	__u64 leader, others; /* what was seen then */
};

/* From now on; nothing is looked at for the next quiet seconds. */
void fl_stall_begin(struct fl_stall *s, pid_t fio, double quiet);
/*
 * Whether none of fio's threads that do I/O has run for seconds: neither those of the process nor of its descendants.
 * Looks once a second at most where seconds is 10 or more; a look costs some system calls for each thread.
 */
bool fl_stall_lasts(struct fl_stall *s, double seconds);

#endif
