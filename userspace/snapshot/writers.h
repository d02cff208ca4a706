/* SPDX-License-Identifier: GPL-2.0-only */
/* Who wrote a file: the busiest processes. All other processes together wrote the rest. Pure. */
#ifndef FL_WRITERS_H
#define FL_WRITERS_H

#include <stddef.h>
#include <linux/types.h>
#include "bpf/abi.h"

/* How many writers of a file are listed. */
#define FL_WRITERS_TOLD 8

struct fl_writer_count {
	__u32 pid; /* 0: in no PID namespace that we see */
	char comm[16];
	char cgroup[FL_CGROUP_MAX]; /* the last component of its path; "" at the root */
	__u64 writes;
};

/* n of them, the busiest first; owned. */
struct fl_writer_counts {
	struct fl_writer_count *writer;
	size_t n;
};

struct fl_json_reader;
struct fl_snapshot;
struct json_object;

/* Adds the writes of one process to its entry. Returns 0, or -1 if out of memory. */
int fl_writers_add(struct fl_writer_counts *w, const struct fl_writer_count *one);
/* Adds a whole list. Returns as above. */
int fl_writers_add_all(struct fl_writer_counts *w, const struct fl_writer_counts *more);
/* Sorts, and drops all but the busiest max. */
void fl_writers_keep(struct fl_writer_counts *w, size_t max);
/*
 * Sums up the writers of all files of a mount, or of all mounts if dev is 0. The caller frees them.
 * Returns as above.
 */
int fl_writers_of(const struct fl_snapshot *s, __u32 dev, struct fl_writer_counts *w);
/* The writes of processes that are not in the list. */
__u64 fl_writers_others(const struct fl_writer_counts *w, __u64 writes);
/* A writer's PID, or "-". Returns buf. */
char *fl_writer_pid(const struct fl_writer_count *w, char *buf, size_t len);
void fl_writers_free(struct fl_writer_counts *w);

/*
 * The container after which a control group is named: the first 12 of its 64 hexadecimal digits, as
 * container programs show them. Returns buf; "" if the name has no such number.
 */
char *fl_container_of(const char *cgroup, char buf[13]);

/* To JSON; and back from the list under key, which the caller frees. r says whether it was one. */
struct json_object *fl_writers_to_json(const struct fl_writer_counts *w);
void fl_writers_from_json(struct fl_json_reader *r, struct json_object *o, const char *key,
			  struct fl_writer_counts *w);

#endif
