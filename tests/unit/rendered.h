/* SPDX-License-Identifier: GPL-2.0-only */
/* A report's document as text, and what the text must be like. */
#ifndef UNIT_RENDERED_H
#define UNIT_RENDERED_H

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "report/doc.h"

/* The caller frees the text. */
static inline char *render(const struct fl_doc *doc, void (*how)(const struct fl_doc *, FILE *))
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	how(doc, f);
	fclose(f);
	return text;
}

static inline void assert_width(const char *text, size_t width)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (n > width)
			fail_msg("%zu columns: %.*s", n, (int)n, text);
		text += n + !!text[n];
	}
}

#define assert_says(text, what)                                           \
	do {                                                              \
		if (!strstr(text, what))                                  \
			fail_msg("does not say \"%s\":\n%s", what, text); \
	} while (0)

#endif
