/* SPDX-License-Identifier: GPL-2.0-only */
/* The mounts of a snapshot: found by device, and compared between two readings. Pure. */
#ifndef FL_SNAPSHOT_MOUNTS_H
#define FL_SNAPSHOT_MOUNTS_H

#include "snapshot/snapshot.h"

/*
 * The mounts of s sorted by device, for fl_sorted_mount(). The caller frees the list, which points into s.
 * NULL when out of memory.
 */
const struct fl_mount_snapshot **fl_sorted_mounts(const struct fl_snapshot *s);
/* Index in list of the mount with this device; n where there is none. */
size_t fl_sorted_place(const struct fl_mount_snapshot **list, size_t n, __u32 dev);
/* The mount with this device among the n of list, or NULL. */
const struct fl_mount_snapshot *fl_sorted_mount(const struct fl_mount_snapshot **list, size_t n,
						__u32 dev);

enum fl_mount_change {
	FL_MOUNT_GONE,
	FL_MOUNT_APPEARED,
	FL_MOUNT_UNSERVED, /* it is there, but its daemon is not */
	FL_MOUNT_SERVED_AGAIN,
};

/* What became of a mount between two readings. */
struct fl_mount_event {
	__u32 dev;
	enum fl_mount_change change;
	const char *path;
};

/*
 * At most max events, written to event; the paths belong to the snapshots. Returns their number. With no
 * reading before (NULL) the only events are mounts that have lost their daemon already.
 */
size_t fl_mount_events(const struct fl_snapshot *before, const struct fl_snapshot *now,
		       struct fl_mount_event *event, size_t max);

#endif
