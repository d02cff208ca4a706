// SPDX-License-Identifier: GPL-2.0-only
/*
 * flock() on the source, with -o flock only. Locks then hold between the mirror's users and the
 * source's. A lock that ends by close(2) becomes free a moment later, when its RELEASE has come. By
 * default the kernel keeps such locks among the mirror's users, as it always does with POSIX locks.
 */
#include "mirror.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/file.h>

#include "later.h"

struct lock_waiter {
	struct later later;
	struct open_file
		*file; /* no descriptor of its own: many may wait, and there are only so many */
	int op;
};

static bool try_lock(struct later *later)
{
	struct lock_waiter *w = (struct lock_waiter *)later;
	int err = flock(w->file->fd, w->op | LOCK_NB) == 0 ? 0 : errno;

	if (err == EWOULDBLOCK)
		return false;
	/* The requester is gone: free the lock now; the file's close would free it only later. */
	if (fuse_reply_err(later->req, err) != 0 && err == 0)
		flock(w->file->fd, LOCK_UN);
	return true;
}

static void release(struct later *later)
{
	struct lock_waiter *w = (struct lock_waiter *)later;

	file_put(w->file);
	free(w);
}

static int wait_for_lock(fuse_req_t req, struct open_file *file, int op)
{
	struct lock_waiter *w = malloc(sizeof(*w));
	int err;

	if (!w)
		return ENOMEM;
	*w = (struct lock_waiter){.later = {.req = req, .try_once = try_lock, .release = release},
				  .file = file,
				  .op = op};
	file_hold(file);
	err = later_add(&w->later);
	if (err)
		release(&w->later);
	return err;
}

void op_flock(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, int op)
{
	struct open_file *file = file_of(fi);
	int err = flock(file->fd, op | LOCK_NB) == 0 ? 0 : errno;

	if (err == EWOULDBLOCK && !(op & LOCK_NB)) {
		err = wait_for_lock(req, file, op);
		if (!err)
			return; /* the other thread answers later */
	}
	fuse_reply_err(req, report_shortage(mirror_of(req), err));
}
