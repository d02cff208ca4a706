/* SPDX-License-Identifier: GPL-2.0-only */
/* Every open FUSE file on the machine, from the BPF iterator over all tasks' descriptors. */
#ifndef FL_OPENFILES_H
#define FL_OPENFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include "util/err.h"
#include "snapshot/names.h"

struct fl_open_file {
	struct fl_file_record rec;
	char *path;	    /* as the owner's mount namespace shows it; NULL for FL_FILE_DEV */
	char *backing_path; /* inside the backing file system, "/..."; NULL without backing file */
};

struct fl_open_files {
	struct fl_open_file *file;
	size_t n;
};

/*
 * Parses what the iterator wrote, len bytes at buf, appending to files. Pure. A record that is cut
 * short or carries a wrong magic is an error: the two sides are built together.
 */
int fl_open_files_parse(struct fl_open_files *files, const void *buf, size_t len,
			struct fl_err *err);
/*
 * Runs the iterator once. Needs CAP_BPF, CAP_PERFMON and, for other users' tasks, nothing more: the
 * walk happens in the kernel. The program is loaded at the first call and kept.
 */
int fl_open_files_read(struct fl_open_files *files, struct fl_err *err);
void fl_open_files_free(struct fl_open_files *files);
/* Unloads the iterator program. */
void fl_open_files_done(void);

/* The route that writes through this open file take, from its effective flags. */
enum fl_route fl_open_file_route(const struct fl_open_file *f);

#endif
