/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turning features of the kernel off, so that the fall-backs for kernels that lack them are tested:
 * FUSELENS_DISABLE=fentry,kprobes,module-btf,text in the environment.
 */
#ifndef FL_DISABLE_H
#define FL_DISABLE_H

#include <stdbool.h>

enum fl_disable {
	FL_DISABLE_FENTRY,
	FL_DISABLE_KPROBES,
	FL_DISABLE_MODULE_BTF,
	FL_DISABLE_TEXT, /* /proc/kallsyms and /proc/kcore */
};

bool fl_disabled(enum fl_disable what);

#endif
