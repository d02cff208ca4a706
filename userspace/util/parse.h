/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers, times and sizes as people type them. Pure. */
#ifndef FL_PARSE_H
#define FL_PARSE_H

#include <linux/types.h>
#include "util/err.h"

/*
 * Numbers from the command line. The whole text must be one, from min to max. They return 0, or -1 with err
 * set to "NAME: ...".
 */
int fl_parse_u64(const char *text, const char *name, __u64 min, __u64 max, __u64 *value,
		 struct fl_err *err);
int fl_parse_double(const char *text, const char *name, double min, double max, double *value,
		    struct fl_err *err);
/* A time in seconds: "30", "0.5", "200ms", "1m", "2h", "1d"; for the second function a whole number. */
int fl_parse_seconds(const char *text, const char *name, double min, double max, double *value,
		     struct fl_err *err);
int fl_parse_whole_seconds(const char *text, const char *name, __u64 min, __u64 max, __u64 *value,
			   struct fl_err *err);
/* A size in bytes, in powers of 1024: "64k", "512MiB", "1g". A number without a unit is multiplied by plain. */
int fl_parse_size(const char *text, const char *name, __u64 plain, __u64 min, __u64 max,
		  __u64 *bytes, struct fl_err *err);

#endif
