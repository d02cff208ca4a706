/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines: what every command does alike with options, operands, and a command to run. */
#ifndef FL_ARGS_H
#define FL_ARGS_H

#include <getopt.h>
#include <stdbool.h>
#include <linux/types.h>
#include "util/err.h"

#define FL_ARGS_OPERANDS 2

struct fl_args {
	const char *command; /* "stat": for errors */
	const char *help;    /* --help prints it; options has {"help", no_argument, NULL, 'h'} */
	const char *short_options;    /* as getopt(3) takes them, without a prefix */
	const struct option *options; /* with a "json" errors come as JSON too where it is given */
	/* Takes in one option, but for help and json. Returns 0, or -1 with err set. */
	int (*set)(void *ctx, int opt, char *arg, struct fl_err *err);
	void *ctx;
	int max_operands;
	const char *one_too_many; /* "one target at a time" */
	bool runs_command;	  /* CMD ARG... may follow after "--" */

	bool json; /* --json was among the options */
	const char *operand[FL_ARGS_OPERANDS];
	int noperands;
	char **argv; /* the command to run, or NULL */
};

/* Returns -1 to go on, otherwise the exit code: --help was asked for, or an error was told. */
int fl_args_parse(struct fl_args *a, int argc, char **argv);
/* For the commands that must be told what to watch, by an operand or by --pid; returns as above. */
int fl_args_need_target(const struct fl_args *a, __u64 pid);
/* Where an operand and --pid are both optional. */
int fl_args_one_target(const struct fl_args *a, __u64 pid);

/* -p, --pid */
int fl_args_pid(const char *arg, __u64 *pid, struct fl_err *err);

#endif
