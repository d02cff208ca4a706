/* SPDX-License-Identifier: GPL-2.0-only */
/* How this kernel's passthrough path decides on the lock, as far as its symbols tell. */
#ifndef FL_VERIFY_RULES_H
#define FL_VERIFY_RULES_H

#include "verify_expect.h"

void fl_lock_rules_read(struct fl_lock_rules *rules);
/* From the text of /proc/kallsyms. Pure. */
void fl_lock_rules_parse(struct fl_lock_rules *rules, const char *kallsyms);

#endif
