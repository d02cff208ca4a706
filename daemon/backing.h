/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Backing files in the kernel. The ioctl is made here, so that the user learns the reason of a
 * failure: libfuse's wrapper answers 0 for every failure.
 */
#ifndef FUSELENS_DAEMON_BACKING_H
#define FUSELENS_DAEMON_BACKING_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Registers the file of the O_PATH descriptor @path_fd on the FUSE device @dev; @proc_fd is
 * /proc/self/fd. @uid is the user who opens it first. Returns an id above 0, or a negated errno.
 *
 * The kernel keeps the open file that it gets as long as the id lives. This must not be the open
 * file of a user's open: its flock() locks, and the ETXTBSY of a descriptor for writing, would
 * outlive the user's close.
 *
 * The kernel will do the file's I/O with the credentials of the calling thread, whichever user
 * writes. So this is done without CAP_FSETID: with it, setuid and setgid bits would survive every
 * write (file_remove_privs() on the backing file). It is done without CAP_SYS_RESOURCE, too, which
 * overrides quotas and the limit of reserved blocks. The user is @uid, or for root the file's
 * owner, because a file system may reserve blocks for a user. The group is the file's. If this
 * group may not execute the file, only writes of users outside the group remove the setgid bit; the
 * kernel announces such a write by a SETATTR without attributes.
 */
int32_t backing_register(int dev, int proc_fd, int path_fd, uid_t uid);

/* Gives an id back. Returns 0 or a negated errno. */
int backing_unregister(int dev, int32_t id);

/* What a failed registration means and what to do about it, for log_failure(). */
const char *backing_hint(int err);

#endif
