// SPDX-License-Identifier: GPL-2.0-only
#include "util/say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/text.h"

static bool progress_shown, forgiven;

static void put(const char *before, const char *after, const char *fmt, va_list ap)
{
	char *text = NULL, *safe;

	if (vasprintf(&text, fmt, ap) < 0)
		return;
	safe = fl_safe(text);
	fprintf(stderr, "%s%s%s", before, safe ? safe : "out of memory", after);
	fflush(stderr);
	free(safe);
	free(text);
}

void fl_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(progress_shown ? "\r\033[K" : "", "\n", fmt, ap);
	va_end(ap);
	progress_shown = false;
}

void fl_say_progress(const char *fmt, ...)
{
	va_list ap;

	if (!isatty(STDERR_FILENO))
		return;
	va_start(ap, fmt);
	put("\r\033[K", "", fmt, ap);
	va_end(ap);
	progress_shown = true;
}

void fl_say_progress_end(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	progress_shown = false;
}

void fl_streams_open(void)
{
	/*
	 * Each open gets the lowest free number, which is the missing stream's. The files are
	 * read-only, so that output to stdout fails visibly.
	 */
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			/* without /dev: a descriptor that can be neither read nor written */
			(void)!open("/", O_PATH);
}

void fl_streams_forgive(void)
{
	forgiven = true;
}

int fl_streams_close(int code, int failed)
{
	bool lost;

	if (forgiven)
		return code;
	errno = 0;
	lost = fflush(stdout) || ferror(stdout);
	if (!lost)
		lost = fclose(stdout);
	if (!lost)
		return code;
	fl_say("fuselens: the result could not be written to stdout%s%s", errno ? ": " : "",
	       errno ? strerror(errno) : "");
	return failed;
}
