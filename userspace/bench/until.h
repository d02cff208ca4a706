/* SPDX-License-Identifier: GPL-2.0-only */
/* When a bench has been repeated often enough. Pure. */
#ifndef FL_BENCH_UNTIL_H
#define FL_BENCH_UNTIL_H

#include <stddef.h>
#include "result/result.h"

#define FL_BENCH_MOST_ROUNDS 30u

/*
 * Half of the 95 % interval of the mean IOPS, relative to it, for the level where this is largest;
 * sets what to that level ("mount at jobs 4"). INFINITY if a level has fewer than two runs that are
 * ok.
 */
double fl_bench_widest(const struct fl_bench *bench, char *what, size_t len);

#endif
