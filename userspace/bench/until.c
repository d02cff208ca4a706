// SPDX-License-Identifier: GPL-2.0-only
#include "bench/until.h"

#include <math.h>
#include <stdio.h>

#include "result/spread.h"

/* A bench has at most this many rounds; further runs are ignored. */
#define MOST 1024

static double half_width(const struct fl_bench *b, enum fl_system system, bool probes,
			 unsigned int at)
{
	double iops[MOST], half;
	struct fl_spread s;
	unsigned int n = 0;

	for (size_t i = 0; i < b->nrows && n < MOST; i++) {
		const struct fl_bench_row *row = &b->row[i];

		if (row->system == system && row->probes == probes &&
		    row->status == FL_BENCH_ROW_OK && fl_axis_of_row(b, row) == at)
			iops[n++] = row->fio.write.iops;
	}
	s = fl_spread_of(iops, n);
	half = fl_mean_half_width(&s);
	return isfinite(half) ? half : INFINITY;
}

double fl_bench_widest(const struct fl_bench *b, char *what, size_t len)
{
	double widest = -1;
	char v[FL_SWEEP_VALUE];

	for (size_t i = 0; i < fl_axis_length(b); i++) {
		for (int s = 0; s < FL_SYSTEMS; s++) {
			unsigned int at = fl_axis_at(b, i);
			double half = b->use[s] ? half_width(b, s, s == FL_SYSTEM_MOUNT, at) : -1;

			if (half <= widest)
				continue;
			widest = half;
			snprintf(what, len, "%s at %s %s", fl_system_name(s), fl_axis_name(b),
				 fl_axis_value(b, at, v));
		}
	}
	return widest;
}
