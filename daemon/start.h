/* SPDX-License-Identifier: GPL-2.0-only */
/* What a daemon needs before it mounts: standard streams, enough descriptors, the source. */
#ifndef FUSELENS_DAEMON_START_H
#define FUSELENS_DAEMON_START_H

#include "mirror.h"
#include "mount.h"

/* Opens missing standard streams, so that no other descriptor is 0, 1 or 2 and gets messages. */
void keep_standard_streams(void);

/* Returns how many descriptors this process may have now. */
size_t raise_file_limit(void);

/* Removes the daemon's limit on the size of files: the kernel applies each user's own limit. */
void lift_size_limit(void);

/*
 * Takes the directory @source, which is open at @source_fd, as the root of @m; @opts say how read times are kept.
 * Returns 0, or -1 with the reason printed.
 */
int source_open(struct mirror *m, const char *source, int source_fd, struct mount_options *opts);

#endif
