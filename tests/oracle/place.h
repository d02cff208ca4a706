/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where plans are carried out. ROOT/src/STORE/MODE is a directory of a file system, and
 * ROOT/mnt/STORE/MODE is its FUSE mount. A store with directories a and b has two file systems
 * under one mount.
 */
#ifndef ORACLE_PLACE_H
#define ORACLE_PLACE_H

#include "ledger.h"

struct place {
	const char *root;
	const struct plan_wish *wish;
};

#define PLACE_PATH 512
#define PLACE_NAME LEDGER_NAME

/* The name of a plan's file after this many changes. No two plans share a name. */
void place_name(const struct plan *p, uint32_t file, uint32_t changes, char name[PLACE_NAME]);

/* ROOT/side/STORE/MODE[/half]/sSEED[/name] of a plan's file; side is "src" or "mnt", name may be NULL. */
void place_path(const struct place *place, const struct plan *p, uint32_t file, const char *side,
		const char *name, char path[PLACE_PATH]);
/*
 * Makes the plan's directories and files, in the source. Returns 0, or -1 with a message on stderr.
 */
int place_make(const struct place *place, const struct plan *p);
/* Enters the files in the ledger before anything is written. */
int place_enter(const struct place *place, const struct plan *p, struct ledger *l);
/* Removes all of it through the mounts, so that the daemons release it. */
void place_remove(const struct place *place, const struct plan *p);

#endif
