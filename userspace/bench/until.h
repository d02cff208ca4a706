/* SPDX-License-Identifier: GPL-2.0-only */
/* When a bench has been repeated often enough. Pure. */
#ifndef FL_BENCH_UNTIL_H
#define FL_BENCH_UNTIL_H

#include <stddef.h>
#include "result/result.h"

#define FL_BENCH_MOST_ROUNDS 30u

/*
 * Half of the 95 % interval of the level whose mean IOPS is known the least, relative to that mean, and in
 * what which one it is ("mount at jobs 4"). INFINITY where a level has fewer than two runs that are ok.
 */
double fl_bench_widest(const struct fl_bench *bench, char *what, size_t len);

#endif
