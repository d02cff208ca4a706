/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A mount that was made, and its end. libfuse would unmount only after it has closed the device. That is too late to
 * write back dirty mappings.
 */
#ifndef FUSELENS_DAEMON_MOUNTED_H
#define FUSELENS_DAEMON_MOUNTED_H

#include <stdbool.h>
#include <stdint.h>

struct mounted {
	int dev; /* the FUSE device */
	const char *mountpoint;
	/*
	 * The directory that has the mount point, and the mount point's name there. By them the mount is found although
	 * somebody renamed a directory on the way to it: the kernel lets nobody rename a mount point itself.
	 */
	int parent;
	char name[256];
	uint64_t mnt_id;   /* as in STATX_MNT_ID_UNIQUE, or STATX_MNT_ID where there is none */
	uint64_t plain_id; /* as in STATX_MNT_ID and mountinfo */
	unsigned int connection; /* the kernel's number for it; 0: not known */
};

/*
 * Opens the directory that has @below, and finds its name there. It goes by the path, since the way up from a mount
 * whose daemon is dead, or does not answer, is closed. Returns 0, or -1 with errno: ESTALE if the path leads elsewhere
 * by now.
 */
int mounted_place(struct mounted *mounted, int below);

/* Notes by what the mount is known whose @root is open. Returns 0, or -1 with errno. */
int mounted_note(struct mounted *mounted, int root);

/* Whether the mount is found where mounted_place() said, maybe below others. */
bool mounted_is_there(const struct mounted *mounted);

/*
 * Starts a process that waits for the end of this one and then detaches the mount, if it is still
 * there. Call this before any thread starts. Returns 0, or -1 with the reason printed.
 */
int mount_watch(const struct mounted *mounted);

/*
 * Writes back dirty data and detaches the mount, if it is still where it was made; with it goes what users mounted on
 * it, but not what root did. The file system must still be served.
 */
void mount_detach(const struct mounted *mounted);

/* Ends the connection to the kernel: all requests fail, those under way, too. */
void mount_abort(const struct mounted *mounted);

#endif
