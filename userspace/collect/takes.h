/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Joins takes to the writes of their file where both have different routes: a program could not tell the route of
 * the take, or no write has this route. Pure.
 */
#ifndef FL_TAKES_H
#define FL_TAKES_H

#include "snapshot/snapshot.h"

/*
 * A file may have entries of several routes. Those that took locks and wrote nothing are added to the
 * entry with the most writes, and leave the snapshot. Returns 0, or -1 when out of memory.
 */
int fl_takes_join(struct fl_snapshot *s);

#endif
