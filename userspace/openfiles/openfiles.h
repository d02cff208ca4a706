/* SPDX-License-Identifier: GPL-2.0-only */
/* Every open FUSE file on the machine, from the BPF iterator over all tasks' descriptors. */
#ifndef FL_OPENFILES_H
#define FL_OPENFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include <sys/types.h>
#include "util/err.h"
#include "snapshot/names.h"

struct bpf_link;

struct fl_open_file {
	struct fl_file_record rec;
	bool answer_counts; /* the kernel looks at the daemon's answer, not at the flags in force */
	char *path;	    /* as the owner's mount namespace shows it; NULL for FL_FILE_DEV */
	char *backing_path; /* inside the backing file system, "/..."; NULL without backing file */
};

/*
 * Any user may have a million descriptors, whose files have names of thousands of bytes. So many are listed, and so
 * many bytes of names are kept, of one process and of all; paths beyond that are NULL.
 */
#define FL_OPEN_FILES_MOST	    2000000
#define FL_OPEN_FILES_NAMES	    ((size_t)256 << 20)
#define FL_OPEN_FILES_PROCESS_NAMES ((size_t)16 << 20)

struct fl_open_files {
	struct fl_open_file *file;
	size_t n;
	bool cut; /* there are more */
	/* bytes of names: of all, and of the last file's process */
	size_t names, process_names;
};

/*
 * Parses the first record of left bytes that the iterator wrote, and appends its file. Returns its length; 0 if it goes
 * on behind them; -1 with err set. Pure.
 */
ssize_t fl_open_files_parse_one(struct fl_open_files *files, const char *p, size_t left,
				struct fl_err *err);
/*
 * Parses len bytes that the iterator wrote, and appends the files. A record that is cut short, or has a wrong
 * magic, is an error, because program and reader are built together. Returns 0, or -1 with err set. Pure.
 */
int fl_open_files_parse(struct fl_open_files *files, const void *buf, size_t len,
			struct fl_err *err);
/*
 * Lists all open FUSE files now, or only those of process pid unless that is 0. Needs CAP_BPF and CAP_PERFMON; other
 * users' tasks need nothing more, because the kernel does the walk. The program is loaded at the first call and kept.
 * The caller frees files with fl_open_files_free(). Returns 0, or -1 with err set.
 */
int fl_open_files_read(struct fl_open_files *files, pid_t pid, struct fl_err *err);
void fl_open_files_free(struct fl_open_files *files);

/* The last of many lists, for all who look at open files again and again: each walks every task. */
struct fl_open_list {
	struct fl_open_files files;
	__u64 read_ns;		 /* on CLOCK_MONOTONIC; 0: there was none yet */
	__u64 tried_ns, took_ns; /* the last attempt, which may have failed */
};
/* Lists anew if more time has passed since the last attempt than pause_ns plus five times its duration. */
void fl_open_list_again(struct fl_open_list *l, __u64 pause_ns);
/*
 * An iterator that writes a struct fl_version_record for each FUSE file that this process has open. The
 * caller destroys the link, before fl_open_files_done(). NULL with err set.
 */
struct bpf_link *fl_open_files_own_versions(struct fl_err *err);
/* Unloads the iterators. */
void fl_open_files_done(void);

/* The route that writes through this open file take, from its effective flags. */
enum fl_route fl_open_file_route(const struct fl_open_file *f);

#endif
