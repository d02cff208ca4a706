/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options as a table: what each is called, what help says of it, and which member of a command's struct its
 * value goes into. Reading a command line by such a table is args.c's.
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
	const char *arg;  /* what help calls its value; NULL: it takes none */
	const char *help;
	/*
	 * Takes in a value, arg, at to: in the struct that the command gave, at bytes behind its beginning.
	 * Returns 0, or -1 with err set to "--name: ...". NULL: fl_args_parse() takes care of the option.
	 */
	int (*set)(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
	size_t at;
	double min, max; /* of a number; max 0: no limit */
	/* Prints the words that its value may be, a blank between them, for completion; NULL: no such list. */
	void (*words)(FILE *out);
};

/* Values by the type of the member they go into: see FL_INTO. */
int fl_set_flag(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
int fl_set_text(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
int fl_set_u32(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
int fl_set_u64(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
/* Into a double, a time: "0.5", "200ms"; and a number of percent, as a share from 0 to 1. */
int fl_set_seconds(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
int fl_set_percent(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
/* Into a __u64, a time without a fraction. */
int fl_set_whole_seconds(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);

/* A row, for those that several tables share. */
#define FL_OPTION(...)      \
	{                   \
		__VA_ARGS__ \
	}
/* Initializers for the end of a table's row: by the function SET, or by the type of member M of struct T. */
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
