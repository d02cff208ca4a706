/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each user's share of the workers. A user may hold the lock of a file or directory in the source for as
 * long as he likes, and every request that needs it then holds a worker. So only so many requests of one
 * user are served at the same time; the rest waits here, in its order, without a worker. There are workers
 * for many users.
 *
 * The kernel takes an answer only through the descriptor that the request was read from. With clone_fd each
 * worker has one of its own, and a request that waited may be served by another worker than its reader. So
 * the descriptor is kept with the request. libfuse closes none before the end: it is not asked to end idle
 * workers.
 */
#ifndef FUSELENS_DAEMON_FAIR_H
#define FUSELENS_DAEMON_FAIR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "wire.h"

struct fair {
	pthread_mutex_t lock;
	unsigned int limit; /* requests of one user; 0: no limit */
	struct share *shares;
	size_t waiting;		      /* bytes of all requests that wait */
	struct waiting_request *away; /* they wait no more; their answer needs another descriptor */
	atomic_uint n_away;
};

void fair_init(struct fair *f, unsigned int limit);
void fair_destroy(struct fair *f);

/*
 * Call this when the thread has served its request. If another one of the same user waits, copies it to
 * @buf, and returns its length; the thread must serve it. Else returns 0. @buf has room for any request.
 * @fd is the thread's own descriptor.
 */
size_t fair_next(struct fair *f, int fd, void *buf);

/*
 * Returns true if the thread must serve the request of @len bytes at @buf, which it read from @fd, false if
 * the request waits now. @req is what wire_peek() says of it.
 */
bool fair_admit(struct fair *f, const struct wire_request *req, int fd, const void *buf,
		size_t len);

/*
 * Drops the request @unique if it waits. Its user then needs an answer: returns the descriptor for it. Else
 * returns -1.
 */
int fair_withdraw(struct fair *f, uint64_t unique);

/*
 * Where the answer to the request @unique must be written, by a thread whose own descriptor is @fd. Call it
 * once for each answer.
 */
int fair_answer_fd(struct fair *f, int fd, uint64_t unique);

#endif
