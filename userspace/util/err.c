// SPDX-License-Identifier: GPL-2.0-only
#include "util/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int fl_err(struct fl_err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->what, sizeof(err->what), fmt, ap);
	va_end(ap);
	err->hint[0] = '\0';
	return -1;
}

int fl_errno(struct fl_err *err, int errnum, const char *fmt, ...)
{
	char text[sizeof(err->what)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return fl_err(err, "%s: %s", text, strerror(errnum));
}

int fl_hint(struct fl_err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
	return -1;
}
