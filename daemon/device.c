// SPDX-License-Identifier: GPL-2.0-only
#include "device.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * The device is read and written here, not inside libfuse, to see each request: libfuse counts
 * nothing, and does not pass on the flags that ask to remove setuid bits.
 */
static ssize_t device_read(int fd, void *buf, size_t len, void *userdata)
{
	struct mirror *m = userdata;
	ssize_t n = read(fd, buf, len);

	if (n > 0 && wire_peek(buf, n, &current_request)) {
		stats_upcall(&m->stats, current_request.opcode);
		/* The kernel sends these flags with killpriv_v2 only. */
		if (current_request.opcode == FUSE_SETXATTR ? !m->granted_setxattr_ext
							    : !m->granted_killpriv)
			current_request.kill_suidgid = current_request.uid != 0;
	}
	return n;
}

static ssize_t device_writev(int fd, struct iovec *iov, int count, void *userdata)
{
	return writev(fd, iov, count);
}

static int device_clone(int master)
{
	uint32_t from = master;
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd >= 0 && ioctl(fd, FUSE_DEV_IOC_CLONE, &from) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static const struct fuse_custom_io device_io = {
	.read = device_read,
	.writev = device_writev,
	.clone_fd = device_clone,
};

int device_set(struct fuse_session *se, struct mirror *m, bool io_uring)
{
	char path[32];

	if (!io_uring)
		return fuse_session_custom_io(se, &device_io, sizeof(device_io), m->dev);
	snprintf(path, sizeof(path), "/dev/fd/%d", m->dev);
	return fuse_session_mount(se, path);
}
