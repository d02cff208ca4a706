/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each user's share of the workers. A user may hold the lock of a file or directory in the source for as
 * long as he likes, and every request that needs it then holds a worker. So only so many requests of one
 * user are served at the same time; the rest waits here, in its order, without a worker. There are workers
 * for many users.
 */
#ifndef FUSELENS_DAEMON_FAIR_H
#define FUSELENS_DAEMON_FAIR_H

#include <pthread.h>
#include <stddef.h>

#include "wire.h"

struct fair {
	pthread_mutex_t lock;
	unsigned int limit; /* requests of one user; 0: no limit */
	struct share *shares;
	size_t waiting; /* bytes of all requests that wait */
};

void fair_init(struct fair *f, unsigned int limit);
void fair_destroy(struct fair *f);

/*
 * Call this when the thread has served its request. If another one of the same user waits, copies it to
 * @buf, and returns its length; the thread must serve it. Else returns 0. @buf has room for any request.
 */
size_t fair_next(struct fair *f, void *buf);

/*
 * Returns true if the thread must serve the request of @len bytes at @buf, false if it waits now. @req is
 * what wire_peek() says of it.
 */
bool fair_admit(struct fair *f, const struct wire_request *req, const void *buf, size_t len);

/* Drops the request @unique, and returns true, if it waits. Its user then needs an answer. */
bool fair_withdraw(struct fair *f, uint64_t unique);

#endif
