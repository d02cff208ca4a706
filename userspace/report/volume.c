// SPDX-License-Identifier: GPL-2.0-only
/* What writes per second do not tell: bytes, where block sizes differ, and the reads that run beside writes. */
#include "report/sections.h"

#include <math.h>
#include <string.h>

bool fl_report_wants_bytes(const struct fl_analysis *a)
{
	return a->bench->sweep && !strcmp(fl_axis_name(a->bench), "bs");
}

bool fl_report_wants_reads(const struct fl_results *r)
{
	for (size_t k = 0; k < r->n; k++)
		for (size_t i = 0; i < r->a[k]->nlevels; i++)
			if (r->a[k]->level[i].reads.mean > 0)
				return true;
	return false;
}

static void row(struct fl_doc *doc, const struct fl_results *r, enum fl_system s, size_t k,
		const struct fl_level *l, bool bytes, bool reads)
{
	char c[FL_CELL], v[FL_SWEEP_VALUE];

	fl_doc_cell(doc, "%s", fl_system_name(s));
	fl_doc_cell(doc, "%s", fl_axis_value(r->a[0]->bench, l->at, v));
	if (r->n > 1)
		fl_doc_cell(doc, "%c", 'A' + (int)k);
	if (bytes)
		fl_doc_cell(doc, "%s", fl_cell_number(l->bytes_per_s.mean / 1e6, c));
	if (reads)
		fl_doc_cell(doc, "%s", fl_cell_number(l->reads.mean, c));
}

static void header(struct fl_doc *doc, const struct fl_results *r, bool bytes, bool reads)
{
	char align[8];

	fl_doc_heading(doc, "%s",
		       bytes && reads ? "Bandwidth, and reads beside the writes"
		       : bytes	      ? "Bandwidth of writes"
				      : "Reads beside the writes");
	snprintf(align, sizeof(align), "lr%s%s%s", r->n > 1 ? "l" : "", bytes ? "r" : "",
		 reads ? "r" : "");
	fl_doc_table(doc, align, NULL);
	fl_doc_cell(doc, "system");
	fl_doc_cell(doc, "%s", fl_axis_label(r->a[0]->bench));
	if (r->n > 1)
		fl_doc_cell(doc, "result");
	if (bytes)
		fl_doc_cell(doc, "MB/s written");
	if (reads)
		fl_doc_cell(doc, "reads/s");
}

void fl_report_volume(struct fl_doc *doc, const struct fl_results *r)
{
	const struct fl_bench *b = r->a[0]->bench;
	bool bytes = fl_report_wants_bytes(r->a[0]), reads = fl_report_wants_reads(r);

	if (!bytes && !reads)
		return;
	header(doc, r, bytes, reads);
	for (int s = 0; s < FL_SYSTEMS; s++) {
		for (size_t n = 0; n < fl_axis_length(b) * r->n; n++) {
			const struct fl_level *l = fl_level_main(r->a[n % r->n], s,
								 fl_axis_at(b, n / r->n));

			if (l)
				row(doc, r, s, n % r->n, l, bytes, reads);
		}
	}
	fl_doc_note(doc, "fio's figures, means over the runs.%s%s",
		    bytes ? " 1 MB is 1,000,000 bytes." : "",
		    reads ? " Everything else in this report is about writes." : "");
}
