// SPDX-License-Identifier: GPL-2.0-only
#include "report/gnuplot.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/capture.h"
#include "util/program.h"

/* Colours that no plot would use by itself. The last number selects a CSS variable. */
static const char *const colours[] = {
	"fg",	  "muted",   "line", "mount", "raw",  "exclusive",
	"shared", "upgrade", "spin", "other", "card",
};
#define NCOLOURS (sizeof(colours) / sizeof(colours[0]))

static const char preamble[] =
	"set encoding utf8\n"
	"set border 1 linecolor @LINE linewidth 1\n"
	"set tics nomirror scale 0 textcolor @MUTED\n"
	"set grid ytics linetype 1 dashtype solid linecolor @LINE linewidth 1\n"
	"set key outside top left horizontal Left reverse samplen 1.4 width 0.5 textcolor @FG\n"
	"set xlabel textcolor @MUTED\n"
	"set ylabel textcolor @MUTED\n"
	"set datafile missing 'NaN'\n"
	"set style fill solid 0.85 noborder\n"
	"set lmargin 6.5\n"
	"set rmargin 2\n"
	"set yrange [0:*]\n"
	"set format y '%.0s%c'\n";

static const char *program;
static char none[sizeof(((struct fl_err *)0)->what)]; /* why a figure could not be drawn */

void fl_plot_program(const char *file)
{
	program = file;
}

int fl_plot_begin(struct fl_plot *p)
{
	*p = (struct fl_plot){.width = 460, .height = 290};
	p->script = open_memstream(&p->text, &p->len);
	if (!p->script)
		return -1;
	fputs(preamble, p->script);
	return 0;
}

char *fl_plot_name(const char *name, char *buf, size_t len)
{
	size_t o = 0;

	for (; *name && o + 1 < len; name++)
		buf[o++] = isalnum((unsigned char)*name) || strchr(" .,+-/", *name) ? *name : '_';
	buf[o] = '\0';
	return buf;
}

/* Replaces "@MOUNT" and the like by the colour that stands for it. */
static char *expand(const char *script, int width, int height)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	if (!f)
		return NULL;
	fprintf(f, "set terminal svg size %d,%d dynamic noenhanced font 'sans-serif,14'\n", width,
		height);
	while (*script) {
		size_t i = NCOLOURS, n = 0;

		if (*script == '@')
			for (i = 0; i < NCOLOURS; i++) {
				n = strlen(colours[i]);
				if (!strncasecmp(script + 1, colours[i], n) &&
				    !isalpha((unsigned char)script[n + 1]))
					break;
			}
		if (i < NCOLOURS) {
			fprintf(f, "rgb '#0102%02zx'", i + 3);
			script += n + 1;
		} else {
			fputc(*script++, f);
		}
	}
	return fclose(f) ? NULL : out;
}

static void put_escaped(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", f);
		else if (*text == '<')
			fputs("&lt;", f);
		else if (*text == '>')
			fputs("&gt;", f);
		else if ((unsigned char)*text >= 0x20)
			fputc(*text, f);
	}
}

/* The CSS variable for the "rgb(1, 2, N)" at p; sets *n to the length of that text. */
static const char *colour_at(const char *p, int *n)
{
	int r, g, b;

	*n = 0;
	if (sscanf(p, "rgb(%d,%d,%d)%n", &r, &g, &b, n) != 3 || !*n || r != 1 || g != 2 || b < 3 ||
	    (size_t)b - 3 >= NCOLOURS)
		return NULL;
	return colours[b - 3];
}

struct rule {
	const char *from, *to; /* "%" in to stands for the figure's number */
};

static const struct rule rules[] = {
	{" id=\"gnuplot_canvas\"", ""},
	{"id='gp", "id='f%-"},
	{"'#gp", "'#f%-"},
	{"id=\"gnuplot_plot_", "id=\"f%-plot-"},
	{" font-family=\"sans-serif\"", ""},
	{"\"black\"", "\"var(--fg)\""},
	{"\"#000000\"", "\"var(--fg)\""},
	{"\"white\"", "\"var(--card)\""},
	{"'white'", "'var(--card)'"},
	{"\"gray\"", "\"var(--muted)\""},
};

static const struct rule *rule_at(const char *p)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!strncmp(p, rules[i].from, strlen(rules[i].from)))
			return &rules[i];
	return NULL;
}

/* Finds the end of an element that is left out: gnuplot's tooltips and filters are useless here. */
static const char *skipped(const char *p)
{
	static const char *const gone[][2] = {
		{"<title>", "</title>"},
		{"<filter ", "</filter>"},
	};

	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		const char *end;

		if (strncmp(p, gone[i][0], strlen(gone[i][0])))
			continue;
		end = strstr(p, gone[i][1]);
		return end ? end + strlen(gone[i][1]) : NULL;
	}
	return NULL;
}

static void adapt_body(FILE *f, const char *p, unsigned int number)
{
	while (*p) {
		const struct rule *rule = rule_at(p);
		const char *after = skipped(p), *colour;
		int n;

		if (after) {
			p = after;
		} else if (rule) {
			for (const char *t = rule->to; *t; t++) {
				if (*t == '%')
					fprintf(f, "%u", number);
				else
					fputc(*t, f);
			}
			p += strlen(rule->from);
		} else if (*p == 'r' && (colour = colour_at(p, &n))) {
			fprintf(f, "var(--%s)", colour);
			p += n;
		} else {
			fputc(*p++, f);
		}
	}
}

char *fl_plot_adapt(const char *svg, unsigned int number, const char *title,
		    const char *description)
{
	const char *box = strstr(svg, "viewBox=\""), *body = strstr(svg, "</desc>");
	int width, height;
	char *out = NULL;
	size_t len;
	FILE *f;

	if (!box || !body || !strstr(body, "</svg>") ||
	    sscanf(box, "viewBox=\"0 0 %d %d\"", &width, &height) != 2)
		return NULL;
	f = open_memstream(&out, &len);
	if (!f)
		return NULL;
	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"f%u-title f%u-desc\">\n<title id=\"f%u-title\">",
		width, height, number, number, number);
	put_escaped(f, title);
	fprintf(f, "</title>\n<desc id=\"f%u-desc\">", number);
	put_escaped(f, description);
	fputs("</desc>", f);
	adapt_body(f, body + strlen("</desc>"), number);
	return fclose(f) ? NULL : out;
}

static unsigned int figures_in(const struct fl_doc *doc)
{
	unsigned int n = 0;

	for (size_t i = 0; i < doc->nblocks; i++)
		n += doc->block[i].kind == FL_BLOCK_FIGURE;
	return n;
}

static bool said_already(const struct fl_doc *doc, const char *text)
{
	for (size_t i = 0; i < doc->nblocks; i++)
		if (doc->block[i].kind == FL_BLOCK_NOTE && doc->block[i].text &&
		    !strcmp(doc->block[i].text, text))
			return true;
	return false;
}

const char *fl_plot_none(void)
{
	return none[0] ? none : NULL;
}

void fl_plot_drop(struct fl_plot *p)
{
	fclose(p->script);
	free(p->text);
}

void fl_plot_end(struct fl_plot *p, struct fl_doc *doc, const char *title, const char *fmt, ...)
{
	char gnuplot[PATH_MAX];
	/* -d: read no start files */
	char *const argv[] = {gnuplot, "-d", "-", NULL};
	char *script = NULL, *svg = NULL, *adapted = NULL, *description = NULL, *note = NULL;
	struct fl_err err = {};
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&description, fmt, ap) < 0)
		description = NULL;
	va_end(ap);
	if (!fclose(p->script) && description)
		script = expand(p->text, p->width, p->height);
	if (script && !fl_program_find("gnuplot", program, gnuplot, sizeof(gnuplot), &err))
		svg = fl_capture(argv, script, &len, &err);
	if (svg)
		adapted = fl_plot_adapt(svg, figures_in(doc) + 1, title, description);
	if (adapted)
		fl_doc_figure(doc, title, description, adapted);
	else {
		snprintf(none, sizeof(none), "%s", err.what[0] ? err.what : "gnuplot drew nothing");
		if (asprintf(&note, "No plots: %s.", none) > 0 && !said_already(doc, note))
			fl_doc_note(doc, "%s", note);
	}
	free(note);
	free(description);
	free(script);
	free(svg);
	free(p->text);
}
