// SPDX-License-Identifier: GPL-2.0-only
/* The operations on names, their attributes and access lists. */
#include "ops.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *const attributes[] = {"user.one", "user.two", "trusted.x", "security.x",
					 "user."};

void do_truncate(struct side *side, const struct op *op, char *out)
{
	say(out, truncate(op->path, op->off));
}

void do_stat(struct side *side, const struct op *op, char *out)
{
	describe(AT_FDCWD, op->path, op->value & 1 ? AT_SYMLINK_NOFOLLOW : 0, out, OUTCOME);
}

void do_chmod(struct side *side, const struct op *op, char *out)
{
	say(out, chmod(op->path, op->mode));
}

void do_chown(struct side *side, const struct op *op, char *out)
{
	static const uid_t owners[] = {-1, 0, 1000, 1001, 1002};
	static const gid_t groups[] = {-1, 0, 100, 1000, 1001};

	/* Of both -1 the mirror hears as of a write. */
	say(out, fchownat(AT_FDCWD, op->path, owners[op->value % 5],
			  groups[op->value % 5 ? op->value / 5 % 5 : 1 + op->value / 5 % 4],
			  op->value & 64 ? AT_SYMLINK_NOFOLLOW : 0));
}

void do_link(struct side *side, const struct op *op, char *out)
{
	struct stat st;

	/* A write in direct mode leaves a mode with the setgid bit in the kernel; see main.c. */
	lstat(op->path, &st);
	say(out, link(op->path, op->path2));
}

void do_symlink(struct side *side, const struct op *op, char *out)
{
	say(out, symlink(op->path, op->path2));
}

void do_readlink(struct side *side, const struct op *op, char *out)
{
	char target[100];
	ssize_t n = readlink(op->path, target, sizeof(target));

	if (!say(out, n))
		snprintf(out, OUTCOME, "ok %.*s", (int)n, target);
}

void do_unlink(struct side *side, const struct op *op, char *out)
{
	say(out, unlink(op->path));
}

void do_mkdir(struct side *side, const struct op *op, char *out)
{
	say(out, mkdir(op->path, op->mode));
}

void do_rmdir(struct side *side, const struct op *op, char *out)
{
	say(out, rmdir(op->path));
}

void do_mknod(struct side *side, const struct op *op, char *out)
{
	static const mode_t types[] = {S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR};

	say(out, mknod(op->path, types[op->value % 4] | op->mode,
		       op->value % 4 == 3 ? makedev(1, 3) : 0));
}

void do_rename(struct side *side, const struct op *op, char *out)
{
	static const unsigned int kinds[] = {0, 0, RENAME_NOREPLACE, RENAME_EXCHANGE,
					     RENAME_WHITEOUT};

	say(out, renameat2(AT_FDCWD, op->path, AT_FDCWD, op->path2, kinds[op->value % 5]));
}

void do_setxattr(struct side *side, const struct op *op, char *out)
{
	fill(op);
	say(out, lsetxattr(op->path, attributes[op->value % COUNT(attributes)], page,
			   op->size % 200, op->value / 8 % 3));
}

void do_getxattr(struct side *side, const struct op *op, char *out)
{
	char value[256];
	ssize_t n = lgetxattr(op->path, attributes[op->value % COUNT(attributes)], value,
			      op->value & 32   ? 0
			      : op->value & 64 ? 10
					       : sizeof(value));

	if (!say(out, n) && !(op->value & 32))
		snprintf(out, OUTCOME, "ok %zd %lx", n, (unsigned long)sum(value, n));
}

void do_removexattr(struct side *side, const struct op *op, char *out)
{
	say(out, lremovexattr(op->path, attributes[op->value % COUNT(attributes)]));
}

void do_listxattr(struct side *side, const struct op *op, char *out)
{
	char names[1024];
	ssize_t n = llistxattr(op->path, names, sizeof(names));
	uint64_t all = 0;

	/* In whatever order. */
	for (ssize_t at = 0; at < n; at += strlen(names + at) + 1)
		all += sum(names + at, strlen(names + at));
	if (!say(out, n))
		snprintf(out, OUTCOME, "ok %zd %lx", n, (unsigned long)all);
}

/* A list with a user and a group of ours, and a mask. */
static size_t make_acl(unsigned int value, void *to)
{
	struct {
		struct posix_acl_xattr_header head;
		struct posix_acl_xattr_entry e[6];
	} acl = {
		{POSIX_ACL_XATTR_VERSION},
		{
			{ACL_USER_OBJ, value & 7, ACL_UNDEFINED_ID},
			{ACL_USER, value >> 3 & 7, 1000 + (value & 1)},
			{ACL_GROUP_OBJ, value >> 6 & 7, ACL_UNDEFINED_ID},
			{ACL_GROUP, value >> 9 & 7, 100},
			{ACL_MASK, value >> 12 & 7, ACL_UNDEFINED_ID},
			{ACL_OTHER, value >> 15 & 7, ACL_UNDEFINED_ID},
		},
	};

	memcpy(to, &acl, sizeof(acl));
	return sizeof(acl);
}

static const char *acl_name(const struct op *op)
{
	return op->flags & 1 ? "system.posix_acl_default" : "system.posix_acl_access";
}

void do_setacl(struct side *side, const struct op *op, char *out)
{
	char acl[256];
	size_t size = make_acl(op->value, acl);

	say(out, setxattr(op->path, acl_name(op), acl, op->flags & 2 ? size - 4 : size, 0));
}

void do_getacl(struct side *side, const struct op *op, char *out)
{
	char acl[256];
	ssize_t n = getxattr(op->path, acl_name(op), acl, sizeof(acl));

	if (!say(out, n))
		snprintf(out, OUTCOME, "ok %zd %lx", n, (unsigned long)sum(acl, n));
}

void do_removeacl(struct side *side, const struct op *op, char *out)
{
	say(out, removexattr(op->path, acl_name(op)));
}

void do_utimens(struct side *side, const struct op *op, char *out)
{
	static const long nsec[] = {123456789, UTIME_NOW, UTIME_OMIT};
	struct timespec t[2] = {
		{100000 + op->value % 1000, nsec[op->value % 3]},
		{200000 + op->value % 1000, nsec[op->value / 3 % 3]},
	};

	say(out, utimensat(AT_FDCWD, op->path, t, op->value & 64 ? AT_SYMLINK_NOFOLLOW : 0));
}

void do_access(struct side *side, const struct op *op, char *out)
{
	say(out, faccessat(AT_FDCWD, op->path, op->value & 7, AT_EACCESS));
}

void do_list(struct side *side, const struct op *op, char *out)
{
	DIR *dir = opendir(op->value & 1 ? "." : op->path);
	struct dirent *de;
	uint64_t all = 0;
	int n = 0;

	if (!dir) {
		say(out, -1);
		return;
	}
	while ((de = readdir(dir))) {
		all += sum(de->d_name, strlen(de->d_name)) * (de->d_type + 1);
		n++;
	}
	closedir(dir);
	snprintf(out, OUTCOME, "ok %d %lx", n, (unsigned long)all);
}

void do_handle(struct side *side, const struct op *op, char *out)
{
	struct {
		struct file_handle head;
		char room[MAX_HANDLE_SZ];
	} handle = {.head.handle_bytes = MAX_HANDLE_SZ};
	int mount;

	say(out, name_to_handle_at(AT_FDCWD, op->path, &handle.head, &mount, 0));
}
