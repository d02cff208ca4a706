/* SPDX-License-Identifier: GPL-2.0-only */
/* A report on two or three made-up results. */
#ifndef UNIT_SEVERAL_H
#define UNIT_SEVERAL_H

#include "bench_made_up.h"
#include "rendered.h"
#include "report/sections.h"

struct several {
	struct fl_bench bench[3];
	struct fl_analysis a[3];
	const char *name[3];
	int n;
	char *text; /* set by several_report() */
};

/* Analyses bench[], as many as have a name, and renders the report on them as text. */
static inline void several_report(struct several *s)
{
	struct fl_results r = {};
	struct fl_doc doc = {};

	for (; s->n < 3 && s->name[s->n]; s->n++) {
		assert_int_equal(fl_analyse(&s->a[s->n], &s->bench[s->n]), 0);
		r.a[s->n] = &s->a[s->n];
		r.name[s->n] = s->name[s->n];
	}
	r.n = s->n;
	fl_report_several(&doc, &r, NULL);
	s->text = render(&doc, fl_doc_text);
	fl_doc_free(&doc);
	assert_width(s->text, 80);
}

static inline void several_free(struct several *s)
{
	free(s->text);
	for (int k = 0; k < s->n; k++) {
		fl_analysis_free(&s->a[k]);
		fl_bench_free(&s->bench[k]);
	}
}

#endif
