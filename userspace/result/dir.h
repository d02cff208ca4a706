/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The result directory on disk (docs/schema.md). A row is written under a hidden name and renamed when
 * it is complete, so that whatever ends a bench leaves only whole rows behind.
 */
#ifndef FL_RESULT_DIR_H
#define FL_RESULT_DIR_H

#include "result/result.h"

/* Makes an empty result directory; fails when path exists. */
int fl_result_create(const char *path, struct fl_err *err);
/* Writes bench.json and profile.fio. */
int fl_result_write_bench(const char *path, const struct fl_bench *bench, struct fl_err *err);
/* Reads bench.json and every finished row, in the order of the plan. */
int fl_result_read(const char *path, struct fl_bench *bench, struct fl_err *err);

/* Where a row collects its files until it is finished: made anew, empty. buf takes the path. */
int fl_result_row_begin(const char *path, const char *id, char *buf, size_t len,
			struct fl_err *err);
/* Writes row.json and series.json beside them and puts the row in place. */
int fl_result_row_finish(const char *path, const struct fl_bench_row *row, struct fl_err *err);
/* Throws away what an unfinished row collected. */
void fl_result_row_discard(const char *path, const char *id);

#endif
