// SPDX-License-Identifier: GPL-2.0-only
/* Operations on open files: what passthrough leaves to the daemon, and all I/O of the other modes. */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "creds.h"

/* One read buffer a thread, grown to the largest read so far. */
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
	/* A short answer means end of file to the kernel, so only the end of file may give one. */
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
 * A write larger than max_write comes in pieces, those of a direct one at the same time and in any order:
 * each goes where the kernel put it, RWF_APPEND would stack them as they come. A piece is as large as
 * requests get, but for the last, which lies beyond EOF while an earlier one is under way. (The user's
 * buffer may start within a page, which takes up to a page off.)
 */
static int append_flag(const struct mirror *m, int fd, size_t size, off_t off)
{
	struct stat st;

	if (size + 4096 > m->max_write || (!fstat(fd, &st) && off > st.st_size))
		return 0;
	return RWF_APPEND;
}

void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
	      struct fuse_file_info *fi)
{
	struct iovec iov = {.iov_base = (char *)buf, .iov_len = size};
	int flags = 0;
	ssize_t n;

	/* Write-back of a mapping goes where the page is. */
	if (fi->flags & O_APPEND && !fi->writepage)
		flags = append_flag(mirror_of(req), file_of(fi)->fd, size, off);
	creds_fsetid(!current_request.kill_suidgid);
	do {
		n = pwritev2(file_of(fi)->fd, &iov, 1, off, flags);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_write(req, n);
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
	creds_fsetid(!current_request.kill_suidgid);
	fuse_reply_err(req, fallocate(file_of(fi)->fd, mode, off, len) == 0 ? 0 : errno);
}

void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi)
{
	off_t res = lseek(file_of(fi)->fd, off, whence);

	if (res < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_lseek(req, res);
}

void op_copy_file_range(fuse_req_t req, fuse_ino_t ino_in, off_t off_in,
			struct fuse_file_info *fi_in, fuse_ino_t ino_out, off_t off_out,
			struct fuse_file_info *fi_out, size_t len, int flags)
{
	ssize_t n;

	creds_fsetid(!current_request.kill_suidgid);
	n = copy_file_range(file_of(fi_in)->fd, &off_in, file_of(fi_out)->fd, &off_out, len, flags);
	if (n < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_write(req, n);
}
