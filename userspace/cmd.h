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

struct fl_command {
	const char *name;
	const char *summary;
	/* argv[0] is the command's name; kernel is NULL where it is not needed */
	int (*run)(int argc, char **argv, struct fl_kernel *kernel);
	bool needs_kernel;
};

int fl_cmd_doctor(int argc, char **argv, struct fl_kernel *kernel);
int fl_cmd_files(int argc, char **argv, struct fl_kernel *kernel);
int fl_cmd_prove(int argc, char **argv, struct fl_kernel *kernel);
int fl_cmd_bench(int argc, char **argv, struct fl_kernel *kernel);
int fl_cmd_report(int argc, char **argv, struct fl_kernel *kernel);
int fl_cmd_stat(int argc, char **argv, struct fl_kernel *kernel);
int fl_cmd_top(int argc, char **argv, struct fl_kernel *kernel);
int fl_cmd_verify(int argc, char **argv, struct fl_kernel *kernel);
int fl_cmd_export(int argc, char **argv, struct fl_kernel *kernel);
int fl_cmd_live(int argc, char **argv, struct fl_kernel *kernel);

#define FL_VERSION "0.1.0"

/*
 * Reports err on stderr with its hint, and with json also as an object on stdout. Returns
 * FL_EXIT_ERROR.
 */
int fl_fail(const struct fl_err *err, bool json);
/* A usage error of a command: what is wrong, and the hint to ask for help. Returns FL_EXIT_ERROR. */
int fl_usage_error(const char *command, bool json, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
