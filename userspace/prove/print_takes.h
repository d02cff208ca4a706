/* SPDX-License-Identifier: GPL-2.0-only */
/* Takes of the inode lock and of fi->lock, by role and by site. Pure. */
#ifndef FL_PROVE_PRINT_TAKES_H
#define FL_PROVE_PRINT_TAKES_H

#include <stdio.h>
#include "snapshot/snapshot.h"

/* Takes per write by role, by site, and beside the count of writes. Nothing where there are none. */
void fl_takes_text(const struct fl_snapshot *s, const struct fl_totals *t, FILE *out);

#endif
