// SPDX-License-Identifier: GPL-2.0-only
/* Each user's share of the workers; see fair.h. */
#include "fair.h"

#include <linux/fuse.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for what waits: the part of the memory, the most bytes, and the most requests. */
#define MEMORY_PART  8
#define MAX_BYTES    (1u << 30)
#define MAX_REQUESTS 40000 /* with those of later.c fewer than MIRROR_MAX_BACKGROUND */

struct waiting_request {
	struct waiting_request *next;
	struct wire_request req;
	size_t len;
	char data[];
};

/*
 * One that has requests. While some wait, as many of its user's as the limits allow are being served, and one at
 * least.
 */
struct share {
	struct share *next;
	uint64_t who;
	size_t served;
	struct waiting_room_use waiting;
	struct waiting_request *first, **last;
};

/* Whose request this thread is serving. */
static _Thread_local struct share *serving;

void fair_init(struct fair *f, unsigned int limit, unsigned int workers)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	size_t bytes = pages > 0 && size > 0 ? (size_t)pages * size / MEMORY_PART : MAX_BYTES;

	*f = (struct fair){
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.limit = limit,
		.workers = {.total = workers},
		.waiting = {.bytes = {.total = bytes < MAX_BYTES ? bytes : MAX_BYTES},
			    .requests = {.total = MAX_REQUESTS}},
	};
}

static void drop(struct fair *f, struct waiting_request **at, struct share *share)
{
	struct waiting_request *w = *at;

	*at = w->next;
	if (share->last == &w->next)
		share->last = at;
	waiting_room_give(&f->waiting, &share->waiting, w->len);
	free(w);
}

void fair_destroy(struct fair *f)
{
	while (f->shares) {
		struct share *share = f->shares;

		while (share->first)
			drop(f, &share->first, share);
		f->shares = share->next;
		free(share);
	}
	pthread_mutex_destroy(&f->lock);
}

static void remove_unused(struct fair *f, struct share *share)
{
	struct share **at = &f->shares;

	if (share->served || share->first)
		return;

	while (*at != share)
		at = &(*at)->next;
	*at = share->next;
	free(share);
}

/* How many requests of one share are served before others wait: fewer when few workers are left. */
static size_t allowed(const struct fair *f)
{
	size_t spare = f->workers.used < f->workers.total ? f->workers.total - f->workers.used : 0;

	return spare / 4 > f->limit ? f->limit : spare / 4 ?: 1;
}

/* The user and the kind of a share, without whose files it is for. */
static uint64_t user_of(uint64_t who)
{
	return who & (FAIR_WRITE_BACK | FAIR_CLOSE | UINT32_MAX);
}

/* How many requests are served in all shares of the user who has this one. */
static size_t served_in_all(const struct fair *f, const struct share *share)
{
	size_t n = 0;

	for (const struct share *one = f->shares; one; one = one->next)
		if (user_of(one->who) == user_of(share->who))
			n += one->served;
	return n;
}

static bool is_allowed(const struct fair *f, const struct share *share)
{
	size_t each = allowed(f), shares = user_of(share->who) == 0 ? 10 : 2;

	return share->served < each && served_in_all(f, share) < each * shares;
}

/* A share of the same user in which a request can be served now: this one, if it can be. */
static struct share *share_to_serve(struct fair *f, struct share *share)
{
	struct share *one = f->shares;

	if (share->first && is_allowed(f, share))
		return share;
	while (one &&
	       (user_of(one->who) != user_of(share->who) || !one->first || !is_allowed(f, one)))
		one = one->next;
	return one;
}

static void begin(struct fair *f, struct share *share)
{
	f->workers.used++;
	share->served++;
	serving = share;
}

size_t fair_next(struct fair *f, void *buf, struct wire_request *req)
{
	struct share *share = serving, *next;
	size_t len = 0;

	if (!share)
		return 0;
	pthread_mutex_lock(&f->lock);
	serving = NULL;
	room_give(&f->workers, &share->served, 1);
	next = share_to_serve(f, share);
	if (next) {
		len = next->first->len;
		memcpy(buf, next->first->data, len);
		*req = next->first->req;
		drop(f, &next->first, next);
		begin(f, next);
	}
	remove_unused(f, share);
	pthread_mutex_unlock(&f->lock);
	return len;
}

/* Requests that give something back must not wait for the requests that are stuck. */
static bool is_exempt(const struct wire_request *req)
{
	switch (req->opcode) {
	case FUSE_INIT:
	case FUSE_DESTROY:
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return true;
	default:
		return false;
	}
}

static struct share *share_of(struct fair *f, uint64_t who)
{
	struct share *share = f->shares;

	while (share && share->who != who)
		share = share->next;
	if (share)
		return share;
	share = calloc(1, sizeof(*share));
	if (!share)
		return NULL;
	share->who = who;
	share->last = &share->first;
	share->next = f->shares;
	f->shares = share;
	return share;
}

/* What the user of the share has in all shares. */
static struct waiting_room_use waiting_in_all(const struct fair *f, const struct share *share)
{
	struct waiting_room_use all = {0};

	for (const struct share *one = f->shares; one; one = one->next)
		if (user_of(one->who) == user_of(share->who))
			waiting_room_add(&all, &one->waiting);
	return all;
}

/* Returns false if there is no room. */
static bool put_aside(struct fair *f, struct share *share, const struct wire_request *req,
		      const void *buf, size_t len)
{
	struct waiting_request *w;

	if (!waiting_room_take(&f->waiting, &share->waiting, waiting_in_all(f, share), len))
		return false;
	w = malloc(sizeof(*w) + len);
	if (!w) {
		waiting_room_give(&f->waiting, &share->waiting, len);
		return false;
	}
	*w = (struct waiting_request){.req = *req, .len = len};
	memcpy(w->data, buf, len);
	*share->last = w;
	share->last = &w->next;
	return true;
}

enum fair_verdict fair_admit(struct fair *f, uint64_t who, const struct wire_request *req,
			     const void *buf, size_t len)
{
	enum fair_verdict verdict = FAIR_SERVE;
	struct share *share;

	if (!f->limit || is_exempt(req))
		return FAIR_SERVE;
	pthread_mutex_lock(&f->lock);
	share = share_of(f, who);
	if (share && !is_allowed(f, share)) {
		if (put_aside(f, share, req, buf, len))
			verdict = FAIR_WAITS;
		/* a user who does not hold things up is served faster than this */
		else if (!(who & FAIR_CLOSE) &&
			 served_in_all(f, share) >= f->workers.total - f->workers.used)
			verdict = FAIR_REFUSE;
	}
	if (share && verdict == FAIR_SERVE)
		begin(f, share);
	pthread_mutex_unlock(&f->lock);
	return verdict;
}

bool fair_withdraw(struct fair *f, uint64_t unique, int *fd)
{
	bool found = false;

	pthread_mutex_lock(&f->lock);
	for (struct share *share = f->shares; share && !found; share = share->next) {
		struct waiting_request **at = &share->first;

		while (*at && (*at)->req.unique != unique)
			at = &(*at)->next;
		found = *at;
		if (found) {
			*fd = (*at)->req.fd;
			drop(f, at, share);
			remove_unused(f, share);
			break;
		}
	}
	pthread_mutex_unlock(&f->lock);
	return found;
}

bool fair_writes_back(struct fair *f)
{
	const struct share *share;
	bool found;

	pthread_mutex_lock(&f->lock);
	share = f->shares;
	/* a share that is kept has requests */
	while (share && !(share->who & FAIR_WRITE_BACK))
		share = share->next;
	found = share;
	pthread_mutex_unlock(&f->lock);
	return found;
}
