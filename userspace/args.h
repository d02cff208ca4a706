/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines: what all commands do with options, operands, and a command to run. */
#ifndef FL_ARGS_H
#define FL_ARGS_H

#include "cmd.h"
#include "util/option.h"

#define FL_ARGS_OPERANDS 8

/* What a command line has, besides the values that go into the command's own struct. */
struct fl_args {
	bool json; /* --json was among the options */
	const char *operand[FL_ARGS_OPERANDS];
	int noperands;
	char **argv; /* the command to run, or NULL */
	__u64 given; /* bit n: the option at place n of the table was given */
};

/*
 * Reads the command line by the command's table of options; their values go into ctx. Returns -1 to
 * go on, otherwise the exit code: help or an error was printed.
 */
int fl_args_parse(struct fl_args *a, const struct fl_command *command, void *ctx, int argc,
		  char **argv);
/*
 * The same for a command that watches the target of an operand or of --pid, never both. Without
 * either it watches otherwise; NULL: one of them is required.
 */
int fl_args_parse_target(struct fl_args *a, const struct fl_command *command, void *ctx,
			 const char *otherwise, const __u64 *pid, int argc, char **argv);

/* Rows of a table. If --json is among the options, errors are JSON, too. */
#define FL_OPTION_JSON(HELP) FL_OPTION(0, "--json", NULL, HELP)
#define FL_OPTION_PID(T, M)                                                              \
	FL_OPTION('p', "--pid", "PID", "the mounts that PID serves, or what PID writes", \
		  FL_INTO(T, M), FL_RANGE(1, 1 << 22))
#define FL_OPTION_FIO(T, M)                                                             \
	FL_OPTION(0, "--fio", "FILE",                                                   \
		  "the fio to run; root's default comes from the system's directories", \
		  FL_INTO(T, M))

#endif
