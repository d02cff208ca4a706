/* SPDX-License-Identifier: GPL-2.0-only */
/* The clock that all times are told by. */
#ifndef FL_CLOCK_H
#define FL_CLOCK_H

#include <linux/types.h>

/* CLOCK_MONOTONIC in ns: the clock of bpf_ktime_get_ns() and of fio's logs. */
__u64 fl_now_ns(void);

#endif
