/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A document of headings, paragraphs, tables and figures. It is built once and rendered as text, Markdown or
 * HTML. All text in it is plain, and each renderer escapes it for its own format. Pure.
 */
#ifndef FL_DOC_H
#define FL_DOC_H

#include <stdbool.h>
#include <stdio.h>

enum fl_block_kind {
	FL_BLOCK_TITLE,
	FL_BLOCK_VERDICT, /* word, then a sentence */
	FL_BLOCK_HEADING,
	FL_BLOCK_PARA,
	FL_BLOCK_NOTE, /* of less weight: how to read what stands above */
	FL_BLOCK_ITEM,
	FL_BLOCK_TABLE,
	FL_BLOCK_FIGURE, /* HTML only */
};

enum fl_tone {
	FL_TONE_NONE,
	FL_TONE_GOOD,
	FL_TONE_BAD,
	FL_TONE_MIXED,
};

struct fl_block {
	enum fl_block_kind kind;
	enum fl_tone tone;
	bool deeper; /* a heading below the others */
	char *text;  /* heading, sentence, caption */
	char *word;  /* verdict's word; figure's description */
	char *svg;   /* figure: trusted, written without escaping; owned */
	char **cell; /* table: rows from left to right, the first is the header */
	size_t ncells;
	int columns;
	char align[32]; /* 'l' or 'r' for each column */
};

struct fl_doc {
	struct fl_block *block;
	size_t nblocks;
	bool failed; /* out of memory at some point */
	bool deeper; /* headings from now on are below the others */
};

void fl_doc_free(struct fl_doc *doc);

void fl_doc_title(struct fl_doc *doc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fl_doc_verdict(struct fl_doc *doc, enum fl_tone tone, const char *word, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void fl_doc_heading(struct fl_doc *doc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fl_doc_para(struct fl_doc *doc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fl_doc_note(struct fl_doc *doc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fl_doc_item(struct fl_doc *doc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Begins a table; its cells follow, the header's first. align: one letter a column. */
void fl_doc_table(struct fl_doc *doc, const char *align, const char *caption);
void fl_doc_cell(struct fl_doc *doc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Adds a figure. The document owns svg from now on. */
void fl_doc_figure(struct fl_doc *doc, const char *title, const char *description, char *svg);

/* Whether an empty line stands in front of block i in text and Markdown. */
bool fl_doc_gap(const struct fl_doc *doc, size_t i);
void fl_doc_text(const struct fl_doc *doc, FILE *out);
void fl_doc_markdown(const struct fl_doc *doc, FILE *out);
void fl_doc_html(const struct fl_doc *doc, FILE *out);

#endif
