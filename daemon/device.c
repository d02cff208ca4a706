// SPDX-License-Identifier: GPL-2.0-only
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "users.h"

/*
 * The device is read and written here, not inside libfuse, to see each request: libfuse counts
 * nothing, and does not pass on the flags that ask to remove setuid bits.
 */
static void answer(int fd, uint64_t unique, int err)
{
	const struct fuse_out_header out = {.len = sizeof(out), .error = -err, .unique = unique};

	/* If this fails the request is gone, with the mount. */
	if (write(fd, &out, sizeof(out)) < 0)
		return;
}

/* In whose share of the workers the request is served; see fair.h. */
static uint64_t share_of(struct mirror *m, const struct wire_request *req)
{
	const struct handle *handle = (const struct handle *)(uintptr_t)req->handle;
	const struct handle *opener = (const struct handle *)(uintptr_t)req->opener;
	bool has_file = req->node && req->opcode != FUSE_FORGET;
	uint32_t owner = has_file ? users_of(inode_of(m, req->node)->told_owner) : 0;
	uint32_t user = users_of(req->uid);

	if (handle)
		return FAIR_CLOSE | users_of(handle->user);
	if (opener)
		return FAIR_WRITE_BACK | fair_share(owner, users_of(opener->user));
	return fair_share(user, has_file ? owner : user);
}

/* Says whether this thread must serve the request of @len bytes at @buf. */
static bool must_serve(struct mirror *m, const struct wire_request *req, const void *buf,
		       size_t len)
{
	int fd;

	if (req->interrupted && fair_withdraw(&m->fair, req->interrupted, &fd)) {
		answer(fd, req->interrupted, EINTR);
		return false;
	}
	switch (fair_admit(&m->fair, share_of(m, req), req, buf, len)) {
	case FAIR_SERVE:
		return true;
	case FAIR_REFUSE:
		answer(req->fd, req->unique, ENOMEM);
		break;
	case FAIR_WAITS:
		/* The kernel has places for so many requests of this kind, and this one needs its no longer. */
		if (req->handle)
			answer(req->fd, req->unique, 0);
		break;
	}
	return false;
}

/* Reads the next request that this thread must serve, and looks into it. Returns as read(2) does. */
static ssize_t next_request(struct mirror *m, int fd, void *buf, size_t len,
			    struct wire_request *req)
{
	ssize_t n = fair_next(&m->fair, buf, req);

	while (!n) {
		n = read(fd, buf, len);
		if (n <= 0 || !wire_peek(buf, n, req))
			return n;
		req->fd = fd;
		if (!must_serve(m, req, buf, n))
			n = 0;
	}
	return n;
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
	const struct fuse_out_header *head = iov->iov_base;

	/* With -o clone_fd another thread may have read it, from a device of its own. */
	if (current_request.seen && head->unique == current_request.unique)
		fd = current_request.fd;
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
