// SPDX-License-Identifier: GPL-2.0-only
/* Each user's share of the workers; see fair.h. */
#include "fair.h"

#include <linux/fuse.h>
#include <stdlib.h>
#include <string.h>

/* Not a user: writes of the page cache, which the kernel sends for whom it may concern. */
#define WRITE_BACK UINT32_MAX

/* More than this is not kept here. Further requests are served at once, however many their user has. */
#define MAX_WAITING (64u << 20)

struct waiting_request {
	struct waiting_request *next;
	uint64_t unique;
	int fd; /* it was read from */
	size_t len;
	char data[];
};

/* A user who has requests. While some wait, as many as the limit allows are being served. */
struct share {
	struct share *next;
	uint32_t user;
	unsigned int served;
	struct waiting_request *first, **last;
};

/* Whose request this thread is serving. */
static _Thread_local struct share *serving;

void fair_init(struct fair *f, unsigned int limit)
{
	*f = (struct fair){.lock = PTHREAD_MUTEX_INITIALIZER, .limit = limit};
}

/* The caller owns what it returns. */
static struct waiting_request *take_out(struct fair *f, struct waiting_request **at,
					struct share *share)
{
	struct waiting_request *w = *at;

	*at = w->next;
	if (share->last == &w->next)
		share->last = at;
	f->waiting -= w->len;
	return w;
}

void fair_destroy(struct fair *f)
{
	while (f->shares) {
		struct share *share = f->shares;

		while (share->first)
			free(take_out(f, &share->first, share));
		f->shares = share->next;
		free(share);
	}
	while (f->away) {
		struct waiting_request *away = f->away;

		f->away = away->next;
		free(away);
	}
	pthread_mutex_destroy(&f->lock);
}

static void remove_share(struct fair *f, struct share *share)
{
	struct share **at = &f->shares;

	while (*at != share)
		at = &(*at)->next;
	*at = share->next;
	free(share);
}

/* Of a request that is being served now. Only the descriptor for its answer is still needed. */
static void keep_fd(struct fair *f, struct waiting_request *w)
{
	struct waiting_request *smaller = realloc(w, sizeof(*w));

	if (smaller)
		w = smaller;
	w->next = f->away;
	f->away = w;
	f->n_away++;
}

size_t fair_next(struct fair *f, int fd, void *buf)
{
	struct share *share = serving;
	struct waiting_request *w;
	size_t len = 0;

	if (!share)
		return 0;
	pthread_mutex_lock(&f->lock);
	share->served--;
	if (share->first && share->served < f->limit) {
		w = take_out(f, &share->first, share);
		len = w->len;
		memcpy(buf, w->data, len);
		share->served++;
		if (w->fd == fd)
			free(w);
		else
			keep_fd(f, w);
	} else {
		serving = NULL;
		if (share->served == 0)
			remove_share(f, share);
	}
	pthread_mutex_unlock(&f->lock);
	return len;
}

int fair_answer_fd(struct fair *f, int fd, uint64_t unique)
{
	struct waiting_request **at = &f->away, *w;

	/* If it is about this request, this thread saw it counted, or got the request from one that did. */
	if (f->n_away == 0)
		return fd;
	pthread_mutex_lock(&f->lock);
	while (*at && (*at)->unique != unique)
		at = &(*at)->next;
	w = *at;
	if (w) {
		fd = w->fd;
		*at = w->next;
		f->n_away--;
	}
	pthread_mutex_unlock(&f->lock);
	free(w);
	return fd;
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
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		return true;
	default:
		return false;
	}
}

static struct share *share_of(struct fair *f, uint32_t user)
{
	struct share *share = f->shares;

	while (share && share->user != user)
		share = share->next;
	if (share)
		return share;
	share = calloc(1, sizeof(*share));
	if (!share)
		return NULL;
	share->user = user;
	share->last = &share->first;
	share->next = f->shares;
	f->shares = share;
	return share;
}

/* Returns false if there is no room. */
static bool put_aside(struct fair *f, struct share *share, const struct wire_request *req, int fd,
		      const void *buf, size_t len)
{
	struct waiting_request *w = NULL;

	if (f->waiting + len <= MAX_WAITING)
		w = malloc(sizeof(*w) + len);
	if (!w)
		return false;
	*w = (struct waiting_request){.unique = req->unique, .fd = fd, .len = len};
	memcpy(w->data, buf, len);
	*share->last = w;
	share->last = &w->next;
	f->waiting += len;
	return true;
}

bool fair_admit(struct fair *f, const struct wire_request *req, int fd, const void *buf, size_t len)
{
	struct share *share;
	bool admitted = true;

	if (!f->limit || is_exempt(req))
		return true;
	pthread_mutex_lock(&f->lock);
	share = share_of(f, req->write_back ? WRITE_BACK : req->uid);
	if (share && share->served >= f->limit)
		admitted = !put_aside(f, share, req, fd, buf, len);
	if (share && admitted) {
		share->served++;
		serving = share;
	}
	pthread_mutex_unlock(&f->lock);
	return admitted;
}

int fair_withdraw(struct fair *f, uint64_t unique)
{
	struct waiting_request *w = NULL;
	int fd = -1;

	pthread_mutex_lock(&f->lock);
	for (struct share *share = f->shares; share && !w; share = share->next) {
		struct waiting_request **at = &share->first;

		while (*at && (*at)->unique != unique)
			at = &(*at)->next;
		if (*at)
			w = take_out(f, at, share);
	}
	pthread_mutex_unlock(&f->lock);
	if (w)
		fd = w->fd;
	free(w);
	return fd;
}
