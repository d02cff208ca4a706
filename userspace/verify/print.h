/* SPDX-License-Identifier: GPL-2.0-only */
/* What verify found, as a table for people and as JSON. Pure. */
#ifndef FL_VERIFY_PRINT_H
#define FL_VERIFY_PRINT_H

#include <stdio.h>
#include "verify/run.h"

struct fl_verify_report {
	const struct fl_case_report *cases;
	size_t ncases;
	const char *target, *fstype, *source; /* of the mount */
	const struct fl_verify_world *world;
	bool interrupted;
	__u64 took_ns;
};

/* What all cases together mean for the exit code: 0, 1 or 3. */
int fl_verify_exit_code(const struct fl_case_report *cases, size_t n);
/* One line for a case that has ended. */
void fl_verify_line(const struct fl_case_report *r, FILE *out, bool colour);
void fl_verify_text(const struct fl_verify_report *v, FILE *out, bool colour);
void fl_verify_json(const struct fl_verify_report *v, FILE *out);

#endif
