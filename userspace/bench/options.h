/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of 'bench', turned into a bench that has no rows yet. */
#ifndef FL_BENCH_OPTIONS_H
#define FL_BENCH_OPTIONS_H

#include "collect/collector.h"
#include "result/result.h"
#include "util/option.h"

struct fl_bench_args {
	const char *profile;
	const char *dir[FL_SYSTEMS];
	const char *result;
	const char *fio; /* its file, or NULL */
	__u64 deadline;	 /* s */
	bool resume, keep_files, quiet;
	struct fl_collect_opts collect; /* the evidence asked for */
	struct fl_bench bench;
};

extern const struct fl_option fl_bench_options[];

/* -1: go on; otherwise the exit code. fl_bench_free(&args->bench) is due either way. */
int fl_bench_args_parse(struct fl_bench_args *args, int argc, char **argv);

/*
 * Call this when the profile is known. Sets variables that it uses and that were not given to their
 * defaults. Returns -1 with err set if a variable was given that it does not use.
 */
int fl_bench_settle_variables(struct fl_bench *bench, struct fl_err *err);

#endif
