// SPDX-License-Identifier: GPL-2.0-only
/* Extended attributes, with -o xattr only. */
#include "mirror.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/xattr.h>

/*
 * An O_PATH descriptor has no f*xattr() calls. Its link in /proc leads to the inode itself, a
 * symlink included, without following it.
 */
struct proc_path {
	char name[32];
};

static struct proc_path proc_path(fuse_req_t req, fuse_ino_t ino)
{
	struct proc_path path;

	snprintf(path.name, sizeof(path.name), "/proc/self/fd/%d", fd_of(mirror_of(req), ino));
	return path;
}

void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size,
		 int flags)
{
	int res = setxattr(proc_path(req, ino).name, name, value, size, flags);

	fuse_reply_err(req, res == 0 ? 0 : errno);
}

void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	fuse_reply_err(req, removexattr(proc_path(req, ino).name, name) == 0 ? 0 : errno);
}

/* Answers a get or a list: the size alone, or the value. Frees @value. */
static void answer_value(fuse_req_t req, size_t size, char *value, ssize_t n)
{
	if (n < 0)
		fuse_reply_err(req, errno);
	else if (size == 0)
		fuse_reply_xattr(req, n);
	else
		fuse_reply_buf(req, value, n);
	free(value);
}

void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	char *value = size ? malloc(size) : NULL;

	if (size && !value)
		fuse_reply_err(req, ENOMEM);
	else
		answer_value(req, size, value,
			     getxattr(proc_path(req, ino).name, name, value, size));
}

void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	char *value = size ? malloc(size) : NULL;

	if (size && !value)
		fuse_reply_err(req, ENOMEM);
	else
		answer_value(req, size, value, listxattr(proc_path(req, ino).name, value, size));
}
