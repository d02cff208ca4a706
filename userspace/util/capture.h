/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a short program and reads its output. Used for versions and for plots. */
#ifndef FL_CAPTURE_H
#define FL_CAPTURE_H

#include <stddef.h>
#include "util/err.h"

/*
 * Runs argv with input on its stdin (NULL: none). Returns what it wrote to stdout: *len bytes with a NUL
 * behind them, which the caller frees. Returns NULL with err set when the program cannot be run or ends with
 * an exit code other than 0; err then has the first line of its stderr.
 */
char *fl_capture(char *const argv[], const char *input, size_t *len, struct fl_err *err);
/* The same, with a descriptor as its stdin. */
char *fl_capture_from(char *const argv[], int in, size_t *len, struct fl_err *err);

#endif
