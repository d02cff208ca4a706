// SPDX-License-Identifier: GPL-2.0-only
/* Operations on inodes: look up, forget, attributes. */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "as_caller.h"
#include "caller.h"
#include "creds.h"
#include "later.h"

void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct mirror *m = mirror_of(req);
	struct fuse_entry_param entry;
	int err;

	if (refuse_more(req))
		return;
	err = entry_lookup(m, parent, name, &entry);
	if (err)
		fuse_reply_err(req, report_shortage(m, err));
	else
		answer_entry(req, &entry);
}

static void forget_one(struct mirror *m, fuse_ino_t ino, uint64_t nlookup)
{
	if (ino != FUSE_ROOT_ID)
		inode_forget(&m->table, inode_of(m, ino), nlookup);
}

void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	forget_one(mirror_of(req), ino, nlookup);
	fuse_reply_none(req);
}

void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	struct mirror *m = mirror_of(req);

	for (size_t i = 0; i < count; i++)
		forget_one(m, forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

static void answer_attr(fuse_req_t req, struct inode *inode)
{
	struct mirror *m = mirror_of(req);
	struct stat attr;
	int err = stat_inode(m, inode, &attr);

	if (err)
		fuse_reply_err(req, err);
	else
		fuse_reply_attr(req, &attr, attr_timeout_of(m, inode, &attr));
}

void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	answer_attr(req, inode_of(mirror_of(req), ino));
}

static int set_mode(fuse_req_t req, const struct inode *inode, mode_t mode)
{
	int res;

	begin_with_mode(req, mode);
	do
		res = fchmodat(mirror_of(req)->proc_self, fd_path(inode->fd).name, mode, 0);
	while (again_as_caller(req, res));
	creds_end();
	return res;
}

/*
 * For a truncation overlayfs does not ask to remove the bits apart from it, as it does for a write (ovl_setattr()). It
 * cuts as root for its users, and the kernel then asks by root's capabilities.
 */
static int set_size(fuse_req_t req, const struct inode *inode, int fd, off_t size)
{
	int res;

	begin_change(req, inode->fd,
		     must_drop_suidgid(req, inode->fd) ||
			     (fuse_req_ctx(req)->uid == 0 && !caller_is_capable(req, CAP_FSETID)));
	res = ftruncate(fd, size);
	creds_end();
	return res;
}

/* The caller's groups decide about the group and the bits, and the caller's rights about the quota. */
static int set_owner(fuse_req_t req, const struct inode *inode, uid_t uid, gid_t gid)
{
	int res;

	if (fuse_req_ctx(req)->uid == 0)
		begin_change(req, inode->fd, !caller_is_capable(req, CAP_FSETID));
	else
		begin_as_caller_in_full(req);
	res = fchownat(inode->fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	creds_end();
	return res;
}

/*
 * Removes the bits that a write by the caller takes away, from the mode that the file has at that moment. Anybody's
 * chown(2) that changes nothing does so.
 */
static int strip_suidgid(fuse_req_t req, const struct inode *inode)
{
	int res;

	begin_change(req, inode->fd, !caller_is_capable(req, CAP_FSETID));
	res = fchownat(inode->fd, "", -1, -1, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	creds_end();
	return res;
}

/*
 * Before a write or an fallocate, the kernel sends a SETATTR without attributes. It asks to remove
 * the bits that the caller's change takes away (setattr_should_drop_suidgid()). A chown() that
 * changes nothing looks the same, but there the kernel has not checked the caller's permission.
 */
static int drop_suidgid(fuse_req_t req, struct inode *inode)
{
	bool writing = atomic_load(&inode->writers) > 0;
	uid_t uid = fuse_req_ctx(req)->uid;
	mode_t mode;
	struct stat st;

	if (!S_ISREG(inode->type))
		return 0;
	if (fstat(inode->fd, &st) != 0)
		return -1;
	mode = st.st_mode & ~S_ISUID;
	if (mode & S_IXGRP ||
	    !(caller_in_group(req, st.st_gid) || caller_is_capable(req, CAP_FSETID)))
		mode &= ~S_ISGID;
	if (mode == st.st_mode)
		return 0;
	if (uid == st.st_uid || (writing && uid == atomic_load(&inode->writer)) ||
	    caller_is_capable(req, CAP_FOWNER))
		return strip_suidgid(req, inode);
	/*
	 * A write by a descriptor that another user opened must not fail; it removes the bits
	 * itself.
	 */
	if (writing)
		return 0;
	errno = EPERM;
	return -1;
}

static struct timespec time_to_set(int to_set, int set, int now, struct timespec value)
{
	if (to_set & now)
		return (struct timespec){.tv_nsec = UTIME_NOW};
	if (to_set & set)
		return value;
	return (struct timespec){.tv_nsec = UTIME_OMIT};
}

static int set_times(fuse_req_t req, const struct inode *inode, const struct stat *attr, int to_set)
{
	int proc_self = mirror_of(req)->proc_self, res;
	struct timespec times[2] = {
		time_to_set(to_set, FUSE_SET_ATTR_ATIME, FUSE_SET_ATTR_ATIME_NOW, attr->st_atim),
		time_to_set(to_set, FUSE_SET_ATTR_MTIME, FUSE_SET_ATTR_MTIME_NOW, attr->st_mtim),
	};

	begin_as_caller(req);
	do
		res = S_ISLNK(inode->type)
			      ? utimensat(inode->fd, "", times, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)
			      : utimensat(proc_self, fd_path(inode->fd).name, times, 0);
	while (again_as_caller(req, res));
	creds_end();
	return res;
}

/*
 * Whether the kernel sends this for users who may only write to the file, too: the current time, and, without
 * killpriv_v2, a mode that has lost the bits that a write takes away.
 */
static bool is_a_writers(const struct inode *inode, const struct stat *attr, int to_set)
{
	const int now = FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW;
	mode_t mode = atomic_load(&inode->told_mode) & 07777;

	if (to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
		return false;
	if (to_set & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME) && (to_set & now) != now)
		return false;
	return !(to_set & FUSE_SET_ATTR_MODE) ||
	       ((mode ^ attr->st_mode) & 07777 & ~(mode & (S_ISUID | S_ISGID))) == 0;
}

static int may_set(fuse_req_t req, struct inode *inode, const struct stat *attr, int to_set)
{
	const int owned = FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID;
	const int all = owned | FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME;
	struct stat st;

	if (!(to_set & all))
		return 0;
	if (is_a_writers(inode, attr, to_set) && fstat(inode->fd, &st) == 0 &&
	    st.st_uid == atomic_load(&inode->told_owner))
		return 0;
	return check_owner(req, inode, to_set & owned ? CAP_CHOWN : CAP_FOWNER);
}

/* @fd is open for writing if the size is to be set. Returns 0, or -1 with errno. */
static int set_attributes(fuse_req_t req, struct inode *inode, const struct stat *attr, int to_set,
			  int fd)
{
	if (!to_set && drop_suidgid(req, inode) != 0)
		return -1;
	errno = may_set(req, inode, attr, to_set);
	if (errno)
		return -1;
	if (to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) {
		uid_t uid = to_set & FUSE_SET_ATTR_UID ? attr->st_uid : (uid_t)-1;
		gid_t gid = to_set & FUSE_SET_ATTR_GID ? attr->st_gid : (gid_t)-1;

		if (set_owner(req, inode, uid, gid) != 0)
			return -1;
	}
	/* Set the mode after the owner: a change of owner removes setuid and setgid bits. */
	if (to_set & FUSE_SET_ATTR_MODE && set_mode(req, inode, attr->st_mode & 07777) != 0 &&
	    (errno != EPERM || !is_a_writers(inode, attr, to_set) ||
	     strip_suidgid(req, inode) != 0))
		return -1;
	if (to_set & FUSE_SET_ATTR_SIZE && set_size(req, inode, fd, attr->st_size) != 0)
		return -1;
	if (to_set & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME_NOW |
		      FUSE_SET_ATTR_MTIME_NOW))
		return set_times(req, inode, attr, to_set);
	return 0;
}

/* Answers and returns true, or returns false while another user's lease is in the way. */
static bool setattr_once(fuse_req_t req, fuse_ino_t ino, const struct stat *attr, int to_set,
			 struct fuse_file_info *fi)
{
	struct mirror *m = mirror_of(req);
	struct inode *inode = inode_of(m, ino);
	bool by_path = to_set & FUSE_SET_ATTR_SIZE && !fi;
	int fd = fi ? file_of(fi)->fd : -1, err = by_path ? check_told(req, inode, W_OK) : 0;

	/* This comes first, since all is tried again if it has to wait. */
	if (by_path && !err) {
		fd = open_without_wait(m, inode->fd, O_WRONLY | O_CLOEXEC);
		if (fd < 0 && errno == EWOULDBLOCK)
			return false;
		err = fd < 0 ? errno : 0;
	}
	if (!err && set_attributes(req, inode, attr, to_set, fd) != 0)
		err = errno;
	if (by_path && fd >= 0)
		close(fd);
	if (err)
		fuse_reply_err(req, report_shortage(m, err));
	else
		answer_attr(req, inode);
	return true;
}

struct setattr_waiter {
	struct later later;
	fuse_ino_t ino;
	struct stat attr;
	int to_set;
};

static bool try_setattr(struct later *later)
{
	struct setattr_waiter *w = (struct setattr_waiter *)later;

	return setattr_once(later->req, w->ino, &w->attr, w->to_set, NULL);
}

static void release(struct later *later)
{
	free(later);
}

void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		struct fuse_file_info *fi)
{
	struct setattr_waiter *w;
	int err = ENOMEM;

	if (setattr_once(req, ino, attr, to_set, fi))
		return;
	w = malloc(sizeof(*w));
	if (w) {
		*w = (struct setattr_waiter){
			.later = {.req = req, .try_once = try_setattr, .release = release},
			.ino = ino,
			.attr = *attr,
			.to_set = to_set,
		};
		err = later_add(&w->later);
	}
	if (err) {
		free(w);
		fuse_reply_err(req, report_shortage(mirror_of(req), err));
	}
}

void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	char target[PATH_MAX + 1];
	ssize_t len = readlinkat(fd_of(mirror_of(req), ino), "", target, sizeof(target));

	if (len < 0) {
		fuse_reply_err(req, errno);
	} else if (len == sizeof(target)) {
		fuse_reply_err(req, ENAMETOOLONG);
	} else {
		target[len] = '\0';
		fuse_reply_readlink(req, target);
	}
}

void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs st;

	if (fstatvfs(fd_of(mirror_of(req), ino), &st) != 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_statfs(req, &st);
}
