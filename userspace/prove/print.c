// SPDX-License-Identifier: GPL-2.0-only
#include "prove/print.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "snapshot/coverage.h"
#include "snapshot/hist.h"
#include "snapshot/holders.h"
#include "snapshot/missing.h"
#include "snapshot/rows.h"
#include "snapshot/waits.h"
#include "prove/print_takes.h"
#include "util/table.h"

/* Prints a remark below the counts; further lines are indented. */
#define SAY(out, ...) fl_wrapped(out, 2, 4, __VA_ARGS__)

static const char *colour_of(enum fl_verdict_kind kind)
{
	static const char *const codes[] = {
		[FL_SHARED] = "\033[1;32m",
		[FL_EXCLUSIVE] = "\033[1;31m",
		[FL_MIXED] = "\033[1;33m",
		[FL_INCONCLUSIVE] = "\033[1;35m",
	};

	return codes[kind];
}

static void count_row(struct fl_table *t, const char *name, __u64 n, __u64 whole, const char *note)
{
	char num[32], pct[16];

	fl_table_cell(t, "%s", name);
	fl_table_cell(t, "%s", fl_grouped(n, num, sizeof(num)));
	fl_table_cell(t, "%s", fl_percent(n, whole, pct, sizeof(pct)));
	fl_table_cell(t, "%s", note);
}

static void counts_text(const struct fl_prove_report *r, FILE *out)
{
	const struct fl_totals *t = &r->verdict.totals;
	struct fl_table *table = fl_table_new(4);
	char bytes[32], note[96];

	fl_table_align(table, "lrrl");
	snprintf(note, sizeof(note), "%s",
		 r->snapshot->takes_only
			 ? "bytes and eligible writes are not known"
			 : fl_bytes(t->counter[FL_COUNT_BYTES], bytes, sizeof(bytes)));
	count_row(table, "writes", t->writes, t->writes, note);
	for (int i = 0; i < FL_ROUTES; i++) {
		if (!t->by_route[i] || t->by_route[i] == t->writes)
			continue;
		snprintf(note, sizeof(note), "route %s", fl_route_name(i));
		count_row(table, "", t->by_route[i], t->writes, note);
	}
	count_row(table, "exclusive", t->exclusive, t->writes, "");
	count_row(table, "shared", t->shared, t->writes, "");
	if (t->counter[FL_COUNT_QUEUED_BEHIND])
		count_row(table, "waited for", t->counter[FL_COUNT_QUEUED_BEHIND], t->exclusive,
			  "of the exclusive ones: somebody was queued behind");
	if (t->unknown)
		count_row(table, "untold", t->unknown, t->writes,
			  "sent by a task that does not hold the lock");
	if (t->counter[FL_COUNT_OUTSIDE])
		count_row(table, "by others", t->counter[FL_COUNT_OUTSIDE], t->writes,
			  "than the command and what it started (--only-command)");
	if (!r->snapshot->takes_only)
		count_row(table, "eligible", t->eligible, t->writes,
			  "what the shared path would accept");
	for (int i = 0; i < r->verdict.nreasons; i++)
		count_row(table, i ? "" : "reasons", r->verdict.reason[i].writes, t->writes,
			  fl_reason_name(r->verdict.reason[i].reason));
	fl_table_print(table, out, 2);
	fl_table_free(table);
}

static void hist_row(struct fl_table *t, const char *name, const struct fl_hist *h)
{
	__u64 n = fl_hist_count(h);
	char num[32], mean[24], p50[24], p99[24];

	if (!n)
		return;
	fl_table_cell(t, "%s", name);
	fl_table_cell(t, "%s", fl_grouped(n, num, sizeof(num)));
	fl_table_cell(t, "mean %s", fl_duration(h->sum_ns / n, mean, sizeof(mean)));
	fl_table_cell(t, "p50 < %s", fl_duration(fl_hist_quantile(h, 0.50), p50, sizeof(p50)));
	fl_table_cell(t, "p99 < %s", fl_duration(fl_hist_quantile(h, 0.99), p99, sizeof(p99)));
}

static void hists_text(const struct fl_snapshot *s, FILE *out)
{
	static const char *const names[FL_HISTS] = {
		[FL_HIST_WAIT_EXCL] = "wait, exclusive",
		[FL_HIST_WAIT_SHARED] = "wait, shared",
		[FL_HIST_HOLD_EXCL] = "hold, exclusive",
		[FL_HIST_HOLD_SHARED] = "hold, shared",
	};
	struct fl_slot_hists all;
	struct fl_table *t = fl_table_new(5);

	fl_hists_sum(s, &all);
	for (int i = 0; i < FL_HISTS; i++)
		hist_row(t, names[i], &all.hist[i]);
	fl_table_align(t, "lrlll");
	fl_table_print(t, out, 2);
	fl_table_free(t);
}

/* How many writers the shared lock let in together. */
static void holders_text(const struct fl_snapshot *s, FILE *out)
{
	struct fl_holders sum, *h = &sum;
	struct fl_table *t;
	char n[32], p[3][16];

	fl_holders_sum(s, h);
	t = fl_holders_looks(h) ? fl_table_new(6) : NULL;

	if (!t)
		return;
	fl_table_cell(t, "writers at once");
	fl_table_cell(t, "%s", fl_grouped(fl_holders_looks(h), n, sizeof(n)));
	fl_table_cell(t, "mean %.1f", fl_holders_mean(h));
	fl_table_cell(t, "p50 %s", fl_holders_text(fl_holders_quantile(h, 0.50), p[0]));
	fl_table_cell(t, "p99 %s", fl_holders_text(fl_holders_quantile(h, 0.99), p[1]));
	fl_table_cell(t, "max %s", fl_holders_text(fl_holders_most(h), p[2]));
	fl_table_align(t, "lrllll");
	fl_table_print(t, out, 2);
	fl_table_free(t);
}

static void wait_row(struct fl_table *t, const char *name, const struct fl_wait_times *w)
{
	__u64 n = fl_hist_count(&w->times);
	char num[32], d[5][24];

	if (!n)
		return;
	fl_table_cell(t, "%s", name);
	fl_table_cell(t, "%s", fl_grouped(n, num, sizeof(num)));
	fl_table_cell(t, "mean %s", fl_duration(w->times.sum_ns / n, d[0], sizeof(d[0])));
	fl_table_cell(t, "p50 %s",
		      fl_duration(fl_hist_middle(&w->times, 0.50), d[1], sizeof(d[1])));
	fl_table_cell(t, "p99 %s",
		      fl_duration(fl_hist_middle(&w->times, 0.99), d[2], sizeof(d[2])));
	fl_table_cell(t, "max %s", fl_duration(w->max_ns, d[3], sizeof(d[3])));
	fl_table_cell(t, "in all %s", fl_duration(w->times.sum_ns, d[4], sizeof(d[4])));
}

/* Waits that queued, and what these figures leave out. */
static void waits_text(const struct fl_snapshot *s, FILE *out)
{
	static const char *const names[FL_WAIT_KINDS] = {
		[FL_WAIT_EXCL] = "queued, exclusive",
		[FL_WAIT_SHARED] = "queued, shared",
		[FL_WAIT_FI_LOCK] = "queued, fi->lock",
		[FL_WAIT_IO] = "I/O under it",
	};
	struct fl_waits *all = s->has_waits ? fl_waits_sum(s) : NULL;
	struct fl_table *t;
	bool any = false, io;
	char n[32];

	if (!all)
		return;
	t = fl_table_new(7);
	for (int k = 0; k < FL_WAIT_KINDS; k++) {
		wait_row(t, names[k], &all->kind[k]);
		any |= k != FL_WAIT_IO && fl_hist_count(&all->kind[k].times);
	}
	io = fl_hist_count(&all->kind[FL_WAIT_IO].times);
	fl_table_align(t, "lrlllll");
	fl_table_print(t, out, 2);
	fl_table_free(t);
	free(all);
	SAY(out, "%s",
	    any ? "queued: waits that came to the lock's queue; spinning before that, or until a holder that runs lets go, is not in them"
		: "nobody queued for the locks of these files; whether somebody spun is not known");
	if (io)
		SAY(out,
		    "I/O under it: what synchronous direct writes spent in the backing file system while they held the inode lock");
	if (s->unfollowed_locks)
		SAY(out, "%s locks had no room among those that are followed",
		    fl_grouped(s->unfollowed_locks, n, sizeof(n)));
}

/* The busiest files; the others share one line. */
static void files_text(const struct fl_snapshot *s, __u64 writes, FILE *out)
{
	static const char *const titles[] = {"writes", "share", "exclusive",
					     "shared", "route", "file"};
	struct fl_rows rows;
	struct fl_table *t;
	size_t written = 0;
	__u64 left = writes;
	char n[3][32], share[16];

	if (fl_rows_by_file(s, &rows))
		return;
	/* files without writes may have takes: they come last */
	while (written < rows.n && rows.row[written].totals.writes)
		written++;
	t = written < 2 ? NULL : fl_table_new(6);
	fl_table_align(t, "rrrrll");
	for (int i = 0; t && i < 6; i++)
		fl_table_cell(t, "%s", titles[i]);
	for (size_t i = 0; t && i < written && i < 8; i++) {
		const struct fl_file_counts *f = rows.row[i].file;
		const struct fl_totals *one = &rows.row[i].totals;
		char *escaped = fl_escape(f->is_other ? "(files beyond --max-inodes)"
					  : f->path   ? f->path
					  : f->name   ? f->name
						      : "?");

		left -= one->writes;
		fl_table_cell(t, "%s", fl_grouped(one->writes, n[0], sizeof(n[0])));
		fl_table_cell(t, "%s", fl_percent(one->writes, writes, share, sizeof(share)));
		fl_table_cell(t, "%s", fl_grouped(one->exclusive, n[1], sizeof(n[1])));
		fl_table_cell(t, "%s", fl_grouped(one->shared, n[2], sizeof(n[2])));
		fl_table_cell(t, "%s", fl_route_name(f->route));
		fl_table_cell(t, "%s", escaped ? escaped : "?");
		free(escaped);
	}
	if (t)
		fprintf(out, "\n");
	fl_table_print(t, out, 2);
	if (written > 8)
		SAY(out, "and %zu more files with %s writes, %s (all of them with --json)",
		    written - 8, fl_grouped(left, n[0], sizeof(n[0])),
		    fl_percent(left, writes, share, sizeof(share)));
	fl_table_free(t);
	fl_rows_free(&rows);
}

#define WRITERS_SHOWN 5

/* The busiest processes; the rest is one line. */
static void writers_text(const struct fl_snapshot *s, __u64 writes, FILE *out)
{
	static const char *const titles[] = {"writes", "share", "pid", "process", "container"};
	struct fl_writer_counts w;
	char n[32], pct[16], container[13];
	struct fl_table *t;

	if (!s->has_writers || fl_writers_of(s, 0, &w))
		return;
	fl_writers_keep(&w, WRITERS_SHOWN);
	t = w.n ? fl_table_new(5) : NULL;
	fl_table_align(t, "rrrll");
	for (int i = 0; t && i < 5; i++)
		fl_table_cell(t, "%s", titles[i]);
	for (size_t i = 0; t && i < w.n; i++) {
		const struct fl_writer_count *one = &w.writer[i];
		char *comm = fl_escape(one->comm);

		fl_table_cell(t, "%s", fl_grouped(one->writes, n, sizeof(n)));
		fl_table_cell(t, "%s", fl_percent(one->writes, writes, pct, sizeof(pct)));
		fl_table_cell(t, "%s", fl_writer_pid(one, n, sizeof(n)));
		fl_table_cell(t, "%s", comm ? comm : "?");
		fl_table_cell(t, "%s", fl_container_of(one->cgroup, container));
		free(comm);
	}
	if (t)
		fprintf(out, "\n");
	fl_table_print(t, out, 2);
	fl_table_free(t);
	if (t && fl_writers_others(&w, writes))
		SAY(out, "and %s writes by other processes, or by processes that are not known",
		    fl_grouped(fl_writers_others(&w, writes), n, sizeof(n)));
	fl_writers_free(&w);
}

/*
 * Requests that took the lock and are no writes, and other facts that a reader of the counts needs.
 */
static void remarks_text(const struct fl_prove_report *r, FILE *out)
{
	const struct fl_snapshot *s = r->snapshot;
	const struct fl_totals *t = &r->verdict.totals;
	__u64 sum[FL_MOUNT_COUNTERS] = {}, uncounted = 0;
	struct fl_holders holders;
	char n[32];

	fl_holders_sum(s, &holders);
	for (size_t i = 0; i < s->nmounts; i++) {
		uncounted += s->mount[i].uncounted;
		for (int k = 0; k < FL_MOUNT_COUNTERS; k++)
			sum[k] += s->mount[i].counter[k];
	}
	if (uncounted)
		SAY(out,
		    "the requests of %s mounts are not counted: more mounts had some than there are places for",
		    fl_grouped(uncounted, n, sizeof(n)));
	if (sum[FL_MOUNT_GETXATTR_SECURITY])
		SAY(out,
		    "%s GETXATTR requests for security.capability, sent to the daemon under the lock: one for each write where the daemon did not negotiate FUSE_HANDLE_KILLPRIV_V2, else one for each inode",
		    fl_grouped(sum[FL_MOUNT_GETXATTR_SECURITY], n, sizeof(n)));
	for (int k = FL_MOUNT_SETATTR; k <= FL_MOUNT_COPY_FILE_RANGE; k++)
		if (sum[k])
			SAY(out, "%s %s requests: they are no writes, but may hold the same lock",
			    fl_grouped(sum[k], n, sizeof(n)), fl_mount_counter_name(k));
	if (t->counter[FL_COUNT_RETRIED])
		SAY(out,
		    "%s more attempts took the lock and wrote nothing (EAGAIN): io_uring first tries without waiting",
		    fl_grouped(t->counter[FL_COUNT_RETRIED], n, sizeof(n)));
	if (t->counter[FL_COUNT_FAILED])
		SAY(out, "%s more attempts took the lock and failed: they are not among the writes",
		    fl_grouped(t->counter[FL_COUNT_FAILED], n, sizeof(n)));
	if (t->counter[FL_COUNT_UNCERTAIN])
		SAY(out,
		    "%s attempts are uncertain: they may have written or not, so the number of writes may be off by as many",
		    fl_grouped(t->counter[FL_COUNT_UNCERTAIN], n, sizeof(n)));
	if (t->counter[FL_COUNT_MAYBE_SPLIT])
		SAY(out,
		    "%s of the writes may be parts of larger ones: of asynchronous ones to cached files, what io_uring could write without waiting, or the rest of a splice that came short",
		    fl_grouped(t->counter[FL_COUNT_MAYBE_SPLIT], n, sizeof(n)));
	if (fl_holders_looks(&holders))
		SAY(out,
		    "writers at once: how many held the lock together when a write looked, soon after it had got the lock; those that came later see it in their turn, and a task that has just asked counts, too, until it queues");
	if (t->counter[FL_COUNT_QUEUED_BEHIND])
		SAY(out,
		    "waited for: somebody was queued when a write looked, soon after it had got the lock; who came later, or only spun, is not in it");
	if (s->timed_in > 1)
		SAY(out,
		    "waits and holds were measured for one write in %u, chosen at random (--times)",
		    s->timed_in);
	if (s->loss[FL_LOSS_TABLE_FULL])
		SAY(out,
		    "%s writes went to files beyond the %zu that could be told apart (--max-inodes)",
		    fl_grouped(s->loss[FL_LOSS_TABLE_FULL], n, sizeof(n)), s->capacity);
}

/* The live probes by name, or those that missed something with how often. The caller frees it. */
static char *live_probes(const struct fl_snapshot *s, bool misses)
{
	char *text = NULL, n[32];
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (size_t i = 0; f && i < s->nprobes; i++) {
		if (!s->probe[i].live || (misses && !s->probe[i].misses))
			continue;
		fprintf(f, "%s%s", ftell(f) ? ", " : "", s->probe[i].name);
		if (misses)
			fprintf(f, " missed %s", fl_grouped(s->probe[i].misses, n, sizeof(n)));
	}
	if (f)
		fclose(f);
	return text;
}

static void evidence_text(const struct fl_prove_report *r, FILE *out)
{
	const struct fl_snapshot *s = r->snapshot;
	const struct fl_totals *t = &r->verdict.totals;
	char *missed = live_probes(s, true), *live = live_probes(s, false), n[5][32];
	__u64 unsure = fl_totals_unsure(t);
	char not_known[80] = "";

	if (s->loss[FL_LOSS_NO_INODE] || s->loss[FL_LOSS_NO_TASK])
		snprintf(not_known, sizeof(not_known), ", file not known %llu, task not known %llu",
			 s->loss[FL_LOSS_NO_INODE], s->loss[FL_LOSS_NO_TASK]);
	SAY(out, "loss: %s of %s writes (%s, unpaired %s%s, uncertain %s, unseen %s)",
	    fl_grouped(unsure, n[0], sizeof(n[0])),
	    fl_grouped(t->writes + unsure, n[1], sizeof(n[1])),
	    missed && *missed ? missed : "no program missed any",
	    fl_grouped(s->loss[FL_LOSS_UNPAIRED], n[2], sizeof(n[2])), not_known,
	    fl_grouped(t->counter[FL_COUNT_UNCERTAIN], n[3], sizeof(n[3])),
	    fl_grouped(t->unseen, n[4], sizeof(n[4])));
	SAY(out, "evidence: %s (%s); live: %s", fl_method_name(s->method), s->method_why,
	    live ? live : "?");
	for (size_t i = 0; i < s->nprobes; i++)
		if (!s->probe[i].live)
			SAY(out, "not live: %s (%s)", s->probe[i].name, s->probe[i].why_not);
	free(missed);
	free(live);
}

/* What the cross-check says about the counts. */
static void cross_check_text(const struct fl_snapshot *s, FILE *out)
{
	for (size_t i = 0; i < s->nmounts; i++) {
		const struct fl_mount_snapshot *m = &s->mount[i];
		const char *why_not = fl_cross_check_why_not(m->cross_check);
		char *path = fl_escape(m->path ? m->path : "?"), n[32];

		if (m->unseen)
			SAY(out,
			    "unseen on %s: at least %s attempts to write that no live probe saw, by the mount's attr_version",
			    path ? path : "?", fl_grouped(m->unseen, n, sizeof(n)));
		else if (m->cross_check == FL_CROSS_DONE && s->blind_files && m->unseen_at_most)
			SAY(out,
			    "cross-check: the attr_version of %s shows no unseen write, and would not show %s: replies and writes that are not passed through may explain them",
			    path ? path : "?", fl_grouped(m->unseen_at_most, n, sizeof(n)));
		else if (m->cross_check == FL_CROSS_DONE)
			SAY(out, "cross-check: the attr_version of %s shows no unseen write",
			    path ? path : "?");
		else if (why_not)
			SAY(out, "no cross-check of %s: %s", path ? path : "?", why_not);
		free(path);
	}
}

static void path_text(const struct fl_prove_report *r, FILE *out)
{
	char after[24];

	for (size_t i = 0; i < r->npath_changes; i++)
		SAY(out, "after %s: %s",
		    fl_duration(r->path_change[i].after_ns, after, sizeof(after)),
		    r->path_change[i].text);
}

static void command_text(const struct fl_prove_report *r, FILE *out)
{
	if (!r->command_failed)
		return;
	if (WIFSIGNALED(r->command_status))
		SAY(out, "the command was ended by signal %d: hence exit code %d",
		    WTERMSIG(r->command_status), r->exit_code);
	else
		SAY(out, "the command failed with exit code %d: hence exit code %d",
		    WEXITSTATUS(r->command_status), r->exit_code);
}

void fl_prove_text(const struct fl_prove_report *r, FILE *out, bool colour)
{
	const struct fl_snapshot *s = r->snapshot;
	char *target = fl_escape(r->target), took[24], missing[512];

	fprintf(out, "%s%s%s  %s\n", colour ? colour_of(r->verdict.kind) : "",
		fl_verdict_name(r->verdict.kind), colour ? "\033[0m" : "", r->verdict.why);
	fprintf(out, "  %s, %s%s, kernel %s\n\n", target ? target : "?",
		fl_duration(s->end_ns - s->start_ns, took, sizeof(took)),
		r->interrupted ? " (interrupted)" : "", s->kernel);
	if (r->verdict.totals.writes) {
		counts_text(r, out);
		hists_text(s, out);
		holders_text(s, out);
		waits_text(s, out);
		fl_takes_text(s, &r->verdict.totals, out);
		files_text(s, r->verdict.totals.writes, out);
		writers_text(s, r->verdict.totals.writes, out);
		fprintf(out, "\n");
	}
	remarks_text(r, out);
	for (int i = 0; i < r->verdict.nreasons; i++)
		SAY(out, "%s: %s", fl_reason_name(r->verdict.reason[i].reason),
		    fl_reason_meaning(r->verdict.reason[i].reason));
	path_text(r, out);
	cross_check_text(s, out);
	command_text(r, out);
	evidence_text(r, out);
	if (fl_missing_text(s, missing, sizeof(missing))[0])
		SAY(out, "%s", missing);
	SAY(out, "next: %s", r->verdict.next);
	fflush(out);
	free(target);
}
