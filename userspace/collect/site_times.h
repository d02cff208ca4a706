/* SPDX-License-Identifier: GPL-2.0-only */
/* The wait at a lock call, from the time between two probes less what the probe pair itself takes. Pure. */
#ifndef FL_SITE_TIMES_H
#define FL_SITE_TIMES_H

#include "snapshot/hist.h"

/*
 * Fills in the wait at a site. pair: times around the lock call. own: times of a probe pair around one plain
 * instruction, which is what a pair takes by itself. With too few of either, measured is false.
 */
void fl_site_wait_of(const struct fl_hist *pair, const struct fl_hist *own,
		     struct fl_site_wait *wait);

#endif
