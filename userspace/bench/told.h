/* SPDX-License-Identifier: GPL-2.0-only */
/* What bench says on stderr while it runs. */
#ifndef FL_BENCH_TOLD_H
#define FL_BENCH_TOLD_H

#include "result/result.h"

/* What tells a row from its neighbours: " 8 jobs", "iodepth 16". Returns buf. */
#define FL_BENCH_LEVEL 40
const char *fl_bench_level(const struct fl_bench *b, const struct fl_bench_row *row,
			   char buf[FL_BENCH_LEVEL]);
/* How long the rows that are left take, without the little between them. */
void fl_bench_say_how_long(const struct fl_bench *b, size_t left);
/* The command that runs what is left. profile: as it was given, for one of the user's own is given again. */
void fl_bench_say_resume(const char *profile, const char *result);
/* A finished row, the done-th of those planned. */
void fl_bench_say_row(const struct fl_bench *b, const struct fl_bench_row *row, size_t done,
		      size_t planned);

#endif
