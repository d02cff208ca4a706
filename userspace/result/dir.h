/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The result directory on disk (docs/schema.md). A row is written under a hidden name and renamed when it is
 * complete. A bench that is interrupted therefore leaves only complete rows.
 */
#ifndef FL_RESULT_DIR_H
#define FL_RESULT_DIR_H

#include "result/result.h"

/* Open; whoever renames things around it leads nobody away. */
struct fl_result_dir {
	int fd, rows;
	char *path; /* for messages */
};

/*
 * Makes an empty result directory, and fails when path exists; opens one that exists. Return 0, or -1 with err
 * set, and then there is nothing to close.
 */
int fl_result_create(struct fl_result_dir *d, const char *path, struct fl_err *err);
int fl_result_open(struct fl_result_dir *d, const char *path, struct fl_err *err);
/* The same to write there, too: path leads through no other user's link, and the directory is no other user's. */
int fl_result_open_own(struct fl_result_dir *d, const char *path, struct fl_err *err);
void fl_result_close(struct fl_result_dir *d);
/* Writes bench.json and profile.fio. Returns 0, or -1 with err set. */
int fl_result_write_bench(const struct fl_result_dir *d, const struct fl_bench *bench,
			  struct fl_err *err);
/*
 * Reads bench.json and every finished row, in the order of the plan. Returns 0, and the caller frees bench, or -1 with
 * err set.
 */
int fl_result_read(const struct fl_result_dir *d, struct fl_bench *bench, struct fl_err *err);

/* Where a row collects its files until it is finished: made anew, empty. A descriptor, or -1 with err set. */
int fl_result_row_begin(const struct fl_result_dir *d, const char *id, struct fl_err *err);
/* Writes row.json and series.json beside them and puts the row in place. Returns 0, or -1 with err set. */
int fl_result_row_finish(const struct fl_result_dir *d, int dir, const struct fl_bench_row *row,
			 struct fl_err *err);
/* Throws away what an unfinished row collected. */
void fl_result_row_discard(const struct fl_result_dir *d, const char *id);

#endif
