/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the tasks of a case wait, told from /proc; and ending them without waiting for ever. */
#ifndef FL_VERIFY_HANG_H
#define FL_VERIFY_HANG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The tasks of process group pgrp that sleep in the kernel, one a line, as text to print. */
void fl_hang_describe(pid_t pgrp, char *buf, size_t len);
/* The top frames of /proc/PID/stack, "inner < outer < ...". Pure. */
void fl_hang_frames(const char *stack, char *buf, size_t len);
/* Whether the daemon below path answers within seconds; asked by a child, which may be left behind. */
bool fl_hang_answers(const char *path, double seconds);
/*
 * Kills the group and reaps child (its leader) and whoever else of it has become ours. Waits at most
 * seconds. Returns how many tasks of the group are still there: those that the kernel holds.
 */
int fl_hang_kill(pid_t child, double seconds);

#endif
