// SPDX-License-Identifier: GPL-2.0-only
/* What was lost, and where and how it was measured. */
#include "report/sections.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "util/text.h"

static const struct fl_snapshot *first_snapshot(const struct fl_analysis *a)
{
	for (size_t i = 0; i < a->bench->nrows; i++)
		if (a->bench->row[i].counted)
			return &a->bench->row[i].snapshot;
	return NULL;
}

void fl_report_losses(struct fl_doc *doc, const struct fl_analysis *a)
{
	const struct fl_snapshot *s = first_snapshot(a);
	char n[FL_CELL], pct[FL_CELL];
	size_t planned = fl_bench_plan(a->bench, NULL, 0);

	fl_doc_heading(doc, "What was lost");
	if (a->has_verdict)
		fl_doc_item(doc, "Events: %s of the counted writes (%s).",
			    fl_grouped(a->verdict.totals.lost, n, sizeof(n)),
			    fl_percent(a->verdict.totals.lost,
				       a->verdict.totals.lost + a->verdict.totals.writes, pct,
				       sizeof(pct)));
	if (a->rows < planned)
		fl_doc_item(doc, "Rows: %zu of %zu ran; the bench was interrupted.", a->rows,
			    planned);
	else
		fl_doc_item(doc, "Rows: all %zu ran.", planned);
	for (size_t i = 0; i < a->bench->nrows; i++)
		if (a->bench->row[i].status != FL_BENCH_ROW_OK)
			fl_doc_item(doc, "Left out: %s: %s.", a->bench->row[i].id,
				    a->bench->row[i].why);
	for (size_t i = 0; s && i < s->nprobes; i++)
		if (!s->probe[i].live)
			fl_doc_item(doc, "Not live: %s (%s).", s->probe[i].name,
				    s->probe[i].why_not);
}

const char *fl_report_variant(const struct fl_analysis *a)
{
	const struct fl_snapshot *s = first_snapshot(a);

	if (a->bench->env.variant)
		return a->bench->env.variant;
	return s && s->variant[0] && strcmp(s->variant, "unknown") ? s->variant : NULL;
}

static void row(struct fl_doc *doc, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	fl_doc_cell(doc, "%s", key);
	fl_doc_cell(doc, "%s", value);
}

static void place(struct fl_doc *doc, const char *key, const struct fl_place *p)
{
	if (!p->path)
		return;
	fl_doc_cell(doc, "%s", key);
	fl_doc_cell(doc, "%s on %s (%s)", p->fstype ? p->fstype : "?", p->source ? p->source : "?",
		    p->options ? p->options : "?");
}

static void live_probes(struct fl_doc *doc, const struct fl_snapshot *s)
{
	char list[1024] = "";

	for (size_t i = 0; i < s->nprobes; i++) {
		size_t used = strlen(list);

		if (s->probe[i].live)
			snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
				 s->probe[i].name);
	}
	row(doc, "probes", list);
}

void fl_report_environment(struct fl_doc *doc, const struct fl_analysis *a)
{
	const struct fl_bench *b = a->bench;
	const struct fl_environment *e = &b->env;
	const struct fl_snapshot *s = first_snapshot(a);
	char text[512], mem[FL_CELL], when[32];
	time_t started = b->started_s;
	struct tm tm;

	fl_doc_heading(doc, "How it was measured");
	fl_doc_table(doc, "ll", NULL);
	fl_doc_cell(doc, "what");
	fl_doc_cell(doc, "value");
	*text = '\0';
	for (size_t i = 0; i < b->nvariables; i++) {
		size_t used = strlen(text);

		if (!fl_bench_uses(b, b->variable[i].name))
			continue;
		snprintf(text + used, sizeof(text) - used, "%s%s=%s", used ? " " : "",
			 b->variable[i].name, b->variable[i].value);
	}
	row(doc, "profile", b->profile);
	row(doc, "variables", text);
	row(doc, "fio", e->fio);
	snprintf(text, sizeof(text), "%s %s, %s", e->kernel ? e->kernel : "?",
		 e->kernel_version ? e->kernel_version : "", e->machine ? e->machine : "?");
	row(doc, "kernel", text);
	row(doc, "fs/fuse", fl_report_variant(a));
	snprintf(text, sizeof(text), "%s, %u CPU%s, %s of memory",
		 e->cpu ? e->cpu : "CPU not known", (unsigned int)e->cpus, e->cpus == 1 ? "" : "s",
		 fl_bytes(e->memory_bytes, mem, sizeof(mem)));
	row(doc, "machine", text);
	place(doc, "mount", &e->place[FL_SYSTEM_MOUNT]);
	place(doc, "raw", &e->place[FL_SYSTEM_RAW]);
	row(doc, "daemon", e->daemon);
	if (s) {
		snprintf(text, sizeof(text), "%s (%s)", fl_method_name(s->method), s->method_why);
		row(doc, "evidence", text);
		live_probes(doc, s);
	}
	if (gmtime_r(&started, &tm) && strftime(when, sizeof(when), "%Y-%m-%d %H:%M UTC", &tm))
		row(doc, "begun", when);
	row(doc, "fuselens", e->fuselens);
	fl_doc_note(
		doc,
		"A separate fio run lays out the files first. Probes are attached just before fio starts and removed just after it ends, and there is no ramp: fio and the kernel count the same writes. Raw rows run right next to those of the mount; their writes are not counted.");
}
