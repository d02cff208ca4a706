/* SPDX-License-Identifier: GPL-2.0-only */
/* What the commands share: the table of commands, how they report errors, interruption, time. */
#ifndef FL_CMD_H
#define FL_CMD_H

#include <stdbool.h>
#include <linux/types.h>
#include "util/clock.h"
#include "util/err.h"
#include "util/interrupt.h"
#include "util/parse.h"

enum fl_exit {
	FL_EXIT_OK = 0,
	FL_EXIT_NEGATIVE = 1, /* prove: EXCLUSIVE or MIXED; others: the answer is no */
	FL_EXIT_ERROR = 2,
	FL_EXIT_INCONCLUSIVE = 3,
};

struct fl_kernel;
struct fl_option;

/* A command, and all that is known of its command line: help is printed from it. */
struct fl_command {
	const char *name;
	const char *summary;
	const char *usage; /* what follows the name: "TARGET [OPTIONS]"; a line for each form */
	const char *about; /* a paragraph in front of the options; wrapped when printed */
	const char *notes; /* paragraphs behind them, a line each, or NULL */
	const struct fl_option *options;
	int max_operands;
	const char *one_too_many; /* "one target at a time" */
	bool runs_command;	  /* CMD ARG... may follow after "--" */
	bool needs_kernel;
	bool apart; /* works on files that the user names: see fl_apart() */
	/* argv[0] is the command's name; kernel is NULL where it is not needed */
	int (*run)(int argc, char **argv, struct fl_kernel *kernel);
};

extern const struct fl_command fl_cmd_doctor, fl_cmd_files, fl_cmd_prove, fl_cmd_stat, fl_cmd_top,
	fl_cmd_verify, fl_cmd_bench, fl_cmd_report, fl_cmd_export, fl_cmd_live;

#define FL_VERSION "0.1.0"

/*
 * Reports err on stderr with its hint, and with json also as an object on stdout. Returns
 * FL_EXIT_ERROR.
 */
int fl_fail(const struct fl_err *err, bool json);
/* A usage error of a command: what is wrong, and the hint to ask for help. Returns FL_EXIT_ERROR. */
int fl_usage_error(const char *command, bool json, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for an option's value, by its parser's error. A hint of its own takes the place of the usual one. */
int fl_bad_value(const char *command, bool json, const struct fl_err *err);

#endif
