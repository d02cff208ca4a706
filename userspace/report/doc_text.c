// SPDX-License-Identifier: GPL-2.0-only
/* A document for mail and terminals: 80 columns where words allow it. */
#include "report/doc.h"

#include <stdlib.h>
#include <string.h>

#include "util/table.h"
#include "util/text.h"

#define WIDTH FL_TEXT_WIDTH

/* Prints words, beginning at the current column. Further lines begin at indent. */
static void wrap(FILE *out, const char *text, int column, int indent)
{
	char *safe = fl_escape(text ? text : "");

	fl_wrap(out, safe ? safe : "", column, indent);
	free(safe);
}

static void underline(FILE *out, const char *text, char with)
{
	char *safe = fl_escape(text ? text : "");
	int n = safe ? fl_shown_width(safe) : 0;

	/* a title may hold paths */
	wrap(out, text ? text : "", 0, 0);
	for (int i = 0; i < n && i < WIDTH; i++)
		fputc(with, out);
	fputc('\n', out);
	free(safe);
}

static void table(FILE *out, const struct fl_block *b)
{
	struct fl_table *t = fl_table_new(b->columns);

	fl_table_align(t, b->align);
	fl_table_wrap(t);
	for (size_t i = 0; i < b->ncells; i++) {
		char *safe = fl_escape(b->cell[i] ? b->cell[i] : "");

		fl_table_cell(t, "%s", safe ? safe : "");
		free(safe);
	}
	if (b->text)
		wrap(out, b->text, 0, 0);
	fl_table_print(t, out, 2);
	fl_table_free(t);
}

void fl_doc_text(const struct fl_doc *doc, FILE *out)
{
	for (size_t i = 0; i < doc->nblocks; i++) {
		const struct fl_block *b = &doc->block[i];

		if (b->kind == FL_BLOCK_FIGURE)
			continue;
		if (fl_doc_gap(doc, i))
			fputc('\n', out);
		switch (b->kind) {
		case FL_BLOCK_TITLE:
			underline(out, b->text, '=');
			break;
		case FL_BLOCK_HEADING:
			/* the deeper ones are told by their sparse line */
			underline(out, b->text, b->deeper ? '.' : '-');
			break;
		case FL_BLOCK_VERDICT:
			fprintf(out, "%s: ", b->word ? b->word : "?");
			wrap(out, b->text, b->word ? strlen(b->word) + 2 : 3, 2);
			break;
		case FL_BLOCK_ITEM:
			fputs("- ", out);
			wrap(out, b->text, 2, 2);
			break;
		case FL_BLOCK_TABLE:
			table(out, b);
			break;
		default:
			wrap(out, b->text, 0, 0);
		}
	}
}
