/* SPDX-License-Identifier: GPL-2.0-only */
/* Time series: fio's IOPS log joined with the collector's samples. Pure. */
#ifndef FL_FIO_LOG_H
#define FL_FIO_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include "util/err.h"
#include "snapshot/snapshot.h"

/* What happened in the time from the previous point (or start_ns) to t_ns. NAN: not known. */
struct fl_point {
	__u64 t_ns;	  /* CLOCK_MONOTONIC, end of the interval */
	double fio_iops;  /* writes a second that fio says it did */
	double writes;	  /* a second, counted */
	double exclusive; /* a second */
	double shared;	  /* a second */
	double fi_lock;	  /* fi->lock takes a second */
};

struct fl_series {
	__u64 start_ns;
	struct fl_point *point;
	size_t n;
};

/*
 * Joins fio's log with n samples. The log is text of len bytes; each line is the average over the avg_ms before
 * its time stamp, which is in ms of the same clock. Without samples there is a point every avg_ms of the log.
 * Lines of other than writes, or of another form, are ignored. The caller frees series->point.
 */
int fl_series_join(struct fl_series *series, const char *log, size_t len, unsigned int avg_ms,
		   const struct fl_sample *sample, size_t n, struct fl_err *err);
void fl_series_free(struct fl_series *series);

#endif
