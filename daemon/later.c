// SPDX-License-Identifier: GPL-2.0-only
/* Requests that wait without holding a worker; see later.h. */
#include "later.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "room.h"
#include "users.h"

#define RETRY_NS 10000000

#define MAX_BYTES    (128u << 20)
#define MAX_REQUESTS 20000

/*
 * One user's requests for files of one owner, and a thread for them. A try can be stuck while that owner, or the user,
 * holds a lock in the source. Then nobody else waits, nor does the user for other files.
 */
struct queue {
	struct queue *next;
	uint64_t who; /* see fair_share() */
	struct waiting_room_use uses;
	struct later *first, **last;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t ended; /* a thread, and its queue with it */
	struct queue *queues;
	struct waiting_room room;
	bool stop;
} waiting = {
	.room = {.bytes = {.total = MAX_BYTES}, .requests = {.total = MAX_REQUESTS}},
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.ended = PTHREAD_COND_INITIALIZER,
};

/* Returns true if the request has its answer. */
static bool try_one(struct later *l, bool stop)
{
	if (!stop && !fuse_req_interrupted(l->req)) {
		current_request = l->request;
		return l->try_once(l);
	}
	/* Not EINTR at the end: the kernel would turn it into ERESTARTSYS, without a signal. */
	fuse_reply_err(l->req, stop ? ENOTCONN : EINTR);
	return true;
}

static void done(struct queue *q, struct later *l)
{
	pthread_mutex_lock(&waiting.lock);
	waiting_room_give(&waiting.room, &q->uses, l->size);
	pthread_mutex_unlock(&waiting.lock);
	l->release(l);
}

/* Releases those that are done. The others stay on the list, in their order. */
static void try_all(struct queue *q, struct later *list, bool stop)
{
	struct later *left = NULL, **end = &left;

	while (list) {
		struct later *l = list;

		list = l->next;
		l->next = NULL;
		if (try_one(l, stop)) {
			done(q, l);
		} else {
			*end = l;
			end = &l->next;
		}
	}
	pthread_mutex_lock(&waiting.lock);
	if (left) {
		*end = q->first;
		if (!q->first)
			q->last = end;
		q->first = left;
	}
	pthread_mutex_unlock(&waiting.lock);
}

/* The caller holds the lock. */
static void end_queue(struct queue *q)
{
	struct queue **at = &waiting.queues;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	free(q);
	pthread_cond_broadcast(&waiting.ended);
}

static void *later_main(void *arg)
{
	const struct timespec pause = {.tv_nsec = RETRY_NS};
	struct queue *q = arg;

	for (;;) {
		struct later *list;
		bool stop;

		pthread_mutex_lock(&waiting.lock);
		list = q->first;
		q->first = NULL;
		q->last = &q->first;
		stop = waiting.stop;
		if (!list)
			end_queue(q);
		pthread_mutex_unlock(&waiting.lock);
		if (!list)
			return NULL;

		try_all(q, list, stop);
		if (!stop)
			nanosleep(&pause, NULL);
	}
}

/* The caller holds the lock. Returns the user's queue, or NULL with @err set. */
static struct queue *queue_of(uint64_t who, int *err)
{
	struct queue *q = waiting.queues;
	pthread_t thread;

	while (q && q->who != who)
		q = q->next;
	if (q)
		return q;
	q = malloc(sizeof(*q));
	*err = q ? 0 : ENOMEM;
	if (!q)
		return NULL;
	*q = (struct queue){.next = waiting.queues, .who = who, .last = &q->first};
	*err = pthread_create(&thread, NULL, later_main, q);
	if (*err) {
		free(q);
		return NULL;
	}
	pthread_detach(thread);
	waiting.queues = q;
	return q;
}

/* What the user of @q has in all queues. The caller holds the lock. */
static struct waiting_room_use uses_in_all(const struct queue *q)
{
	struct waiting_room_use all = {0};

	for (const struct queue *one = waiting.queues; one; one = one->next)
		if ((uint32_t)one->who == (uint32_t)q->who)
			waiting_room_add(&all, &one->uses);
	return all;
}

static uint64_t who_waits(const struct later *later)
{
	uint32_t user = users_of(fuse_req_ctx(later->req)->uid);
	struct inode *inode = inode_of(mirror_of(later->req), later->request.node);

	return fair_share(user, later->request.seen ? users_of(inode->told_owner) : user);
}

int later_add(struct later *later)
{
	struct waiting_room_use all = {0};
	struct queue *q = NULL;
	int err = ENOTCONN;

	later->next = NULL;
	later->request = current_request;
	pthread_mutex_lock(&waiting.lock);
	if (!waiting.stop)
		q = queue_of(who_waits(later), &err);
	if (q)
		all = uses_in_all(q);
	if (q && !waiting_room_take(&waiting.room, &q->uses, all, later->size))
		err = ENOMEM;
	else if (q) {
		*q->last = later;
		q->last = &later->next;
		err = 0;
	}
	pthread_mutex_unlock(&waiting.lock);
	return err;
}

bool later_stop(int seconds)
{
	struct timespec until;
	bool ended;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&waiting.lock);
	waiting.stop = true;
	while (waiting.queues && err == 0)
		err = pthread_cond_timedwait(&waiting.ended, &waiting.lock, &until);
	ended = !waiting.queues;
	pthread_mutex_unlock(&waiting.lock);
	return ended;
}
