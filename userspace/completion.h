/* SPDX-License-Identifier: GPL-2.0-only */
/* Completion of command lines for shells, from the tables that --help is printed from. */
#ifndef FL_COMPLETION_H
#define FL_COMPLETION_H

#include <stddef.h>
#include <stdio.h>
#include "cmd.h"

/* Prints a script for "bash", "zsh" or "fish". Returns 0, or -1 for another shell. */
int fl_completion_print(const struct fl_command *const *command, size_t n, const char *shell,
			FILE *out);

#endif
