// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations on open files: those that passthrough leaves to the daemon, and all I/O of the other
 * modes.
 */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "as_caller.h"
#include "caller.h"
#include "creds.h"
#include "later.h"

/* One read buffer per thread; it grows to the largest read so far. */
static pthread_key_t buffer_key;
static pthread_once_t buffer_once = PTHREAD_ONCE_INIT;
static _Thread_local char *buffer;
static _Thread_local size_t buffer_size;

static void buffer_make_key(void)
{
	pthread_key_create(&buffer_key, free);
}

static char *read_buffer(size_t size)
{
	if (size > buffer_size) {
		char *more = malloc(size);

		if (!more)
			return NULL;
		pthread_once(&buffer_once, buffer_make_key);
		free(buffer);
		buffer = more;
		buffer_size = size;
		pthread_setspecific(buffer_key, buffer);
	}
	return buffer;
}

void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	char *buf = read_buffer(size);
	size_t have = 0;
	ssize_t n;

	if (!buf) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	/* The kernel takes a short answer for the end of file, so answer short only there. */
	while (have < size) {
		n = pread(file_of(fi)->fd, buf + have, size - have, off + have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && !have) {
			fuse_reply_err(req, errno);
			return;
		}
		if (n <= 0)
			break;
		have += n;
	}
	fuse_reply_buf(req, buf, have);
}

/*
 * For what takes space. Quotas and the limit of reserved blocks bind root, too, if it has no CAP_SYS_RESOURCE, as in a
 * container. That is looked up only where space is missing: see has_more_space().
 */
static void begin_to_fill(fuse_req_t req, int fd)
{
	begin_as_writer(req, fd);
	creds_drop(CREDS_NO_RESOURCE);
}

/*
 * Whether the call that had the result @res (-1 with errno for an error) has to be made once more, because the caller
 * may exceed the limits. *@asked is false before the first call.
 */
static bool has_more_space(fuse_req_t req, ssize_t res, bool *asked)
{
	int err = errno;

	if (res >= 0 || *asked || (err != ENOSPC && err != EDQUOT) || fuse_req_ctx(req)->uid != 0)
		return false;
	*asked = true;
	if (caller_is_capable(req, CAP_SYS_RESOURCE)) {
		creds_take_back(CREDS_NO_RESOURCE);
		return true;
	}
	errno = err;
	return false;
}

static ssize_t write_all(int fd, const char *buf, size_t size, off_t off, int flags)
{
	size_t done = 0;

	while (done < size) {
		struct iovec iov = {.iov_base = (char *)buf + done, .iov_len = size - done};
		ssize_t n = pwritev2(fd, &iov, 1, off + done, flags);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && !done)
			return -1;
		if (n <= 0)
			break;
		done += n;
	}
	return done;
}

/* The same with the caller's limits; begin_to_fill() came before. */
static ssize_t fill(fuse_req_t req, int fd, const char *buf, size_t size, off_t off, int flags)
{
	bool asked = false;
	size_t done = 0;
	ssize_t n;

	do {
		errno = 0;
		n = write_all(fd, buf + done, size - done, off + done, flags);
		done += n > 0 ? n : 0;
	} while (done < size && has_more_space(req, -1, &asked));
	return done > 0 ? (ssize_t)done : n;
}

/* What the kernel sends of RWF_SYNC and RWF_DSYNC. A file that is open with O_SYNC has it in the source, too. */
static int sync_flags(const struct fuse_file_info *fi)
{
	if (!(fi->flags & O_DSYNC))
		return 0;
	return (fi->flags & O_SYNC) == O_SYNC ? RWF_SYNC : RWF_DSYNC;
}

/*
 * Appends one piece of a write, after waiting up to @ms for the piece before it; returns as write(2)
 * does, with EAGAIN if that has not come and this is not the @last time.
 */
static ssize_t append_piece(fuse_req_t req, struct inode *inode, int fd, const char *buf,
			    size_t size, off_t off, int flags, int ms, bool last)
{
	int err = append_begin(&inode->append, off, size, ms, last);
	ssize_t n;

	if (err) {
		errno = err;
		return -1;
	}
	n = fill(req, fd, buf, size, off, flags | RWF_APPEND);
	err = errno;
	append_end(&inode->append, off, size, n > 0 ? n : 0, n < 0 ? err : 0);
	errno = err;
	return n;
}

/*
 * The kernel sends the write-back of a mapping, not the user who stored to it; and the stores kept
 * any setuid bit. So write at the page's place, with the rights of the file's owner.
 */
static void begin_as_owner(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0)
		creds_as(st.st_uid, st.st_gid, CREDS_NO_RESOURCE);
}

/*
 * Writes, answers and returns true; or returns false if this is a piece of an append and has to wait
 * for the piece before it. For @ms and @last see append_piece().
 */
static bool write_once(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
		       const struct fuse_file_info *fi, int ms, bool last)
{
	struct inode *inode = inode_of(mirror_of(req), ino);
	bool appends = fi->flags & O_APPEND && !fi->writepage;
	int fd = file_of(fi)->fd, err;
	ssize_t n;

	if (fi->writepage)
		begin_as_owner(fd);
	else
		begin_to_fill(req, fd);
	if (appends) {
		n = append_piece(req, inode, fd, buf, size, off, sync_flags(fi), ms, last);
	} else {
		n = fi->writepage ? write_all(fd, buf, size, off, sync_flags(fi))
				  : fill(req, fd, buf, size, off, sync_flags(fi));
		if (n > 0)
			append_reached(&inode->append, off + n);
	}
	err = errno;
	creds_end();
	if (n < 0 && appends && err == EAGAIN)
		return false;
	if (n < 0)
		fuse_reply_err(req, err);
	else
		fuse_reply_write(req, n);
	return true;
}

struct piece {
	struct later later;
	fuse_ino_t ino;
	struct fuse_file_info fi;
	struct timespec end; /* when it is not waited for the piece before it any more */
	off_t off;
	size_t size;
	char data[];
};

static bool is_past(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec != t->tv_sec ? now.tv_sec > t->tv_sec : now.tv_nsec >= t->tv_nsec;
}

static bool try_piece(struct later *later)
{
	struct piece *p = (struct piece *)later;

	return write_once(later->req, p->ino, p->data, p->size, p->off, &p->fi, 0,
			  is_past(&p->end));
}

static void release(struct later *later)
{
	free(later);
}

/* Lets a piece of an append wait for the one before it. Returns 0 or an errno. */
static int wait_for_predecessor(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size,
				off_t off, const struct fuse_file_info *fi)
{
	struct piece *p = malloc(sizeof(*p) + size);
	int err;

	if (!p)
		return ENOMEM;
	*p = (struct piece){
		.later = {.req = req, .try_once = try_piece, .release = release, .size = size},
		.ino = ino,
		.fi = *fi,
		.off = off,
		.size = size,
	};
	memcpy(p->data, buf, size);
	clock_gettime(CLOCK_MONOTONIC, &p->end);
	p->end.tv_sec += APPEND_PATIENCE_MS / 1000;
	err = later_add(&p->later);
	if (err)
		release(&p->later);
	return err;
}

/* A piece's predecessor is usually in another worker's hands, and comes at once. */
#define SHORT_WAIT_MS 20

void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
	      struct fuse_file_info *fi)
{
	int err;

	/* A mapping of such a file, which only -o direct lets the kernel make. */
	if (fi->writepage && file_of(fi)->append_only) {
		fuse_reply_err(req, EPERM);
		return;
	}
	if (write_once(req, ino, buf, size, off, fi, SHORT_WAIT_MS, false))
		return;
	err = wait_for_predecessor(req, ino, buf, size, off, fi);
	if (err)
		fuse_reply_err(req, err);
}

void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	int fd = file_of(fi)->fd;
	int res = datasync ? fdatasync(fd) : fsync(fd);

	fuse_reply_err(req, res == 0 ? 0 : errno);
}

void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
		  struct fuse_file_info *fi)
{
	int fd = file_of(fi)->fd, res, err;
	bool asked = false;

	begin_to_fill(req, fd);
	do
		res = fallocate(fd, mode, off, len);
	while (has_more_space(req, res, &asked));
	err = end_as_caller(res);
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE))
		append_reached(&inode_of(mirror_of(req), ino)->append, off + len);
	fuse_reply_err(req, err);
}

void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi)
{
	off_t res = lseek(file_of(fi)->fd, off, whence);

	if (res < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_lseek(req, res);
}

/*
 * A call may copy less than it was asked for. One that copies gigabytes would hold a worker for long, and the caller
 * could not be killed meanwhile.
 */
#define MOST_COPIED (64u << 20)

void op_copy_file_range(fuse_req_t req, fuse_ino_t ino_in, off_t off_in,
			struct fuse_file_info *fi_in, fuse_ino_t ino_out, off_t off_out,
			struct fuse_file_info *fi_out, size_t len, int flags)
{
	int to = file_of(fi_out)->fd, err;
	bool asked = false;
	ssize_t n;

	if (len > MOST_COPIED)
		len = MOST_COPIED;
	begin_to_fill(req, to);
	do
		n = copy_file_range(file_of(fi_in)->fd, &off_in, to, &off_out, len, flags);
	while (has_more_space(req, n, &asked));
	err = errno;
	creds_end();
	if (n > 0)
		append_reached(&inode_of(mirror_of(req), ino_out)->append, off_out);
	if (n < 0)
		fuse_reply_err(req, err);
	else
		fuse_reply_write(req, n);
}
