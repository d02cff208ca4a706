/* SPDX-License-Identifier: GPL-2.0-only */
/* Carries out a plan: forks its processes, starts their threads, and waits for all of them. */
#ifndef ORACLE_DRIVE_H
#define ORACLE_DRIVE_H

#include "place.h"

/* The ledger has the first failure, if there was one. */
void drive(const struct place *place, const struct plan *p, struct ledger *l);

#endif
