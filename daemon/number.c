// SPDX-License-Identifier: GPL-2.0-only
/* Inode numbers for several devices; see number.h. */
#include "number.h"

#include <stdbool.h>
#include <stdlib.h>

#include "hash.h"

#define INO_BITS  48
#define MAX_DEVS  0x7fff /* a btrfs subvolume is a device; and numbers stay positive in any type */
#define SLOTS	  (1u << 16) /* twice as many, so that searches are short */
#define FIRST_ODD ((uint64_t)MAX_DEVS << INO_BITS)
#define ODD_FIRST 64
/*
 * So many odd numbers are remembered, in 48 MiB. On btrfs, users make devices and files as they like; the numbers of
 * further files are calculated, and two of a million are the same by a chance of 1 in 500.
 */
#define ODD_MOST (1u << 20)

/* A file whose device or inode number is too large for the plain scheme. Never freed before the end. */
struct odd_number {
	struct odd_number *next;
	dev_t dev;
	ino_t ino;
	uint64_t number;
};

/* The slot of @dev, or the free one where it belongs. */
static struct device_place *slot_of(const struct numbers *t, dev_t dev)
{
	size_t i = hash_of(dev, 0, SLOTS);

	while (atomic_load_explicit(&t->slot[i].place, memory_order_acquire) &&
	       t->slot[i].dev != dev)
		i = (i + 1) % SLOTS;
	return &t->slot[i];
}

/* The caller holds the lock, if there are other threads. */
static unsigned int add_device(struct numbers *t, struct device_place *slot, dev_t dev)
{
	slot->dev = dev;
	atomic_store_explicit(&slot->place, ++t->ndev, memory_order_release);
	return t->ndev;
}

static uint64_t plain_number(unsigned int place, ino_t ino)
{
	return (uint64_t)(place - 1) << INO_BITS | ino;
}

int numbers_init(struct numbers *t, dev_t dev)
{
	*t = (struct numbers){0};
	t->slot = calloc(SLOTS, sizeof(*t->slot));
	if (!t->slot)
		return -1;
	pthread_mutex_init(&t->lock, NULL);
	add_device(t, slot_of(t, dev), dev);
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
	free(t->slot);
	pthread_mutex_destroy(&t->lock);
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
			size_t to = hash_of(o->dev, o->ino, max);

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
	at = &t->odd[hash_of(dev, ino, t->odd_max)];
	for (o = *at; o; o = o->next)
		if (o->dev == dev && o->ino == ino)
			return o->number;
	if (t->odd_count >= ODD_MOST)
		return FIRST_ODD + ODD_MOST + 1 +
		       hash_number(dev, ino) % ((UINT64_C(1) << INO_BITS) - ODD_MOST - 1);
	o = malloc(sizeof(*o));
	if (!o)
		return 0;
	*o = (struct odd_number){
		.next = *at,
		.dev = dev,
		.ino = ino,
		.number = FIRST_ODD + ++t->odd_count,
	};
	*at = o;
	return o->number;
}

uint64_t number_of(struct numbers *t, dev_t dev, ino_t ino)
{
	struct device_place *slot = slot_of(t, dev);
	unsigned int place = atomic_load_explicit(&slot->place, memory_order_acquire);
	bool fits = ino >> INO_BITS == 0;
	uint64_t number = 0;

	if (place && fits)
		return plain_number(place, ino);

	pthread_mutex_lock(&t->lock);
	slot = slot_of(t, dev);
	place = atomic_load(&slot->place);
	if (!place && t->ndev < MAX_DEVS)
		place = add_device(t, slot, dev);
	if (place && fits)
		number = plain_number(place, ino);
	else
		number = odd_number(t, dev, ino);
	pthread_mutex_unlock(&t->lock);
	return number;
}
