/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes that have to end with the command, whoever their parents are by now. */
#ifndef FL_PROCESSES_H
#define FL_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FL_MAX_CHILDREN 64

/* Whether ours is the first PID namespace, in which every process has a number. */
bool fl_in_first_pid_namespace(void);
/* Whether the kernel holds a process that got a signal: one of its threads sleeps, and the signal does not wake it. */
bool fl_process_is_held(pid_t pid);
/* Calls fn for a process and all its descendants, until fn returns false. */
void fl_processes_below(pid_t pid, bool (*fn)(pid_t pid, void *arg), void *arg);
/*
 * Kills a child and waits a tenth of a second for its end. One that is held by a request that its daemon took cannot
 * end, and is left to itself.
 */
void fl_process_end_child(pid_t pid);
/* Our own children, at most FL_MAX_CHILDREN of them; returns their number. */
size_t fl_processes_children(pid_t child[FL_MAX_CHILDREN]);
/*
 * Kills and reaps all our children but these n. Orphans of those killed become our children, if
 * PR_SET_CHILD_SUBREAPER is set, and end as well: so all descendants do. Waits at most seconds for those that the
 * kernel holds, and a minute longer for those that only wait for a processor. Returns how many are still there.
 */
size_t fl_processes_end_children(const pid_t *but, size_t n, double seconds);
/*
 * Kills the processes that work in the mount of dir, except our own. Does nothing where dir lies in the same
 * mount as base: see fl_below_own().
 */
void fl_processes_end_in(int base, int dir);

#endif
