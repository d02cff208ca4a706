/* SPDX-License-Identifier: GPL-2.0-only */
/* The report of 'prove', as text and as JSON. Pure: takes recorded data. */
#ifndef FL_PROVE_PRINT_H
#define FL_PROVE_PRINT_H

#include <stdio.h>
#include "util/text.h"
#include "snapshot/verdict.h"

#define FL_PROVE_PATH_CHANGES 8

/* A livepatch that came or went while it watched. */
struct fl_prove_path_change {
	__u64 after_ns; /* the beginning */
	char text[256];
};

struct fl_prove_report {
	const struct fl_snapshot *snapshot;
	struct fl_verdict verdict;
	const char *target;
	int interrupted;     /* the signal, or 0 */
	const char *command; /* that was run, or NULL */
	int command_status;  /* its wait status */
	bool command_failed; /* by itself: not ended because the watching was over */
	int exit_code;	     /* of prove */
	const struct fl_prove_path_change *path_change;
	size_t npath_changes; /* up to FL_PROVE_PATH_CHANGES; later ones are not kept */
};

void fl_prove_text(const struct fl_prove_report *r, FILE *out, bool colour);
void fl_prove_json(const struct fl_prove_report *r, FILE *out);

#endif
