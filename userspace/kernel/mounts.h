/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's mounts, of every mount namespace that has a task in it. */
#ifndef FL_MOUNTS_H
#define FL_MOUNTS_H

#include "kernel/mountinfo.h"
#include "util/err.h"

/*
 * Reads the mounts of this mount namespace and adds them to mounts; with others also those of all other
 * namespaces, except where the list has the same device at the same path. FUSE mounts only, unless all_types is set.
 * Returns 0, or -1 with err set. The caller frees mounts with fl_mounts_free() either way.
 */
int fl_mounts_read(struct fl_mounts *mounts, bool others, bool all_types, struct fl_err *err);

#endif
