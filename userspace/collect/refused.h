/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opens that the kernel's I/O-mode rules refused, with the errno that became the user's EIO; and opens from
 * which the kernel took a flag. This needs hooks on functions: tracepoints show only the daemon's reply.
 */
#ifndef FL_REFUSED_H
#define FL_REFUSED_H

#include <stddef.h>
#include "util/err.h"
#include "collect/target.h"

struct fl_refused_open {
	struct fl_refused_key key;
	struct fl_refused seen;
};

struct fl_stripped_open {
	struct fl_stripped_key key;
	__u64 count;
};

struct fl_refused_opens {
	struct fl_refused_open *refused;
	size_t nrefused;
	struct fl_stripped_open *stripped;
	size_t nstripped;
	/* opens that found no place in the programs' tables, and are not among the others */
	__u64 more_refused, more_stripped;
	/* hooks that could not be attached; their rules cannot be told from others */
	char not_live[256];
	double seconds;
};

struct fl_refused_watch;

/* Attaches and begins to watch. NULL with err set; so too where the kernel refuses hooks. */
struct fl_refused_watch *fl_refused_start(struct fl_err *err);
/*
 * Copies what was seen of the target so far; the caller frees it with fl_refused_free(). Returns 0, or -1
 * with err set.
 */
int fl_refused_read(struct fl_refused_watch *w, const struct fl_target *target,
		    struct fl_refused_opens *opens, struct fl_err *err);
void fl_refused_finish(struct fl_refused_watch *w);
void fl_refused_free(struct fl_refused_opens *opens);

#endif
