// SPDX-License-Identifier: GPL-2.0-only
/* Inode numbers for several devices; see number.h. */
#include "number.h"

#include <stdbool.h>
#include <stdlib.h>

#define INO_BITS  48
#define MAX_DEVS  255 /* few enough for a linear search, and numbers stay positive in any type */
#define ODD_FIRST 64

/* A file whose device or inode number is too large for the plain scheme. Never freed before the end. */
struct odd_number {
	struct odd_number *next;
	dev_t dev;
	ino_t ino;
	uint64_t number;
};

int numbers_init(struct numbers *t, dev_t dev)
{
	*t = (struct numbers){0};
	t->dev = calloc(MAX_DEVS, sizeof(*t->dev));
	if (!t->dev)
		return -1;
	t->dev[0] = dev;
	atomic_store(&t->ndev, 1);
	pthread_mutex_init(&t->lock, NULL);
	return 0;
}

void numbers_destroy(struct numbers *t)
{
	for (size_t i = 0; i < t->odd_max; i++) {
		while (t->odd[i]) {
			struct odd_number *o = t->odd[i];

			t->odd[i] = o->next;
			free(o);
		}
	}
	free(t->odd);
	free(t->dev);
	pthread_mutex_destroy(&t->lock);
}

static size_t hash(dev_t dev, ino_t ino, size_t max)
{
	uint64_t h = (ino ^ (uint64_t)dev << 40) * UINT64_C(0x9e3779b97f4a7c15);

	return (h >> 20) & (max - 1);
}

/* Makes room. A failure is an error only if there is no room at all. */
static void odd_grow(struct numbers *t)
{
	size_t max = t->odd_max ? t->odd_max * 2 : ODD_FIRST;
	struct odd_number **odd = calloc(max, sizeof(*odd));

	if (!odd)
		return;
	for (size_t i = 0; i < t->odd_max; i++) {
		while (t->odd[i]) {
			struct odd_number *o = t->odd[i];
			size_t to = hash(o->dev, o->ino, max);

			t->odd[i] = o->next;
			o->next = odd[to];
			odd[to] = o;
		}
	}
	free(t->odd);
	t->odd = odd;
	t->odd_max = max;
}

/* The caller holds the lock. */
static uint64_t odd_number(struct numbers *t, dev_t dev, ino_t ino)
{
	struct odd_number *o, **at;

	if (t->odd_count >= t->odd_max)
		odd_grow(t);
	if (!t->odd_max)
		return 0;
	at = &t->odd[hash(dev, ino, t->odd_max)];
	for (o = *at; o; o = o->next)
		if (o->dev == dev && o->ino == ino)
			return o->number;
	o = malloc(sizeof(*o));
	if (!o)
		return 0;
	*o = (struct odd_number){
		.next = *at,
		.dev = dev,
		.ino = ino,
		.number = ((uint64_t)MAX_DEVS << INO_BITS) + ++t->odd_count,
	};
	*at = o;
	return o->number;
}

/* The place of @dev among the first @n devices; @n if it is not there. */
static size_t place(const struct numbers *t, dev_t dev, size_t n)
{
	size_t i = 0;

	while (i < n && t->dev[i] != dev)
		i++;
	return i;
}

uint64_t number_of(struct numbers *t, dev_t dev, ino_t ino)
{
	size_t n = atomic_load_explicit(&t->ndev, memory_order_acquire), i;
	bool fits = ino >> INO_BITS == 0;
	uint64_t number = 0;

	i = place(t, dev, n);
	if (i < n && fits)
		return (uint64_t)i << INO_BITS | ino;

	pthread_mutex_lock(&t->lock);
	n = atomic_load(&t->ndev);
	i = place(t, dev, n);
	if (i == n && n < MAX_DEVS) {
		t->dev[n] = dev;
		atomic_store_explicit(&t->ndev, ++n, memory_order_release);
	}
	if (i < n && fits)
		number = (uint64_t)i << INO_BITS | ino;
	else
		number = odd_number(t, dev, ino);
	pthread_mutex_unlock(&t->lock);
	return number;
}
