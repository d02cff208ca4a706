/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running kernel's BTF says, vmlinux and modules alike. */
#ifndef FL_KERNEL_BTF_H
#define FL_KERNEL_BTF_H

#include <stdbool.h>

/* Value of an enumerator of any enum, named or not, of the kernel or of module ("" for vmlinux); -1. */
int fl_btf_enumerator(const char *name);
/* Whether a function, or a BTF tracepoint (by its plain name), is in the BTF of the kernel or of fuse. */
bool fl_btf_has_func(const char *name);
bool fl_btf_has_tracepoint(const char *name);
/* Whether a struct has a member (directly or in an anonymous one). */
bool fl_btf_has_member(const char *type, const char *member);
/* Whether a struct is known from a module's BTF rather than the kernel's own. */
bool fl_btf_in_module(const char *type);
/* Where a member lies in its struct, in bytes; -1 where not known. */
long fl_btf_member_offset(const char *type, const char *member);
bool fl_btf_available(void);
/* Frees what was loaded. */
void fl_btf_done(void);

#endif
