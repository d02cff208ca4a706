/* SPDX-License-Identifier: GPL-2.0-only */
/* Capabilities: what is needed, what is missing by name, and dropping the rest. */
#ifndef FL_PRIVILEGES_H
#define FL_PRIVILEGES_H

#include <stdbool.h>
#include "err.h"

/* Fails, naming what is missing, unless CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN) are effective. */
int fl_privileges_need(struct fl_err *err);
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

#endif
