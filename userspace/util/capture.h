/* SPDX-License-Identifier: GPL-2.0-only */
/* A short program run by argv, its output read: for versions and for plots. */
#ifndef FL_CAPTURE_H
#define FL_CAPTURE_H

#include <stddef.h>
#include "util/err.h"

/*
 * Runs argv with input on its stdin (NULL: none) and returns what it wrote to stdout, NUL behind *len
 * bytes, to be freed by the caller. An exit code other than 0 is an error, with the first line of its
 * stderr. NULL with err set; *missing (may be NULL) tells that the program is not installed.
 */
char *fl_capture(char *const argv[], const char *input, size_t *len, int *missing,
		 struct fl_err *err);

#endif
