/* SPDX-License-Identifier: GPL-2.0-only */
/* Capabilities: what is needed, what is missing by name, and dropping the rest. */
#ifndef FL_PRIVILEGES_H
#define FL_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include "util/err.h"

/* Fails, naming what is missing, unless CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN) are effective. */
int fl_privileges_need(struct fl_err *err);
/* The command that gives this binary what it needs. Returns buf. */
char *fl_privileges_command(char *buf, size_t len);
/* Whether a capability (CAP_*) is effective. */
bool fl_privileges_have(int cap);
/*
 * The kernel's own BTF where modules' may not be looked through (that takes CAP_SYS_ADMIN, and libbpf
 * before 1.4 fails a program for it that asks for any type the kernel lacks), else NULL: libbpf chooses.
 * For the open options' btf_custom_path.
 */
const char *fl_privileges_btf_path(void);
/*
 * Keeps what reading counts, listing files and looking into other mount namespaces need (CAP_BPF,
 * CAP_PERFMON, CAP_SYS_PTRACE, and CAP_KILL to end a workload); drops everything else for good.
 */
void fl_privileges_drop(void);
/*
 * For a command that attaches again and again and runs workloads in between. Gives up everything but that,
 * for good: what fl_privileges_drop() keeps; CAP_DAC_OVERRIDE for data and results in directories of others;
 * CAP_IPC_LOCK and CAP_SYS_NICE for workloads; and CAP_SYS_ADMIN where a module's functions or tracepoints
 * are hooked, as nobody else may look up a module's BTF, or where admin says that there is another need. The
 * last three are not in effect until asked for.
 */
void fl_privileges_keep_for_runs(bool admin);
/* Puts CAP_SYS_ADMIN in effect where it was kept, or out of it again. */
void fl_privileges_admin(bool on);
/* Gives up everything, in a process that needs nothing but what it holds. */
void fl_privileges_drop_all(void);
/* In a child that is about to become a workload: leaves what that may need and nothing else. */
void fl_privileges_for_workload(void);

#endif
