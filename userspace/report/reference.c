// SPDX-License-Identifier: GPL-2.0-only
#include "report/reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/analysis.h"
#include "util/array.h"

#define MAX_FIELDS 32
#define MAX_FIELD  256

struct record {
	char field[MAX_FIELDS][MAX_FIELD];
	int n;
};

/* One record of RFC 4180; returns where the next begins, NULL at the end of the text. */
static const char *read_record(const char *p, struct record *r)
{
	r->n = 0;
	if (!*p)
		return NULL;
	for (;;) {
		bool quoted = *p == '"';
		size_t len = 0;

		if (quoted)
			p++;
		for (; *p; p++) {
			if (quoted && *p == '"') {
				if (p[1] != '"') {
					quoted = false;
					continue;
				}
				p++;
			} else if (!quoted && (*p == ',' || *p == '\n' || *p == '\r')) {
				break;
			}
			if (r->n < MAX_FIELDS && len < MAX_FIELD - 1)
				r->field[r->n][len++] = *p;
		}
		if (r->n < MAX_FIELDS)
			r->field[r->n++][len] = '\0';
		if (*p == ',') {
			p++;
			continue;
		}
		while (*p == '\r' || *p == '\n')
			p++;
		return p;
	}
}

enum column {
	SERIES,
	SYSTEM,
	NUMJOBS,
	IOPS,
	APPROXIMATE,
	COLUMNS,
};

static const char *const column_names[COLUMNS] = {"series", "system", "numjobs", "iops",
						  "approximate"};

static int find_columns(const struct record *header, int *at, struct fl_err *err)
{
	for (int c = 0; c < COLUMNS; c++) {
		at[c] = -1;
		for (int i = 0; i < header->n; i++)
			if (!strcmp(header->field[i], column_names[c]))
				at[c] = i;
		if (at[c] < 0)
			return fl_err(err, "the reference table has no column '%s'",
				      column_names[c]);
	}
	return 0;
}

static struct fl_curve *curve_named(struct fl_reference *ref, const char *name)
{
	for (size_t i = 0; i < ref->n; i++)
		if (!strcmp(ref->curve[i].name, name))
			return &ref->curve[i];
	if (!FL_MORE(ref->curve, ref->n))
		return NULL;
	ref->curve[ref->n] = (struct fl_curve){.name = strdup(name)};
	return ref->curve[ref->n].name ? &ref->curve[ref->n++] : NULL;
}

static int add_point(struct fl_curve *c, double jobs, double iops)
{
	if (!FL_MORE(c->point, c->n))
		return -1;
	c->point[c->n++] = (struct fl_scale){jobs, iops};
	return 0;
}

static bool number(const char *text, double *v)
{
	char *end;

	*v = strtod(text, &end);
	return *text && !*end && isfinite(*v) && *v > 0;
}

static int by_jobs(const void *a, const void *b)
{
	const struct fl_scale *x = a, *y = b;

	return x->jobs < y->jobs ? -1 : x->jobs > y->jobs;
}

int fl_reference_parse(struct fl_reference *ref, const char *text, struct fl_err *err)
{
	struct record *r = malloc(sizeof(*r));
	int at[COLUMNS], line = 1, ret = -1;
	char name[2 * MAX_FIELD + 4];

	memset(ref, 0, sizeof(*ref));
	if (!r)
		return fl_err(err, "out of memory");
	text = read_record(text, r);
	if (!text) {
		fl_err(err, "the reference table is empty");
		goto out;
	}
	if (find_columns(r, at, err))
		goto out;
	while ((text = read_record(text, r))) {
		struct fl_curve *c;
		double jobs, iops;

		line++;
		for (int k = 0; k < COLUMNS; k++) {
			if (at[k] < r->n)
				continue;
			fl_err(err, "the reference table's record %d is too short", line);
			goto out;
		}
		if (!number(r->field[at[NUMJOBS]], &jobs) || !number(r->field[at[IOPS]], &iops)) {
			fl_err(err, "the reference table's record %d has no numbers", line);
			goto out;
		}
		snprintf(name, sizeof(name), "%s, %s", r->field[at[SERIES]], r->field[at[SYSTEM]]);
		c = curve_named(ref, name);
		if (!c || add_point(c, jobs, iops)) {
			fl_err(err, "out of memory");
			goto out;
		}
		c->approximate |= !strcmp(r->field[at[APPROXIMATE]], "yes");
	}
	ref->elsewhere = true;
	for (size_t i = 0; i < ref->n; i++)
		qsort(ref->curve[i].point, ref->curve[i].n, sizeof(struct fl_scale), by_jobs);
	ret = 0;
out:
	free(r);
	if (ret)
		fl_reference_free(ref);
	return ret;
}

int fl_reference_of(struct fl_reference *ref, const char *name, const struct fl_analysis *a)
{
	char text[2 * MAX_FIELD + 4];

	memset(ref, 0, sizeof(*ref));
	ref->earlier = a;
	ref->name = name;
	for (int s = 0; s < FL_SYSTEMS; s++) {
		snprintf(text, sizeof(text), "%.255s, %s", name, fl_system_name(s));
		for (size_t i = 0; i < fl_axis_length(a->bench); i++) {
			const struct fl_level *l = fl_level_main(a, s, fl_axis_at(a->bench, i));
			struct fl_curve *c = l ? curve_named(ref, text) : NULL;

			if (l && (!c || add_point(c, l->at, l->iops.mean))) {
				fl_reference_free(ref);
				return -1;
			}
			if (c)
				c->mark = s == FL_SYSTEM_RAW ? "R raw" : "R";
		}
	}
	for (size_t i = 0; i < ref->n; i++)
		qsort(ref->curve[i].point, ref->curve[i].n, sizeof(struct fl_scale), by_jobs);
	return 0;
}

void fl_reference_free(struct fl_reference *ref)
{
	for (size_t i = 0; i < ref->n; i++) {
		free(ref->curve[i].name);
		free(ref->curve[i].point);
	}
	free(ref->curve);
	memset(ref, 0, sizeof(*ref));
}

double fl_curve_at(const struct fl_curve *c, double jobs)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->point[i].jobs == jobs)
			return c->point[i].iops;
	return NAN;
}

double fl_curve_peak(const struct fl_curve *c, double *speedup)
{
	double peak = 0;

	for (size_t i = 0; i < c->n; i++)
		peak = fmax(peak, c->point[i].iops);
	*speedup = peak / fl_curve_at(c, 1);
	return peak;
}
