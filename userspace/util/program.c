// SPDX-License-Identifier: GPL-2.0-only
#include "util/program.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "util/in_time.h"

static bool is_privileged(void)
{
	return !geteuid() || getauxval(AT_SECURE);
}

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* How long the file system of a program that the user named may take to show it. */
#define ANSWER_SECONDS 10

/* False with err set where that takes too long. Any other error comes with what is asked next. */
static bool is_there(const char *path, struct fl_err *err)
{
	int fd = fl_open_in_time(path, ANSWER_SECONDS), why = errno;

	if (fd >= 0)
		close(fd);
	if (fd >= 0 || (why != ETIMEDOUT && why != EINTR))
		return true;
	fl_err(err, "cannot run %s: its file system does not answer within %d s", path,
	       ANSWER_SECONDS);
	return false;
}

int fl_program_find(const char *name, const char *chosen, char *path, size_t len,
		    struct fl_err *err)
{
	const char *dirs = is_privileged() ? FL_TRUSTED_PATH : getenv("PATH");
	char *whole = NULL;

	if (chosen && !is_there(chosen, err))
		return -1;
	if (chosen) {
		/* make the path absolute: the program runs in another directory */
		whole = realpath(chosen, NULL);
		if (!whole || !is_program(whole) ||
		    (size_t)snprintf(path, len, "%s", whole) >= len) {
			fl_err(err, "cannot run %s: %s", chosen,
			       whole ? "not a program" : strerror(errno));
			free(whole);
			return -1;
		}
		free(whole);
		return 0;
	}
	for (const char *d = dirs; d && *d; d += strcspn(d, ":"), d += *d == ':') {
		int n = strcspn(d, ":");

		if (*d == '/' && (size_t)snprintf(path, len, "%.*s/%s", n, d, name) < len &&
		    is_program(path))
			return 0;
	}
	fl_err(err, "%s is not installed", name);
	return fl_hint(err,
		       is_privileged() ? "looked for in %s only; --%s FILE names another one"
				       : "looked for in PATH, %s; --%s FILE names another one",
		       dirs ? dirs : "", name);
}

void fl_program_trust_path(void)
{
	if (is_privileged())
		setenv("PATH", FL_TRUSTED_PATH, 1);
}
