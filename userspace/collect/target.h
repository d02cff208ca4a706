/* SPDX-License-Identifier: GPL-2.0-only */
/* What the user wants watched (a mount, a file, a PID, "all"), as BPF filters by it. */
#ifndef FL_TARGET_H
#define FL_TARGET_H

#include <sys/types.h>
#include "util/err.h"
#include "kernel/mounts.h"
#include "bpf/abi.h"

enum fl_target_kind {
	FL_TARGET_ALL,
	FL_TARGET_MOUNT,
	FL_TARGET_FILE,
	FL_TARGET_DAEMON, /* the mounts that a process serves */
	FL_TARGET_WRITER, /* what a process writes, with its descendants or without, on any mount */
};

struct fl_target {
	enum fl_target_kind kind;
	char *name;		/* as users know it; owned */
	__u32 dev[FL_MAX_DEVS]; /* none: every FUSE mount */
	__u32 ndevs;
	__u64 ino;	  /* 0: every file */
	__u64 nodeid;	  /* of that file, as fs/fuse knows it; 0: not known */
	__u32 generation; /* of the node */
	pid_t pid;	  /* the process that was named, in our PID namespace; 0: none */
	pid_t tgid;	  /* in the initial PID namespace; 0: every process */
	pid_t family;	  /* PID in our namespace: it and its descendants, any mount; 0: all */
	int held;	  /* a descriptor that keeps the file's inode in memory; 0: none */
	struct fl_mounts mounts; /* FUSE mounts known when the target was resolved */
};

/* Whether a file belongs to the target, whoever writes it. nodeid is 0 where it is not known. */
bool fl_target_selects(const struct fl_target *t, __u32 dev, __u64 ino, __u64 nodeid,
		       __u32 generation);
/*
 * Resolves spec: a path or "all", or NULL where pid is set. A path is opened with O_PATH only, so that a
 * mount point needs no answer of its daemon, which may hang. A mount of another mount namespace is found by
 * its path there. Returns 0, or -1 with err set; the caller calls fl_target_free() either way.
 */
int fl_target_resolve(struct fl_target *t, const char *spec, pid_t pid, struct fl_err *err);
/*
 * The writes of a process and its descendants, on any FUSE mount. Returns, and is freed, as above.
 */
int fl_target_of_family(struct fl_target *t, pid_t pid, struct fl_err *err);
void fl_target_free(struct fl_target *t);

#endif
