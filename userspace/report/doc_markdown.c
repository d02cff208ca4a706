// SPDX-License-Identifier: GPL-2.0-only
/*
 * A document as Markdown with tables, as forges and mail archives render it. It reads as plain text, too: lines
 * and tables of 80 columns, so that a mailing list takes it as it is.
 */
#include "report/doc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

/* Whether the character at p could begin markup. */
static bool is_markup(const char *text, const char *p)
{
	/* an underscore within a word is only that */
	if (*p == '_')
		return p == text || !isalnum((unsigned char)p[-1]) || !isalnum((unsigned char)p[1]);
	return strchr("\\`*[]|~", *p) || (*p == '#' && p == text);
}

/* Text in which a name stays a name. The caller frees it; NULL when out of memory. */
static char *marked(const char *text)
{
	char *safe = fl_escape(text ? text : ""), *out = NULL;
	size_t len;
	FILE *f = safe ? open_memstream(&out, &len) : NULL;

	for (const char *p = safe; f && *p; p++) {
		if (*p == '&')
			fputs("&amp;", f);
		else if (*p == '<' && p[1] != ' ' && !isdigit((unsigned char)p[1]))
			fputs("&lt;", f);
		else
			fprintf(f, is_markup(safe, p) ? "\\%c" : "%c", *p);
	}
	free(safe);
	if (!f || fclose(f))
		return NULL;
	return out;
}

/* Whether a line that began so would be something else than a line of its paragraph. */
static bool begins_block(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	return strchr("->+", *line) || (digits && strchr(".)", line[digits]));
}

/* Prints words, the first at the current column and further lines at indent. */
static void wrap(FILE *out, const char *text, int column, int indent)
{
	char *lines = NULL;
	size_t len;
	FILE *f = open_memstream(&lines, &len);

	if (!f)
		return;
	fl_wrap(f, text, column, indent);
	fclose(f);
	for (const char *p = lines; lines && *p;) {
		size_t n = strcspn(p, "\n"), blanks = p == lines ? 0 : strspn(p, " ");

		fprintf(out, "%.*s", (int)blanks, p);
		p += blanks;
		n -= blanks;
		if (p != lines && n && begins_block(p)) {
			size_t digits = strspn(p, "0123456789");

			fprintf(out, "%.*s\\", (int)digits, p);
			p += digits;
			n -= digits;
		}
		fprintf(out, "%.*s\n", (int)n, p);
		p += n + (p[n] == '\n');
	}
	free(lines);
}

static void put(FILE *out, const char *text, int column, int indent)
{
	char *safe = marked(text);

	wrap(out, safe ? safe : "", column, indent);
	free(safe);
}

static void aligned_row(FILE *out, const struct fl_block *b, char *const *cell, const int *width)
{
	for (int c = 0; c < b->columns; c++) {
		int pad = width[c] - fl_shown_width(cell[c]);
		bool right = b->align[c] == 'r';

		fprintf(out, "%s %*s%s%*s |", c ? "" : "|", right ? pad : 0, "", cell[c],
			right ? 0 : pad, "");
	}
	fputc('\n', out);
}

static void rule(FILE *out, const struct fl_block *b, const int *width)
{
	fputc('|', out);
	for (int c = 0; c < b->columns; c++) {
		bool right = b->align[c] == 'r';

		fputc(' ', out);
		for (int i = 0; i < width[c] - right; i++)
			fputc('-', out);
		fputs(right ? ": |" : " |", out);
	}
	fputc('\n', out);
}

/* A table that is too wide for a mail: an item for each row. */
static void as_items(FILE *out, const struct fl_block *b, char *const *cell, size_t rows)
{
	for (size_t i = 1; i < rows; i++) {
		char *const *row = cell + i * b->columns;
		char *line = NULL;
		size_t len;
		FILE *f = open_memstream(&line, &len);

		if (!f)
			return;
		fprintf(f, "%s:", row[0]);
		for (int k = 1; k < b->columns; k++) {
			const char *name = b->columns > 2 ? cell[k] : "";

			fprintf(f, "%s %s%s%s", k > 1 ? ";" : "", name, *name ? " " : "", row[k]);
		}
		fclose(f);
		fputs("- ", out);
		wrap(out, line, 2, 2);
		free(line);
	}
}

static void table(FILE *out, const struct fl_block *b)
{
	size_t rows = b->columns ? b->ncells / b->columns : 0;
	char **cell = calloc(b->ncells + 1, sizeof(*cell));
	int *width = calloc(b->columns + 1, sizeof(*width)), sum = 1;
	bool whole = cell && width;

	for (size_t i = 0; whole && i < b->ncells; i++)
		whole = (cell[i] = marked(b->cell[i])) != NULL;
	for (size_t i = 0; whole && i < b->ncells; i++) {
		int w = fl_shown_width(cell[i]), *at = &width[i % b->columns];

		/* a rule has three characters at least */
		*at = w > *at ? w : *at < 3 ? 3 : *at;
	}
	for (int c = 0; whole && c < b->columns; c++)
		sum += width[c] + 3;
	if (b->text) {
		put(out, b->text, 0, 0);
		fputc('\n', out);
	}
	if (whole && sum > FL_TEXT_WIDTH)
		as_items(out, b, cell, rows);
	for (size_t i = 0; whole && sum <= FL_TEXT_WIDTH && i < rows; i++) {
		aligned_row(out, b, cell + i * b->columns, width);
		if (!i)
			rule(out, b, width);
	}
	for (size_t i = 0; cell && i < b->ncells; i++)
		free(cell[i]);
	free(cell);
	free(width);
}

static void verdict(FILE *out, const struct fl_block *b)
{
	char *word = marked(b->word);

	fprintf(out, "**%s**: ", word ? word : "");
	put(out, b->text, fl_shown_width(word ? word : "") + 6, 0);
	free(word);
}

/* A heading is one line, whatever its length. */
static void heading(FILE *out, const char *marks, const char *text)
{
	char *safe = marked(text);

	fprintf(out, "%s %s\n", marks, safe ? safe : "");
	free(safe);
}

void fl_doc_markdown(const struct fl_doc *doc, FILE *out)
{
	for (size_t i = 0; i < doc->nblocks; i++) {
		const struct fl_block *b = &doc->block[i];

		if (b->kind == FL_BLOCK_FIGURE)
			continue;
		if (fl_doc_gap(doc, i))
			fputc('\n', out);
		switch (b->kind) {
		case FL_BLOCK_TITLE:
			heading(out, "#", b->text);
			break;
		case FL_BLOCK_HEADING:
			heading(out, b->deeper ? "###" : "##", b->text);
			break;
		case FL_BLOCK_VERDICT:
			verdict(out, b);
			break;
		case FL_BLOCK_ITEM:
			fputs("- ", out);
			put(out, b->text, 2, 2);
			break;
		case FL_BLOCK_TABLE:
			table(out, b);
			break;
		default:
			put(out, b->text, 0, 0);
		}
	}
}
