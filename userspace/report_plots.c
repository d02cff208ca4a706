// SPDX-License-Identifier: GPL-2.0-only
#include "report.h"

static void one(struct fl_doc *doc, const struct fl_analysis *a)
{
}

static void two(struct fl_doc *doc, const struct fl_analysis *a, const struct fl_analysis *b,
		const char *name_a, const char *name_b)
{
}

static void reference(struct fl_doc *doc, const struct fl_analysis *a,
		      const struct fl_reference *ref)
{
}

const struct fl_figures fl_plots = {one, two, reference};
