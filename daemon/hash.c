// SPDX-License-Identifier: GPL-2.0-only
/* Places in hash tables; see hash.h. */
#include "hash.h"

#include <stdint.h>
#include <sys/random.h>

static uint64_t drawn[5] = {1, UINT64_C(0xff51afd7ed558ccd), UINT64_C(0xc4ceb9fe1a85ec53),
			    UINT64_C(0x87c37b91114253d5), UINT64_C(0x4cf5ad432745937f)};

int hash_draw(void)
{
	return getrandom(drawn, sizeof(drawn), 0) == sizeof(drawn) ? 0 : -1;
}

/*
 * A sum of products with drawn numbers: whatever two files are, they have the same by a chance of 2^-32 at most
 * (multilinear hashing). The multiplication that follows scatters numbers that are evenly apart.
 */
static uint64_t hash(dev_t dev, ino_t ino)
{
	uint64_t h = drawn[0] + drawn[1] * (uint32_t)dev + drawn[2] * (dev >> 32) +
		     drawn[3] * (uint32_t)ino + drawn[4] * (ino >> 32);

	return (h ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15);
}

size_t hash_of(dev_t dev, ino_t ino, size_t max)
{
	return hash(dev, ino) >> 32 & (max - 1);
}

uint64_t hash_number(dev_t dev, ino_t ino)
{
	uint64_t h = hash(dev, ino);

	return h ^ h >> 32;
}
