/* SPDX-License-Identifier: GPL-2.0-only */
/* An error as a value: what failed, and what to do about it. Only commands print it. */
#ifndef FL_ERR_H
#define FL_ERR_H

struct fl_err {
	char what[512];
	char hint[512];
};

/* Sets what (and clears the hint); returns -1 so that callers can 'return fl_err(...)'. */
int fl_err(struct fl_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* As fl_err(), with ": " and the text of errnum appended. */
int fl_errno(struct fl_err *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Sets the hint of an error that has been set; returns -1. */
int fl_hint(struct fl_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
