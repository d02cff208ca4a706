/* SPDX-License-Identifier: GPL-2.0-only */
/* Arrays that grow by one. */
#ifndef FL_ARRAY_H
#define FL_ARRAY_H

#include <stdbool.h>
#include <stdlib.h>

/*
 * Makes room for one element behind the n that array holds; the array may move. True, or false when out of
 * memory: the array is as it was. Room is always a power of two, so an array that grows by this must have
 * got its room by nothing else.
 */
#define FL_MORE(array, n)                                                               \
	({                                                                              \
		size_t n_ = (n);                                                        \
		void *more_ = (array);                                                  \
		if (!(n_ & (n_ - 1)))                                                   \
			more_ = realloc((array), (n_ ? 2 * n_ : 1) * sizeof(*(array))); \
		if (more_)                                                              \
			(array) = more_;                                                \
		more_ != NULL;                                                          \
	})

#endif
