/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's symbol table as /proc/kallsyms prints it: text symbols, sorted by address, and where the list
 * of livepatches begins.
 */
#ifndef FL_KALLSYMS_H
#define FL_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include "util/err.h"

struct fl_symbol {
	__u64 addr;
	const char *name; /* points into the table's text */
	bool in_fuse;	  /* of the module fuse */
};

struct fl_symbols {
	struct fl_symbol *sym;
	size_t n;
	char *text;	   /* owned */
	__u64 klp_patches; /* the variable's address; 0 where the kernel has none */
};

/*
 * Parses text, len bytes, which must be malloced with room for one more byte; it is owned by the table
 * afterwards, also on error. Lines that are none are passed over, but a table without any address (all
 * of them 0, as kernel.kptr_restrict makes them) is an error.
 */
int fl_symbols_parse(struct fl_symbols *s, char *text, size_t len, struct fl_err *err);
void fl_symbols_free(struct fl_symbols *s);

/* By name; where several have it, fuse's own. NULL where none has. */
const struct fl_symbol *fl_symbol_by_name(const struct fl_symbols *s, const char *name);
/* The first one at exactly addr, or NULL. */
const struct fl_symbol *fl_symbol_at(const struct fl_symbols *s, __u64 addr);
/* The one that addr lies in: the last that starts at or before it. NULL below the first. */
const struct fl_symbol *fl_symbol_around(const struct fl_symbols *s, __u64 addr);
/* Where the text that starts at addr ends at the latest: the next symbol's address. 0 after the last. */
__u64 fl_symbol_end(const struct fl_symbols *s, __u64 addr);

#endif
