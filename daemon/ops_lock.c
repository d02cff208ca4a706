// SPDX-License-Identifier: GPL-2.0-only
/*
 * flock() on the source, with -o flock only. Locks then hold between the mirror's users and the
 * source's. A lock that ends by close(2) becomes free a moment later, when its RELEASE has come. By
 * default the kernel keeps such locks among the mirror's users, as it always does with POSIX locks.
 *
 * A lock that has to wait must not block a worker: if all workers waited, none could serve the
 * unlock. One thread has all waiters and tries them in turn, first come, first served.
 */
#include "mirror.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define RETRY_NS 10000000

struct waiter {
	struct waiter *next;
	fuse_req_t req;
	int fd; /* a duplicate has the same open file, and so the same lock owner */
	int op;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct waiter *first, **last;
	pthread_t thread;
	bool running, stop;
} waiters = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
	.last = &waiters.first,
};

/* Tries once. Returns true if the request has an answer, and sets *@err to it. */
static bool try_lock(const struct waiter *w, bool stop, int *err)
{
	/* Not EINTR at the end: the kernel would turn it into ERESTARTSYS, without a signal. */
	*err = stop ? ENOLCK : EINTR;
	if (stop || fuse_req_interrupted(w->req))
		return true;
	*err = flock(w->fd, w->op | LOCK_NB) == 0 ? 0 : errno;
	return *err != EWOULDBLOCK;
}

/* Answers the waiters that are done. The others stay on the list, in their order. */
static void try_all(struct waiter *list, bool stop)
{
	struct waiter *left = NULL, **end = &left;

	while (list) {
		struct waiter *w = list;
		int err;

		list = w->next;
		w->next = NULL;
		if (try_lock(w, stop, &err)) {
			/*
			 * The requester is gone: free the lock now; the file's close would free it
			 * only later.
			 */
			if (fuse_reply_err(w->req, err) != 0 && err == 0)
				flock(w->fd, LOCK_UN);
			close(w->fd);
			free(w);
		} else {
			*end = w;
			end = &w->next;
		}
	}
	pthread_mutex_lock(&waiters.lock);
	if (left) {
		*end = waiters.first;
		if (!waiters.first)
			waiters.last = end;
		waiters.first = left;
	}
	pthread_mutex_unlock(&waiters.lock);
}

static void *lock_main(void *arg)
{
	const struct timespec pause = {.tv_nsec = RETRY_NS};

	for (;;) {
		struct waiter *list;
		bool stop;

		pthread_mutex_lock(&waiters.lock);
		while (!waiters.first && !waiters.stop)
			pthread_cond_wait(&waiters.changed, &waiters.lock);
		list = waiters.first;
		waiters.first = NULL;
		waiters.last = &waiters.first;
		stop = waiters.stop;
		pthread_mutex_unlock(&waiters.lock);

		try_all(list, stop);
		if (stop)
			return NULL;
		nanosleep(&pause, NULL);
	}
}

static int wait_for_lock(fuse_req_t req, int fd, int op)
{
	struct waiter *w = malloc(sizeof(*w));
	int err = 0;

	if (!w)
		return ENOMEM;
	*w = (struct waiter){.req = req, .fd = dup(fd), .op = op};
	if (w->fd < 0) {
		err = errno;
		free(w);
		return err;
	}
	pthread_mutex_lock(&waiters.lock);
	if (waiters.stop)
		err = ENOLCK;
	else if (!waiters.running)
		err = pthread_create(&waiters.thread, NULL, lock_main, NULL);
	if (!err) {
		waiters.running = true;
		*waiters.last = w;
		waiters.last = &w->next;
		pthread_cond_signal(&waiters.changed);
	}
	pthread_mutex_unlock(&waiters.lock);
	if (err) {
		close(w->fd);
		free(w);
	}
	return err;
}

void op_flock(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, int op)
{
	int fd = file_of(fi)->fd;
	int err = flock(fd, op | LOCK_NB) == 0 ? 0 : errno;

	if (err == EWOULDBLOCK && !(op & LOCK_NB)) {
		err = wait_for_lock(req, fd, op);
		if (!err)
			return; /* the other thread answers later */
	}
	fuse_reply_err(req, report_shortage(mirror_of(req), err));
}

void flock_stop(void)
{
	bool running;

	pthread_mutex_lock(&waiters.lock);
	waiters.stop = true;
	running = waiters.running;
	pthread_cond_signal(&waiters.changed);
	pthread_mutex_unlock(&waiters.lock);
	if (running)
		pthread_join(waiters.thread, NULL);
}
