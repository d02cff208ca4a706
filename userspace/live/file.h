/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A module's file, opened once, so that the checked file is the one that gets loaded, even if its
 * name changes meanwhile.
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
	/* The kernel gets bytes, not fd: what fd holds is compressed, or on a mount that may stop answering. */
	bool from_memory;
};

/*
 * Opens and reads the module at path. Refuses a file that anyone but root or the user who called
 * sudo may have written, because the kernel would run it. Returns 0, or -1 with err set; then there
 * is nothing to close.
 */
int fl_live_file_open(struct fl_live_file *f, const char *path, struct fl_err *err);
void fl_live_file_close(struct fl_live_file *f);

/*
 * Copies the value of name in the module's .modinfo to value; "" if there is none. Returns 0, or -1
 * with err set if value has no room.
 */
int fl_live_file_says(const struct fl_live_file *f, const char *name, char *value, size_t size,
		      struct fl_err *err);

/* Hands it to the kernel. Returns 0, or the kernel's errno. */
int fl_live_file_insert(const struct fl_live_file *f);

#endif
