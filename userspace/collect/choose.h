/* SPDX-License-Identifier: GPL-2.0-only */
/* Which form of evidence this kernel allows, found by trying. */
#ifndef FL_CHOOSE_H
#define FL_CHOOSE_H

#include "collect/collector.h"
#include "collect/source.h"

#define FL_MAX_SOURCES 2

struct fl_choice {
	struct fl_source source[FL_MAX_SOURCES]; /* loaded; what counts writes comes first */
	size_t nsources;
	char why[256];
};

/*
 * Fills in the choice, and loads it: a form of the state method, and beside it what counts takes where
 * that was asked for. Where no form of the state method works, the takes are counted alone. What opts say
 * of other sources (counts_takes, writes_are_seen) is filled in here. Returns 0, or -1 with err set when
 * nothing that may be chosen works; in both cases the caller closes the sources.
 */
int fl_evidence_choose(struct fl_choice *c, enum fl_evidence wanted,
		       const struct fl_source_opts *opts, struct fl_err *err);

#endif
