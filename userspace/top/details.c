// SPDX-License-Identifier: GPL-2.0-only
#include "top/details.h"

#include <ncurses.h>
#include <stdlib.h>

#include "snapshot/hist.h"
#include "snapshot/holders.h"
#include "snapshot/missing.h"
#include "top/draw.h"
#include "top/lines.h"
#include "util/text.h"

/* Adds a line to the page. The part that does not fit goes on below the figures. */
#define add(l, ...) fl_top_line(l, 4, __VA_ARGS__)

/* The head of the screen has the rates of all that is listed. */
static void add_rates(struct fl_top_lines *l, const struct fl_row *now)
{
	char writes[16], bytes[16];

	if (!now || !now->ns) {
		add(l, "now 0 writes/s");
		return;
	}
	fl_scaled(fl_row_rate(now, now->totals.writes), writes, sizeof(writes));
	fl_scaled(fl_row_rate(now, now->totals.counter[FL_COUNT_BYTES]) / 1e6, bytes,
		  sizeof(bytes));
	if (now->totals.counter[FL_COUNT_BYTES])
		add(l, "now %s writes/s, %s MB/s", writes, bytes);
	else
		add(l, "now %s writes/s", writes);
}

static void add_counts(struct fl_top_lines *l, const struct fl_row *all)
{
	const struct fl_totals *t = &all->totals;
	char n[32], pct[16];

	add(l, "so far");
	add(l, "  writes     %15s", fl_grouped(t->writes, n, sizeof(n)));
	add(l, "  exclusive  %15s  %s", fl_grouped(t->exclusive, n, sizeof(n)),
	    fl_percent(t->exclusive, t->writes, pct, sizeof(pct)));
	add(l, "  shared     %15s  %s", fl_grouped(t->shared, n, sizeof(n)),
	    fl_percent(t->shared, t->writes, pct, sizeof(pct)));
	add(l, "  eligible   %15s  %s", fl_grouped(t->eligible, n, sizeof(n)),
	    fl_percent(t->eligible, t->writes, pct, sizeof(pct)));
	if (t->counter[FL_COUNT_QUEUED_BEHIND])
		add(l, "  waited for %15s  of the exclusive ones: somebody was queued behind",
		    fl_grouped(t->counter[FL_COUNT_QUEUED_BEHIND], n, sizeof(n)));
	if (all->holders)
		add(l, "  at once    %15.1f  writers under the shared lock on average, %s at most",
		    fl_holders_mean(all->holders),
		    fl_holders_text(fl_holders_most(all->holders), pct));
	for (int r = 0; r < FL_ROUTES; r++)
		if (t->by_route[r])
			add(l, "  route      %15s  %s", fl_grouped(t->by_route[r], n, sizeof(n)),
			    fl_route_name(r));
}

static void add_reasons(struct fl_top_lines *l, const struct fl_totals *t)
{
	char n[32];

	if (!t->exclusive)
		return;
	add(l, "why exclusive");
	for (int r = 0; r < FL_REASONS; r++)
		if (t->reason[r])
			add(l, "  %15s  %s: %s", fl_grouped(t->reason[r], n, sizeof(n)),
			    fl_reason_name(r), fl_reason_meaning(r));
}

#define BAR 30

static void add_hist(struct fl_top_lines *l, const char *title, const struct fl_hist *h)
{
	static const char bar[BAR + 1] = "##############################";
	struct fl_octaves o = fl_hist_octaves(h);
	int from = 0, to = FL_HIST_OCTAVES - 1;
	char n[32], below[16], mean[24];
	__u64 timed = fl_hist_count(h), most = 0;

	if (!timed)
		return;
	while (!o.bucket[from])
		from++;
	while (!o.bucket[to])
		to--;
	for (int b = from; b <= to; b++)
		if (o.bucket[b] > most)
			most = o.bucket[b];
	add(l, "%s, of %s writes, mean %s", title, fl_grouped(timed, n, sizeof(n)),
	    fl_duration(h->sum_ns / timed, mean, sizeof(mean)));
	for (int b = from; b <= to; b++)
		add(l, "  < %6s %15s  %.*s", fl_short_duration(1ull << b, below, sizeof(below)),
		    fl_grouped(o.bucket[b], n, sizeof(n)),
		    (int)((o.bucket[b] * BAR + most - 1) / most), bar);
}

static void add_hists(struct fl_top_lines *l, const struct fl_row *all)
{
	if (!all->hists)
		return;
	add_hist(l, "wait, exclusive", &all->hists->hist[FL_HIST_WAIT_EXCL]);
	add_hist(l, "wait, shared", &all->hists->hist[FL_HIST_WAIT_SHARED]);
	add_hist(l, "hold, exclusive", &all->hists->hist[FL_HIST_HOLD_EXCL]);
	add_hist(l, "hold, shared", &all->hists->hist[FL_HIST_HOLD_SHARED]);
}

static void add_writers(struct fl_top_lines *l, const struct fl_top *t, const struct fl_row *all)
{
	struct fl_writer_counts w = {};
	char n[32], pid[16], container[13];

	if (!t->totals.sum.has_writers)
		return;
	if (all->file)
		fl_writers_add_all(&w, &all->file->writers);
	else
		fl_writers_of(&t->totals.sum, all->dev, &w);
	fl_writers_keep(&w, FL_WRITERS_TOLD);
	add(l, "written by");
	for (size_t i = 0; i < w.n; i++) {
		char *comm = fl_escape(w.writer[i].comm);

		add(l, "  %15s  %7s %-16s %s", fl_grouped(w.writer[i].writes, n, sizeof(n)),
		    fl_writer_pid(&w.writer[i], pid, sizeof(pid)), comm ? comm : "?",
		    fl_container_of(w.writer[i].cgroup, container));
		free(comm);
	}
	if (fl_writers_others(&w, all->totals.writes))
		add(l, "  %15s  others",
		    fl_grouped(fl_writers_others(&w, all->totals.writes), n, sizeof(n)));
	fl_writers_free(&w);
}

static void add_requests(struct fl_top_lines *l, const struct fl_mount_snapshot *m)
{
	char n[32];

	if (m && m->uncounted)
		add(l, "  %15s  requests: more mounts had some than there are places for", "-");
	for (int k = 0; m && !m->uncounted && k < FL_MOUNT_COUNTERS; k++)
		if (m->counter[k])
			add(l, "  %15s  %s", fl_grouped(m->counter[k], n, sizeof(n)),
			    fl_mount_counter_name(k));
}

static bool is_open_of(const struct fl_file_counts *file, const struct fl_file_record *rec)
{
	struct fl_file_key a = fl_key_of(file);
	struct fl_file_key b = fl_file_key(rec->dev, rec->generation, rec->nodeid, rec->ino);

	return a.mount == b.mount && a.node == b.node;
}

static void add_openers(struct fl_top_lines *l, const struct fl_top *t, const struct fl_row *all)
{
	size_t shown = 0;

	add(l, "open by");
	for (size_t i = 0; i < t->watch.open_list.files.n; i++) {
		const struct fl_open_file *f = &t->watch.open_list.files.file[i];
		char *comm, flags[128], mode[64];

		if (f->rec.kind != FL_FILE_OPEN || f->rec.dev != all->dev ||
		    (all->file && !is_open_of(all->file, &f->rec)))
			continue;
		comm = fl_escape(f->rec.comm);
		add(l, "  %7u %-16s fd %-4u %s, %s", f->rec.pid, comm ? comm : "?", f->rec.fd,
		    fl_open_mode_names(f->rec.f_flags, mode, sizeof(mode)),
		    fl_fopen_flag_names(f->rec.open_flags, flags, sizeof(flags)));
		free(comm);
		if (++shown == 200) {
			add(l, "  and more: see 'fuselens files'");
			break;
		}
	}
	if (!shown)
		add(l, "  nobody");
}

void fl_top_draw_details(struct fl_top *t)
{
	const struct fl_row *all = t->list.entry[t->cursor].all;
	struct fl_top_lines l = {};
	char missing[512];

	attrset(A_BOLD);
	fl_top_put_name(3, 0, COLS, fl_top_name(all));
	attrset(0);
	if (all->file && !all->file->is_other)
		add(&l, "inode %llu, device %u:%u, %s", (unsigned long long)all->file->ino,
		    all->dev >> 20, all->dev & 0xfffff, fl_route_name(all->file->route));
	add_rates(&l, t->list.entry[t->cursor].now);
	add_counts(&l, all);
	add_reasons(&l, &all->totals);
	add_hists(&l, all);
	add_writers(&l, t, all);
	if (!all->file)
		add_requests(&l, all->mount);
	add_openers(&l, t, all);
	if (fl_missing_text(&t->totals.sum, missing, sizeof(missing))[0])
		add(&l, "%s", missing);
	fl_top_lines_draw(&l, 4, LINES - 5, &t->scroll);
}
