// SPDX-License-Identifier: GPL-2.0-only
#include "report/doc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

static struct fl_block *add(struct fl_doc *doc, enum fl_block_kind kind)
{
	if (!FL_MORE(doc->block, doc->nblocks)) {
		doc->failed = true;
		return NULL;
	}
	doc->block[doc->nblocks] = (struct fl_block){.kind = kind, .deeper = doc->deeper};
	return &doc->block[doc->nblocks++];
}

static struct fl_block *add_text(struct fl_doc *doc, enum fl_block_kind kind, const char *fmt,
				 va_list ap)
{
	struct fl_block *b = add(doc, kind);

	if (b && vasprintf(&b->text, fmt, ap) < 0) {
		b->text = NULL;
		doc->failed = true;
	}
	return b;
}

#define TEXT_BLOCK(name, kind)                              \
	void name(struct fl_doc *doc, const char *fmt, ...) \
	{                                                   \
		va_list ap;                                 \
                                                            \
		va_start(ap, fmt);                          \
		add_text(doc, kind, fmt, ap);               \
		va_end(ap);                                 \
	}

TEXT_BLOCK(fl_doc_title, FL_BLOCK_TITLE)
TEXT_BLOCK(fl_doc_heading, FL_BLOCK_HEADING)
TEXT_BLOCK(fl_doc_para, FL_BLOCK_PARA)
TEXT_BLOCK(fl_doc_note, FL_BLOCK_NOTE)
TEXT_BLOCK(fl_doc_item, FL_BLOCK_ITEM)

void fl_doc_verdict(struct fl_doc *doc, enum fl_tone tone, const char *word, const char *fmt, ...)
{
	struct fl_block *b;
	va_list ap;

	va_start(ap, fmt);
	b = add_text(doc, FL_BLOCK_VERDICT, fmt, ap);
	va_end(ap);
	if (!b)
		return;
	b->tone = tone;
	b->word = strdup(word);
}

void fl_doc_table(struct fl_doc *doc, const char *align, const char *caption)
{
	struct fl_block *b = add(doc, FL_BLOCK_TABLE);

	if (!b)
		return;
	snprintf(b->align, sizeof(b->align), "%s", align);
	b->columns = strlen(b->align);
	b->text = caption ? strdup(caption) : NULL;
}

void fl_doc_cell(struct fl_doc *doc, const char *fmt, ...)
{
	struct fl_block *b = doc->nblocks ? &doc->block[doc->nblocks - 1] : NULL;
	va_list ap;

	if (!b || b->kind != FL_BLOCK_TABLE)
		return;
	if (!FL_MORE(b->cell, b->ncells)) {
		doc->failed = true;
		return;
	}
	va_start(ap, fmt);
	if (vasprintf(&b->cell[b->ncells], fmt, ap) < 0) {
		b->cell[b->ncells] = NULL;
		doc->failed = true;
	}
	va_end(ap);
	b->ncells++;
}

void fl_doc_figure(struct fl_doc *doc, const char *title, const char *description, char *svg)
{
	struct fl_block *b = add(doc, FL_BLOCK_FIGURE);

	if (!b) {
		free(svg);
		return;
	}
	b->text = strdup(title);
	b->word = strdup(description);
	b->svg = svg;
}

bool fl_doc_gap(const struct fl_doc *doc, size_t i)
{
	return i &&
	       !(doc->block[i].kind == FL_BLOCK_ITEM && doc->block[i - 1].kind == FL_BLOCK_ITEM);
}

void fl_doc_free(struct fl_doc *doc)
{
	for (size_t i = 0; i < doc->nblocks; i++) {
		struct fl_block *b = &doc->block[i];

		for (size_t k = 0; k < b->ncells; k++)
			free(b->cell[k]);
		free(b->cell);
		free(b->text);
		free(b->word);
		free(b->svg);
	}
	free(doc->block);
	memset(doc, 0, sizeof(*doc));
}
