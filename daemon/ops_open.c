// SPDX-License-Identifier: GPL-2.0-only
/* Open, create, tmpfile and release: they decide a file's mode of I/O. */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "backing.h"
#include "as_caller.h"
#include "creds.h"
#include "hidden.h"
#include "later.h"
#include "log.h"
#include "prune.h"

static int32_t register_backing(struct mirror *m, const struct inode *inode, uid_t uid)
{
	int32_t id;

	if (!m->granted_passthrough)
		return -EOPNOTSUPP;
	id = backing_register(m->dev, m->proc_self, inode->fd, uid);
	if (id > 0) {
		atomic_fetch_add(&m->stats.backing_opened, 1);
		atomic_fetch_add(&m->stats.backing_live, 1);
		return id;
	}
	atomic_fetch_add(&m->stats.backing_failed, 1);
	if (first_report(m, -id))
		log_failure(-id, backing_hint(-id), "registering a backing file");
	return id;
}

static void unregister_backing(struct mirror *m, int32_t id)
{
	int err = backing_unregister(m->dev, id);

	if (err && first_report(m, -err))
		log_failure(-err, NULL, "giving a backing file back");
	atomic_fetch_sub(&m->stats.backing_live, 1);
}

void file_hold(struct open_file *file)
{
	atomic_fetch_add(&file->holds, 1);
}

void file_put(struct open_file *file)
{
	if (atomic_fetch_sub(&file->holds, 1) > 1)
		return;
	close(file->fd);
	free(file);
}

static void file_close(struct handle *handle)
{
	file_put((struct open_file *)handle);
}

static void count_writer(struct inode *inode, uid_t uid)
{
	atomic_fetch_add(&inode->writers, 1);
	atomic_store(&inode->writer, uid);
}

/*
 * Ends an open; the inode may be gone afterwards. The backing id is given back outside the inode's
 * lock. An open that comes in between registers a new id. The kernel accepts this, because all
 * opens of the old id have left the inode before their RELEASE was sent (fuse_file_io_release()).
 */
static void file_end(struct mirror *m, struct open_file *file)
{
	struct inode *inode = file->inode;
	int32_t id;

	pthread_mutex_lock(&inode->io_lock);
	id = open_leave(&inode->io);
	pthread_mutex_unlock(&inode->io_lock);
	if (id > 0)
		unregister_backing(m, id);
	if (file->writes)
		atomic_fetch_sub(&inode->writers, 1);
	handle_del(m, &file->handle);
	file_close(&file->handle);
	inode_drop(&m->table, inode);
	atomic_fetch_sub(&m->stats.open_files, 1);
}

static bool is_append_only(int fd)
{
	struct statx st;

	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &st) == 0 &&
	       st.stx_attributes & STATX_ATTR_APPEND;
}

/*
 * Makes an open file of @fd on @inode and fills @fi for the answer. Takes @fd over in any case. The
 * caller must be sure of the inode, by a lookup. Returns 0 or an errno.
 */
static int file_start(fuse_req_t req, struct inode *inode, int fd, struct fuse_file_info *fi)
{
	struct mirror *m = mirror_of(req);
	struct open_file *file = malloc(sizeof(*file));
	struct open_request request = {
		.append_only = is_append_only(fd),
		.could_map = (fi->flags & O_ACCMODE) == O_RDWR,
	};
	struct open_plan plan;
	enum io_mode mode;
	int32_t registered = 0;
	int err;

	if (!file) {
		close(fd);
		return ENOMEM;
	}
	*file = (struct open_file){
		.handle = {.close = file_close, .user = fuse_req_ctx(req)->uid},
		.inode = inode,
		.fd = fd,
		.holds = 1,
		.append_only = request.append_only,
	};

	inode_hold(&m->table, inode);
	pthread_mutex_lock(&inode->io_lock);
	if (open_must_register(&m->policy, &inode->io, request))
		registered = register_backing(m, inode, fuse_req_ctx(req)->uid);
	err = open_join(&m->policy, &inode->io, request, registered, &plan);
	mode = inode->io.mode;
	pthread_mutex_unlock(&inode->io_lock);
	if (err) {
		inode_drop(&m->table, inode);
		close(fd);
		free(file);
		return err;
	}

	file->writes = (fi->flags & O_ACCMODE) != O_RDONLY;
	if (file->writes)
		count_writer(inode, fuse_req_ctx(req)->uid);
	handle_add(m, &file->handle);
	fi->fh = (uintptr_t)file;
	fi->direct_io = plan.direct_io;
	fi->parallel_direct_writes = plan.parallel_direct_writes;
	fi->backing_id = plan.backing_id;

	atomic_fetch_add(&m->stats.opens, 1);
	atomic_fetch_add(&m->stats.open_files, 1);
	atomic_fetch_add(mode == IO_PASSTHROUGH ? &m->stats.opens_passthrough
			 : mode == IO_DIRECT	? &m->stats.opens_direct
						: &m->stats.opens_cached,
			 1);
	return 0;
}

static int open_source_file(struct mirror *m, const struct inode *inode, int user_flags)
{
	int flags = source_open_flags(user_flags);
	int fd = open_without_wait(m, inode->fd, flags);

	/* A file that may only be appended to (chattr +a) can be opened in no other way. */
	if (fd < 0 && errno == EPERM && user_flags & O_APPEND)
		fd = open_without_wait(m, inode->fd, flags | O_APPEND);
	return fd;
}

/* Whether this open is the first that lets a passthrough file be mapped for writing. */
static bool may_be_mapped(struct inode *inode, const struct fuse_file_info *fi)
{
	return fi->backing_id > 0 && (fi->flags & O_ACCMODE) == O_RDWR &&
	       !atomic_exchange(&inode->mapped, true);
}

/* What the kernel says of an open by execve(2): include/linux/fs.h, FMODE_EXEC. No user can set it. */
#define TO_EXECUTE 0x20

static int rights_to_open(const struct inode *inode, int flags)
{
	int mode = flags & O_ACCMODE;

	/* The mirror may let execute what the source's mount does not. */
	if (flags & TO_EXECUTE)
		return on_noexec_mount(inode->fd) ? 0 : X_OK;
	return (mode != O_WRONLY ? R_OK : 0) | (mode != O_RDONLY || flags & O_TRUNC ? W_OK : 0);
}

/* Answers and returns true, or returns false while another user's lease is in the way. */
static bool open_once(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mirror *m = mirror_of(req);
	struct inode *inode = inode_of(m, ino);
	int fd, err;

	if (refuse_more(req))
		return true;
	err = check_told(req, inode, rights_to_open(inode, fi->flags));
	if (err) {
		fuse_reply_err(req, err);
		return true;
	}
	if (fi->flags & O_TRUNC)
		begin_as_writer(req, inode->fd);
	fd = open_source_file(m, inode, fi->flags);
	creds_end();
	if (fd < 0 && errno == EWOULDBLOCK && !(fi->flags & O_NONBLOCK))
		return false;
	if (fd >= 0 && fi->flags & O_TRUNC)
		append_told(&inode->append, 0);
	err = fd < 0 ? errno : file_start(req, inode, fd, fi);
	if (!err && may_be_mapped(inode, fi))
		fuse_lowlevel_notify_inval_inode(m->pruner.se, ino, -1, 0);
	if (err)
		fuse_reply_err(req, report_shortage(m, err));
	else if (fuse_reply_open(req, fi) != 0)
		file_end(m, file_of(fi));
	return true;
}

struct open_waiter {
	struct later later;
	fuse_ino_t ino;
	struct fuse_file_info fi;
};

static bool try_open(struct later *later)
{
	struct open_waiter *w = (struct open_waiter *)later;

	return open_once(later->req, w->ino, &w->fi);
}

static void release(struct later *later)
{
	free(later);
}

void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct open_waiter *w;
	int err = ENOMEM;

	if (open_once(req, ino, fi))
		return;
	w = malloc(sizeof(*w));
	if (w) {
		*w = (struct open_waiter){
			.later = {.req = req, .try_once = try_open, .release = release},
			.ino = ino,
			.fi = *fi,
		};
		err = later_add(&w->later);
	}
	if (err) {
		free(w);
		fuse_reply_err(req, report_shortage(mirror_of(req), err));
	}
}

/* Answers a CREATE or TMPFILE with the new file open at @fd. Returns 0, or an errno and no answer. */
static int answer_created(fuse_req_t req, int fd, fuse_ino_t parent, const char *name,
			  struct fuse_file_info *fi)
{
	struct mirror *m = mirror_of(req);
	struct fuse_entry_param entry;
	int pathfd, err;

	/* Use the descriptor: the name may already mean another file. */
	pathfd = openat(m->proc_self, fd_path(fd).name, O_PATH | O_CLOEXEC);
	err = pathfd < 0 ? errno : entry_from_fd(m, pathfd, parent, name, &entry);
	if (err) {
		close(fd);
		return err;
	}
	err = file_start(req, inode_of(m, entry.ino), fd, fi);
	if (err) {
		entry_undo(m, &entry);
		return err;
	}
	if (may_be_mapped(inode_of(m, entry.ino), fi))
		entry.attr_timeout = 0;
	if (fuse_reply_create(req, &entry, fi) != 0) {
		file_end(m, file_of(fi));
		entry_undo(m, &entry);
	}
	prune_pace(m);
	return 0;
}

void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi)
{
	struct mirror *m = mirror_of(req);
	int dirfd = fd_of(m, parent), fd, err;

	if (refuse_more(req))
		return;
	err = check_told_dir(req, parent, W_OK | X_OK);
	if (err) {
		fuse_reply_err(req, err);
		return;
	}
	begin_with_mode(req, mode);
	do
		fd = openat(dirfd, name, source_open_flags(fi->flags) | O_CREAT | O_EXCL, mode);
	while (again_as_caller(req, fd));
	err = errno;
	creds_end();
	if (fd < 0) {
		/*
		 * The file has appeared since the kernel's lookup, and nobody has checked the
		 * caller's rights on it. ESTALE makes the VFS look again (LOOKUP_REVAL) and open it
		 * like any other file.
		 */
		if (err == EEXIST && !(fi->flags & O_EXCL))
			err = ESTALE;
		fuse_reply_err(req, report_shortage(m, err));
		return;
	}
	err = answer_created(req, fd, parent, name, fi);
	if (err) {
		/* The caller gets an error, so the file must not stay. */
		unmake(req, parent, name, 0);
		fuse_reply_err(req, report_shortage(m, err));
	}
}

void op_tmpfile(fuse_req_t req, fuse_ino_t parent, mode_t mode, struct fuse_file_info *fi)
{
	struct mirror *m = mirror_of(req);
	int flags = source_open_flags(fi->flags) | O_TMPFILE | (fi->flags & O_EXCL);
	int fd, err;

	if (refuse_more(req))
		return;
	err = check_told_dir(req, parent, W_OK | X_OK);
	if (err) {
		fuse_reply_err(req, err);
		return;
	}
	begin_with_mode(req, mode);
	do
		fd = openat(fd_of(m, parent), ".", flags, mode);
	while (again_as_caller(req, fd));
	err = errno;
	creds_end();
	if (fd >= 0)
		err = answer_created(req, fd, parent, NULL, fi);
	if (err)
		fuse_reply_err(req, report_shortage(m, err));
}

/* Called at each close(2): closes a duplicate in the source, and passes its error to the caller. */
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	int fd = fcntl(file_of(fi)->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		fuse_reply_err(req, report_shortage(mirror_of(req), errno));
	else
		fuse_reply_err(req, close(fd) == 0 ? 0 : errno);
}

void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mirror *m = mirror_of(req);
	struct open_file *file = file_of(fi);

	/* Nobody waits for it. And a file system below may let close(2) wait. */
	fuse_reply_err(req, 0);
	file_end(m, file);
}
