// SPDX-License-Identifier: GPL-2.0-only
/* fuselens report: a result directory, or two compared. Needs nothing but the directories. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cmd.h"
#include "report/gnuplot.h"
#include "report/sections.h"
#include "result/dir.h"
#include "util/file.h"

enum format {
	FORMAT_TEXT,
	FORMAT_MD,
	FORMAT_HTML,
	FORMATS,
};

static const struct {
	const char *name;
	void (*render)(const struct fl_doc *doc, FILE *out);
	const struct fl_figures *figures;
} formats[FORMATS] = {
	[FORMAT_TEXT] = {"text", fl_doc_text, NULL},
	[FORMAT_MD] = {"md", fl_doc_markdown, NULL},
	[FORMAT_HTML] = {"html", fl_doc_html, &fl_plots},
};

struct args {
	const char *dir[2];
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
	return fl_err(err, "%s: '%s' is none of text, md and html", o->name, arg);
}

static int set_gnuplot(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	fl_plot_program(arg);
	return 0;
}

static const struct fl_option options[] = {
	{0, "--format", "F", "text (80 columns), md or html (default text)",
	 FL_SET(set_format, struct args, format)},
	{0, "--reference", "CSV", "show a published table beside one result",
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
	if (a->reference && a->ndirs == 2)
		return fl_usage_error("report", false,
				      "--reference goes with one result, not with two");
	return -1;
}

static int read_reference(const char *path, struct fl_reference *ref, struct fl_err *err)
{
	size_t len;
	char *text = fl_read_file(path, &len, err);
	int ret = text ? fl_reference_parse(ref, text, err) : -1;

	free(text);
	return ret;
}

static int write_out(const struct args *a, const struct fl_doc *doc, struct fl_err *err)
{
	FILE *out = a->output ? fopen(a->output, "we") : stdout;
	int bad;

	if (!out)
		return fl_errno(err, errno, "cannot write %s", a->output);
	formats[a->format].render(doc, out);
	bad = fflush(out) || ferror(out);
	if (a->output)
		bad |= fclose(out);
	return bad ? fl_errno(err, errno, "cannot write %s", a->output ? a->output : "stdout") : 0;
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

static int report(const struct args *a, struct fl_err *err)
{
	struct fl_bench bench[2] = {};
	struct fl_analysis analysis[2] = {};
	struct fl_reference ref = {};
	struct fl_doc doc = {};
	char name[2][256];
	int ret = -1;

	for (int i = 0; i < a->ndirs; i++) {
		if (read_result(a->dir[i], &bench[i], err))
			goto out;
		if (!bench[i].nrows) {
			fl_err(err, "%s holds no finished row", a->dir[i]);
			fl_hint(err, "'fuselens bench --resume -o %.200s' runs them", a->dir[i]);
			goto out;
		}
		if (fl_analyse(&analysis[i], &bench[i])) {
			fl_err(err, "out of memory");
			goto out;
		}
		base_name(a->dir[i], name[i], sizeof(name[i]));
	}
	/* "before/r" and "after/r" have the same last component, so print more of the paths */
	if (a->ndirs == 2 && !strcmp(name[0], name[1]))
		for (int i = 0; i < 2; i++)
			snprintf(name[i], sizeof(name[i]), "%s", a->dir[i]);
	if (a->reference && read_reference(a->reference, &ref, err))
		goto out;
	if (a->ndirs == 2)
		fl_report_two(&doc, &analysis[0], &analysis[1], name[0], name[1],
			      formats[a->format].figures);
	else
		fl_report_one(&doc, &analysis[0], a->reference ? &ref : NULL,
			      formats[a->format].figures);
	ret = doc.failed ? fl_err(err, "out of memory") : write_out(a, &doc, err);
out:
	fl_doc_free(&doc);
	fl_reference_free(&ref);
	for (int i = 0; i < 2; i++) {
		fl_analysis_free(&analysis[i]);
		fl_bench_free(&bench[i]);
	}
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
	.summary = "a result, or two compared, as text, Markdown or HTML",
	.usage = "RESULT_DIR [RESULT_DIR2] [OPTIONS]",
	.about =
		"Renders a result of 'fuselens bench', or compares two. Needs no privilege, and runs on any machine.",
	.options = options,
	.max_operands = 2,
	.one_too_many = "at most two results",
	.run = run,
};
