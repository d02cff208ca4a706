// SPDX-License-Identifier: GPL-2.0-only
#include "result/result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

static const char *const systems[FL_SYSTEMS] = {
	[FL_SYSTEM_MOUNT] = "mount",
	[FL_SYSTEM_RAW] = "raw",
};

static const char *const statuses[FL_BENCH_ROW_STATUSES] = {
	[FL_BENCH_ROW_OK] = "ok",
	[FL_BENCH_ROW_MISSED] = "missed",
};

const char *fl_system_name(enum fl_system system)
{
	return systems[system];
}

const char *fl_bench_row_status_name(enum fl_bench_row_status status)
{
	return statuses[status];
}

int fl_system_from_name(const char *name)
{
	return fl_name_index(systems, FL_SYSTEMS, name);
}

int fl_bench_row_status_from_name(const char *name)
{
	return fl_name_index(statuses, FL_BENCH_ROW_STATUSES, name);
}

void fl_bench_row_free(struct fl_bench_row *row)
{
	fl_snapshot_free(&row->snapshot);
	fl_series_free(&row->series);
	memset(row, 0, sizeof(*row));
}

static void env_free(struct fl_environment *e)
{
	free(e->kernel);
	free(e->kernel_version);
	free(e->machine);
	free(e->variant);
	free(e->cpu);
	free(e->fuselens);
	free(e->fio);
	free(e->daemon);
	for (int i = 0; i < FL_SYSTEMS; i++) {
		free(e->place[i].path);
		free(e->place[i].fstype);
		free(e->place[i].source);
		free(e->place[i].options);
	}
}

void fl_bench_free(struct fl_bench *bench)
{
	free(bench->profile);
	free(bench->profile_text);
	free(bench->evidence);
	free(bench->sweep);
	for (size_t i = 0; i < bench->nvariables; i++) {
		free(bench->variable[i].name);
		free(bench->variable[i].value);
	}
	free(bench->variable);
	env_free(&bench->env);
	for (size_t i = 0; i < bench->nrows; i++)
		fl_bench_row_free(&bench->row[i]);
	free(bench->row);
	memset(bench, 0, sizeof(*bench));
}

static struct fl_variable *find_variable(const struct fl_bench *bench, const char *name)
{
	for (size_t i = 0; i < bench->nvariables; i++)
		if (!strcmp(bench->variable[i].name, name))
			return &bench->variable[i];
	return NULL;
}

int fl_bench_set(struct fl_bench *bench, const char *name, const char *value)
{
	struct fl_variable *v = find_variable(bench, name);
	struct fl_variable new = {.value = strdup(value)};

	if (!new.value)
		return -1;
	if (v) {
		free(v->value);
		v->value = new.value;
		return 0;
	}
	new.name = FL_MORE(bench->variable, bench->nvariables) ? strdup(name) : NULL;
	if (!new.name) {
		free(new.value);
		return -1;
	}
	bench->variable[bench->nvariables++] = new;
	return 0;
}

const char *fl_bench_get(const struct fl_bench *bench, const char *name)
{
	const struct fl_variable *v = find_variable(bench, name);

	return v ? v->value : NULL;
}

static const struct {
	const char *variable, *name;
} sweeps[] = {{"IODEPTH", "iodepth"}, {"BS", "bs"}, {"READ_PERCENT", "read"}};

const char *fl_sweep_variable(const char *name)
{
	for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++)
		if (!strcmp(sweeps[i].name, name))
			return sweeps[i].variable;
	return NULL;
}

void fl_sweep_words(FILE *out)
{
	for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++)
		fprintf(out, "%s%s=", i ? " " : "", sweeps[i].name);
}

size_t fl_axis_length(const struct fl_bench *bench)
{
	return bench->sweep ? bench->nsweep_values : bench->njob_counts;
}

unsigned int fl_axis_at(const struct fl_bench *bench, size_t i)
{
	return bench->sweep ? i + 1 : bench->job_count[i];
}

unsigned int fl_axis_of_row(const struct fl_bench *bench, const struct fl_bench_row *row)
{
	if (!bench->sweep)
		return row->jobs;
	for (size_t i = 0; i < bench->nsweep_values; i++)
		if (!strcmp(bench->sweep_value[i], row->sweep))
			return i + 1;
	return 0;
}

const char *fl_axis_name(const struct fl_bench *bench)
{
	for (size_t i = 0; bench->sweep && i < sizeof(sweeps) / sizeof(sweeps[0]); i++)
		if (!strcmp(sweeps[i].variable, bench->sweep))
			return sweeps[i].name;
	return bench->sweep ? bench->sweep : "jobs";
}

const char *fl_axis_label(const struct fl_bench *bench)
{
	const char *name = fl_axis_name(bench);

	return strcmp(name, "read") ? name : "percent read";
}

const char *fl_axis_value(const struct fl_bench *bench, unsigned int at, char buf[FL_SWEEP_VALUE])
{
	if (!bench->sweep)
		snprintf(buf, FL_SWEEP_VALUE, "%u", at);
	else
		snprintf(buf, FL_SWEEP_VALUE, "%s",
			 at >= 1 && at <= bench->nsweep_values ? bench->sweep_value[at - 1] : "?");
	return buf;
}

bool fl_bench_uses(const struct fl_bench *bench, const char *variable)
{
	char use[80];

	snprintf(use, sizeof(use), "${%.64s}", variable);
	return bench->profile_text && strstr(bench->profile_text, use);
}

static void plan_row(struct fl_bench_row *row, enum fl_system system, bool bare, unsigned int jobs,
		     const char *sweep, unsigned int repeat)
{
	memset(row, 0, sizeof(*row));
	row->system = system;
	row->probes = system == FL_SYSTEM_MOUNT && !bare;
	row->jobs = jobs;
	row->repeat = repeat;
	snprintf(row->sweep, sizeof(row->sweep), "%s", sweep);
	snprintf(row->id, sizeof(row->id), "%s%s%s-j%u-r%u%s", systems[system], *sweep ? "-" : "",
		 sweep, jobs, repeat, bare ? "-bare" : "");
}

size_t fl_bench_plan(const struct fl_bench *bench, struct fl_bench_row *row, size_t max)
{
	size_t n = 0;

	for (unsigned int r = 1; r <= bench->repeats; r++) {
		for (size_t i = 0; i < fl_axis_length(bench); i++) {
			unsigned int jobs = bench->job_count[bench->sweep ? 0 : i];
			const char *sweep = bench->sweep ? bench->sweep_value[i] : "";

			if (bench->use[FL_SYSTEM_RAW] && n++ < max)
				plan_row(&row[n - 1], FL_SYSTEM_RAW, false, jobs, sweep, r);
			if (!bench->use[FL_SYSTEM_MOUNT])
				continue;
			if (n++ < max)
				plan_row(&row[n - 1], FL_SYSTEM_MOUNT, false, jobs, sweep, r);
			if (bench->self_cost && n++ < max)
				plan_row(&row[n - 1], FL_SYSTEM_MOUNT, true, jobs, sweep, r);
		}
	}
	return n;
}

long long fl_bench_row_difference(const struct fl_bench_row *row, bool *known)
{
	struct fl_totals t;

	*known = row->counted;
	if (!row->counted)
		return 0;
	fl_snapshot_totals(&row->snapshot, &t);
	return (long long)(t.writes - row->fio.write.ios);
}

void fl_bench_row_judge(struct fl_bench_row *row, double max_loss)
{
	bool known;
	long long difference = fl_bench_row_difference(row, &known);
	struct fl_totals t;

	row->status = FL_BENCH_ROW_OK;
	row->why[0] = '\0';
	if (!known || fabs((double)difference) <= max_loss * (double)row->fio.write.ios)
		return;
	row->status = FL_BENCH_ROW_MISSED;
	fl_snapshot_totals(&row->snapshot, &t);
	if (row->snapshot.tells_outside && t.counter[FL_COUNT_OUTSIDE])
		snprintf(
			row->why, sizeof(row->why),
			"the counted writes differ from fio's by %lld: %llu came from other processes",
			difference, (unsigned long long)t.counter[FL_COUNT_OUTSIDE]);
	else if (row->snapshot.tells_outside)
		snprintf(
			row->why, sizeof(row->why),
			"the counted writes differ from fio's by %lld, and no other process wrote: events were lost",
			difference);
	else
		snprintf(
			row->why, sizeof(row->why),
			"the counted writes differ from fio's by %lld: somebody else wrote to the mount, or events were lost",
			difference);
}
