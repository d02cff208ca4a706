// SPDX-License-Identifier: GPL-2.0-only
#include "report/analysis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void count_rows(struct fl_analysis *a)
{
	a->rows = a->bench->nrows;
	for (size_t i = 0; i < a->rows; i++) {
		const struct fl_bench_row *row = &a->bench->row[i];
		bool known;
		long long difference = fl_bench_row_difference(row, &known);

		a->counted_rows += known;
		a->exact_rows += known && !difference;
		a->left_out += row->status != FL_BENCH_ROW_OK;
	}
}

/*
 * One verdict for all rows: their snapshots, laid end to end, make one longer snapshot with a
 * verdict. Only pointers are gathered; nothing is copied or owned.
 */
static int judge(struct fl_analysis *a)
{
	struct fl_verdict_opts opts = FL_VERDICT_DEFAULTS;
	struct fl_snapshot all = {};
	size_t files = 0, probes = 0;

	for (size_t i = 0; i < a->rows; i++) {
		files += a->bench->row[i].snapshot.nfiles;
		probes += a->bench->row[i].snapshot.nprobes;
	}
	all.file = calloc(files + 1, sizeof(*all.file));
	all.probe = calloc(probes + 1, sizeof(*all.probe));
	if (!all.file || !all.probe) {
		free(all.file);
		free(all.probe);
		return -1;
	}
	for (size_t i = 0; i < a->rows; i++) {
		const struct fl_bench_row *row = &a->bench->row[i];
		const struct fl_snapshot *s = &row->snapshot;

		if (!row->counted || row->status != FL_BENCH_ROW_OK)
			continue;
		a->has_verdict = true;
		all.method = s->method;
		all.writes_method = s->writes_method;
		all.takes_only = s->takes_only;
		all.has_takes = s->has_takes;
		memcpy(all.can, s->can, sizeof(all.can));
		memcpy(all.variant, s->variant, sizeof(all.variant));
		memcpy(&all.file[all.nfiles], s->file, s->nfiles * sizeof(*s->file));
		memcpy(&all.probe[all.nprobes], s->probe, s->nprobes * sizeof(*s->probe));
		all.nfiles += s->nfiles;
		all.nprobes += s->nprobes;
		for (int k = 0; k < FL_LOSSES; k++)
			all.loss[k] += s->loss[k];
	}
	opts.max_loss = a->bench->max_loss;
	if (a->has_verdict)
		fl_verdict_of(&all, 0, &opts, &a->verdict);
	free(all.file);
	free(all.probe);
	return 0;
}

/*
 * How far a level's mean may be off, as a share of it: the standard error. 0 for a single run,
 * which does not show it.
 */
static double mean_error(const struct fl_level *l)
{
	return l->iops.n > 1 && l->iops.mean > 0 ? l->iops.sd / sqrt(l->iops.n) / l->iops.mean : 0;
}

/* Uses each level's mean, so that levels have equal weight, whatever their number of repeats. */
static void fit(struct fl_analysis *a, enum fl_system system)
{
	struct fl_scale point[FL_MAX_JOB_COUNTS];
	const struct fl_level *worst = NULL;
	struct fl_usl *u = &a->usl[system];
	size_t n = 0;

	for (size_t i = 0; i < a->nlevels && n < FL_MAX_JOB_COUNTS; i++) {
		const struct fl_level *l = &a->level[i];

		if (l->system != system || l->probes != (system == FL_SYSTEM_MOUNT) || !l->iops.n)
			continue;
		point[n++] = (struct fl_scale){l->jobs, l->iops.mean};
		if (!worst || mean_error(l) > mean_error(worst))
			worst = l;
	}
	fl_usl_fit(point, n, u);
	/* a good fit to means that may be off themselves says nothing */
	if (!u->fits || mean_error(worst) <= FL_USL_MAX_RESIDUAL)
		return;
	u->fits = false;
	snprintf(u->why_not, sizeof(u->why_not),
		 "the runs at %u job%s spread by %.0f %%, so their mean may be off by %.0f %%",
		 worst->jobs, worst->jobs == 1 ? "" : "s", 100 * worst->iops.sd / worst->iops.mean,
		 100 * mean_error(worst));
}

static const struct fl_bench_row *ok_row(const struct fl_bench *b, bool probes, unsigned int at,
					 unsigned int repeat)
{
	for (size_t i = 0; i < b->nrows; i++) {
		const struct fl_bench_row *row = &b->row[i];

		if (row->system == FL_SYSTEM_MOUNT && row->status == FL_BENCH_ROW_OK &&
		    row->probes == probes && fl_axis_of_row(b, row) == at && row->repeat == repeat)
			return row;
	}
	return NULL;
}

static int cost_of(struct fl_analysis *a, unsigned int at, struct fl_self_cost *c)
{
	double *relative = calloc(a->bench->repeats + 1, sizeof(*relative)), ns = 0;
	struct fl_spread s;
	unsigned int n = 0;

	if (!relative)
		return -1;
	for (unsigned int r = 1; r <= a->bench->repeats; r++) {
		const struct fl_bench_row *with = ok_row(a->bench, true, at, r);
		const struct fl_bench_row *without = ok_row(a->bench, false, at, r);

		if (!with || !without || !(with->fio.write.iops > 0) ||
		    !(without->fio.write.iops > 0))
			continue;
		relative[n++] = with->fio.write.iops / without->fio.write.iops - 1;
		ns += 1e9 * with->jobs * (1 / with->fio.write.iops - 1 / without->fio.write.iops);
	}
	s = fl_spread_of(relative, n);
	*c = (struct fl_self_cost){
		.at = at,
		.pairs = n,
		.relative = s.mean,
		.half_width = n > 1 ? fl_t95(n - 1) * s.sd / sqrt(n) : NAN,
		.ns_per_write = n ? ns / n : NAN,
	};
	free(relative);
	return 0;
}

static int self_costs(struct fl_analysis *a)
{
	for (size_t i = 0; i < fl_axis_length(a->bench); i++) {
		if (cost_of(a, fl_axis_at(a->bench, i), &a->cost[a->ncosts]))
			return -1;
		a->ncosts += a->cost[a->ncosts].pairs > 0;
	}
	return 0;
}

static void predict(struct fl_analysis *a)
{
	const struct fl_level *one = fl_level_one_job(a, FL_SYSTEM_MOUNT);

	a->hold_share = NAN;
	if (!one) {
		snprintf(a->no_prediction, sizeof(a->no_prediction),
			 "there is no mount row with one job to start from");
		return;
	}
	if (!(one->hold_exclusive_ns > 0)) {
		snprintf(a->no_prediction, sizeof(a->no_prediction), "%s",
			 one->counted && !one->totals.exclusive
				 ? "no write held the lock exclusively, so it sets no ceiling"
				 : "this method of counting cannot time how long the lock is held");
		return;
	}
	if (one->files > 1) {
		snprintf(a->no_prediction, sizeof(a->no_prediction),
			 "one job alone wrote to several files");
		return;
	}
	a->hold_share = one->hold_exclusive_ns * 1e-9 * one->iops.mean * one->exclusive;
	for (size_t i = 0; i < a->nlevels; i++) {
		const struct fl_level *l = &a->level[i];
		/* per write, even if only some writes are exclusive; and per file */
		double hold = one->hold_exclusive_ns * 1e-9 * one->exclusive /
			      (l->files > 1 ? l->files : 1);

		if (l->system != FL_SYSTEM_MOUNT || !l->probes || !l->iops.n || l->jobs == 1 ||
		    a->npredictions == FL_MAX_JOB_COUNTS)
			continue;
		a->prediction[a->npredictions++] = (struct fl_prediction){
			.jobs = l->jobs,
			.bound = fl_bound_at(one->iops.mean, hold, l->jobs),
			.queue = l->files > 1 ? NAN : fl_queue_at(one->iops.mean, hold, l->jobs),
			.measured = l->iops.mean,
		};
	}
}

double fl_what_if(const struct fl_analysis *a, const struct fl_level *level, const char **why)
{
	const struct fl_level *one = fl_level_one_job(a, FL_SYSTEM_MOUNT);
	const struct fl_level *raw_one = fl_level_one_job(a, FL_SYSTEM_RAW);
	const struct fl_level *raw = fl_level_main(a, FL_SYSTEM_RAW, level->at);
	double iops, rest;

	*why = NULL;
	if (!level->counted || !(level->eligible > 0))
		*why = "no write was eligible for the shared lock";
	else if (!(level->exclusive > 0))
		*why = "no write was exclusive: there is nothing to gain";
	else if (!one || !raw_one || !raw)
		*why = "it needs mount and raw rows at one job and at this number of jobs";
	else if (fmax(mean_error(level),
		      fmax(mean_error(one), fmax(mean_error(raw_one), mean_error(raw)))) >
		 FL_USL_MAX_RESIDUAL)
		*why = "the runs that it would be computed from spread too far";
	if (*why)
		return NAN;
	iops = one->iops.mean * raw->iops.mean / raw_one->iops.mean;
	iops = fmin(iops, one->iops.mean * level->jobs);
	rest = 1 - level->eligible;
	if (rest > 0 && one->hold_exclusive_ns > 0)
		iops = fmin(iops, 1e9 / (rest * one->hold_exclusive_ns));
	return iops;
}

int fl_analyse(struct fl_analysis *a, const struct fl_bench *bench)
{
	memset(a, 0, sizeof(*a));
	a->bench = bench;
	if (fl_levels_make(a))
		return -1;
	count_rows(a);
	if (judge(a) || self_costs(a)) {
		fl_analysis_free(a);
		return -1;
	}
	for (int s = 0; s < FL_SYSTEMS && !bench->sweep; s++)
		fit(a, s);
	predict(a);
	return 0;
}

void fl_analysis_free(struct fl_analysis *a)
{
	free(a->level);
	a->level = NULL;
	a->nlevels = 0;
}
