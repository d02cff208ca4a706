// SPDX-License-Identifier: GPL-2.0-only
/* How long writes take, and where their time goes: waiting for the lock, under it, the rest. */
#include "report/sections.h"

#include <math.h>

static void percentiles(struct fl_doc *doc, const struct fl_level *l)
{
	char c[FL_CELL];

	fl_doc_cell(doc, "%s", fl_cell_ns(l ? l->clat_p50_ns.mean : NAN, c));
	fl_doc_cell(doc, "%s", fl_cell_ns(l ? l->clat_p99_ns.mean : NAN, c));
	fl_doc_cell(doc, "%s", fl_cell_ns(l ? l->clat_p999_ns.mean : NAN, c));
}

static bool knows_latency(const struct fl_analysis *a)
{
	for (size_t i = 0; i < a->nlevels; i++)
		if (a->level[i].clat_p50_ns.n)
			return true;
	return false;
}

void fl_report_latency(struct fl_doc *doc, const struct fl_analysis *a)
{
	static const char *const names[FL_SYSTEMS] = {"mount p50", "raw p50"};
	const struct fl_bench *b = a->bench;
	bool use[FL_SYSTEMS];
	char v[FL_SWEEP_VALUE];

	if (!knows_latency(a))
		return;
	/* a system may have no row that is ok */
	for (int s = 0; s < FL_SYSTEMS; s++)
		use[s] = fl_level_last(a, s);
	fl_doc_heading(doc, "Latency of writes");
	fl_doc_table(doc, use[0] && use[1] ? "rrrrrrr" : "rrrr", NULL);
	fl_doc_cell(doc, "%s", fl_axis_label(b));
	for (int s = 0; s < FL_SYSTEMS; s++) {
		if (!use[s])
			continue;
		fl_doc_cell(doc, "%s", names[s]);
		fl_doc_cell(doc, "p99");
		fl_doc_cell(doc, "p99.9");
	}
	for (size_t i = 0; i < fl_axis_length(b); i++) {
		unsigned int at = fl_axis_at(b, i);

		if (!fl_level_main(a, FL_SYSTEM_MOUNT, at) && !fl_level_main(a, FL_SYSTEM_RAW, at))
			continue;
		fl_doc_cell(doc, "%s", fl_axis_value(b, at, v));
		for (int s = 0; s < FL_SYSTEMS; s++)
			if (use[s])
				percentiles(doc, fl_level_main(a, s, at));
	}
	fl_doc_note(
		doc,
		"fio's completion latency, means over the runs: half of the writes take less than p50, one in a thousand longer than p99.9.");
}

bool fl_time_parts(const struct fl_level *l, double part[FL_TIME_PARTS])
{
	if (!l || !(l->whole_ns.mean > 0) || !isfinite(l->wait_ns) || !isfinite(l->hold_ns))
		return false;
	part[FL_TIME_WAIT] = l->wait_ns;
	part[FL_TIME_HOLD] = l->hold_ns;
	part[FL_TIME_REST] = fmax(0, l->whole_ns.mean - l->wait_ns - l->hold_ns);
	return true;
}

static void times_row(struct fl_doc *doc, const struct fl_level *l, const double *part)
{
	double whole = part[FL_TIME_WAIT] + part[FL_TIME_HOLD] + part[FL_TIME_REST];
	char c[FL_CELL];

	fl_doc_cell(doc, "%s", fl_cell_ns(l->whole_ns.mean, c));
	for (int i = 0; i < FL_TIME_PARTS; i++) {
		fl_doc_cell(doc, "%s", fl_cell_ns(part[i], c));
		fl_doc_cell(doc, "%.0f %%", 100 * part[i] / whole);
	}
}

void fl_report_times(struct fl_doc *doc, const struct fl_results *r)
{
	static const char *const names[] = {"a write takes", "waits", "", "holds", "", "rest", ""};
	const struct fl_bench *b = r->a[0]->bench;
	bool any = false;

	for (size_t i = 0; i < fl_axis_length(b); i++) {
		for (size_t k = 0; k < r->n; k++) {
			unsigned int at = fl_axis_at(b, i);
			const struct fl_level *l = fl_level_main(r->a[k], FL_SYSTEM_MOUNT, at);
			double part[FL_TIME_PARTS];
			char v[FL_SWEEP_VALUE];

			if (!fl_time_parts(l, part))
				continue;
			if (!any) {
				fl_doc_heading(doc, "Where a write's time goes");
				fl_doc_table(doc, r->n > 1 ? "rlrrrrrrr" : "rrrrrrrr", NULL);
				fl_doc_cell(doc, "%s", fl_axis_label(b));
				if (r->n > 1)
					fl_doc_cell(doc, "result");
				for (int n = 0; n < 7; n++)
					fl_doc_cell(doc, "%s", names[n]);
			}
			any = true;
			fl_doc_cell(doc, "%s", fl_axis_value(b, at, v));
			if (r->n > 1)
				fl_doc_cell(doc, "%c", 'A' + (int)k);
			times_row(doc, l, part);
		}
	}
	if (any)
		fl_doc_note(
			doc,
			"On the mount: fio's mean time of a write, and within it the mean wait for the inode lock and the mean time under the lock. The rest is the time before and after; for a queued write, which completes later, also the device's.");
}
