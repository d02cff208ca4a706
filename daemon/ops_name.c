// SPDX-License-Identifier: GPL-2.0-only
/* Operations on names: make, link, rename, remove. */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "as_caller.h"

/*
 * Answers for a name that was just made. If the lookup fails (no descriptor left), the caller gets
 * an error, so the name is removed again.
 */
static void answer_made(fuse_req_t req, fuse_ino_t parent, const char *name, int undo_flags)
{
	struct mirror *m = mirror_of(req);
	struct fuse_entry_param entry;
	int err = entry_lookup(m, parent, name, &entry);

	if (err) {
		unmake(req, parent, name, undo_flags);
		fuse_reply_err(req, report_shortage(m, err));
	} else {
		answer_entry(req, &entry);
	}
}

void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	int dirfd = fd_of(mirror_of(req), parent), res, err;

	if (refuse_more(req))
		return;
	err = check_told_dir(req, parent, W_OK | X_OK);
	if (!err) {
		begin_with_mode(req, mode);
		do
			res = mknodat(dirfd, name, mode, rdev);
		while (again_as_caller(req, res));
		err = end_as_caller(res);
	}
	if (err)
		fuse_reply_err(req, err);
	else
		answer_made(req, parent, name, 0);
}

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	int dirfd = fd_of(mirror_of(req), parent), res, err;

	if (refuse_more(req))
		return;
	err = check_told_dir(req, parent, W_OK | X_OK);
	if (!err) {
		begin_with_mode(req, mode);
		do
			res = mkdirat(dirfd, name, mode);
		while (again_as_caller(req, res));
		err = end_as_caller(res);
	}
	if (err)
		fuse_reply_err(req, err);
	else
		answer_made(req, parent, name, AT_REMOVEDIR);
}

void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	int dirfd = fd_of(mirror_of(req), parent), res, err;

	if (refuse_more(req))
		return;
	err = check_told_dir(req, parent, W_OK | X_OK);
	if (!err) {
		begin_as_caller(req);
		do
			res = symlinkat(target, dirfd, name);
		while (again_as_caller(req, res));
		err = end_as_caller(res);
	}
	if (err)
		fuse_reply_err(req, err);
	else
		answer_made(req, parent, name, 0);
}

/*
 * Links the descriptor itself, through /proc. A symlink would be followed there, so it is linked by the empty path,
 * which needs CAP_DAC_READ_SEARCH.
 */
static int link_inode(const struct mirror *m, const struct inode *inode, int dirfd,
		      const char *name)
{
	if (S_ISLNK(inode->type))
		return linkat(inode->fd, "", dirfd, name, AT_EMPTY_PATH);
	return linkat(m->proc_self, fd_path(inode->fd).name, dirfd, name, AT_SYMLINK_FOLLOW);
}

void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname)
{
	struct mirror *m = mirror_of(req);
	struct inode *inode = inode_of(m, ino);
	struct fuse_entry_param entry = {
		.ino = ino,
		.generation = inode->generation,
		.entry_timeout = m->entry_timeout,
	};
	int dirfd = fd_of(m, newparent), res, err = check_told_dir(req, newparent, W_OK | X_OK);

	if (!err)
		err = check_told(
			req, inode,
			0); /* only some may link it; see proc_sys_fs(5), protected_hardlinks */
	if (err) {
		fuse_reply_err(req, err);
		return;
	}
	begin_to_link(req, inode->type);
	do
		res = link_inode(m, inode, dirfd, newname);
	while (again_as_caller(req, res));
	err = end_as_caller(res);
	if (!err)
		err = stat_inode(m, inode, &entry.attr);
	if (err) {
		fuse_reply_err(req, err);
		return;
	}
	entry.attr_timeout = attr_timeout_of(m, inode, &entry.attr);
	inode_found(&m->table, inode, newparent, newname);
	answer_entry(req, &entry);
}

static void remove_name(fuse_req_t req, fuse_ino_t parent, const char *name, int flags)
{
	int res, err = check_told_dir(req, parent, W_OK | X_OK);

	if (!err) {
		begin_as_caller(req);
		do
			res = unlinkat(fd_of(mirror_of(req), parent), name, flags);
		while (again_as_caller(req, res));
		err = end_as_caller(res);
	}
	fuse_reply_err(req, err);
}

void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_name(req, parent, name, 0);
}

void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	remove_name(req, parent, name, AT_REMOVEDIR);
}

/* Keeps the new name, by which the kernel can be asked to forget the inode. */
static void found_as(struct mirror *m, fuse_ino_t oldparent, const char *old, fuse_ino_t parent,
		     const char *name)
{
	int fd = open_name(fd_of(m, parent), name);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0)
		inode_renamed(&m->table, (struct inode_key){st.st_dev, st.st_ino}, oldparent, old,
			      parent, name);
	close(fd);
}

void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
	       const char *newname, unsigned int flags)
{
	struct mirror *m = mirror_of(req);
	int res, err = check_told_dir(req, parent, W_OK | X_OK);

	if (!err)
		err = check_told_dir(req, newparent, W_OK | X_OK);
	if (!err) {
		begin_as_caller(req);
		do
			res = renameat2(fd_of(m, parent), name, fd_of(m, newparent), newname,
					flags);
		while (again_as_caller(req, res));
		err = end_as_caller(res);
	}
	if (!err) {
		found_as(m, parent, name, newparent, newname);
		if (flags & RENAME_EXCHANGE)
			found_as(m, newparent, newname, parent, name);
	}
	fuse_reply_err(req, err);
}
