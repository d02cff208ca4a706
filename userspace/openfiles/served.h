/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which mounts still have a daemon: somebody must hold a descriptor of /dev/fuse with the mount's
 * connection, which the list of open files shows without asking the daemon anything. A daemon that hangs
 * or is stopped holds it still, one that died does not. Pure.
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
	/* The list is of the reader's PID namespace: a daemon outside of one is never seen. */
	bool sees_every_task;
};

/* Takes in one look: the open files then, and the mounts of s. Returns 0, or -1 when out of memory. */
int fl_served_look(struct fl_served *w, const struct fl_open_files *files,
		   const struct fl_snapshot *s);
/* Fills in what the looks so far tell of the mounts of s. */
void fl_served_mark(const struct fl_served *w, struct fl_snapshot *s);
/* Forgets the looks at a device: its number belongs to another mount now. */
void fl_served_forget(struct fl_served *w, __u32 dev);
void fl_served_free(struct fl_served *w);

#endif
