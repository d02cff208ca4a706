/* SPDX-License-Identifier: GPL-2.0-only */
/* How this kernel's passthrough path decides on the lock, as far as its symbols tell. */
#ifndef FL_VERIFY_RULES_H
#define FL_VERIFY_RULES_H

#include "verify/judge.h"

struct fl_callsite_map;
struct fl_kernel;

/* From the running kernel. */
void fl_lock_rules_read(struct fl_lock_rules *rules, struct fl_kernel *kernel);
/* From the call-site map: a shared take that serves both routes. Pure. */
void fl_lock_rules_from_map(struct fl_lock_rules *rules, const struct fl_callsite_map *map);
/* From the text of /proc/kallsyms, for kernels whose code can't be read. Pure. */
void fl_lock_rules_parse(struct fl_lock_rules *rules, const char *kallsyms);

#endif
