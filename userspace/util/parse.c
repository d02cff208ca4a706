// SPDX-License-Identifier: GPL-2.0-only
#include "util/parse.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *suffix;
	double times;
};

/* Reads a number and the unit after it. Fails if text has anything else. */
static int parse_with_unit(const char *text, const struct unit *units, size_t n, double *value)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || !isfinite(v))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(end, units[i].suffix))
			continue;
		*value = v * units[i].times;
		return 0;
	}
	return -1;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int fl_parse_seconds(const char *text, const char *name, double min, double max, double *value,
		     struct fl_err *err)
{
	static const struct unit units[] = {
		{"", 1},   {"s", 1},	{"sec", 1},  {"ms", 0.001}, {"us", 0.000001},
		{"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400},
	};
	double v;

	if (parse_with_unit(text, units, COUNT(units), &v))
		return fl_err(err, "%s: '%s' is not a time, as 30, 0.5, 200ms, 1m and 2h are", name,
			      text);
	if (v < min || v > max)
		return fl_err(err, "%s: %s is not between %g s and %g s", name, text, min, max);
	*value = v;
	return 0;
}

int fl_parse_whole_seconds(const char *text, const char *name, __u64 min, __u64 max, __u64 *value,
			   struct fl_err *err)
{
	double v;

	if (fl_parse_seconds(text, name, min, max, &v, err))
		return -1;
	if (v != floor(v))
		return fl_err(err, "%s: %s is no whole number of seconds", name, text);
	*value = (__u64)v;
	return 0;
}

int fl_parse_size(const char *text, const char *name, __u64 plain, __u64 min, __u64 max,
		  __u64 *bytes, struct fl_err *err)
{
	const double k = 1024;
	const struct unit units[] = {
		{"", plain},
		{"b", 1},
		{"k", k},
		{"kib", k},
		{"m", k * k},
		{"mib", k * k},
		{"g", k * k * k},
		{"gib", k * k * k},
		{"t", k * k * k * k},
		{"tib", k * k * k * k},
	};
	double v;

	if (parse_with_unit(text, units, COUNT(units), &v) || v != floor(v))
		return fl_err(err, "%s: '%s' is not a size, as 64k, 512m and 1g are", name, text);
	if (v < min || v > max)
		return fl_err(err, "%s: %s is not between %llu and %llu bytes", name, text, min,
			      max);
	*bytes = (__u64)v;
	return 0;
}

int fl_parse_u64(const char *text, const char *name, __u64 min, __u64 max, __u64 *value,
		 struct fl_err *err)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (!*text || *end || errno || strchr(text, '-'))
		return fl_err(err, "%s: '%s' is not a whole number", name, text);
	if (v < min || v > max)
		return fl_err(err, "%s: %s is not between %llu and %llu", name, text, min, max);
	*value = v;
	return 0;
}

int fl_parse_double(const char *text, const char *name, double min, double max, double *value,
		    struct fl_err *err)
{
	char *end;
	double v;

	errno = 0;
	v = strtod(text, &end);
	if (!*text || *end || errno || !isfinite(v))
		return fl_err(err, "%s: '%s' is not a number", name, text);
	if (v < min || v > max)
		return fl_err(err, "%s: %s is not between %g and %g", name, text, min, max);
	*value = v;
	return 0;
}
