/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is remembered of files that were seen open for writing: the path, how many opens had the parallel flag in
 * force at the same time, and for how many the daemon had asked for it. It is kept after they are closed. Pure.
 */
#ifndef FL_KNOWN_H
#define FL_KNOWN_H

#include "util/index.h"
#include "openfiles/openfiles.h"
#include "snapshot/snapshot.h"

struct fl_known_file {
	struct fl_file_key key;
	char *path;			      /* may be NULL */
	__u64 effective_set, effective_unset; /* the most seen open at once */
	__u64 now_set, now_unset;	      /* in the list merged last */
	/* the most open at once whose answers the kernel keeps, and those of them that asked for the flag */
	__u64 answers, asked;
	__u64 now_answers, now_asked;
};

struct fl_known_files {
	struct fl_known_file *file;
	size_t n;
	struct fl_index index;
	size_t forget_at; /* with more files than this, closed ones are forgotten; 0: not set yet */
};

/*
 * Adds what a list of open files shows. devs: only files of these ndevs devices; of all devices where ndevs
 * is 0. When memory runs out, the rest of the list is left out.
 */
void fl_known_files_merge(struct fl_known_files *k, const struct fl_open_files *list,
			  const __u32 *devs, __u32 ndevs);
/* NULL for a file that was never seen open. Valid until the next merge. */
const struct fl_known_file *fl_known_files_find(const struct fl_known_files *k,
						struct fl_file_key key);
void fl_known_files_free(struct fl_known_files *k);

#endif
