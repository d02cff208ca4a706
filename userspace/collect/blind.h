/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are open for writes which nothing sees, from lists of open files. */
#ifndef FL_BLIND_H
#define FL_BLIND_H

#include "collect/family.h"
#include "collect/slot_table.h"
#include "collect/target.h"
#include "openfiles/openfiles.h"
#include "snapshot/snapshot.h"

/*
 * Adds what the list shows of the target's files to blind_files and blind_example of s. only: whose files alone count;
 * NULL: everybody's. written: the files so far.
 */
void fl_blind_look(struct fl_snapshot *s, const struct fl_open_files *files,
		   const struct fl_target *target, const struct fl_family *only,
		   const struct fl_slot_table *written);

/*
 * The same for a file that was written, by what its first writer showed of it: it may be closed by the time that
 * open files are listed. written: how many such files there were.
 */
void fl_blind_written(struct fl_snapshot *s, const struct fl_slot *slot, __u64 *written);
/* The same for as many files, of which the programs saw only that they were opened. */
void fl_blind_opened(struct fl_snapshot *s, __u64 opened);

#endif
