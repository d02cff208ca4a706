// SPDX-License-Identifier: GPL-2.0-only
/* Which file systems' access control lists can be served; see acl.h. */
#include "acl.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "log.h"
#include "mirror.h"
#include "mountinfo.h"

/* Lists that only their own file system can evaluate. */
static const char *const foreign[] = {
	"system.nfs4_acl",
	"system.nfs4_acl_xdr",
	"system.richacl",
	"system.cifs_acl",
};

void acl_init(struct acl_devices *devices)
{
	*devices = (struct acl_devices){.lock = PTHREAD_MUTEX_INITIALIZER};
}

void acl_destroy(struct acl_devices *devices)
{
	pthread_mutex_destroy(&devices->lock);
}

bool acl_is_name(const char *xattr)
{
	return strcmp(xattr, "system.posix_acl_access") == 0 ||
	       strcmp(xattr, "system.posix_acl_default") == 0;
}

static bool has(const char *path, const char *xattr)
{
	return getxattr(path, xattr, NULL, 0) >= 0 || errno == ENODATA;
}

/*
 * Whether the file system looks at who opened a file, and not only at its mode. That is the daemon, which
 * may trace all processes and put them into any group.
 */
static bool asks_who_opened(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	       (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == CGROUP_SUPER_MAGIC ||
		fs.f_type == CGROUP2_SUPER_MAGIC);
}

/* Whether the mirror observes all by which @fd's file system decides who may do what. */
static bool can_serve(const struct mirror *m, int fd)
{
	char path[32];

	if (asks_who_opened(fd))
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (has(path, "system.posix_acl_access"))
		return m->granted_acl;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (getxattr(path, foreign[i], NULL, 0) >= 0)
			return false;
	return true;
}

#define MAX_LOGGED 16

int acl_admit(struct mirror *m, int fd, dev_t dev)
{
	struct acl_devices *devices = &m->acl;
	struct acl_device *d = &devices->known[(dev ^ dev >> 8) % ACL_DEVICES];
	bool is_known, served = false, log = false;

	/* The source's own file system was checked when the mount began. */
	if (!m->others || dev == m->root.key.dev)
		return 0;
	pthread_mutex_lock(&devices->lock);
	is_known = d->dev == dev;
	if (is_known)
		served = d->served;
	pthread_mutex_unlock(&devices->lock);
	if (is_known)
		return served ? 0 : EACCES;

	/* A server may take its time, so without the lock. */
	served = can_serve(m, fd);
	pthread_mutex_lock(&devices->lock);
	if (!served && (d->dev != dev || d->served))
		log = devices->refusals++ < MAX_LOGGED;
	*d = (struct acl_device){dev, served};
	pthread_mutex_unlock(&devices->lock);
	if (log)
		log_failure(
			0,
			"mount that file system's part without allow_other, or keep it out of the source",
			"device %u:%u below the source has access control lists, or other rules, that can't be served to other users; its files are refused",
			major(dev), minor(dev));
	return served ? 0 : EACCES;
}

int acl_admit_mount(struct mirror *m, int fd, dev_t dev)
{
	struct mount_line line;

	if (!m->others || major(dev) != 0 || !mount_line_find(mount_line_id(fd), &line) ||
	    line.user == 0)
		return 0;
	if (first_report(m, EACCES))
		log_failure(
			0, "mount without allow_other to serve such mounts",
			"user %u has a FUSE mount below the source, which might not answer; such mounts are refused",
			line.user);
	return EACCES;
}

int acl_admit_source(struct mirror *m)
{
	return !m->others || can_serve(m, m->root.fd) ? 0 : EACCES;
}
