/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options as a table: the name of each, its help, and the member of a command's struct that takes
 * its value. args.c reads a command line by such a table.
 */
#ifndef FL_OPTION_H
#define FL_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>
#include "util/err.h"

struct fl_option {
	char letter;	  /* -l, or 0 */
	const char *name; /* "--name"; NULL ends a table */
	const char *arg;  /* the name of its value in help; NULL: it takes none */
	const char *help;
	/*
	 * Parses the value arg into to, which is the member at offset at of the command's struct.
	 * Returns 0, or -1 with err set to "--name: ...". NULL: fl_args_parse() handles the option.
	 */
	int (*set)(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
	size_t at;
	double min, max; /* limits of a number; max 0: none */
	/*
	 * Prints the possible words of its value, separated by blanks, for completion; NULL: no
	 * such list.
	 */
	void (*words)(FILE *out);
};

/* Set a value by the type of its member: see FL_INTO. */
int fl_set_flag(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
int fl_set_text(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
int fl_set_u32(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
int fl_set_u64(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
/* Set a double: from a time ("0.5", "200ms"), or from a percentage as a share from 0 to 1. */
int fl_set_seconds(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
int fl_set_percent(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
/* Sets a __u64 from a time without a fraction. */
int fl_set_whole_seconds(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);

/* A row that several tables share. */
#define FL_OPTION(...)      \
	{                   \
		__VA_ARGS__ \
	}
/*
 * Initializers for the end of a table's row: with the function SET, or with the one for the type of
 * member M of struct T.
 */
#define FL_SET(SET, T, M)  .set = (SET), .at = offsetof(T, M)
#define FL_INTO(T, M)	   FL_SET(FL_SETTER(((T *)0)->M), T, M)
#define FL_RANGE(MIN, MAX) .min = (MIN), .max = (MAX)
#define FL_SETTER(MEMBER) \
	_Generic((MEMBER), \
		bool: fl_set_flag, \
		const char *: fl_set_text, \
		__u32: fl_set_u32, \
		__u64: fl_set_u64, \
		double: fl_set_seconds)

/* Prints the table as help shows it. */
void fl_options_print(const struct fl_option *o, FILE *out);

#endif
