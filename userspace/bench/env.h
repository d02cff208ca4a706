/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a bench runs: kernel, machine, mounts, daemon, fio. */
#ifndef FL_BENCH_ENV_H
#define FL_BENCH_ENV_H

#include "result/result.h"

/*
 * The mount that holds the directory dir, without asking its file system; *point (may be NULL) becomes its
 * mount point, owned by the caller.
 */
int fl_bench_place(int dir, struct fl_place *place, char **point, struct fl_err *err);
/* Everything but the places and fio. What can't be read stays NULL or 0. */
void fl_bench_environment(struct fl_environment *env, __u32 dev);
/* fio's version, checked to be one that 'bench' can work with. */
int fl_bench_fio_version(const char *fio, char **version, struct fl_err *err);

#endif
