/* SPDX-License-Identifier: GPL-2.0-only */
/* Mounting by system calls. libfuse would run programs for this, and say little about failures. */
#ifndef FUSELENS_DAEMON_MOUNT_H
#define FUSELENS_DAEMON_MOUNT_H

#include <stdbool.h>

#include "mounted.h"

#define MOUNT_KERNEL_OPTIONS 6

struct mount_options {
	unsigned long flags;		    /* MS_* */
	unsigned long set, cleared;	    /* flags that were named, set or cleared */
	bool others;			    /* allow_other or allow_root */
	bool remount;			    /* change the existing mount */
	bool auto_unmount;		    /* also if the daemon is killed */
	char *fsname;			    /* shown as the source; NULL: the source itself */
	char *subtype;			    /* the type is fuse.SUBTYPE; NULL: fuselens */
	char *kernel[MOUNT_KERNEL_OPTIONS]; /* for the kernel: NAME or NAME=VALUE, or NULL */
};

/*
 * Takes one -o option into @opts. Returns 1 if it is one of the mount, 0 if it is unknown, -1 if
 * memory is short.
 */
int mount_option(struct mount_options *opts, const char *option);
void mount_options_free(struct mount_options *opts);

/* Opens the device and mounts on @below. Returns 0, or -1 with the reason printed. */
int mount_fuse(struct mounted *mounted, const char *source, const char *mountpoint, int below,
	       const struct mount_options *opts);

struct mount_attr;
/* How read times are kept, as far as options say so; for mount_setattr(2). */
struct mount_attr mount_times(const struct mount_options *opts);

/*
 * Changes those options of the mount on @mountpoint that were named; @root is open on it. Returns 0, or -1 with the
 * reason printed.
 */
int mount_remount(const char *mountpoint, int root, const struct mount_options *opts);

#endif
