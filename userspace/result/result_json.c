// SPDX-License-Identifier: GPL-2.0-only
/* Benches and rows as JSON and back; the keys are those of docs/schema.md. */
#include "result/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/json.h"
#include "util/json_read.h"

#define MAX_JOBS      65536
#define MAX_SERIES    1000000u
#define MAX_REPEATS   10000
#define MAX_VARIABLES 64u

static struct json_object *str(const char *s)
{
	return json_object_new_string(s);
}

static struct json_object *place_to_json(const struct fl_place *p)
{
	struct json_object *o;

	if (!p->path)
		return NULL;
	o = json_object_new_object();
	fl_json_name(o, "path", p->path);
	fl_json_name(o, "fstype", p->fstype);
	fl_json_name(o, "source", p->source);
	fl_json_name(o, "options", p->options);
	return o;
}

static struct json_object *env_to_json(const struct fl_environment *e)
{
	struct json_object *o = json_object_new_object();

	fl_json_name(o, "kernel", e->kernel);
	fl_json_name(o, "kernel_version", e->kernel_version);
	fl_json_name(o, "machine", e->machine);
	fl_json_name(o, "variant", e->variant);
	fl_json_name(o, "cpu", e->cpu);
	fl_json_u64(o, "cpus", e->cpus);
	fl_json_u64(o, "memory_bytes", e->memory_bytes);
	fl_json_name(o, "fuselens", e->fuselens);
	fl_json_name(o, "fio", e->fio);
	fl_json_name(o, "daemon", e->daemon);
	for (int i = 0; i < FL_SYSTEMS; i++)
		json_object_object_add(o, fl_system_name(i), place_to_json(&e->place[i]));
	return o;
}

static struct json_object *sweep_to_json(const struct fl_bench *b)
{
	struct json_object *o, *list;

	if (!b->sweep)
		return NULL;
	o = json_object_new_object();
	list = json_object_new_array();
	fl_json_name(o, "variable", b->sweep);
	for (size_t i = 0; i < b->nsweep_values; i++)
		json_object_array_add(list, str(b->sweep_value[i]));
	json_object_object_add(o, "values", list);
	return o;
}

struct json_object *fl_bench_to_json(const struct fl_bench *b)
{
	struct json_object *o = json_object_new_object(), *list, *vars;

	fl_json_name(o, "schema", FL_BENCH_SCHEMA);
	fl_json_name(o, "profile", b->profile);
	fl_json_name(o, "profile_text", b->profile_text);
	vars = fl_json_object(o, "variables");
	for (size_t i = 0; i < b->nvariables; i++)
		fl_json_name(vars, b->variable[i].name, b->variable[i].value);
	list = fl_json_array(o, "jobs");
	for (size_t i = 0; i < b->njob_counts; i++)
		json_object_array_add(list, json_object_new_int(b->job_count[i]));
	json_object_object_add(o, "sweep", sweep_to_json(b));
	json_object_object_add(o, "until", b->until > 0 ? json_object_new_double(b->until) : NULL);
	fl_json_u64(o, "repeats", b->repeats);
	list = fl_json_array(o, "systems");
	for (int i = 0; i < FL_SYSTEMS; i++)
		if (b->use[i])
			json_object_array_add(list, str(fl_system_name(i)));
	fl_json_bool(o, "self_cost", b->self_cost);
	fl_json_name(o, "evidence", b->evidence);
	fl_json_double(o, "max_loss", b->max_loss);
	fl_json_u64(o, "started_s", b->started_s);
	json_object_object_add(o, "environment", env_to_json(&b->env));
	return o;
}

static struct json_object *dir_to_json(const struct fl_fio_dir *d)
{
	struct json_object *o = json_object_new_object(), *clat = NULL;

	fl_json_u64(o, "ios", d->ios);
	fl_json_u64(o, "bytes", d->bytes);
	fl_json_double(o, "iops", d->iops);
	fl_json_double(o, "bytes_per_s", d->bytes_per_s);
	fl_json_u64(o, "short_ios", d->short_ios);
	if (d->has_clat) {
		clat = json_object_new_object();
		fl_json_double(clat, "mean_ns", d->clat_mean_ns);
		fl_json_u64(clat, "min_ns", d->clat_min_ns);
		fl_json_u64(clat, "max_ns", d->clat_max_ns);
		for (int i = 0; i < FL_CLAT_PCTS; i++)
			fl_json_u64_or_null(clat, fl_clat_pct_names[i], d->has_pct,
					    d->clat_pct_ns[i]);
	}
	json_object_object_add(o, "clat", clat);
	json_object_object_add(o, "lat_mean_ns",
			       d->has_lat ? json_object_new_double(d->lat_mean_ns) : NULL);
	return o;
}

struct json_object *fl_bench_row_to_json(const struct fl_bench_row *row)
{
	struct json_object *o = json_object_new_object(), *fio;
	bool known;
	long long difference = fl_bench_row_difference(row, &known);

	fl_json_name(o, "schema", FL_BENCH_ROW_SCHEMA);
	fl_json_name(o, "id", row->id);
	fl_json_name(o, "system", fl_system_name(row->system));
	fl_json_bool(o, "probes", row->probes);
	fl_json_u64(o, "jobs", row->jobs);
	fl_json_name(o, "sweep", row->sweep[0] ? row->sweep : NULL);
	fl_json_u64(o, "repeat", row->repeat);
	fl_json_name(o, "status", fl_bench_row_status_name(row->status));
	fl_json_name(o, "why", row->why[0] ? row->why : NULL);
	fl_json_u64(o, "started_s", row->started_s);
	fl_json_u64(o, "start_ns", row->start_ns);
	fl_json_u64(o, "end_ns", row->end_ns);
	fio = fl_json_object(o, "fio");
	fl_json_name(fio, "version", row->fio.version);
	fl_json_u64(fio, "groups", row->fio.groups);
	json_object_object_add(fio, "read", dir_to_json(&row->fio.read));
	json_object_object_add(fio, "write", dir_to_json(&row->fio.write));
	json_object_object_add(o, "difference", known ? json_object_new_int64(difference) : NULL);
	json_object_object_add(o, "snapshot",
			       row->counted ? fl_snapshot_to_json(&row->snapshot) : NULL);
	return o;
}

static const struct {
	const char *name;
	size_t offset;
} columns[] = {
	{"fio_writes_per_s", offsetof(struct fl_point, fio_iops)},
	{"writes_per_s", offsetof(struct fl_point, writes)},
	{"exclusive_per_s", offsetof(struct fl_point, exclusive)},
	{"shared_per_s", offsetof(struct fl_point, shared)},
	{"fi_lock_per_s", offsetof(struct fl_point, fi_lock)},
};
#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))

static double *column(struct fl_point *p, size_t i)
{
	return (void *)((char *)p + columns[i].offset);
}

struct json_object *fl_series_to_json(const struct fl_series *s)
{
	struct json_object *o = json_object_new_object(), *list;

	fl_json_name(o, "schema", FL_SERIES_SCHEMA);
	fl_json_u64(o, "start_ns", s->start_ns);
	list = fl_json_array(o, "end_ns");
	for (size_t i = 0; i < s->n; i++)
		json_object_array_add(list, json_object_new_uint64(s->point[i].t_ns));
	for (size_t c = 0; c < NCOLUMNS; c++) {
		list = json_object_new_array();
		for (size_t i = 0; i < s->n; i++) {
			double v = *column(&s->point[i], c);

			/* a tenth of a write a second is more than the clock resolves */
			json_object_array_add(
				list,
				isfinite(v) ? json_object_new_double(round(v * 10) / 10) : NULL);
		}
		json_object_object_add(o, columns[c].name, list);
	}
	return o;
}

/* Versions after the slash may add keys; a new number in front means another meaning. */
static void want_schema(struct fl_json_reader *r, struct json_object *o, const char *schema)
{
	const char *found = fl_json_get_str(r, o, "schema");

	if (!r->bad && strcmp(found, schema)) {
		fl_err(r->err, "result: schema \"%.60s\" where \"%s\" was expected", found, schema);
		fl_hint(r->err, "another version of fuselens wrote it");
		r->bad = true;
	}
}

static void place_from_json(struct json_object *o, struct fl_place *p)
{
	p->path = fl_json_find_name(o, "path");
	p->fstype = fl_json_find_name(o, "fstype");
	p->source = fl_json_find_name(o, "source");
	p->options = fl_json_find_name(o, "options");
}

static void env_from_json(struct fl_json_reader *r, struct json_object *o, struct fl_environment *e)
{
	if (!o)
		return;
	e->kernel = fl_json_find_name(o, "kernel");
	e->kernel_version = fl_json_find_name(o, "kernel_version");
	e->machine = fl_json_find_name(o, "machine");
	e->variant = fl_json_find_name(o, "variant");
	e->cpu = fl_json_find_name(o, "cpu");
	e->cpus = fl_json_get_u64(r, o, "cpus");
	e->memory_bytes = fl_json_get_u64(r, o, "memory_bytes");
	e->fuselens = fl_json_find_name(o, "fuselens");
	e->fio = fl_json_find_name(o, "fio");
	e->daemon = fl_json_find_name(o, "daemon");
	for (int i = 0; i < FL_SYSTEMS; i++) {
		struct json_object *place;

		if (json_object_object_get_ex(o, fl_system_name(i), &place))
			place_from_json(place, &e->place[i]);
	}
}

static void jobs_from_json(struct fl_json_reader *r, struct json_object *list, struct fl_bench *b)
{
	if (list && (!json_object_array_length(list) ||
		     json_object_array_length(list) > FL_MAX_JOB_COUNTS)) {
		fl_json_fail(r, "jobs", "has no length that makes sense");
		return;
	}
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		int jobs = json_object_get_int(json_object_array_get_idx(list, i));

		if (jobs < 1 || jobs > MAX_JOBS) {
			fl_json_fail(r, "jobs", "is out of range");
			return;
		}
		b->job_count[b->njob_counts++] = jobs;
	}
}

/* Results of earlier versions have no sweep. */
static void sweep_from_json(struct fl_json_reader *r, struct json_object *o, struct fl_bench *b)
{
	struct json_object *sweep = fl_json_find(o, "sweep", json_type_object);
	struct json_object *list = fl_json_find(sweep, "values", json_type_array);
	size_t n = list ? json_object_array_length(list) : 0;

	if (!sweep)
		return;
	if (!n || n > FL_MAX_JOB_COUNTS || b->njob_counts != 1) {
		fl_json_fail(r, "sweep", "has no values that make sense");
		return;
	}
	b->sweep = fl_json_find_name(sweep, "variable");
	for (size_t i = 0; i < n; i++) {
		const char *v = json_object_get_string(json_object_array_get_idx(list, i));

		snprintf(b->sweep_value[i], FL_SWEEP_VALUE, "%s", v ? v : "");
	}
	b->nsweep_values = n;
	if (!b->sweep)
		fl_json_fail(r, "sweep", "names no variable");
}

int fl_bench_from_json(struct fl_bench *b, struct json_object *o, struct fl_err *err)
{
	struct fl_json_reader r = {.what = "result", .err = err};
	struct json_object *list, *vars, *until;

	memset(b, 0, sizeof(*b));
	want_schema(&r, o, FL_BENCH_SCHEMA);
	b->profile = r.bad ? NULL : strdup(fl_json_get_str(&r, o, "profile"));
	b->profile_text = r.bad ? NULL : strdup(fl_json_get_str(&r, o, "profile_text"));
	vars = fl_json_get(&r, o, "variables", json_type_object);
	if (vars) {
		json_object_object_foreach(vars, name, value)
		{
			if (b->nvariables < MAX_VARIABLES &&
			    json_object_is_type(value, json_type_string))
				fl_bench_set(b, name, json_object_get_string(value));
		}
	}
	jobs_from_json(&r, fl_json_get(&r, o, "jobs", json_type_array), b);
	if (!r.bad)
		sweep_from_json(&r, o, b);
	until = fl_json_find(o, "until", json_type_double);
	b->until = until && json_object_get_double(until) > 0 ? json_object_get_double(until) : 0;
	b->repeats = fl_json_get_bounded(&r, o, "repeats", 1, MAX_REPEATS);
	list = fl_json_get(&r, o, "systems", json_type_array);
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(list, i));

		for (int s = 0; name && s < FL_SYSTEMS; s++)
			b->use[s] |= !strcmp(name, fl_system_name(s));
	}
	b->self_cost = fl_json_get_bool(&r, o, "self_cost");
	b->evidence = fl_json_find_name(o, "evidence");
	b->max_loss = fl_json_get_number(&r, o, "max_loss");
	b->started_s = fl_json_get_u64(&r, o, "started_s");
	env_from_json(&r, fl_json_get(&r, o, "environment", json_type_object), &b->env);
	if (!r.bad)
		return 0;
	fl_bench_free(b);
	return -1;
}

static void dir_from_json(struct fl_json_reader *r, struct json_object *o, struct fl_fio_dir *d)
{
	struct json_object *clat, *lat;

	if (!o)
		return;
	d->ios = fl_json_get_bounded(r, o, "ios", 0, INT64_MAX);
	d->bytes = fl_json_get_bounded(r, o, "bytes", 0, INT64_MAX);
	d->iops = fl_json_get_number(r, o, "iops");
	d->bytes_per_s = fl_json_get_number(r, o, "bytes_per_s");
	d->short_ios = fl_json_get_u64(r, o, "short_ios");
	/* results of earlier versions have none */
	lat = fl_json_find(o, "lat_mean_ns", json_type_double);
	d->has_lat = lat && isfinite(json_object_get_double(lat)) &&
		     json_object_get_double(lat) >= 0;
	d->lat_mean_ns = d->has_lat ? json_object_get_double(lat) : 0;
	if (!json_object_object_get_ex(o, "clat", &clat) || !clat)
		return;
	d->has_clat = true;
	d->clat_mean_ns = fl_json_get_number(r, clat, "mean_ns");
	d->clat_min_ns = fl_json_get_u64(r, clat, "min_ns");
	d->clat_max_ns = fl_json_get_u64(r, clat, "max_ns");
	d->has_pct = true;
	for (int i = 0; i < FL_CLAT_PCTS; i++) {
		struct json_object *v = fl_json_find(clat, fl_clat_pct_names[i], json_type_int);

		d->has_pct &= v != NULL;
		d->clat_pct_ns[i] = json_object_get_uint64(v);
	}
}

int fl_bench_row_from_json(struct fl_bench_row *row, struct json_object *o, struct fl_err *err)
{
	struct fl_json_reader r = {.what = "result", .err = err};
	struct json_object *fio, *snapshot;
	char *why, *version;

	memset(row, 0, sizeof(*row));
	want_schema(&r, o, FL_BENCH_ROW_SCHEMA);
	snprintf(row->id, sizeof(row->id), "%s", fl_json_get_str(&r, o, "id"));
	row->system = fl_json_get_index(&r, o, "system", fl_system_from_name);
	row->probes = fl_json_get_bool(&r, o, "probes");
	row->jobs = fl_json_get_bounded(&r, o, "jobs", 1, MAX_JOBS);
	why = fl_json_find_name(o, "sweep");
	snprintf(row->sweep, sizeof(row->sweep), "%s", why ? why : "");
	free(why);
	row->repeat = fl_json_get_bounded(&r, o, "repeat", 1, MAX_REPEATS);
	row->status = fl_json_get_index(&r, o, "status", fl_bench_row_status_from_name);
	why = fl_json_find_name(o, "why");
	snprintf(row->why, sizeof(row->why), "%s", why ? why : "");
	free(why);
	row->started_s = fl_json_get_u64(&r, o, "started_s");
	row->start_ns = fl_json_get_u64(&r, o, "start_ns");
	row->end_ns = fl_json_get_u64(&r, o, "end_ns");
	fio = fl_json_get(&r, o, "fio", json_type_object);
	if (fio) {
		version = fl_json_find_name(fio, "version");
		snprintf(row->fio.version, sizeof(row->fio.version), "%s", version ? version : "");
		free(version);
		row->fio.groups = fl_json_get_u64(&r, fio, "groups");
		dir_from_json(&r, fl_json_get(&r, fio, "read", json_type_object), &row->fio.read);
		dir_from_json(&r, fl_json_get(&r, fio, "write", json_type_object), &row->fio.write);
	}
	if (!r.bad && json_object_object_get_ex(o, "snapshot", &snapshot) && snapshot) {
		if (fl_snapshot_from_json(&row->snapshot, snapshot, err))
			return -1;
		row->counted = true;
	}
	if (!r.bad)
		return 0;
	fl_bench_row_free(row);
	return -1;
}

int fl_series_from_json(struct fl_series *s, struct json_object *o, struct fl_err *err)
{
	struct fl_json_reader r = {.what = "result", .err = err};
	struct json_object *list;
	size_t n;

	memset(s, 0, sizeof(*s));
	want_schema(&r, o, FL_SERIES_SCHEMA);
	s->start_ns = fl_json_get_u64(&r, o, "start_ns");
	list = fl_json_get(&r, o, "end_ns", json_type_array);
	n = list ? json_object_array_length(list) : 0;
	if (n > MAX_SERIES)
		fl_json_fail(&r, "end_ns", "is longer than any run");
	s->point = r.bad ? NULL : calloc(n + 1, sizeof(*s->point));
	if (!s->point) {
		fl_json_fail(&r, "end_ns", "does not fit into memory");
		return -1;
	}
	s->n = n;
	for (size_t i = 0; i < n; i++)
		s->point[i].t_ns = json_object_get_uint64(json_object_array_get_idx(list, i));
	for (size_t c = 0; c < NCOLUMNS; c++) {
		list = fl_json_get(&r, o, columns[c].name, json_type_array);
		for (size_t i = 0; list && i < n; i++) {
			struct json_object *v = i < json_object_array_length(list)
							? json_object_array_get_idx(list, i)
							: NULL;
			double d = v ? json_object_get_double(v) : NAN;

			*column(&s->point[i], c) = isfinite(d) ? d : NAN;
		}
	}
	if (!r.bad)
		return 0;
	fl_series_free(s);
	return -1;
}
