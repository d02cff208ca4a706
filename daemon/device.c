// SPDX-License-Identifier: GPL-2.0-only
#include "device.h"

#include <errno.h>
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
static void answer_interrupted(int fd, uint64_t unique)
{
	const struct fuse_out_header out = {.len = sizeof(out), .error = -EINTR, .unique = unique};

	/* If this fails the request is gone, with the mount. */
	if (write(fd, &out, sizeof(out)) < 0)
		return;
}

/* Reads the next request that this thread must serve, and looks into it. Returns as read(2) does. */
static ssize_t next_request(struct mirror *m, int fd, void *buf, size_t len,
			    struct wire_request *req)
{
	ssize_t n = fair_next(&m->fair, fd, buf);

	if (n) {
		wire_peek(buf, n, req);
		return n;
	}
	for (;;) {
		int waits = -1;

		n = read(fd, buf, len);
		if (n <= 0 || !wire_peek(buf, n, req))
			return n;
		if (req->interrupted)
			waits = fair_withdraw(&m->fair, req->interrupted);
		if (waits >= 0)
			answer_interrupted(waits, req->interrupted);
		else if (fair_admit(&m->fair, req, fd, buf, n))
			return n;
	}
}

static ssize_t device_read(int fd, void *buf, size_t len, void *userdata)
{
	struct mirror *m = userdata;
	ssize_t n = next_request(m, fd, buf, len, &current_request);

	if (n > 0) {
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
	const struct fuse_out_header *out = iov[0].iov_base;
	struct mirror *m = userdata;

	/* 0: not an answer, but a notification. */
	if (out->unique != 0)
		fd = fair_answer_fd(&m->fair, fd, out->unique);
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
