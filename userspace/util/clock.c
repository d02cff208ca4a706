// SPDX-License-Identifier: GPL-2.0-only
#include "util/clock.h"

#include <time.h>

static __u64 now_by(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

__u64 fl_now_ns(void)
{
	return now_by(CLOCK_MONOTONIC);
}

__u64 fl_real_ns(void)
{
	return now_by(CLOCK_REALTIME);
}
