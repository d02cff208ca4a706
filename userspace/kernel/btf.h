/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running kernel's BTF says, vmlinux and modules alike. */
#ifndef FL_KERNEL_BTF_H
#define FL_KERNEL_BTF_H

#include <stdbool.h>
#include <linux/types.h>

struct fl_btf;

/*
 * Loads the BTF of the kernel and of its modules, which anybody may read. NULL when out of memory. All
 * functions here take NULL, and know nothing then.
 */
struct fl_btf *fl_btf_open(void);
void fl_btf_close(struct fl_btf *b);
bool fl_btf_available(const struct fl_btf *b);

/* Value of an enumerator of any enum, named or not, of the kernel or of a module; -1 where there is none. */
int fl_btf_enumerator(const struct fl_btf *b, const char *name);
/* Whether a BTF tracepoint (by its plain name) is in the BTF of the kernel or of fuse. */
bool fl_btf_has_tracepoint(const struct fl_btf *b, const char *name);
/* Whether the tracepoint is one of XFS and the kernel lacks it: XFS is not loaded. */
bool fl_btf_lacks_xfs_tracepoint(const struct fl_btf *b, const char *name);
/* The BTF ID of a function of the kernel itself; 0 for those of modules, and for none. */
__u32 fl_btf_kernel_function(const struct fl_btf *b, const char *name);
/* Whether the kernel or one of its modules has the function. */
bool fl_btf_has_function(const struct fl_btf *b, const char *name);
/* Whether a struct has a member (directly or in an anonymous one). */
bool fl_btf_has_member(const struct fl_btf *b, const char *type, const char *member);
/* Whether a struct comes from a module's BTF and not from the kernel's own. */
bool fl_btf_in_module(const struct fl_btf *b, const char *type);
/* Where a member lies in its struct, in bytes; -1 where not known. */
long fl_btf_member_offset(const struct fl_btf *b, const char *type, const char *member);

#endif
