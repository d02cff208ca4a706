// SPDX-License-Identifier: GPL-2.0-only
#include "prove/print_takes.h"

#include "util/table.h"
#include "util/text.h"

static void role_row(struct fl_table *t, const char *name, __u64 takes, __u64 writes)
{
	char n[32];

	fl_table_cell(t, "%s", name);
	fl_table_cell(t, "%s", fl_grouped(takes, n, sizeof(n)));
	if (writes)
		fl_table_cell(t, "%.3f", (double)takes / (double)writes);
	else
		fl_table_cell(t, "-");
}

static void roles_text(const struct fl_totals *totals, FILE *out)
{
	struct fl_table *t = fl_table_new(3);

	fl_table_align(t, "lrr");
	fl_table_cell(t, "takes");
	fl_table_cell(t, " ");
	fl_table_cell(t, "per write");
	role_row(t, "exclusive", totals->takes[FL_SITE_EXCLUSIVE], totals->writes);
	role_row(t, "shared", totals->takes[FL_SITE_SHARED], totals->writes);
	role_row(t, "upgrades", totals->takes[FL_SITE_UPGRADE], totals->writes);
	role_row(t, "fi->lock", totals->takes[FL_SITE_FI_LOCK], totals->writes);
	if (totals->takes[FL_SITE_OTHER_EXCLUSIVE])
		role_row(t, "exclusive, by others", totals->takes[FL_SITE_OTHER_EXCLUSIVE], 0);
	if (totals->takes[FL_SITE_OTHER_SHARED])
		role_row(t, "shared, by others", totals->takes[FL_SITE_OTHER_SHARED], 0);
	if (totals->takes[FL_SITE_OTHER_FI_LOCK])
		role_row(t, "fi->lock, by others", totals->takes[FL_SITE_OTHER_FI_LOCK], 0);
	fprintf(out, "\n");
	fl_table_print(t, out, 2);
	fl_table_free(t);
}

static void wait_cell(struct fl_table *t, const struct fl_site_wait *w)
{
	char p50[24], p99[24];
	bool small = w->p50_ns <= w->resolution_ns;

	if (!w->measured) {
		fl_table_cell(t, " ");
		return;
	}
	fl_duration(small ? w->resolution_ns : w->p50_ns, p50, sizeof(p50));
	fl_duration(w->p99_ns > w->resolution_ns ? w->p99_ns : w->resolution_ns, p99, sizeof(p99));
	fl_table_cell(t, "wait p50 %s%s, p99 %s%s", small ? "< " : "", p50,
		      w->p99_ns <= w->resolution_ns ? "< " : "", p99);
}

static void sites_text(const struct fl_snapshot *s, FILE *out)
{
	struct fl_table *t = fl_table_new(4);
	bool timed = false;

	fl_table_align(t, "rlll");
	for (size_t i = 0; i < s->nsites; i++) {
		const struct fl_site_snapshot *site = &s->site[i];
		char n[32];

		if (!site->takes)
			continue;
		timed |= site->wait.measured;
		fl_table_cell(t, "%s", fl_grouped(site->takes, n, sizeof(n)));
		fl_table_cell(t, "%s%s", fl_site_role_name(site->role),
			      site->merged ? " or upgrade" : "");
		fl_table_cell(t, "%s+%#llx", site->function, site->offset);
		wait_cell(t, &site->wait);
	}
	fprintf(out, "\n");
	fl_table_print(t, out, 2);
	fl_table_free(t);
	if (timed)
		fprintf(out,
			"  waits: the time of the probe pair itself is subtracted; \"<\": too short to be told\n  from no wait\n");
}

void fl_takes_text(const struct fl_snapshot *s, const struct fl_totals *t, FILE *out)
{
	long long difference = fl_takes_difference(t);
	char n[2][32];

	if (!s->has_takes)
		return;
	roles_text(t, out);
	if (s->has_completions)
		fprintf(out, "  completed: %s by the writer, %s in a worker\n",
			fl_grouped(t->counter[FL_COUNT_COMPLETED_INLINE], n[0], sizeof(n[0])),
			fl_grouped(t->counter[FL_COUNT_COMPLETED_WORKER], n[1], sizeof(n[1])));
	if (s->nsites)
		sites_text(s, out);
	if (s->takes_only)
		fprintf(out,
			"  writes are the takes on the write path, because nothing else could count them\n");
	else
		fprintf(out, "  takes minus writes (%s) minus attempts that wrote nothing: %lld\n",
			fl_method_name(s->writes_method), difference);
	if (s->unfinished)
		fl_wrapped(
			out, 2, 4,
			"up to %s of that are takes of writes that had not ended when counting stopped: these takes are counted, the writes are not",
			fl_grouped(s->unfinished, n[0], sizeof(n[0])));
	else if (!s->has_unfinished && !s->takes_only)
		fl_wrapped(
			out, 2, 4,
			"no program sees a write end here: takes of fi->lock may lack those of writes that had not ended when counting stopped");
}
