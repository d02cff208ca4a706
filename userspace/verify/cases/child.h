/* SPDX-License-Identifier: GPL-2.0-only */
/* What a case's process uses: to say what it found, to set files up, to run workers. */
#ifndef FL_VERIFY_CHILD_H
#define FL_VERIFY_CHILD_H

#include <sys/types.h>
#include "verify/cases/case.h"

#define FL_BLOCK 4096u

/* The data are wrong; the evidence or the environment does not allow a verdict; worth knowing. */
int fl_case_fail(struct fl_case_env *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int fl_case_inconclusive(struct fl_case_env *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void fl_case_note(struct fl_case_env *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A call on the mount failed: a failure, unless the errno says that it was refused or had no room. */
int fl_case_errno(struct fl_case_env *e, const char *what);

/*
 * Opens file in the working directory and enters it as a leg. The descriptor stays open in e->fd[].
 * Returns the leg, or NULL after saying why.
 */
struct fl_leg *fl_case_leg(struct fl_case_env *e, const char *file, int flags, enum fl_want want,
			   unsigned int writers);
/* Opens a leg's file once more, for the caller alone. Returns a descriptor, or -1 after saying why. */
int fl_case_open(struct fl_case_env *e, const char *file, int flags);

/* An aligned buffer of len bytes, or no return: out of memory ends the process. */
void *fl_case_buffer(size_t len);

/*
 * Runs fn(e, i) in n processes at once, i from 0; they meet at a barrier first. fn returns 0 or -1 after
 * saying why. Returns 0 when all did.
 */
int fl_case_workers(struct fl_case_env *e, int n, int (*fn)(struct fl_case_env *e, int i));
/* One write that has to be whole; counts it in leg i. */
int fl_case_pwrite(struct fl_case_env *e, int leg, int fd, const void *buf, size_t len, off_t off);
int fl_case_write(struct fl_case_env *e, int leg, int fd, const void *buf, size_t len);

/* Fills [0, size) with stamped blocks of writer 0 by direct writes, so that it is written for good. */
int fl_case_prefill(struct fl_case_env *e, int fd, off_t size);
/*
 * Reads [from, to) directly and wants each block of len bytes whole and in its place. zero says what
 * blocks of zeros are.
 */
enum fl_zero {
	FL_ZERO_BAD,
	FL_ZERO_OK,
};
int fl_case_check_blocks(struct fl_case_env *e, int fd, __u64 from, __u64 to, __u32 len,
			 enum fl_zero zero);
/* [0, to) was never written and has to read as zeros. */
int fl_case_check_zeros(struct fl_case_env *e, int fd, __u64 to);
/* Checks the size in the kernel's cache and the size that the daemon answers anew: both have to be want. */
int fl_case_size(struct fl_case_env *e, int fd, __u64 want);

/* Time since the workload began has not reached seconds. */
bool fl_case_time_left(double since, double seconds);
double fl_case_now(void);

#endif
