/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Backing files in the kernel. The ioctl is issued here and not by libfuse's wrapper, which answers 0
 * for every failure, so that the reason reaches the user.
 */
#ifndef FUSELENS_DAEMON_BACKING_H
#define FUSELENS_DAEMON_BACKING_H

#include <stdint.h>

/*
 * Registers the file that the O_PATH descriptor @path_fd stands for on the FUSE device @dev; @proc_fd
 * is /proc/self/fd. Returns an id above 0, or a negated errno.
 *
 * The kernel keeps the open file that it is given for as long as the id lives. It must not be one
 * that a user's open stands for: its flock() locks, and the ETXTBSY of a descriptor open for writing,
 * would outlive the user's close.
 *
 * The kernel will do the file's I/O with the credentials of the thread that calls, so CAP_FSETID is
 * put aside meanwhile: otherwise setuid and setgid bits would survive anyone's write
 * (file_remove_privs() in backing_file_write_iter()).
 */
int32_t backing_register(int dev, int proc_fd, int path_fd);

/* Gives an id back. Returns 0 or a negated errno. */
int backing_unregister(int dev, int32_t id);

/* What a failed registration means and what to do about it, for log_failure(). */
const char *backing_hint(int err);

#endif
