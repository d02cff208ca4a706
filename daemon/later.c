// SPDX-License-Identifier: GPL-2.0-only
/* Requests that wait without holding a worker; see later.h. */
#include "later.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#define RETRY_NS 10000000

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct later *first, **last;
	pthread_t thread;
	bool running, stop;
} waiting = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
	.last = &waiting.first,
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

/* Releases those that are done. The others stay on the list, in their order. */
static void try_all(struct later *list, bool stop)
{
	struct later *left = NULL, **end = &left;

	while (list) {
		struct later *l = list;

		list = l->next;
		l->next = NULL;
		if (try_one(l, stop)) {
			l->release(l);
		} else {
			*end = l;
			end = &l->next;
		}
	}
	pthread_mutex_lock(&waiting.lock);
	if (left) {
		*end = waiting.first;
		if (!waiting.first)
			waiting.last = end;
		waiting.first = left;
	}
	pthread_mutex_unlock(&waiting.lock);
}

static void *later_main(void *arg)
{
	const struct timespec pause = {.tv_nsec = RETRY_NS};

	for (;;) {
		struct later *list;
		bool stop;

		pthread_mutex_lock(&waiting.lock);
		while (!waiting.first && !waiting.stop)
			pthread_cond_wait(&waiting.changed, &waiting.lock);
		list = waiting.first;
		waiting.first = NULL;
		waiting.last = &waiting.first;
		stop = waiting.stop;
		pthread_mutex_unlock(&waiting.lock);

		try_all(list, stop);
		if (stop)
			return NULL;
		nanosleep(&pause, NULL);
	}
}

int later_add(struct later *later)
{
	int err = 0;

	later->next = NULL;
	later->request = current_request;
	pthread_mutex_lock(&waiting.lock);
	if (waiting.stop)
		err = ENOTCONN;
	else if (!waiting.running)
		err = pthread_create(&waiting.thread, NULL, later_main, NULL);
	if (!err) {
		waiting.running = true;
		*waiting.last = later;
		waiting.last = &later->next;
		pthread_cond_signal(&waiting.changed);
	}
	pthread_mutex_unlock(&waiting.lock);
	return err;
}

void later_stop(void)
{
	bool running;

	pthread_mutex_lock(&waiting.lock);
	waiting.stop = true;
	running = waiting.running;
	pthread_cond_signal(&waiting.changed);
	pthread_mutex_unlock(&waiting.lock);
	if (running)
		pthread_join(waiting.thread, NULL);
}
