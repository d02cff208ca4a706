/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines: what every command does alike with options, operands, and a command to run. */
#ifndef FL_ARGS_H
#define FL_ARGS_H

#include "cmd.h"
#include "util/option.h"

#define FL_ARGS_OPERANDS 8

/* What a command line said, beside what went into the command's own struct. */
struct fl_args {
	bool json; /* --json was among the options */
	const char *operand[FL_ARGS_OPERANDS];
	int noperands;
	char **argv; /* the command to run, or NULL */
	__u64 given; /* a bit for each option of the table that was there */
};

/*
 * Reads the command line by the command's table of options, whose values go into ctx. Returns -1 to go on,
 * otherwise the exit code: --help was asked for, or an error was told.
 */
int fl_args_parse(struct fl_args *a, const struct fl_command *command, void *ctx, int argc,
		  char **argv);
/*
 * The same for a command that watches what an operand or --pid names, never both. Without either it watches
 * otherwise; NULL: it must be told.
 */
int fl_args_parse_target(struct fl_args *a, const struct fl_command *command, void *ctx,
			 const char *otherwise, const __u64 *pid, int argc, char **argv);

/* Rows of a table. Where --json is among the options, errors come as JSON too. */
#define FL_OPTION_JSON(HELP) FL_OPTION(0, "--json", NULL, HELP)
#define FL_OPTION_PID(T, M)                                                              \
	FL_OPTION('p', "--pid", "PID", "the mounts that PID serves, or what PID writes", \
		  FL_INTO(T, M), FL_RANGE(1, 1 << 22))
#define FL_OPTION_FIO(T, M)                                                             \
	FL_OPTION(0, "--fio", "FILE",                                                   \
		  "the fio to run; root's default comes from the system's directories", \
		  FL_INTO(T, M))

#endif
