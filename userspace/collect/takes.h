/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes whose route a program could not tell, or that no write of their route stands behind, joined to
 * the file's writes. Pure.
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
