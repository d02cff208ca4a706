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
 * For btf_custom_path of the options that libbpf opens objects with. Without CAP_SYS_ADMIN modules' BTF may
 * not be looked through, and libbpf before 1.4 then refuses programs that name a type which the kernel
 * lacks; the kernel's own BTF as the path avoids that. With CAP_SYS_ADMIN it returns NULL: libbpf chooses.
 */
const char *fl_privileges_btf_path(void);
/*
 * Drops all capabilities for good but four: CAP_BPF and CAP_PERFMON, to read counts and list files;
 * CAP_SYS_PTRACE, to look into other mount namespaces; CAP_KILL, to end a workload.
 */
void fl_privileges_drop(void);
/*
 * The same for a command that may have to probe calls again, in code that has changed: it keeps CAP_SYS_ADMIN
 * too, but not in effect. Where kernel.perf_event_paranoid is above 2, as Debian has it, only CAP_SYS_ADMIN may.
 */
void fl_privileges_keep_for_probes(void);
/*
 * The same for a command that attaches again and again and runs workloads in between. It keeps more:
 * CAP_DAC_OVERRIDE, for data and results in directories of others; CAP_IPC_LOCK and CAP_SYS_NICE, for
 * workloads; and CAP_SYS_ADMIN if admin is set, or if fuse or XFS is a module, whose BTF only CAP_SYS_ADMIN
 * may look up. The last three are kept, but not in effect.
 */
void fl_privileges_keep_for_runs(bool admin);
/* Puts CAP_SYS_ADMIN in effect where it was kept, or out of it again; nothing where it was not. */
void fl_privileges_admin(bool on);
/* Gives up everything, in a process that needs nothing but what it holds. */
void fl_privileges_drop_all(void);
/* For a child that is about to become a workload: keeps what a workload may need, drops the rest. */
void fl_privileges_for_workload(void);

#endif
