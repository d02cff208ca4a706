/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs one case: its process, a collector of its own around the counted part, and the judgement. */
#ifndef FL_VERIFY_RUN_H
#define FL_VERIFY_RUN_H

#include "collect/collector.h"
#include "collect/target.h"
#include "util/janitor.h"
#include "verify/cases/case.h"
#include "verify/judge.h"

struct fl_case_report {
	const struct fl_verify_case *def;
	enum fl_outcome result;
	char why[1024];		  /* of anything but a pass */
	struct fl_case_page page; /* as the case's process left it */
	struct fl_leg_facts facts[FL_VERIFY_LEGS];
	struct fl_leg_verdict leg[FL_VERIFY_LEGS];
	struct fl_totals totals; /* of all legs */
	bool lax;		 /* some locking rule was broken without harm */
	bool upgrades_known;
	__u64 upgrades;
	enum fl_method method;
	bool ran;	  /* to its end */
	bool hung;	  /* killed at its deadline */
	int stuck;	  /* tasks that the kernel did not let go */
	char defect[512]; /* of the kernel, which explains the failure; or empty */
	char where[2048]; /* where the tasks of a hung case wait */
	__u64 took_ns;
};

struct fl_verify_world {
	const struct fl_target *target;
	const struct fl_verify_opts *opts;
	struct fl_collect_opts collect;
	struct fl_lock_rules rules;
	struct fl_janitor *janitor; /* holds the directory to work in */
	const char *base;	    /* where that is */
	/* from the first case whose counts were read */
	char kernel[128];
	enum fl_method method;
	char method_why[256];
	/* called every 100 ms or so with the writes counted so far; may be NULL */
	void (*progress)(const struct fl_case_report *r, const char *phase, __u64 writes);
};

/* Always fills the report; an error is a result too. */
void fl_verify_run(struct fl_verify_world *w, const struct fl_verify_case *def,
		   struct fl_case_report *r);

#endif
