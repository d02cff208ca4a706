/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mounting and unmounting by the system calls themselves. libfuse would run programs for it, tell
 * little about failures, and unmount only after it has closed the device: too late for what a
 * mapping still has to write back.
 */
#ifndef FUSELENS_DAEMON_MOUNT_H
#define FUSELENS_DAEMON_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

struct mount_options {
	unsigned long flags; /* MS_* */
	bool others;	     /* allow_other or allow_root */
	char *data;	     /* options for the kernel, comma-separated, or NULL */
};

struct mounted {
	int dev; /* the FUSE device */
	const char *mountpoint;
	uint64_t mnt_id; /* as in STATX_MNT_ID */
};

/*
 * Takes one -o option into @opts. Returns 1 if it is one of the mount, 0 if it is unknown, -1 if
 * memory is short.
 */
int mount_option(struct mount_options *opts, const char *option);

/* Opens the device and mounts. Returns 0, or -1 with the reason printed. */
int mount_fuse(struct mounted *mounted, const char *source, const char *mountpoint,
	       const struct mount_options *opts);

/*
 * Writes back what is dirty and detaches the mount, if it still is where it was made. The file
 * system must still be served.
 */
void mount_detach(const struct mounted *mounted);

#endif
