/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's mounts, of every mount namespace that has a task in it. */
#ifndef FL_MOUNTS_H
#define FL_MOUNTS_H

#include "kernel/mountinfo.h"
#include "util/err.h"

/*
 * Reads the mounts of this mount namespace and adds them to mounts; with others also those of all other namespaces,
 * except where the list has the same device at the same path, or at FL_MOUNTS_OF_DEVICE paths: any user can make a
 * namespace with 100,000 mounts. FUSE mounts only, unless all_types is set. When interrupted, the list is what was read
 * until then. Returns 0, or -1 with err set. The caller frees mounts with fl_mounts_free() either way.
 */
#define FL_MOUNTS_OF_DEVICE 64
int fl_mounts_read(struct fl_mounts *mounts, bool others, bool all_types, struct fl_err *err);

/* Adds the mounts of another namespace, whose mountinfo is text, in the same way. -1 when out of memory. */
int fl_mounts_add_others(struct fl_mounts *mounts, const char *text, bool all_types);

#endif
