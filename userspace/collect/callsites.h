/* SPDX-License-Identifier: GPL-2.0-only */
/* The callsite form's probes: one at each lock call of fs/fuse, more around those of fi->lock. */
#ifndef FL_CALLSITES_H
#define FL_CALLSITES_H

#include "util/err.h"
#include "snapshot/snapshot.h"

struct fl_callsites;

/* Whether completions of writes are seen. */
bool fl_callsites_see_completions(const struct fl_callsites *c);
/* Hits that the kprobes themselves missed. 0 for NULL. */
__u64 fl_callsites_misses(const struct fl_callsites *c);
/* What was counted at each site since the last call, into s->site. Returns 0, or -1 when out of memory. */
int fl_callsites_read(struct fl_callsites *c, struct fl_snapshot *s);
/* NULL is fine for both. */
void fl_callsites_detach(struct fl_callsites *c);
void fl_callsites_free(struct fl_callsites *c);

#endif
