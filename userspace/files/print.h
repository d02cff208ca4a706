/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of 'files', and of the opens that the kernel refused, as text and as JSON. Pure. */
#ifndef FL_FILES_PRINT_H
#define FL_FILES_PRINT_H

#include <stdio.h>
#include "collect/refused.h"
#include "kernel/mountinfo.h"
#include "openfiles/openfiles.h"
#include "snapshot/snapshot.h"

/*
 * mounts: all mounts, of every type, to name FUSE mounts and to place backing files. can: what this
 * kernel's write path allows, by route. Text has one line for all descriptors of a file that are alike,
 * the most opened file first; verbose: every descriptor, with its flags and its backing file.
 */
void fl_files_text(const struct fl_open_files *files, const struct fl_mounts *mounts,
		   const enum fl_can can[FL_ROUTES], bool verbose, FILE *out);
void fl_files_json(const struct fl_open_files *files, const struct fl_mounts *mounts,
		   const enum fl_can can[FL_ROUTES], FILE *out);

/*
 * Which writes through this open file could run under the shared lock, in a few words. can: what the kernel's
 * write path allows on the file's route.
 */
const char *fl_file_can_share(const struct fl_open_file *f, enum fl_can can);
/* Whether a file that can be written can run no write under the shared lock. */
bool fl_file_never_shares(const struct fl_open_file *f, enum fl_can can);

/* The opens with the names of their mounts, which come from mounts. */
void fl_refused_text(const struct fl_refused_opens *opens, const struct fl_mounts *mounts,
		     FILE *out);
void fl_refused_json(const struct fl_refused_opens *opens, const struct fl_mounts *mounts,
		     FILE *out);

#endif
