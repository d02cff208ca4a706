/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a report goes. */
#ifndef FL_REPORT_OUTPUT_H
#define FL_REPORT_OUTPUT_H

#include <stdio.h>
#include "util/err.h"

/*
 * Opens path for writing, or returns stdout for NULL. Refuses to overwrite input (NULL: none) and
 * files of a result in one of the n directories. NULL with err set.
 */
FILE *fl_report_output(const char *path, const char *const *dirs, size_t n, const char *input,
		       struct fl_err *err);
/* Closes it. Returns 0, or -1 with err set if not everything was written. */
int fl_report_output_end(FILE *out, const char *path, struct fl_err *err);

#endif
