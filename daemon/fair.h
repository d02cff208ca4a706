/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each user's share of the workers. A user may hold the lock of a file or directory in the source for as
 * long as he likes, and every request that needs it then holds a worker. So only so many requests of one
 * user are served at the same time; the rest waits here, in its order, without a worker. There are workers
 * for many users. For what waits there is only so much room, of which nobody gets all.
 *
 * The kernel takes an answer only through the descriptor that the request was read from. With clone_fd each
 * worker has one of its own, and a request that waited may be served by another worker than its reader. So
 * the descriptor is kept with the request. libfuse closes none before the end: it is not asked to end idle
 * workers.
 */
#ifndef FUSELENS_DAEMON_FAIR_H
#define FUSELENS_DAEMON_FAIR_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "room.h"
#include "wire.h"

struct fair {
	pthread_mutex_t lock;
	unsigned int limit; /* requests of one user; 0: no limit */
	struct share *shares;
	struct room workers; /* those that serve */
	struct waiting_room waiting;
};

/*
 * A share is of a user, or of a user and one of these. What the kernel does for whom it may concern must not use up
 * the share of anybody who waits for an answer.
 */
#define FAIR_WRITE_BACK (UINT64_C(1) << 62) /* the user is the file's owner */
#define FAIR_CLOSE	(UINT64_C(1) << 63) /* the user is who opened the file; never refused */

/*
 * What a user does with files of another user has a share of its own: it is the other who can hold these files' locks,
 * and even have a setuid program do things with them as root. All shares of a user together get no more than two get,
 * and those of root no more than ten.
 */
static inline uint64_t fair_share(uint32_t user, uint32_t owner)
{
	return user | (owner == user ? 0 : ((uint64_t)owner + 1) % (1u << 30) << 32);
}

/* @workers: how many there are in all. */
void fair_init(struct fair *f, unsigned int limit, unsigned int workers);
void fair_destroy(struct fair *f);

/*
 * Call this when the thread has served its request. If another one of the same share waits, copies it to
 * @buf and @req, and returns its length; the thread must serve it. Else returns 0. @buf has room for any request.
 */
size_t fair_next(struct fair *f, void *buf, struct wire_request *req);

enum fair_verdict {
	FAIR_SERVE,  /* the thread must serve the request */
	FAIR_WAITS,  /* it waits now */
	FAIR_REFUSE, /* its user has too many: the user needs an answer */
};

/* Says what becomes of the request of @len bytes at @buf, of which @req tells, in the share @who. */
enum fair_verdict fair_admit(struct fair *f, uint64_t who, const struct wire_request *req,
			     const void *buf, size_t len);

/*
 * Drops the request @unique, and returns true, if it waits. Its user then needs an answer, on the device *@fd from
 * which it was read.
 */
bool fair_withdraw(struct fair *f, uint64_t unique, int *fd);

/* Whether stores to mappings are being written back, or wait for it. */
bool fair_writes_back(struct fair *f);

#endif
