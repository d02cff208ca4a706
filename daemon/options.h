/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line, in the form mount(8) uses: SOURCE MOUNTPOINT [-o OPTION,...]. */
#ifndef FUSELENS_DAEMON_OPTIONS_H
#define FUSELENS_DAEMON_OPTIONS_H

#include <stdbool.h>

#include "mirror.h"
#include "mount.h"

struct options {
	char *source; /* absolute; likewise the paths below */
	char *mountpoint;
	int source_fd, mountpoint_fd; /* what they were when they were looked at; -1: not opened */
	char *stats_file;	      /* NULL: the report goes to the messages */
	char *log_file;		      /* NULL: syslog, once in the background */

	int mode_passthrough, mode_direct, mode_cached; /* which were named */
	int no_parallel;
	int require_passthrough;
	int stack_depth;
	int xattr;
	int flock;
	int no_killpriv;
	double entry_timeout, attr_timeout;

	unsigned int max_read;
	int threads;
	int clone_fd;
	int io_uring;
	int foreground;
	int debug;
	int fake; /* mount(8) -f: check, do not mount */
	int help, version;

	bool is_mount_helper; /* called as mount.fuse.NAME, with mount(8)'s own letters */
	char *as_source;      /* -o source=: then the first argument is only a name */
	bool explained;	      /* the reason of a failure has been printed */
	struct mount_options mount;
	struct fuse_args fuse_args;
};

/*
 * Parses and checks. Returns 0, or -1 with the reason printed. Options for libfuse stay in
 * fuse_args. Call options_free() in either case.
 */
int options_parse(struct options *opts, int argc, char **argv);
void options_free(struct options *opts);
void options_usage(void);

void options_apply(const struct options *opts, struct mirror *m);

#endif
