/* SPDX-License-Identifier: GPL-2.0-only */
/* Which form of evidence this kernel allows, found by trying. */
#ifndef FL_CHOOSE_H
#define FL_CHOOSE_H

#include "collect/collector.h"
#include "collect/source.h"

#define FL_MAX_SOURCES 2

struct fl_choice {
	struct fl_source source[FL_MAX_SOURCES]; /* tried; what counts writes comes first */
	size_t nsources;
	char why[256];
};

/*
 * Fills in the choice: a form of the state method, and beside it what counts takes where that was asked
 * for. Where no form of the state method works, the takes are counted alone. Returns 0, or -1 with err
 * set when nothing that may be chosen works.
 */
int fl_evidence_choose(struct fl_choice *c, struct fl_kernel *kernel, enum fl_evidence wanted,
		       struct fl_err *err);

#endif
