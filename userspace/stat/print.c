// SPDX-License-Identifier: GPL-2.0-only
#include "stat/print.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <json-c/json.h>

#include "util/json.h"
#include "util/text.h"

/* Every figure of a row once: text, CSV and JSON take theirs from here. */
enum figure {
	WRITES,
	BYTES,
	EXCLUSIVE,
	SHARED,
	UNTOLD,
	ELIGIBLE,
	ELIGIBLE_SHARED,
	UPGRADES,
	FI_LOCK,
	LOST,
	WRITES_PER_S,
	EXCLUSIVE_PER_S,
	SHARED_PER_S,
	UPGRADES_PER_S,
	FI_LOCK_PER_S,
	WAIT_P50,
	WAIT_P99,
	HOLD_P50,
	HOLD_P99,
	CEILING,
	GETXATTR,
	FIGURES,
};

static const char *const figure_names[FIGURES] = {
	[WRITES] = "writes",
	[BYTES] = "bytes",
	[EXCLUSIVE] = "exclusive",
	[SHARED] = "shared",
	[UNTOLD] = "untold",
	[ELIGIBLE] = "eligible",
	[ELIGIBLE_SHARED] = "eligible_shared",
	[UPGRADES] = "upgrades",
	[FI_LOCK] = "fi_lock",
	[LOST] = "lost",
	[WRITES_PER_S] = "writes_per_s",
	[EXCLUSIVE_PER_S] = "exclusive_per_s",
	[SHARED_PER_S] = "shared_per_s",
	[UPGRADES_PER_S] = "upgrades_per_s",
	[FI_LOCK_PER_S] = "fi_lock_per_s",
	[WAIT_P50] = "wait_p50_ns",
	[WAIT_P99] = "wait_p99_ns",
	[HOLD_P50] = "hold_p50_ns",
	[HOLD_P99] = "hold_p99_ns",
	[CEILING] = "ceiling_per_s",
	[GETXATTR] = "getxattr_security",
};

/* Counts are exact in every format; what is worked out from them is not a whole number. */
struct value {
	bool known, whole;
	__u64 n;
	double d;
};

static struct value count(__u64 n)
{
	return (struct value){.known = true, .whole = true, .n = n, .d = n};
}

static struct value rate(const struct fl_row *row, struct value of)
{
	return (struct value){.known = of.known && row->ns, .d = fl_row_rate(row, of.n)};
}

static struct value quantile(const struct fl_row *row, enum fl_row_time which, double q)
{
	__u64 ns = 0;
	struct value v = {.known = fl_row_quantile(row, which, q, &ns), .whole = true};

	v.n = ns;
	v.d = ns;
	return v;
}

static struct value count_if(bool known, __u64 n)
{
	struct value v = count(n);

	v.known = known;
	return v;
}

static void figures_of(const struct fl_snapshot *s, const struct fl_row *row, struct value *v)
{
	const struct fl_totals *t = &row->totals;
	struct fl_totals lost = {};

	fl_totals_add_losses(s, &lost);
	v[WRITES] = count(t->writes);
	v[BYTES] = count(t->counter[FL_COUNT_BYTES]);
	v[EXCLUSIVE] = count(t->exclusive);
	v[SHARED] = count(t->shared);
	v[UNTOLD] = count(t->unknown);
	v[ELIGIBLE] = count_if(row->knows_nature, t->eligible);
	v[ELIGIBLE_SHARED] = count_if(row->knows_nature, t->eligible_shared);
	v[UPGRADES] = count_if(row->knows_takes, t->takes[FL_SITE_UPGRADE]);
	v[FI_LOCK] = count_if(row->knows_takes, t->takes[FL_SITE_FI_LOCK]);
	v[LOST] = count(lost.lost);
	v[WRITES_PER_S] = rate(row, v[WRITES]);
	v[EXCLUSIVE_PER_S] = rate(row, v[EXCLUSIVE]);
	v[SHARED_PER_S] = rate(row, v[SHARED]);
	v[UPGRADES_PER_S] = rate(row, v[UPGRADES]);
	v[FI_LOCK_PER_S] = rate(row, v[FI_LOCK]);
	v[WAIT_P50] = quantile(row, FL_ROW_WAIT, 0.50);
	v[WAIT_P99] = quantile(row, FL_ROW_WAIT, 0.99);
	v[HOLD_P50] = quantile(row, FL_ROW_HOLD, 0.50);
	v[HOLD_P99] = quantile(row, FL_ROW_HOLD, 0.99);
	v[CEILING].known = fl_row_ceiling(row, &v[CEILING].d);
	v[CEILING].whole = false;
	v[GETXATTR] = count_if(row->mount && !row->file,
			       row->mount ? row->mount->counter[FL_MOUNT_GETXATTR_SECURITY] : 0);
	/* nobody counted: a row of zeros would say that nobody wrote */
	for (int i = 0; i < FIGURES && !row->ns; i++)
		v[i].known = false;
}

static const char *mount_name(const struct fl_row *row)
{
	return row->mount ? row->mount->path : NULL;
}

static const char *file_name(const struct fl_row *row)
{
	const struct fl_file_counts *f = row->file;

	return f && f->path ? f->path : f ? f->name : NULL;
}

static char *scaled(struct value v, char *buf, size_t len)
{
	return v.known ? fl_scaled(v.d, buf, len) : strncpy(buf, "-", len);
}

static char *short_time(struct value v, char *buf, size_t len)
{
	return v.known ? fl_short_duration(v.n, buf, len) : strncpy(buf, "-", len);
}

static void clock_text(__u64 real_ns, char *buf, size_t len)
{
	time_t t = real_ns / 1000000000;
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(buf, len, "%H:%M:%S", &tm);
}

static void text_header(const struct fl_stat_view *v, FILE *out)
{
	fprintf(out, "%8s %-37s %s %s %7s\n", "", "--------- takes per second ----------",
		"-- wait ---", "-- hold ---", "");
	fprintf(out, "%8s %7s %6s %6s %7s %8s %5s %5s %5s %5s %7s%s\n", "time", "writes", "excl",
		"shared", "upgrade", "fi->lock", "p50", "p99", "p50", "p99", "ceiling",
		v->files   ? "  file"
		: v->label ? "  mount"
			   : "");
}

static void text_row(const struct fl_stat_view *v, const struct fl_row *row,
		     const struct value *fig, FILE *out)
{
	static const struct {
		enum figure figure;
		int width;
	} columns[] = {
		{WRITES_PER_S, 7},   {EXCLUSIVE_PER_S, 6}, {SHARED_PER_S, 6},
		{UPGRADES_PER_S, 7}, {FI_LOCK_PER_S, 8},
	};
	char when[16], num[32];

	clock_text(v->real_ns, when, sizeof(when));
	fprintf(out, "%8s", when);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		fprintf(out, " %*s", columns[i].width,
			scaled(fig[columns[i].figure], num, sizeof(num)));
	for (int i = WAIT_P50; i <= HOLD_P99; i++)
		fprintf(out, " %5s", short_time(fig[i], num, sizeof(num)));
	fprintf(out, " %7s", scaled(fig[CEILING], num, sizeof(num)));
	if (v->files || v->label) {
		const char *name = v->files ? file_name(row) : mount_name(row);
		char *shown = name ? fl_escape(name) : NULL;

		if (row->file && row->file->is_other)
			fprintf(out, "  (other files)");
		else
			fprintf(out, "  %s", shown ? shown : row->dev ? "?" : "-");
		free(shown);
	}
	fprintf(out, "\n");
}

static void csv_name(const char *name, FILE *out)
{
	char *shown = name ? fl_escape(name) : NULL;

	if (shown) {
		fputc('"', out);
		for (const char *s = shown; *s; s++)
			fprintf(out, *s == '"' ? "\"\"" : "%c", *s);
		fputc('"', out);
	}
	free(shown);
}

static void csv_header(FILE *out)
{
	fprintf(out, "time_ns,interval_ns,mount,file,ino,route");
	for (int i = 0; i < FIGURES; i++)
		fprintf(out, ",%s", figure_names[i]);
	fprintf(out, "\n");
}

static void csv_row(const struct fl_stat_view *v, const struct fl_row *row, const struct value *fig,
		    FILE *out)
{
	fprintf(out, "%" PRIu64 ",", (uint64_t)v->real_ns);
	if (row->ns)
		fprintf(out, "%" PRIu64, (uint64_t)row->ns);
	fputc(',', out);
	csv_name(mount_name(row), out);
	fputc(',', out);
	csv_name(file_name(row), out);
	if (row->file && !row->file->is_other)
		fprintf(out, ",%" PRIu64 ",%s", (uint64_t)row->file->ino,
			fl_route_name(row->file->route));
	else
		fprintf(out, ",,");
	for (int i = 0; i < FIGURES; i++) {
		if (!fig[i].known)
			fputc(',', out);
		else if (fig[i].whole)
			fprintf(out, ",%" PRIu64, (uint64_t)fig[i].n);
		else
			fprintf(out, ",%.3f", fig[i].d);
	}
	fprintf(out, "\n");
}

static struct json_object *json_begin(const struct fl_stat_view *v, const char *kind)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "schema", json_object_new_string("fuselens.stat/1"));
	json_object_object_add(o, "kind", json_object_new_string(kind));
	fl_json_u64(o, "time_ns", v->real_ns);
	return o;
}

static struct json_object *reasons_json(const struct fl_totals *t)
{
	struct json_object *o = json_object_new_object();

	for (int i = 0; i < FL_REASONS; i++)
		if (t->reason[i])
			fl_json_u64(o, fl_reason_name(i), t->reason[i]);
	return o;
}

static struct json_object *rounded(double d)
{
	return json_object_new_double(round(d * 1000) / 1000);
}

static struct json_object *json_row(const struct fl_stat_view *v, const char *kind,
				    const struct fl_snapshot *s, const struct fl_row *row)
{
	struct json_object *o = json_begin(v, kind);
	struct value fig[FIGURES] = {};

	figures_of(s, row, fig);
	fl_json_u64_or_null(o, "interval_ns", row->ns, row->ns);
	json_object_object_add(o, "method", json_object_new_string(fl_method_name(s->method)));
	fl_json_name(o, "mount", mount_name(row));
	if (row->dev)
		fl_json_dev(o, "dev", row->dev);
	else
		json_object_object_add(o, "dev", NULL);
	fl_json_name(o, "file", file_name(row));
	fl_json_u64_or_null(o, "ino", row->file && !row->file->is_other,
			    row->file ? row->file->ino : 0);
	fl_json_name(o, "route",
		     row->file && !row->file->is_other ? fl_route_name(row->file->route) : NULL);
	for (int i = 0; i < FIGURES; i++) {
		if (fig[i].known && !fig[i].whole)
			json_object_object_add(o, figure_names[i], rounded(fig[i].d));
		else
			fl_json_u64_or_null(o, figure_names[i], fig[i].known, fig[i].n);
	}
	json_object_object_add(o, "reasons", row->ns ? reasons_json(&row->totals) : NULL);
	return o;
}

void fl_stat_header(const struct fl_stat_view *v, FILE *out)
{
	if (v->format == FL_STAT_TEXT)
		text_header(v, out);
	else if (v->format == FL_STAT_CSV)
		csv_header(out);
}

void fl_stat_row(const struct fl_stat_view *v, const struct fl_snapshot *s,
		 const struct fl_row *row, FILE *out)
{
	struct value fig[FIGURES] = {};

	if (v->format == FL_STAT_JSON) {
		fl_json_print(json_row(v, "interval", s, row), out, false);
		return;
	}
	figures_of(s, row, fig);
	if (v->format == FL_STAT_TEXT)
		text_row(v, row, fig, out);
	else
		csv_row(v, row, fig, out);
}

void fl_stat_note(const struct fl_stat_view *v, const struct fl_watch_note *note, FILE *out)
{
	struct json_object *o;

	if (v->format != FL_STAT_JSON)
		return;
	o = json_begin(v, "event");
	json_object_object_add(o, "event",
			       json_object_new_string(fl_watch_event_name(note->event)));
	fl_json_name(o, "text", note->text);
	fl_json_print(o, out, false);
}

void fl_stat_total(const struct fl_stat_view *v, const struct fl_snapshot *s,
		   const struct fl_row *row, const struct fl_verdict *verdict, FILE *out)
{
	const struct fl_totals *t = &row->totals;
	char n[4][32], took[24];
	struct json_object *o;

	if (v->format == FL_STAT_CSV)
		return;
	if (v->format == FL_STAT_JSON) {
		o = json_row(v, "total", s, row);
		json_object_object_add(o, "verdict",
				       json_object_new_string(fl_verdict_name(verdict->kind)));
		json_object_object_add(o, "why", json_object_new_string(verdict->why));
		fl_json_print(o, out, false);
		return;
	}
	fprintf(out, "%s writes in %s: %s exclusive, %s shared; %s lost. %s: %s\n",
		fl_grouped(t->writes, n[0], sizeof(n[0])), fl_duration(row->ns, took, sizeof(took)),
		fl_grouped(t->exclusive, n[1], sizeof(n[1])),
		fl_grouped(t->shared, n[2], sizeof(n[2])), fl_grouped(t->lost, n[3], sizeof(n[3])),
		fl_verdict_name(verdict->kind), verdict->why);
}
