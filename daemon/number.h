/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inode numbers as the mirror shows them. The mirror has one st_dev, while the source may cross
 * mounts: equal inode numbers of two file systems would look like one file. So each (device, inode)
 * gets its own number, which stays the same as long as the daemon lives.
 */
#ifndef FUSELENS_DAEMON_NUMBER_H
#define FUSELENS_DAEMON_NUMBER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct device_place {
	dev_t dev;
	atomic_uint
		place; /* in the order they were met, the source's own is 1; 0: this slot is free */
};

struct numbers {
	struct device_place *slot; /* a hash table; slots are only ever added */

	pthread_mutex_t lock; /* guards new devices and the rest */
	unsigned int ndev;
	struct odd_number **odd;
	size_t odd_max, odd_count; /* odd_max is a power of two */
};

/* @dev is the device of the source's root, whose numbers stay as they are. Returns 0 or -1. */
int numbers_init(struct numbers *t, dev_t dev);
void numbers_destroy(struct numbers *t);

/*
 * The number to show for an inode: its own number below, and the place of its device in the upper 16 bits. An
 * inode whose number is too large for that, or whose device comes after 32,766 others, gets a number that is
 * remembered until the end. Returns 0, which is no file's number, if out of memory.
 */
uint64_t number_of(struct numbers *t, dev_t dev, ino_t ino);

#endif
