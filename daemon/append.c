// SPDX-License-Identifier: GPL-2.0-only
/* Appending at the source's end; see append.h. */
#include "append.h"

#include <errno.h>
#include <time.h>

void append_init(struct append *a)
{
	pthread_condattr_t attr;

	atomic_init(&a->kernel_size, 0);
	pthread_mutex_init(&a->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&a->moved, &attr);
	pthread_condattr_destroy(&attr);
	a->next = -1;
	a->failed = 0;
}

void append_destroy(struct append *a)
{
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->moved);
}

void append_told(struct append *a, off_t size)
{
	atomic_store(&a->kernel_size, size);
}

void append_reached(struct append *a, off_t end)
{
	long long size = atomic_load(&a->kernel_size);

	while (end > size && !atomic_compare_exchange_weak(&a->kernel_size, &size, end))
		;
}

static struct timespec deadline(int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

int append_begin(struct append *a, off_t off, size_t size, int ms, bool last)
{
	struct timespec until = deadline(ms);
	int err = 0;
	bool first;

	if (ms)
		pthread_mutex_lock(&a->lock);
	else if (pthread_mutex_trylock(&a->lock) != 0)
		return EAGAIN;
	while (!(first = off == atomic_load(&a->kernel_size)) && off != a->next)
		if (!ms || pthread_cond_timedwait(&a->moved, &a->lock, &until) != 0) {
			err = last ? 0 : EAGAIN;
			break;
		}
	if (!first && off == a->next && a->failed) {
		err = a->failed;
		a->next = off + size;
		pthread_cond_broadcast(&a->moved);
	}
	if (err)
		pthread_mutex_unlock(&a->lock);
	return err;
}

void append_end(struct append *a, off_t off, size_t size, size_t done, int err)
{
	a->next = off + size;
	a->failed = done == size ? 0 : err ?: ENOSPC;
	append_reached(a, off + done);
	pthread_cond_broadcast(&a->moved);
	pthread_mutex_unlock(&a->lock);
}
