// SPDX-License-Identifier: GPL-2.0-only
#include "verify/print.h"

#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "cmd.h"
#include "util/json.h"
#include "util/table.h"
#include "util/text.h"

int fl_verify_exit_code(const struct fl_case_report *cases, size_t n)
{
	enum fl_outcome worst = FL_OUTCOME_PASS;

	for (size_t i = 0; i < n; i++)
		worst = fl_outcome_worse(worst, cases[i].result);
	if (!n || worst == FL_OUTCOME_INCONCLUSIVE)
		return FL_EXIT_INCONCLUSIVE;
	return worst == FL_OUTCOME_FAIL ? FL_EXIT_NEGATIVE : FL_EXIT_OK;
}

static const char *colour_of(enum fl_outcome result)
{
	static const char *const codes[FL_OUTCOMES] = {
		[FL_OUTCOME_PASS] = "\033[1;32m",
		[FL_OUTCOME_INCONCLUSIVE] = "\033[1;35m",
		[FL_OUTCOME_FAIL] = "\033[1;31m",
	};

	return codes[result];
}

void fl_verify_line(const struct fl_case_report *r, FILE *out, bool colour)
{
	char n[32], took[24];

	fprintf(out, "%-12s %s%s%s  %s writes, %s%s%s\n", r->def->name,
		colour ? colour_of(r->result) : "", fl_outcome_name(r->result),
		colour ? "\033[0m" : "", fl_grouped(r->totals.writes, n, sizeof(n)),
		fl_duration(r->took_ns, took, sizeof(took)), r->why[0] ? ": " : "", r->why);
}

/* Lists the reasons of exclusive writes, the most frequent first. */
static void reasons_of(const struct fl_totals *t, char *buf, size_t len)
{
	__u64 left[FL_REASONS];
	size_t used = 0;

	memcpy(left, t->reason, sizeof(left));
	snprintf(buf, len, "-");
	for (;;) {
		int best = 0;

		for (int r = 1; r < FL_REASONS; r++)
			if (left[r] > left[best])
				best = r;
		if (!left[best] || used >= len)
			return;
		left[best] = 0;
		used += snprintf(buf + used, len - used, "%s%s", used ? "," : "",
				 fl_reason_name(best));
	}
}

static void size_cell(struct fl_table *t, const struct fl_case_page *p)
{
	char is[32], want[32];

	if (!p->has_size)
		fl_table_cell(t, "-");
	else if (p->size_ok)
		fl_table_cell(t, "%s", fl_bytes(p->size, is, sizeof(is)));
	else
		fl_table_cell(t, "%s, not %s", fl_bytes(p->size, is, sizeof(is)),
			      fl_bytes(p->want_size, want, sizeof(want)));
}

static const char *data_word(const struct fl_case_report *r)
{
	if (r->page.data == FL_OUTCOME_FAIL)
		return "BAD";
	return r->page.data == FL_OUTCOME_PASS && r->ran ? "ok" : "?";
}

static void table_text(const struct fl_verify_report *v, FILE *out)
{
	static const char *const heads[] = {"case",	"result", "writes", "exclusive", "shared",
					    "upgrades", "size",	  "data",   "time",	 "reasons"};
	struct fl_table *t = fl_table_new(10);

	fl_table_align(t, "llrrrrrlrl");
	for (int i = 0; i < 10; i++)
		fl_table_cell(t, "%s", heads[i]);
	for (size_t i = 0; i < v->ncases; i++) {
		const struct fl_case_report *r = &v->cases[i];
		char n[4][32], took[24], reasons[160];

		reasons_of(&r->totals, reasons, sizeof(reasons));
		fl_table_cell(t, "%s", r->def->name);
		fl_table_cell(t, "%s", fl_outcome_name(r->result));
		fl_table_cell(t, "%s", fl_grouped(r->totals.writes, n[0], sizeof(n[0])));
		fl_table_cell(t, "%s", fl_grouped(r->totals.exclusive, n[1], sizeof(n[1])));
		fl_table_cell(t, "%s", fl_grouped(r->totals.shared, n[2], sizeof(n[2])));
		fl_table_cell(t, "%s",
			      r->upgrades_known ? fl_grouped(r->upgrades, n[3], sizeof(n[3]))
						: "-");
		size_cell(t, &r->page);
		fl_table_cell(t, "%s", data_word(r));
		fl_table_cell(t, "%s", fl_duration(r->took_ns, took, sizeof(took)));
		fl_table_cell(t, "%s", reasons);
	}
	fl_table_print(t, out, 2);
	fl_table_free(t);
}

/* Prints a line, broken between words where necessary, with further lines indented. */
static void wrapped(const char *name, const char *text, size_t len, FILE *out)
{
	int column = fprintf(out, "  %s:", name);

	while (len) {
		size_t word = 0;

		while (word < len && text[word] != ' ')
			word++;
		if (column + 1 + word > 80)
			column = fprintf(out, "\n     ") - 1;
		column += fprintf(out, " %.*s", (int)word, text);
		text += word;
		len -= word;
		while (len && *text == ' ') {
			text++;
			len--;
		}
	}
	fputc('\n', out);
}

/* Prints every line of text with the case's name in front. */
static void lines_text(const char *name, const char *text, FILE *out)
{
	while (*text) {
		const char *eol = strchrnul(text, '\n');

		wrapped(name, text, eol - text, out);
		text = *eol ? eol + 1 : eol;
	}
}

/* Whether an earlier file of the case has the same remark. */
static bool said_before(const struct fl_case_report *r, __u32 leg)
{
	for (__u32 l = 0; l < leg; l++)
		if (!strcmp(r->leg[l].note, r->leg[leg].note))
			return true;
	return false;
}

static void remarks_text(const struct fl_verify_report *v, FILE *out)
{
	for (size_t i = 0; i < v->ncases; i++) {
		const struct fl_case_report *r = &v->cases[i];

		lines_text(r->def->name, r->why, out);
		lines_text(r->def->name, r->where, out);
		if (r->stuck)
			fprintf(out,
				"  %s: the kernel holds %d processes, which could not be ended\n",
				r->def->name, r->stuck);
		lines_text(r->def->name, r->page.note, out);
		for (__u32 l = 0; l < r->page.nlegs; l++) {
			/* a graver finding is printed above; this one is also true */
			if (!strstr(r->why, r->leg[l].why))
				lines_text(r->def->name, r->leg[l].why, out);
			if (!said_before(r, l))
				lines_text(r->def->name, r->leg[l].note, out);
		}
	}
}

static const char *mode_text(const struct fl_verify_report *v, char *buf, size_t len)
{
	for (size_t i = 0; i < v->ncases; i++) {
		const struct fl_leg_facts *f = &v->cases[i].facts[0];

		if (!f->known)
			continue;
		snprintf(buf, len, "route %s, FOPEN_PARALLEL_DIRECT_WRITES %s",
			 fl_route_name(f->route), f->parallel ? "in force" : "not in force");
		return buf;
	}
	return "route not known";
}

void fl_verify_text(const struct fl_verify_report *v, FILE *out, bool colour)
{
	size_t count[FL_OUTCOMES] = {};
	enum fl_outcome worst = FL_OUTCOME_PASS;
	char mode[96], took[24], *target = fl_escape(v->target);

	for (size_t i = 0; i < v->ncases; i++) {
		count[v->cases[i].result]++;
		worst = fl_outcome_worse(worst, v->cases[i].result);
	}
	fprintf(out, "%s%zu passed, %zu failed, %zu inconclusive%s  %s%s\n",
		colour ? colour_of(worst) : "", count[FL_OUTCOME_PASS], count[FL_OUTCOME_FAIL],
		count[FL_OUTCOME_INCONCLUSIVE], colour ? "\033[0m" : "",
		fl_duration(v->took_ns, took, sizeof(took)),
		v->interrupted ? " (interrupted)" : "");
	fprintf(out, "  %s (%s), kernel %s\n  %s\n", target ? target : "?", v->fstype,
		v->world->kernel[0] ? v->world->kernel : "?", mode_text(v, mode, sizeof(mode)));
	if (v->world->method_why[0])
		fprintf(out, "  evidence: %s (%s)\n", fl_method_name(v->world->method),
			v->world->method_why);
	fprintf(out, "\n");
	table_text(v, out);
	fprintf(out, "\n");
	remarks_text(v, out);
	fflush(out);
	free(target);
}

static struct json_object *reasons_json(const struct fl_totals *t)
{
	struct json_object *o = json_object_new_object();

	for (int r = 0; r < FL_REASONS; r++)
		if (t->reason[r])
			fl_json_u64(o, fl_reason_name(r), t->reason[r]);
	return o;
}

static void add_counts(struct json_object *o, const struct fl_totals *t)
{
	struct json_object *routes;

	fl_json_u64(o, "writes", t->writes);
	fl_json_u64(o, "exclusive", t->exclusive);
	fl_json_u64(o, "shared", t->shared);
	fl_json_u64(o, "untold", t->unknown);
	routes = fl_json_object(o, "writes_by_route");
	for (int i = 0; i < FL_ROUTES; i++)
		if (t->by_route[i])
			fl_json_u64(routes, fl_route_name(i), t->by_route[i]);
	json_object_object_add(o, "reasons", reasons_json(t));
}

static void add_text(struct json_object *o, const char *key, const char *text)
{
	fl_json_name(o, key, text[0] ? text : NULL);
}

static struct json_object *leg_json(const struct fl_case_report *r, __u32 i)
{
	const struct fl_leg *leg = &r->page.leg[i];
	const struct fl_leg_facts *f = &r->facts[i];
	struct json_object *o = json_object_new_object();

	fl_json_name(o, "file", leg->name);
	fl_json_name(o, "route", f->known ? fl_route_name(f->route) : NULL);
	json_object_object_add(o, "parallel_in_force",
			       f->known ? json_object_new_boolean(f->parallel) : NULL);
	fl_json_name(o, "expected_lock", f->known ? fl_expect_name(r->leg[i].expect) : NULL);
	fl_json_name(o, "result", fl_outcome_name(r->leg[i].result));
	fl_json_u64(o, "writes_made", leg->done);
	add_counts(o, &r->leg[i].totals);
	fl_json_u64(o, "past_eof", r->leg[i].past_eof);
	add_text(o, "why", r->leg[i].why);
	add_text(o, "note", r->leg[i].note);
	return o;
}

static struct json_object *case_json(const struct fl_case_report *r)
{
	struct json_object *o = json_object_new_object(), *legs;
	const struct fl_case_page *p = &r->page;

	fl_json_name(o, "case", r->def->name);
	fl_json_name(o, "what", r->def->what);
	fl_json_name(o, "expected_because", r->def->why);
	fl_json_name(o, "result", fl_outcome_name(r->result));
	add_text(o, "why", r->why);
	add_text(o, "kernel_defect", r->defect);
	add_counts(o, &r->totals);
	fl_json_u64_or_null(o, "upgrades", r->upgrades_known, r->upgrades);
	fl_json_u64_or_null(o, "size_bytes", p->has_size, p->size);
	fl_json_u64_or_null(o, "expected_size_bytes", p->has_size, p->want_size);
	fl_json_name(o, "data",
		     r->page.data == FL_OUTCOME_PASS && !r->ran ? NULL
								: fl_outcome_name(r->page.data));
	fl_json_bool(o, "rule_broken_without_harm", r->lax);
	fl_json_bool(o, "hung", r->hung);
	add_text(o, "where_it_hangs", r->where);
	fl_json_u64(o, "stuck_processes", r->stuck);
	add_text(o, "note", p->note);
	fl_json_u64(o, "duration_ns", r->took_ns);
	legs = fl_json_array(o, "files");
	for (__u32 i = 0; i < p->nlegs; i++)
		json_object_array_add(legs, leg_json(r, i));
	return o;
}

void fl_verify_json(const struct fl_verify_report *v, FILE *out)
{
	struct json_object *o = json_object_new_object(), *cases = json_object_new_array();

	fl_json_name(o, "schema", "fuselens.verify/1");
	fl_json_name(o, "target", v->target);
	fl_json_name(o, "fstype", v->fstype);
	fl_json_name(o, "source", v->source);
	fl_json_name(o, "kernel", v->world->kernel[0] ? v->world->kernel : NULL);
	fl_json_name(o, "method",
		     v->world->method_why[0] ? fl_method_name(v->world->method) : NULL);
	fl_json_u64(o, "exit_code", fl_verify_exit_code(v->cases, v->ncases));
	fl_json_bool(o, "interrupted", v->interrupted);
	fl_json_bool(o, "quick", v->world->opts->quick);
	fl_json_u64(o, "duration_ns", v->took_ns);
	for (size_t i = 0; i < v->ncases; i++)
		json_object_array_add(cases, case_json(&v->cases[i]));
	json_object_object_add(o, "cases", cases);
	fl_json_print(o, out, true);
}
