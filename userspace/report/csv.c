// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of results for other programs, in base units. A figure that is not known is an empty
 * field.
 */
#include "report/sections.h"

#include <inttypes.h>
#include <math.h>

#include "util/text.h"

static void number(FILE *out, bool known, double v)
{
	fputc(',', out);
	if (known && isfinite(v))
		fprintf(out, "%.9g", v);
}

static void count(FILE *out, bool known, __u64 v)
{
	fputc(',', out);
	if (known)
		fprintf(out, "%" PRIu64, (uint64_t)v);
}

static double mean(const struct fl_hist *a, const struct fl_hist *b)
{
	__u64 n = fl_hist_count(a) + fl_hist_count(b);

	return n ? ((double)a->sum_ns + b->sum_ns) / n : NAN;
}

static void counts(FILE *out, const struct fl_bench_row *row)
{
	struct fl_slot_hists all = {};
	struct fl_totals t = {};
	const struct fl_hist *h = all.hist;
	bool known, takes = row->counted && row->snapshot.has_takes;
	long long difference = fl_bench_row_difference(row, &known);

	if (row->counted) {
		fl_snapshot_totals(&row->snapshot, &t);
		fl_hists_sum(&row->snapshot, &all);
	}
	count(out, known, t.writes);
	fputc(',', out);
	if (known)
		fprintf(out, "%lld", difference);
	count(out, known, t.exclusive);
	count(out, known, t.shared);
	count(out, known, t.eligible);
	count(out, takes, t.takes[FL_SITE_UPGRADE]);
	count(out, takes, t.takes[FL_SITE_FI_LOCK]);
	number(out, known, mean(&h[FL_HIST_WAIT_EXCL], &h[FL_HIST_WAIT_SHARED]));
	number(out, known, mean(&h[FL_HIST_HOLD_EXCL], &h[FL_HIST_HOLD_SHARED]));
}

static void csv_row(FILE *out, const char *name, const struct fl_bench *b,
		    const struct fl_bench_row *row)
{
	const struct fl_fio_dir *w = &row->fio.write;

	fl_csv_name(out, name);
	fputc(',', out);
	fl_csv_name(out, row->id);
	fprintf(out, ",%s,%d,%u,%u,", fl_system_name(row->system), row->probes, row->repeat,
		row->jobs);
	fl_csv_name(out, b->sweep);
	fputc(',', out);
	fl_csv_name(out, row->sweep[0] ? row->sweep : NULL);
	fprintf(out, ",%s", fl_bench_row_status_name(row->status));
	number(out, true, w->iops);
	number(out, true, w->bytes_per_s);
	count(out, true, w->ios);
	number(out, w->has_lat, w->lat_mean_ns);
	number(out, w->has_clat, w->clat_mean_ns);
	for (int i = 0; i < FL_CLAT_PCTS; i++)
		count(out, w->has_pct, w->clat_pct_ns[i]);
	counts(out, row);
	number(out, true, row->fio.read.iops);
	fputc('\n', out);
}

void fl_report_csv(const struct fl_results *r, FILE *out)
{
	fputs("result,id,system,probes,repeat,jobs,sweep_variable,sweep_value,status,"
	      "iops,bytes_per_s,ios,lat_mean_ns,clat_mean_ns,clat_p50_ns,clat_p90_ns,clat_p99_ns,"
	      "clat_p99_9_ns,writes,difference,exclusive,shared,eligible,upgrades,fi_lock,"
	      "wait_mean_ns,hold_mean_ns,read_iops\n",
	      out);
	for (size_t k = 0; k < r->n; k++)
		for (size_t i = 0; i < r->a[k]->bench->nrows; i++)
			csv_row(out, r->name[k], r->a[k]->bench, &r->a[k]->bench->row[i]);
}
