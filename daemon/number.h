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

struct numbers {
	dev_t *dev;	    /* in the order they were met; the source's own first */
	atomic_size_t ndev; /* only ever grows */

	pthread_mutex_t lock; /* guards new devices and the rest */
	struct odd_number **odd;
	size_t odd_max, odd_count; /* odd_max is a power of two */
};

/* @dev is the device of the source's root, whose numbers stay as they are. Returns 0 or -1. */
int numbers_init(struct numbers *t, dev_t dev);
void numbers_destroy(struct numbers *t);

/*
 * The number to show for an inode. Devices and the upper 16 bits of an inode number share the upper
 * bits of the shown number. An inode that does not fit gets a number that is remembered until the
 * end. Returns 0, which is no file's number, if out of memory.
 */
uint64_t number_of(struct numbers *t, dev_t dev, ino_t ino);

#endif
