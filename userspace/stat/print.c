// SPDX-License-Identifier: GPL-2.0-only
#include "stat/print.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "stat/columns.h"
#include "stat/figures.h"
#include "util/json.h"
#include "util/text.h"

static void csv_header(FILE *out)
{
	fprintf(out, "time_ns,interval_ns,mount,file,ino,route");
	for (int i = 0; i < FL_STAT_FIGURES; i++)
		fprintf(out, ",%s", fl_stat_figure_name(i));
	fprintf(out, "\n");
}

static void csv_row(const struct fl_stat_view *v, const struct fl_row *row,
		    const struct fl_stat_value *fig, FILE *out)
{
	fprintf(out, "%" PRIu64 ",", (uint64_t)v->real_ns);
	if (row->ns)
		fprintf(out, "%" PRIu64, (uint64_t)row->ns);
	fputc(',', out);
	fl_csv_name(out, fl_stat_mount_name(row));
	fputc(',', out);
	fl_csv_name(out, fl_stat_file_name(row));
	if (row->file && !row->file->is_other)
		fprintf(out, ",%" PRIu64 ",%s", (uint64_t)row->file->ino,
			fl_route_name(row->file->route));
	else
		fprintf(out, ",,");
	for (int i = 0; i < FL_STAT_FIGURES; i++) {
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

	fl_json_name(o, "schema", "fuselens.stat/1");
	fl_json_name(o, "kind", kind);
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
	struct fl_stat_value fig[FL_STAT_FIGURES] = {};

	fl_stat_figures(s, row, fig);
	fl_json_u64_or_null(o, "interval_ns", row->ns, row->ns);
	fl_json_name(o, "method", fl_method_name(s->method));
	fl_json_name(o, "mount", fl_stat_mount_name(row));
	if (row->dev)
		fl_json_dev(o, "dev", row->dev);
	else
		json_object_object_add(o, "dev", NULL);
	fl_json_name(o, "file", fl_stat_file_name(row));
	fl_json_u64_or_null(o, "ino", row->file && !row->file->is_other,
			    row->file ? row->file->ino : 0);
	fl_json_name(o, "route",
		     row->file && !row->file->is_other ? fl_route_name(row->file->route) : NULL);
	for (int i = 0; i < FL_STAT_FIGURES; i++) {
		if (fig[i].known && !fig[i].whole)
			json_object_object_add(o, fl_stat_figure_name(i), rounded(fig[i].d));
		else
			fl_json_u64_or_null(o, fl_stat_figure_name(i), fig[i].known, fig[i].n);
	}
	json_object_object_add(o, "reasons", row->ns ? reasons_json(&row->totals) : NULL);
	return o;
}

void fl_stat_header(const struct fl_stat_view *v, FILE *out)
{
	if (v->format == FL_STAT_TEXT)
		fl_stat_columns_header(v, out);
	else if (v->format == FL_STAT_CSV)
		csv_header(out);
}

void fl_stat_row(const struct fl_stat_view *v, const struct fl_snapshot *s,
		 const struct fl_row *row, FILE *out)
{
	struct fl_stat_value fig[FL_STAT_FIGURES] = {};
	__u64 all = 0;

	if (v->format == FL_STAT_JSON) {
		fl_json_print(json_row(v, "interval", s, row), out, false);
		return;
	}
	fl_stat_figures(s, row, fig);
	for (size_t i = 0; i < s->nfiles; i++)
		all += fl_file_writes(&s->file[i]);
	if (v->format == FL_STAT_TEXT)
		fl_stat_columns_row(v, row, fig, all, out);
	else
		csv_row(v, row, fig, out);
}

void fl_stat_note(const struct fl_stat_view *v, const struct fl_watch_note *note, FILE *out)
{
	struct json_object *o;

	if (v->format != FL_STAT_JSON)
		return;
	o = json_begin(v, "event");
	fl_json_name(o, "event", fl_watch_event_name(note->event));
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
		fl_json_name(o, "verdict", fl_verdict_name(verdict->kind));
		fl_json_name(o, "why", verdict->why);
		fl_json_print(o, out, false);
		return;
	}
	fprintf(out, "%s writes in %s: %s exclusive, %s shared; %s lost. %s: %s\n",
		fl_grouped(t->writes, n[0], sizeof(n[0])), fl_duration(row->ns, took, sizeof(took)),
		fl_grouped(t->exclusive, n[1], sizeof(n[1])),
		fl_grouped(t->shared, n[2], sizeof(n[2])), fl_grouped(t->lost, n[3], sizeof(n[3])),
		fl_verdict_name(verdict->kind), verdict->why);
}
