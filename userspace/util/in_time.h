/* SPDX-License-Identifier: GPL-2.0-only */
/* Asking what may never answer, in a child that is given up after some time or when we are interrupted. */
#ifndef FL_IN_TIME_H
#define FL_IN_TIME_H

#include <stddef.h>

#include "util/pass_fds.h"

/*
 * Asked in the child, where answer is zeroes. What it puts there, and in fds one after the other, comes back; the rest
 * of fds is -1.
 */
typedef void fl_question(const char *path, void *answer, int fds[FL_PASS_FDS]);

/*
 * Returns 0 with the answer, which has size bytes, and descriptors that the caller closes; -1 with errno set: ETIMEDOUT
 * or EINTR where there was no answer.
 */
int fl_ask_in_time(fl_question *ask, const char *path, double seconds, void *answer, size_t size,
		   int fds[FL_PASS_FDS]);

/*
 * Opens path with O_PATH: from what the kernel remembers of it, otherwise in a child. Returns a descriptor; -1 with
 * errno set, ETIMEDOUT or EINTR where there was no answer.
 */
int fl_open_in_time(const char *path, double seconds);

/*
 * As fl_read_proc(), in a child, for at most FL_READ_IN_TIME - 1 bytes: a process's arguments, environment and mappings
 * are what its owner may have put in the memory of a file that cannot be read, or behind a lock that is held. Returns 0
 * where there was no answer, too.
 */
#define FL_READ_IN_TIME 8192
size_t fl_read_proc_in_time(const char *path, char *buf, size_t len, double seconds);

#endif
