/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a file belongs in a hash table. Files of many devices may have the same inode number: btrfs subvolumes. And a
 * user whose own FUSE file system lies below the source chooses the numbers, so the place depends on numbers that are
 * drawn at the start.
 */
#ifndef FUSELENS_DAEMON_HASH_H
#define FUSELENS_DAEMON_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* To be called before anything is in a table. Returns 0, or -1 with errno set. */
int hash_draw(void);
/* One of @max places, which is a power of two up to 2^32. */
size_t hash_of(dev_t dev, ino_t ino, size_t max);
/* A number of 64 bits, which two files have by chance only. */
uint64_t hash_number(dev_t dev, ino_t ino);

#endif
