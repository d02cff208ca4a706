/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access control lists. The kernel checks POSIX ones itself, by what GETXATTR tells it
 * (FUSE_POSIX_ACL). Where it does not, or where the source has lists of another kind, the mode bits
 * alone would give more than the source does: nobody but the one who mounted may come in there.
 */
#ifndef FUSELENS_DAEMON_ACL_H
#define FUSELENS_DAEMON_ACL_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

struct mirror;

/* What is known about the file systems below the source. */
struct acl_devices {
	pthread_mutex_t lock;
	struct acl_device *list;
};

void acl_init(struct acl_devices *devices);
void acl_destroy(struct acl_devices *devices);

/*
 * Whether the file open (O_PATH) at @fd, on device @dev, may be shown. Returns 0, or EACCES for a file
 * system whose lists can't be served on a mount for other users; the first time that is logged.
 */
int acl_admit(struct mirror *m, int fd, dev_t dev);

/* The same for the source itself; logs nothing. */
int acl_admit_source(struct mirror *m);

bool acl_is_name(const char *xattr);

#endif
