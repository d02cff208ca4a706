/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which mounts still have a daemon. A daemon holds a descriptor of /dev/fuse with the mount's connection,
 * and the list of open files shows it without asking the daemon anything. A daemon that hangs or is stopped
 * still holds the descriptor; a dead one does not. Pure.
 */
#ifndef FL_SERVED_H
#define FL_SERVED_H

#include "util/index.h"
#include "openfiles/openfiles.h"
#include "snapshot/snapshot.h"

struct fl_served_mount {
	__u32 dev;
	bool seen;	     /* with a holder, once */
	unsigned int missed; /* looks in a row that found none */
};

struct fl_served {
	struct fl_served_mount *mount;
	size_t n;
	struct fl_index by_dev;
	/* False in a PID namespace: a daemon outside of it is never seen. */
	bool sees_every_task;
};

/*
 * Adds one look: the open files at that time, and the mounts of s. A list that is cut says nothing of mounts whose
 * daemon is not in it. Returns 0, or -1 when out of memory.
 */
int fl_served_look(struct fl_served *w, const struct fl_open_files *files,
		   const struct fl_snapshot *s);
/* Sets the "served" state of the mounts of s from the looks so far. */
void fl_served_mark(const struct fl_served *w, struct fl_snapshot *s);
/* Forgets the looks at a device, because its number now belongs to another mount. */
void fl_served_forget(struct fl_served *w, __u32 dev);
void fl_served_free(struct fl_served *w);

#endif
