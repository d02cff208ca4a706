// SPDX-License-Identifier: GPL-2.0-only
#include "report/levels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/analysis.h"
#include "snapshot/holders.h"

static bool belongs(const struct fl_bench *b, const struct fl_bench_row *row,
		    const struct fl_level *l)
{
	return row->system == l->system && row->probes == l->probes && row->jobs == l->jobs &&
	       fl_axis_of_row(b, row) == l->at;
}

static size_t files_written(const struct fl_snapshot *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nfiles; i++) {
		struct fl_totals t;

		fl_file_totals(s, &s->file[i], &t);
		n += t.writes > 0;
	}
	return n;
}

static double mean_ns(const struct fl_hist *h)
{
	__u64 n = fl_hist_count(h);

	return n ? (double)h->sum_ns / n : NAN;
}

/*
 * Largest share of the takes that untimed sites may have; they are passed too seldom to be timed.
 */
#define UNTIMED_SHARE 0.01

/*
 * Adds up the waits for fi->lock of all sites and repeats. If a mean wait is too short to be told
 * from none, the shortest wait that can be told is added. The sum is then an upper bound.
 */
static void add_spin_waits(struct fl_level *l, const struct fl_snapshot *s, double *ns)
{
	__u64 takes = 0, untimed = 0;
	double sum = 0;

	for (size_t i = 0; i < s->nsites; i++) {
		const struct fl_site_snapshot *site = &s->site[i];
		__u64 each = site->wait.mean_ns;

		if (site->role != FL_SITE_FI_LOCK)
			continue;
		takes += site->takes;
		if (!site->wait.measured) {
			untimed += site->takes;
			continue;
		}
		if (each <= site->wait.resolution_ns) {
			each = site->wait.resolution_ns;
			l->fi_lock_ns_is_bound = true;
		}
		sum += (double)each * site->takes;
	}
	if (untimed > takes * UNTIMED_SHARE)
		sum = NAN;
	/* assume that untimed takes wait as long as timed ones */
	else if (takes > untimed)
		sum *= (double)takes / (takes - untimed);
	*ns += sum;
}

/* Computes per-write figures after every repeat has been added up. */
static void divide(struct fl_level *l, double spin_ns, double files)
{
	const struct fl_totals *t = &l->totals;
	const struct fl_hist *h = l->hists.hist;
	__u64 waits, holds;

	l->hold_ns = NAN;
	l->exclusive = l->shared = l->upgrades = l->fi_lock = l->fi_lock_ns = NAN;
	l->wait_ns = l->hold_exclusive_ns = l->eligible = l->ceiling = NAN;
	if (!l->counted || !t->writes)
		return;
	l->files = files;
	l->exclusive = (double)t->exclusive / t->writes;
	l->shared = (double)t->shared / t->writes;
	l->eligible = (double)t->eligible / t->writes;
	if (l->has_takes) {
		l->upgrades = (double)t->takes[FL_SITE_UPGRADE] / t->writes;
		l->fi_lock = (double)t->takes[FL_SITE_FI_LOCK] / t->writes;
		if (t->takes[FL_SITE_FI_LOCK])
			l->fi_lock_ns = spin_ns / t->writes;
	}
	if (!l->has_hists)
		return;
	waits = fl_hist_count(&h[FL_HIST_WAIT_EXCL]) + fl_hist_count(&h[FL_HIST_WAIT_SHARED]);
	if (waits)
		l->wait_ns = (double)(h[FL_HIST_WAIT_EXCL].sum_ns + h[FL_HIST_WAIT_SHARED].sum_ns) /
			     waits;
	holds = fl_hist_count(&h[FL_HIST_HOLD_EXCL]) + fl_hist_count(&h[FL_HIST_HOLD_SHARED]);
	if (holds)
		l->hold_ns = (double)(h[FL_HIST_HOLD_EXCL].sum_ns + h[FL_HIST_HOLD_SHARED].sum_ns) /
			     holds;
	l->hold_exclusive_ns = mean_ns(&h[FL_HIST_HOLD_EXCL]);
	if (l->hold_exclusive_ns > 0)
		l->ceiling = l->files * 1e9 / l->hold_exclusive_ns;
}

static void add_hists(struct fl_level *l, const struct fl_snapshot *s)
{
	struct fl_slot_hists all;

	fl_hists_sum(s, &all);
	for (int k = 0; k < FL_HISTS; k++) {
		fl_hist_add(&l->hists.hist[k], &all.hist[k]);
		l->has_hists |= fl_hist_count(&all.hist[k]) > 0;
	}
}

/* Values of the repeats; each array makes a spread. */
enum {
	OF_IOPS,
	OF_BYTES,
	OF_READS,
	OF_WHOLE,
	OF_P50,
	OF_P99,
	OF_P999,
	SPREADS,
};

struct samples {
	double *value; /* SPREADS times room */
	size_t room;
	unsigned int n[SPREADS];
};

static void add_sample(struct samples *s, int of, double value)
{
	s->value[of * s->room + s->n[of]++] = value;
}

static struct fl_spread spread(const struct samples *s, int of)
{
	return fl_spread_of(s->value + of * s->room, s->n[of]);
}

static void add_fio(struct samples *s, const struct fl_fio_dir *d)
{
	add_sample(s, OF_IOPS, d->iops);
	add_sample(s, OF_BYTES, d->bytes_per_s);
	/*
	 * results of earlier versions lack the time of submission, which is short for synchronous
	 * jobs
	 */
	if (d->has_lat || d->has_clat)
		add_sample(s, OF_WHOLE, d->has_lat ? d->lat_mean_ns : d->clat_mean_ns);
	if (!d->has_pct)
		return;
	add_sample(s, OF_P50, d->clat_pct_ns[FL_CLAT_P50]);
	add_sample(s, OF_P99, d->clat_pct_ns[FL_CLAT_P99]);
	add_sample(s, OF_P999, d->clat_pct_ns[FL_CLAT_P999]);
}

static void fill_level(struct fl_level *l, const struct fl_bench *b, double *scratch)
{
	struct samples samples = {.value = scratch, .room = b->nrows};
	double files = 0, spin_ns = 0;
	unsigned int counted = 0;

	for (size_t i = 0; i < b->nrows; i++) {
		const struct fl_bench_row *row = &b->row[i];
		struct fl_holders holders;
		struct fl_totals t;
		bool known;

		if (!belongs(b, row, l))
			continue;
		if (row->status != FL_BENCH_ROW_OK) {
			l->left_out++;
			continue;
		}
		if (!l->sample)
			l->sample = row;
		add_fio(&samples, &row->fio.write);
		add_sample(&samples, OF_READS, row->fio.read.iops);
		if (!row->counted)
			continue;
		l->has_takes = row->snapshot.has_takes && (!counted || l->has_takes);
		counted++;
		add_spin_waits(l, &row->snapshot, &spin_ns);
		fl_snapshot_totals(&row->snapshot, &t);
		fl_totals_add(&l->totals, &t);
		l->difference += llabs(fl_bench_row_difference(row, &known));
		files += files_written(&row->snapshot);
		add_hists(l, &row->snapshot);
		fl_holders_sum(&row->snapshot, &holders);
		fl_add_words(&l->holders, &holders, sizeof(holders));
	}
	l->counted = counted;
	l->iops = spread(&samples, OF_IOPS);
	l->bytes_per_s = spread(&samples, OF_BYTES);
	l->reads = spread(&samples, OF_READS);
	l->whole_ns = spread(&samples, OF_WHOLE);
	l->clat_p50_ns = spread(&samples, OF_P50);
	l->clat_p99_ns = spread(&samples, OF_P99);
	l->clat_p999_ns = spread(&samples, OF_P999);
	divide(l, spin_ns, counted ? files / counted : 0);
}

static int by_kind(const void *a, const void *b)
{
	const struct fl_level *x = a, *y = b;

	if (x->system != y->system)
		return x->system < y->system ? -1 : 1;
	if (x->probes != y->probes)
		return x->probes ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

int fl_levels_make(struct fl_analysis *a)
{
	const struct fl_bench *b = a->bench;
	double *scratch = calloc(SPREADS * b->nrows + 1, sizeof(*scratch));

	a->level = calloc(b->nrows + 1, sizeof(*a->level));
	if (!a->level || !scratch) {
		free(scratch);
		return -1;
	}
	for (size_t i = 0; i < b->nrows; i++) {
		const struct fl_bench_row *row = &b->row[i];
		size_t k = 0;

		while (k < a->nlevels && !belongs(b, row, &a->level[k]))
			k++;
		if (k < a->nlevels)
			continue;
		a->level[a->nlevels++] = (struct fl_level){
			.system = row->system,
			.probes = row->probes,
			.jobs = row->jobs,
			.at = fl_axis_of_row(b, row),
		};
	}
	for (size_t k = 0; k < a->nlevels; k++)
		fill_level(&a->level[k], b, scratch);
	if (a->nlevels)
		qsort(a->level, a->nlevels, sizeof(*a->level), by_kind);
	free(scratch);
	return 0;
}

static const struct fl_level *level_of(const struct fl_analysis *a, enum fl_system system,
				       bool probes, unsigned int at)
{
	for (size_t i = 0; i < a->nlevels; i++) {
		const struct fl_level *l = &a->level[i];

		if (l->system == system && l->probes == probes && l->at == at && l->iops.n)
			return l;
	}
	return NULL;
}

const struct fl_level *fl_level_main(const struct fl_analysis *a, enum fl_system system,
				     unsigned int at)
{
	return level_of(a, system, system == FL_SYSTEM_MOUNT, at);
}

const struct fl_level *fl_level_one_job(const struct fl_analysis *a, enum fl_system system)
{
	return a->bench->sweep ? NULL : fl_level_main(a, system, 1);
}

const struct fl_level *fl_level_last(const struct fl_analysis *a, enum fl_system system)
{
	const struct fl_level *last = NULL;

	for (size_t i = 0; i < fl_axis_length(a->bench); i++) {
		const struct fl_level *l = fl_level_main(a, system, fl_axis_at(a->bench, i));

		if (l && (!last || l->at > last->at))
			last = l;
	}
	return last;
}

double fl_speedup(const struct fl_level *level, const struct fl_level *one, double *half_width)
{
	double ratio = level->iops.mean / one->iops.mean;

	*half_width = level == one ? 0 : fl_ratio_half_width(&level->iops, &one->iops);
	return ratio;
}
