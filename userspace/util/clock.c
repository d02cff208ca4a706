// SPDX-License-Identifier: GPL-2.0-only
#include "util/clock.h"

#include <time.h>

__u64 fl_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}
