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
 * Parses len bytes of text, which must come from malloc() with room for one more byte. The table owns text
 * afterwards, also after an error. Lines that are no symbols are skipped. It is an error when all addresses
 * are 0, as kernel.kptr_restrict makes them. Returns 0, or -1 with err set.
 */
int fl_symbols_parse(struct fl_symbols *s, char *text, size_t len, struct fl_err *err);
void fl_symbols_free(struct fl_symbols *s);

/* The symbol with this name; of several, the one in fuse. NULL if there is none. */
const struct fl_symbol *fl_symbol_by_name(const struct fl_symbols *s, const char *name);
/* The first symbol at exactly addr, or NULL. */
const struct fl_symbol *fl_symbol_at(const struct fl_symbols *s, __u64 addr);
/* The last symbol that starts at or before addr; NULL below the first. */
const struct fl_symbol *fl_symbol_around(const struct fl_symbols *s, __u64 addr);
/* The next symbol's address: code that starts at addr ends there at the latest. 0 after the last. */
__u64 fl_symbol_end(const struct fl_symbols *s, __u64 addr);

#endif
