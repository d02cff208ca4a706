/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/PID/mountinfo, parsed. Pure: takes text, touches no file. */
#ifndef FL_MOUNTINFO_H
#define FL_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include "util/index.h"

struct fl_mount {
	__u64 id;     /* mount ID, unique on the system while the mount lives */
	__u32 dev;    /* kernel form: major << 20 | minor */
	char *root;   /* root of the mount inside the file system */
	char *path;   /* mount point, unescaped */
	char *fstype; /* "fuse", "fuse.sshfs", "fuseblk", "virtiofs", ... */
	char *source; /* unescaped; may be empty */
};

struct fl_mounts {
	struct fl_mount *mount;
	size_t n;
	struct fl_index by_dev; /* any user may have 100,000 mounts */
};

/* Appends a mount, which the list then owns. Returns 0, or -1 when out of memory: the caller keeps it. */
int fl_mounts_append(struct fl_mounts *mounts, const struct fl_mount *m);

/*
 * Parses the whole text of a mountinfo file and appends its mounts. Lines that are not as documented in
 * proc_pid_mountinfo(5) are skipped. Returns 0, or -1 when out of memory.
 */
int fl_mounts_parse(struct fl_mounts *mounts, const char *text);
void fl_mounts_free(struct fl_mounts *mounts);

/* "fuse", "fuseblk", "fuse.anything" and virtiofs: whatever fs/fuse serves. */
bool fl_fstype_is_fuse(const char *fstype);
/* The mount with this ID or device, preferably of the whole file system; NULL when there is none. */
const struct fl_mount *fl_mounts_by_id(const struct fl_mounts *mounts, __u64 id);
const struct fl_mount *fl_mounts_by_dev(const struct fl_mounts *mounts, __u32 dev);
/* The last mount in the list with this device: where mounts were appended over time, the newest. */
const struct fl_mount *fl_mounts_by_dev_last(const struct fl_mounts *mounts, __u32 dev);
/* Last mount whose path equals path: the one on top. */
const struct fl_mount *fl_mounts_by_path(const struct fl_mounts *mounts, const char *path);

#endif
