/* SPDX-License-Identifier: GPL-2.0-only */
/* The command-line options of the collector, for every command that counts. */
#ifndef FL_COLLECT_OPTIONS_H
#define FL_COLLECT_OPTIONS_H

#include <getopt.h>
#include "collect/collector.h"

/* The options that choose how to count, in every command that counts: see fl_collect_option(). */
enum {
	FL_OPT_EVIDENCE = 512,
	FL_OPT_MAX_INODES,
	FL_OPT_TIMES,
};
#define FL_OPTION_EVIDENCE                                           \
	{                                                            \
		"evidence", required_argument, NULL, FL_OPT_EVIDENCE \
	}
#define FL_OPTIONS_COUNTING                                                             \
	FL_OPTION_EVIDENCE, {"max-inodes", required_argument, NULL, FL_OPT_MAX_INODES}, \
	{                                                                               \
		"times", required_argument, NULL, FL_OPT_TIMES                          \
	}

/*
 * Sets what one of these options says. Returns 0, or -1 with err set: the value is wrong, or it is another
 * option, which is then said to be unknown.
 */
int fl_collect_option(struct fl_collect_opts *o, int opt, const char *arg, struct fl_err *err);

#endif
