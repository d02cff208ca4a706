/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module's file, opened once: what is looked at is what gets loaded, whatever happens to its name
 * meanwhile.
 */
#ifndef FL_LIVE_FILE_H
#define FL_LIVE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "util/err.h"

struct fl_live_file {
	char path[512]; /* for messages */
	int fd;
	char *bytes; /* the module, unpacked */
	size_t size;
	bool compressed; /* what fd holds is */
};

/*
 * Opens and reads the module at path. Refuses what anyone but root or the user who called sudo may have
 * written: the kernel would run it. Returns 0, or -1 with err set; then there is nothing to close.
 */
int fl_live_file_open(struct fl_live_file *f, const char *path, struct fl_err *err);
void fl_live_file_close(struct fl_live_file *f);

/*
 * Copies what the module says of itself under name to value, or "" where it says nothing. Returns 0, or -1
 * with err set if that has no room.
 */
int fl_live_file_says(const struct fl_live_file *f, const char *name, char *value, size_t size,
		      struct fl_err *err);

/* Hands it to the kernel. Returns 0, or the kernel's errno. */
int fl_live_file_insert(const struct fl_live_file *f);

#endif
