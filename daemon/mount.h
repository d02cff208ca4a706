/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mounting and unmounting by system calls. libfuse would run programs for this, say little about
 * failures, and unmount only after it has closed the device. That is too late to write back dirty
 * mappings.
 */
#ifndef FUSELENS_DAEMON_MOUNT_H
#define FUSELENS_DAEMON_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

struct mount_options {
	unsigned long flags;	    /* MS_* */
	unsigned long set, cleared; /* flags that were named, set or cleared */
	bool others;		    /* allow_other or allow_root */
	bool remount;		    /* change the existing mount */
	bool auto_unmount;	    /* also if the daemon is killed */
	char *fsname;		    /* shown as the source; NULL: the source itself */
	char *subtype;		    /* the type is fuse.SUBTYPE; NULL: fuselens */
	char *data;		    /* options for the kernel, comma-separated, or NULL */
};

struct mounted {
	int dev; /* the FUSE device */
	const char *mountpoint;
	/*
	 * The directory that has the mount point, and the mount point's name there. By them the mount is found although
	 * somebody renamed a directory on the way to it: the kernel lets nobody rename a mount point itself.
	 */
	int parent;
	char name[256];
	uint64_t mnt_id; /* as in STATX_MNT_ID_UNIQUE, or STATX_MNT_ID where there is none */
	unsigned int connection; /* the kernel's number for it; 0: not known */
};

/*
 * Takes one -o option into @opts. Returns 1 if it is one of the mount, 0 if it is unknown, -1 if
 * memory is short.
 */
int mount_option(struct mount_options *opts, const char *option);

/*
 * Opens @path, which must be a directory, to mount on it. Another user may own a directory on the way, and put a
 * link there between two looks. So a link is followed only if it is ours or root's, and what is opened is what is
 * mounted on. Returns -1 with errno; ELOOP for another user's link.
 */
int mount_point_open(const char *path);

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

/*
 * Starts a process that waits for the end of this one and then detaches the mount, if it is still
 * there. Call this before any thread starts. Returns 0, or -1 with the reason printed.
 */
int mount_watch(const struct mounted *mounted);

/*
 * Writes back dirty data and detaches the mount, if it is still where it was made. The file system
 * must still be served.
 */
void mount_detach(const struct mounted *mounted);

/* Ends the connection to the kernel: all requests fail, those under way, too. */
void mount_abort(const struct mounted *mounted);

#endif
