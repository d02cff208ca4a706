// SPDX-License-Identifier: GPL-2.0-only
/* A document as Markdown with tables, as forges and mail archives render it. */
#include "report/doc.h"

#include <stdlib.h>
#include <string.h>

#include "util/text.h"

/* Every character that could begin markup is escaped, so that a name stays a name. */
static void put(FILE *out, const char *text)
{
	char *safe = fl_escape(text ? text : "");

	for (const char *p = safe ? safe : ""; *p; p++) {
		if (*p == '&')
			fputs("&amp;", out);
		else if (*p == '<')
			fputs("&lt;", out);
		else if (strchr("\\`*_[]|~!", *p))
			fprintf(out, "\\%c", *p);
		else if (*p == '#' && p == safe)
			fputs("\\#", out);
		else
			fputc(*p, out);
	}
	free(safe);
}

static void table(FILE *out, const struct fl_block *b)
{
	if (b->text) {
		put(out, b->text);
		fputs("\n\n", out);
	}
	for (size_t i = 0; i < b->ncells; i++) {
		int c = i % b->columns;

		fputs(c ? " " : "| ", out);
		put(out, b->cell[i]);
		fputs(" |", out);
		if (c < b->columns - 1)
			continue;
		fputc('\n', out);
		if (i != (size_t)b->columns - 1)
			continue;
		fputc('|', out);
		for (int k = 0; k < b->columns; k++)
			fputs(b->align[k] == 'r' ? " ---: |" : " --- |", out);
		fputc('\n', out);
	}
}

void fl_doc_markdown(const struct fl_doc *doc, FILE *out)
{
	static const char *const prefix[] = {
		[FL_BLOCK_TITLE] = "# ",
		[FL_BLOCK_HEADING] = "## ",
		[FL_BLOCK_ITEM] = "- ",
	};

	for (size_t i = 0; i < doc->nblocks; i++) {
		const struct fl_block *b = &doc->block[i];
		bool close = i && b->kind == FL_BLOCK_ITEM &&
			     doc->block[i - 1].kind == FL_BLOCK_ITEM;

		if (b->kind == FL_BLOCK_FIGURE)
			continue;
		if (i && !close)
			fputc('\n', out);
		if (b->kind == FL_BLOCK_TABLE) {
			table(out, b);
			continue;
		}
		if ((size_t)b->kind < sizeof(prefix) / sizeof(prefix[0]) && prefix[b->kind])
			fputs(prefix[b->kind], out);
		if (b->kind == FL_BLOCK_VERDICT) {
			fputs("**", out);
			put(out, b->word);
			fputs("**: ", out);
		}
		put(out, b->text);
		fputc('\n', out);
	}
}
