/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Access control lists. The kernel itself checks POSIX lists, which it reads by GETXATTR
 * (FUSE_POSIX_ACL). If it does not, or if the source has lists of another kind, the mode bits alone
 * would give more rights than the source. Then only the user who mounted may use the mount. The same
 * holds for proc and cgroups, which have rules of their own.
 */
#ifndef FUSELENS_DAEMON_ACL_H
#define FUSELENS_DAEMON_ACL_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

struct mirror;

#define ACL_DEVICES 1024

/*
 * What is known about the file systems below the source. There may be any number of them, since a user can
 * make btrfs subvolumes; a newer one takes an older one's place.
 */
struct acl_devices {
	pthread_mutex_t lock;
	struct acl_device {
		dev_t dev; /* 0: free */
		bool served;
	} known[ACL_DEVICES];
	unsigned int refusals; /* so far */
};

void acl_init(struct acl_devices *devices);
void acl_destroy(struct acl_devices *devices);

/*
 * Whether the file that is open (O_PATH) at @fd, on device @dev, may be shown. Returns 0, or EACCES
 * for a file system whose lists can't be served on a mount for other users. Logs the first refusals.
 */
int acl_admit(struct mirror *m, int fd, dev_t dev);

/*
 * Returns EACCES if a user's own FUSE file system is mounted at @fd and the mirror has other users; else 0. Such a file
 * system may never answer, and the kernel may then hold a lock that other users need, such as the one for renames
 * between directories. Asks no file system.
 */
int acl_admit_mount(struct mirror *m, int fd, dev_t dev);

/* The same for the source itself; logs nothing. */
int acl_admit_source(struct mirror *m);

bool acl_is_name(const char *xattr);

#endif
