/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays that grow by one. */
#ifndef FL_ARRAY_H
#define FL_ARRAY_H

#include <stdbool.h>
#include <stdlib.h>

/*
 * Makes room for one element behind the n that array holds; the array may move. True, or false when out of
 * memory: the array is as it was. Room grows in powers of two, so that few calls copy.
 */
#define FL_MORE(array, n)                                                      \
	({                                                                     \
		void *more_ = realloc((array), fl_room(n) * sizeof(*(array))); \
		if (more_)                                                     \
			(array) = more_;                                       \
		more_ != NULL;                                                 \
	})

/* The power of two above n. */
static inline size_t fl_room(size_t n)
{
	size_t room = 1;

	while (room <= n)
		room *= 2;
	return room;
}

#endif
