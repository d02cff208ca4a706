// SPDX-License-Identifier: GPL-2.0-only
/* fuselens report: a result directory, or two compared. Needs nothing but the directories. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "args.h"
#include "cmd.h"
#include "report/gnuplot.h"
#include "report/output.h"
#include "report/sections.h"
#include "result/dir.h"
#include "util/file.h"
#include "util/say.h"

enum format {
	FORMAT_TEXT,
	FORMAT_MD,
	FORMAT_HTML,
	FORMAT_CSV,
	FORMATS,
};

static const struct {
	const char *name;
	void (*render)(const struct fl_doc *doc, FILE *out);
	fl_draw *one, *several;
} formats[FORMATS] = {
	[FORMAT_TEXT] = {"text", fl_doc_text, NULL, NULL},
	[FORMAT_MD] = {"md", fl_doc_markdown, NULL, NULL},
	[FORMAT_HTML] = {"html", fl_doc_html, fl_draw_one, fl_draw_several},
	/* rows, not a document */
	[FORMAT_CSV] = {"csv", NULL, NULL, NULL},
};

struct args {
	const char *dir[FL_MAX_RESULTS];
	int ndirs;
	enum format format;
	const char *reference, *output;
};

static int set_format(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	for (int i = 0; i < FORMATS; i++) {
		if (strcmp(formats[i].name, arg))
			continue;
		*(enum format *)to = i;
		return 0;
	}
	return fl_err(err, "%s: '%s' is none of text, md, html and csv", o->name, arg);
}

static int set_gnuplot(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	fl_plot_program(arg);
	return 0;
}

static void format_words(FILE *out)
{
	for (int i = 0; i < FORMATS; i++)
		fprintf(out, "%s%s", i ? " " : "", formats[i].name);
}

static const struct fl_option options[] = {
	{0, "--format", "F",
	 "text (80 columns), md, html, or csv with one line per row (default text)",
	 FL_SET(set_format, struct args, format), .words = format_words},
	{0, "--reference", "WHAT",
	 "show a published table (CSV), or an earlier result, beside the results",
	 FL_INTO(struct args, reference)},
	{'o', "--output", "FILE", "write to FILE instead of stdout", FL_INTO(struct args, output)},
	{0, "--gnuplot", "FILE",
	 "the gnuplot to run; root's default comes from the system's directories",
	 .set = set_gnuplot},
	{},
};

/* -1: go on; otherwise the exit code. */
static int parse(struct args *a, int argc, char **argv)
{
	struct fl_args args;
	int ret = fl_args_parse(&args, &fl_cmd_report, a, argc, argv);

	if (ret >= 0)
		return ret;
	for (; a->ndirs < args.noperands; a->ndirs++)
		a->dir[a->ndirs] = args.operand[a->ndirs];
	if (!a->ndirs)
		return fl_usage_error("report", false, "which result directory?");
	return -1;
}

/* The last component, however the path ends. */
static void base_name(const char *path, char *buf, size_t len)
{
	size_t n = strlen(path), start;

	while (n > 1 && path[n - 1] == '/')
		n--;
	for (start = n; start && path[start - 1] != '/'; start--)
		;
	snprintf(buf, len, "%.*s", (int)(n - start), path + start);
}

static int read_result(const char *path, struct fl_bench *bench, struct fl_err *err)
{
	struct fl_result_dir dir;
	int ret;

	if (fl_result_open(&dir, path, err))
		return -1;
	ret = fl_result_read(&dir, bench, err);
	fl_result_close(&dir);
	return ret;
}

/* A result that was read, and its analysis. */
struct result {
	struct fl_bench bench;
	struct fl_analysis analysis;
	char name[256];
};

static int load(const char *path, struct result *r, struct fl_err *err)
{
	if (read_result(path, &r->bench, err))
		return -1;
	if (!r->bench.nrows) {
		fl_err(err, "%s holds no finished row", path);
		return fl_hint(err,
			       "was it interrupted? 'fuselens bench --resume -o DIR' runs them");
	}
	if (fl_analyse(&r->analysis, &r->bench))
		return fl_err(err, "out of memory");
	base_name(path, r->name, sizeof(r->name));
	return 0;
}

static void unload(struct result *r)
{
	fl_analysis_free(&r->analysis);
	fl_bench_free(&r->bench);
}

/* Levels are compared by their place on the axis, so all results need the same axis. */
static int check_axis(const struct result *x, const struct result *y, struct fl_err *err)
{
	const struct fl_bench *a = &x->bench, *b = &y->bench;
	bool same = !strcmp(fl_axis_name(a), fl_axis_name(b));

	if (same && a->sweep)
		same = a->nsweep_values == b->nsweep_values &&
		       !memcmp(a->sweep_value, b->sweep_value, sizeof(a->sweep_value));
	if (same)
		return 0;
	fl_err(err, "%s varies %.32s and %s varies %.32s%s", x->name, fl_axis_name(a), y->name,
	       fl_axis_name(b), a->sweep && b->sweep ? ", by other values" : "");
	return fl_hint(err, "only results that vary the same thing can be compared");
}

/* How much of the beginning of all paths is the same, in whole components. */
static size_t common_length(const struct args *a, const char *reference)
{
	size_t n = 0, whole = 0;

	for (; a->dir[0][n]; n++) {
		for (int i = 1; i < a->ndirs; i++)
			if (a->dir[i][n] != a->dir[0][n])
				return whole;
		if (reference && reference[n] != a->dir[0][n])
			return whole;
		if (a->dir[0][n] == '/')
			whole = n + 1;
	}
	return whole;
}

static const char *without(const char *path, size_t beginning)
{
	return path[beginning] ? path + beginning : path;
}

/* "before/r" and "after/r" have the same last component, so more of the paths is used. */
static void tell_apart(const struct args *a, struct result *r, struct result *earlier)
{
	bool same = false;
	size_t from;

	for (int i = 0; i < a->ndirs; i++) {
		same |= !strcmp(r[i].name, earlier->name);
		for (int k = 0; k < i; k++)
			same |= !strcmp(r[i].name, r[k].name);
	}
	if (!same)
		return;
	from = common_length(a, *earlier->name ? a->reference : NULL);
	for (int i = 0; i < a->ndirs; i++)
		snprintf(r[i].name, sizeof(r[i].name), "%s", without(a->dir[i], from));
	if (*earlier->name)
		snprintf(earlier->name, sizeof(earlier->name), "%s", without(a->reference, from));
}

/* A directory is an earlier result, which goes to earlier; anything else is a table. */
static int read_reference(const char *path, const struct result *first, struct fl_reference *ref,
			  struct result *earlier, struct fl_err *err)
{
	struct stat st;
	size_t len;
	char *text;
	int ret = -1;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return load(path, earlier, err) ? -1 : check_axis(first, earlier, err);
	if (first->bench.sweep) {
		fl_err(err, "%s varies %.32s, and a published table numbers of jobs", first->name,
		       fl_axis_name(&first->bench));
		return fl_hint(err, "give --reference an earlier result of the same sweep");
	}
	text = fl_read_file(path, &len, err);
	if (text)
		ret = fl_reference_parse(ref, text, err);
	free(text);
	return ret;
}

static int render(const struct args *a, const struct fl_results *r, struct fl_err *err)
{
	struct fl_doc doc = {};
	FILE *out = NULL;
	int ret = -1;

	if (a->format != FORMAT_CSV && r->n == 1)
		fl_report_one(&doc, r->a[0], r->ref, formats[a->format].one);
	else if (a->format != FORMAT_CSV)
		fl_report_several(&doc, r, formats[a->format].several);
	if (doc.failed)
		fl_err(err, "out of memory");
	else
		out = fl_report_output(a->output, a->dir, a->ndirs, a->reference, err);
	if (out && a->format == FORMAT_CSV)
		fl_report_csv(r, out);
	else if (out)
		formats[a->format].render(&doc, out);
	if (out)
		ret = fl_report_output_end(out, a->output, err);
	if (!ret && fl_plot_none()) {
		fl_say("fuselens: plots are missing from the page: %s", fl_plot_none());
		fl_say("hint: plots need a gnuplot that works (Debian's package is called gnuplot-nox); --gnuplot names one");
	}
	fl_doc_free(&doc);
	return ret;
}

static int report(const struct args *a, struct fl_err *err)
{
	struct result *result = calloc(a->ndirs, sizeof(*result));
	struct fl_reference ref = {};
	struct result earlier = {};
	struct fl_results r = {.n = a->ndirs};
	int ret = 0;

	if (!result)
		return fl_err(err, "out of memory");
	for (int i = 0; i < a->ndirs && !ret; i++) {
		ret = load(a->dir[i], &result[i], err);
		r.a[i] = &result[i].analysis;
		r.name[i] = result[i].name;
	}
	for (int i = 1; i < a->ndirs && !ret; i++)
		ret = check_axis(&result[0], &result[i], err);
	if (!ret && a->reference) {
		ret = read_reference(a->reference, &result[0], &ref, &earlier, err);
		r.ref = &ref;
	}
	if (!ret)
		tell_apart(a, result, &earlier);
	if (!ret && *earlier.name && fl_reference_of(&ref, earlier.name, &earlier.analysis))
		ret = fl_err(err, "out of memory");
	if (!ret)
		ret = render(a, &r, err);
	fl_reference_free(&ref);
	unload(&earlier);
	for (int i = 0; i < a->ndirs; i++)
		unload(&result[i]);
	free(result);
	return ret;
}

static int run(int argc, char **argv, struct fl_kernel *kernel)
{
	struct args a = {};
	struct fl_err err = {};
	int ret = parse(&a, argc, argv);

	if (ret >= 0)
		return ret;
	return report(&a, &err) ? fl_fail(&err, false) : FL_EXIT_OK;
}

const struct fl_command fl_cmd_report = {
	.name = "report",
	.summary = "a result, or several compared, as text, Markdown, HTML or CSV",
	.usage = "RESULT_DIR... [OPTIONS]",
	.about =
		"Renders a result of 'fuselens bench'. Of several results, up to 8, the others are compared with the first. Needs no privilege, and runs on any machine.",
	.options = options,
	.max_operands = FL_MAX_RESULTS,
	.one_too_many = "at most 8 results",
	.apart = true,
	.run = run,
};
