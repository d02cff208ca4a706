/* SPDX-License-Identifier: GPL-2.0-only */
/* What the evidence at hand leaves out, and what would give it. Pure. */
#ifndef FL_MISSING_H
#define FL_MISSING_H

#include "snapshot/snapshot.h"

/* Whether waits and holds are taken, of all writes or of some. */
bool fl_snapshot_has_times(const struct fl_snapshot *s);
/*
 * A sentence on the figures that s cannot have, why, and which method has them; "" where it has all. Writes
 * at most len bytes; returns buf.
 */
char *fl_missing_text(const struct fl_snapshot *s, char *buf, size_t len);

#endif
