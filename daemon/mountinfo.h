/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel says of mounts in /proc/self/mountinfo. No daemon is asked. */
#ifndef FUSELENS_DAEMON_MOUNTINFO_H
#define FUSELENS_DAEMON_MOUNTINFO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct mount_line {
	uint64_t id;		 /* of the mount; a later mount may get it again */
	uint64_t parent;	 /* of the mount that it lies on */
	unsigned int connection; /* the minor number of its device */
	uid_t user;		 /* who made a FUSE mount, by fusermount3(1); 0 for any other */
};

/* The id that mountinfo has for the mount of what is open at @fd, or 0. */
uint64_t mount_line_id(int fd);

/* Finds the line of the mount with this id. */
bool mount_line_find(uint64_t id, struct mount_line *line);

#endif
