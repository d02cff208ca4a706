// SPDX-License-Identifier: GPL-2.0-only
#include "result/result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	struct fl_variable *v = find_variable(bench, name), *grown;
	struct fl_variable new = {.value = strdup(value)};

	if (!new.value)
		return -1;
	if (v) {
		free(v->value);
		v->value = new.value;
		return 0;
	}
	grown = realloc(bench->variable, (bench->nvariables + 1) * sizeof(*grown));
	if (grown)
		bench->variable = grown;
	new.name = grown ? strdup(name) : NULL;
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

static void plan_row(struct fl_bench_row *row, enum fl_system system, bool bare, unsigned int jobs,
		     unsigned int repeat)
{
	memset(row, 0, sizeof(*row));
	row->system = system;
	row->probes = system == FL_SYSTEM_MOUNT && !bare;
	row->jobs = jobs;
	row->repeat = repeat;
	snprintf(row->id, sizeof(row->id), "%s-j%u-r%u%s", systems[system], jobs, repeat,
		 bare ? "-bare" : "");
}

size_t fl_bench_plan(const struct fl_bench *bench, struct fl_bench_row *row, size_t max)
{
	size_t n = 0;

	for (unsigned int r = 1; r <= bench->repeats; r++) {
		for (size_t j = 0; j < bench->njob_counts; j++) {
			unsigned int jobs = bench->job_count[j];

			if (bench->use[FL_SYSTEM_RAW] && n++ < max)
				plan_row(&row[n - 1], FL_SYSTEM_RAW, false, jobs, r);
			if (!bench->use[FL_SYSTEM_MOUNT])
				continue;
			if (n++ < max)
				plan_row(&row[n - 1], FL_SYSTEM_MOUNT, false, jobs, r);
			if (bench->self_cost && n++ < max)
				plan_row(&row[n - 1], FL_SYSTEM_MOUNT, true, jobs, r);
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
			"the counted writes miss fio's by %lld: %llu came from other processes than fio's",
			difference, (unsigned long long)t.counter[FL_COUNT_OUTSIDE]);
	else if (row->snapshot.tells_outside)
		snprintf(
			row->why, sizeof(row->why),
			"the counted writes miss fio's by %lld, and nobody else wrote: events were lost",
			difference);
	else
		snprintf(
			row->why, sizeof(row->why),
			"the counted writes differ from fio's by %lld: somebody else wrote to the mount, or events were lost",
			difference);
}
