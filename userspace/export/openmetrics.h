/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exporter's page, in OpenMetrics 1.0 or in the older text format of Prometheus. Pure: what was
 * counted in, text out.
 */
#ifndef FL_OPENMETRICS_H
#define FL_OPENMETRICS_H

#include <stdbool.h>
#include <stdio.h>
#include "export/metrics.h"
#include "export/self.h"

#define FL_OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define FL_TEXT_0_0_4_TYPE  "text/plain; version=0.0.4; charset=utf-8"

struct fl_metrics_page {
	const struct fl_metrics *metrics;
	const struct fl_snapshot *last; /* the last reading: the method and the programs */
	const char *version;
	double read_seconds; /* what the last reading took */
	__u64 reads, failed_reads;
	__u64 path_changes; /* times that a livepatch came or went */
	bool counting;	    /* false once the global method's window is over */
	const struct fl_self *self;
};

/* Writes the page. openmetrics: else the older text format. */
void fl_metrics_print(const struct fl_metrics_page *p, bool openmetrics, FILE *out);
/* A value between the quotes of a label: escaped, valid UTF-8, of bounded length. */
void fl_metrics_label(const char *value, FILE *out);
/* Whether an HTTP Accept header (or NULL) asks for OpenMetrics. */
bool fl_metrics_wants_openmetrics(const char *accept);

#endif
