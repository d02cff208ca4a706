// SPDX-License-Identifier: GPL-2.0-only
/* Backing files in the kernel; see backing.h. */
#include "backing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "creds.h"

/* Named in the kernel since 6.9; older headers lack them. */
#ifndef FUSE_DEV_IOC_BACKING_OPEN
struct fuse_backing_map {
	int32_t fd;
	uint32_t flags;
	uint64_t padding;
};
#define FUSE_DEV_IOC_BACKING_OPEN  _IOW(229, 1, struct fuse_backing_map)
#define FUSE_DEV_IOC_BACKING_CLOSE _IOW(229, 2, uint32_t)
#endif

static int32_t map_file(int dev, int fd, uid_t uid, gid_t gid)
{
	struct fuse_backing_map map = {.fd = fd};
	int id, err;

	creds_as(uid, gid, CREDS_NO_FSETID | CREDS_NO_RESOURCE);
	id = ioctl(dev, FUSE_DEV_IOC_BACKING_OPEN, &map);
	err = errno;
	creds_end();
	if (id > 0)
		return id;
	/* The kernel's ids begin at 1; 0 means none. */
	return id < 0 ? -err : -EINVAL;
}

int32_t backing_register(int dev, int proc_fd, int path_fd, uid_t uid)
{
	struct stat st;
	char name[16];
	int32_t id;
	int fd;

	if (fstat(path_fd, &st) != 0)
		return -errno;
	if (uid == 0)
		uid = st.st_uid;
	id = map_file(dev, path_fd, uid, st.st_gid);
	/* Kernels that use fget() instead of fget_raw() refuse O_PATH descriptors. */
	if (id != -EBADF)
		return id;
	snprintf(name, sizeof(name), "%d", path_fd);
	fd = openat(proc_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	id = map_file(dev, fd, uid, st.st_gid);
	close(fd);
	return id;
}

int backing_unregister(int dev, int32_t id)
{
	uint32_t arg = id;

	return ioctl(dev, FUSE_DEV_IOC_BACKING_CLOSE, &arg) == 0 ? 0 : -errno;
}

const char *backing_hint(int err)
{
	switch (err) {
	case EPERM:
		return "registering a backing file needs CAP_SYS_ADMIN in the initial user namespace, and a kernel that granted passthrough to this mount";
	case ELOOP:
		return "the source is on a stacked file system (overlayfs, or FUSE passthrough): mount with -o stack_depth=1, or use a source below the stack";
	case EISDIR:
	case EINVAL:
		return "only regular files can be passed through";
	case EOPNOTSUPP:
	case ENOTTY:
		return "this kernel has no FUSE passthrough: it needs Linux 6.9 with CONFIG_FUSE_PASSTHROUGH=y";
	case ENOSPC:
	case ENOMEM:
		return "the kernel has no memory for one more backing file";
	case EBADF:
		return "the kernel could not use the source file in the way it was opened";
	default:
		return "mount with -o cached or -o direct to go without passthrough";
	}
}
