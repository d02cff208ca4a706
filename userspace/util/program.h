/* SPDX-License-Identifier: GPL-2.0-only */
/* Where programs that we run are: for root, in places that root alone writes to. */
#ifndef FL_PROGRAM_H
#define FL_PROGRAM_H

#include <stddef.h>
#include "util/err.h"

/* The PATH that root's programs are looked for in, and get. */
#define FL_TRUSTED_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * The file of a program: chosen, where the user named one by an option; otherwise name as found in PATH,
 * or in FL_TRUSTED_PATH when we are root or have privileges that the user lacks. -1 with err set.
 */
int fl_program_find(const char *name, const char *chosen, char *path, size_t len,
		    struct fl_err *err);
/* In a child: gives programs that it starts by name the same places to be found in. */
void fl_program_trust_path(void);

#endif
