/* SPDX-License-Identifier: GPL-2.0-only */
/* Clocks. Intervals are measured with the first one. */
#ifndef FL_CLOCK_H
#define FL_CLOCK_H

#include <linux/types.h>

/* CLOCK_MONOTONIC in ns: the clock of bpf_ktime_get_ns() and of fio's logs. */
__u64 fl_now_ns(void);
/* CLOCK_REALTIME in ns: the time of day. */
__u64 fl_real_ns(void);

#endif
