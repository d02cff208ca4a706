/* SPDX-License-Identifier: GPL-2.0-only */
/* Which form of evidence this kernel allows, found by trying. */
#ifndef FL_EVIDENCE_CHOICE_H
#define FL_EVIDENCE_CHOICE_H

#include "collect/collector.h"
#include "collect/forms.h"

struct fl_choice {
	const struct fl_form *form;
	bool available[FL_MAX_PROBES]; /* by program of the form */
	struct fl_probe probe[FL_MAX_PROBES];
	char why[256];
	/* No form of the state method works beside the takes that were asked for: the form gives its tables. */
	bool takes_only;
};

bool fl_evidence_counts_takes(enum fl_evidence e);
/* Fills in the choice. Returns 0, or -1 with err set when nothing that may be chosen works. */
int fl_evidence_choose(struct fl_choice *c, enum fl_evidence wanted, struct fl_err *err);

#endif
