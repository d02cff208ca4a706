/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors from one process to another, over a Unix socket. */
#ifndef FL_PASS_FDS_H
#define FL_PASS_FDS_H

#include <stddef.h>

#define FL_PASS_FDS 2 /* at most, at once */

/* Sends data and, with it, n descriptors. Returns 0, or -1 with errno set. */
int fl_pass_fds(int line, void *data, size_t len, const int *fds, int n);
/*
 * Receives len bytes of data and n descriptors, which are closed on exec. If fewer than n descriptors came, the rest
 * of fds is not changed. Returns 0, or -1 if the data did not come.
 */
int fl_receive_fds(int line, void *data, size_t len, int *fds, int n);

#endif
