/* SPDX-License-Identifier: GPL-2.0-only */
/* fio runs of a bench: laying out files, and one measured row with its counts. */
#ifndef FL_BENCH_RUN_H
#define FL_BENCH_RUN_H

#include "bench/profile.h"
#include "collect/collector.h"
#include "result/dir.h"
#include "util/janitor.h"

#define FL_SERIES_MS 100

/* What the rows of one bench have in common. */
struct fl_bench_run {
	const struct fl_bench *bench;
	enum fl_profile_files files;
	const char *fio; /* its file */
	const struct fl_result_dir *result;
	struct fl_janitor
		place[FL_SYSTEMS];	/* where fio works; without a process where it does not */
	const struct fl_target *target; /* the mount */
	struct fl_collect_opts collect;
	__u64 deadline; /* s: fio is given up when its I/O got no answer for so long */
	/* Called every 100 ms while a row runs; writes is ~0 where nobody counts. */
	void (*progress)(void *ctx, const struct fl_bench_row *row, __u64 elapsed_ns, __u64 writes);
	void *ctx;
};

/* Writes the files that the largest row needs. Returns 0; -1 with err set; 1 when interrupted. */
int fl_bench_prefill(struct fl_bench_run *run, enum fl_system system, struct fl_err *err);
/*
 * Runs one planned row and puts it into the result directory. Returns as above; unless it returns 0, nothing of
 * the row stays.
 */
int fl_bench_run_row(struct fl_bench_run *run, struct fl_bench_row *row, struct fl_err *err);
#endif
