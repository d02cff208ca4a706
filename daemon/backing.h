/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Backing files in the kernel. The ioctl is issued here and not by libfuse's wrapper, which answers 0
 * for every failure, so that the reason reaches the user.
 */
#ifndef FUSELENS_DAEMON_BACKING_H
#define FUSELENS_DAEMON_BACKING_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Registers the file that the O_PATH descriptor @path_fd stands for on the FUSE device @dev; @proc_fd
 * is /proc/self/fd. @uid is who opens it first. Returns an id above 0, or a negated errno.
 *
 * The kernel keeps the open file that it is given for as long as the id lives. It must not be one
 * that a user's open stands for: its flock() locks, and the ETXTBSY of a descriptor open for writing,
 * would outlive the user's close.
 *
 * The kernel will do the file's I/O with the credentials of the thread that calls, whoever writes. So
 * CAP_FSETID is put aside meanwhile: otherwise setuid and setgid bits would survive anyone's write
 * (file_remove_privs() on the backing file). So is CAP_SYS_RESOURCE, which passes quotas and the limit
 * of reserved blocks, and the user is @uid, or for root the file's owner, since a file system may
 * reserve blocks for a user. The group is the file's: where its group may not execute the file, the
 * setgid bit is taken only by those outside of the group, whose write the kernel announces by a
 * SETATTR without attributes.
 */
int32_t backing_register(int dev, int proc_fd, int path_fd, uid_t uid);

/* Gives an id back. Returns 0 or a negated errno. */
int backing_unregister(int dev, int32_t id);

/* What a failed registration means and what to do about it, for log_failure(). */
const char *backing_hint(int err);

#endif
