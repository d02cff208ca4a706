/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a file belongs in a hash table. Files of many devices may have the same inode number: btrfs subvolumes. */
#ifndef FUSELENS_DAEMON_HASH_H
#define FUSELENS_DAEMON_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One of @max places, which is a power of two up to 2^32. */
static inline size_t hash_of(dev_t dev, ino_t ino, size_t max)
{
	uint64_t h = (ino + dev * UINT64_C(0xff51afd7ed558ccd)) * UINT64_C(0x9e3779b97f4a7c15);

	/* the upper half depends on all bits, and after this so does the lower */
	h = (h ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15);
	return (h >> 32) & (max - 1);
}

#endif
