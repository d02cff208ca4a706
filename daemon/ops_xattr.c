// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended attributes. Access control lists are always served, because the kernel decides by them;
 * other attributes only with -o xattr.
 */
#include "mirror.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "as_caller.h"
#include "caller.h"
#include "creds.h"
#include "hidden.h"

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

static bool starts_with(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/*
 * Whether this name is served. In system.* the kernel checks only the access control lists and
 * leaves the rest to the file system. That one would check the daemon's rights, not the caller's.
 */
static bool served(const struct mirror *m, const char *name)
{
	return acl_is_name(name) || (m->xattr && !starts_with(name, "system."));
}

/*
 * A list that removes group rights also removes the setgid bit, if the caller has no right to keep
 * it.
 */
static void begin_set(fuse_req_t req, fuse_ino_t ino)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	bool drop = must_drop_suidgid(req, fd_of(mirror_of(req), ino));

	if (drop)
		begin_as_caller(req);
	else
		begin_as_caller_in_full(req);
	if (ctx->uid == 0 && drop)
		creds_as(ctx->uid, ctx->gid, CREDS_NO_FSETID);
}

/* Returns 0 or an errno. */
static int may_set(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	struct mirror *m = mirror_of(req);

	if (!served(m, name))
		return EOPNOTSUPP;
	return acl_is_name(name)
		       ? check_owner(req, inode_of(m, ino), CAP_FOWNER)
		       : check_told(req, inode_of(m, ino), starts_with(name, "user.") ? W_OK : 0);
}

void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size,
		 int flags)
{
	int res, err = may_set(req, ino, name);

	if (!err) {
		begin_set(req, ino);
		do
			res = setxattr(proc_path(req, ino).name, name, value, size, flags);
		while (again_as_caller(req, res));
		err = end_as_caller(res);
	}
	fuse_reply_err(req, err);
}

void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	int res, err = may_set(req, ino, name);

	if (!err) {
		begin_set(req, ino);
		do
			res = removexattr(proc_path(req, ino).name, name);
		while (again_as_caller(req, res));
		err = end_as_caller(res);
	}
	fuse_reply_err(req, err);
}

/* Answers a get or a list: the size alone, or the value. */
static void answer_value(fuse_req_t req, size_t size, const char *value, size_t n)
{
	if (size == 0)
		fuse_reply_xattr(req, n);
	else if (n > size)
		fuse_reply_err(req, ERANGE);
	else
		fuse_reply_buf(req, value, n);
}

void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct mirror *m = mirror_of(req);
	char *value = size ? malloc(size) : NULL;
	int err = starts_with(name, "user.") ? check_told(req, inode_of(m, ino), R_OK) : 0;
	ssize_t n = -1;

	errno = err ?: EOPNOTSUPP;
	if (size && !value)
		errno = ENOMEM;
	else if (!err && strcmp(name, "security.capability") == 0 &&
		 hides_capabilities(m, fd_of(m, ino)))
		errno = ENODATA;
	else if (!err && served(m, name))
		n = getxattr(proc_path(req, ino).name, name, value, size);
	/* A list can change without a change of the mode. */
	if (n > 0 && acl_is_name(name))
		atomic_store(&inode_of(m, ino)->must_ask, true);
	/* For any other error the kernel assumes a list that it can't read, and refuses access. */
	if (n < 0 && errno == EOPNOTSUPP && acl_is_name(name))
		errno = ENODATA;
	if (n < 0)
		fuse_reply_err(req, errno);
	else
		answer_value(req, size, value, n);
	free(value);
}

/*
 * Removes from the @n bytes of names at @list those that the caller must not see. Returns the
 * number of bytes that are left.
 */
static size_t filter(const struct mirror *m, bool is_admin, char *list, size_t n)
{
	size_t kept = 0;

	for (size_t at = 0, len; at < n; at += len) {
		const char *name = list + at;

		len = strnlen(name, n - at) + 1;
		if (len > n - at)
			break;
		if (!served(m, name) || (!is_admin && starts_with(name, "trusted.")))
			continue;
		memmove(list + kept, name, len);
		kept += len;
	}
	return kept;
}

void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	char *list = malloc(XATTR_LIST_MAX);
	ssize_t n = -1;

	if (list)
		n = listxattr(proc_path(req, ino).name, list, XATTR_LIST_MAX);
	if (n < 0)
		fuse_reply_err(req, list ? errno : ENOMEM);
	else
		answer_value(
			req, size, list,
			filter(mirror_of(req), caller_is_capable(req, CAP_SYS_ADMIN), list, n));
	free(list);
}
