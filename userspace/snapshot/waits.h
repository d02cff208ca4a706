/* SPDX-License-Identifier: GPL-2.0-only */
/* The waits for a file's locks, as fine histograms. Pure. */
#ifndef FL_SNAPSHOT_WAITS_H
#define FL_SNAPSHOT_WAITS_H

#include <linux/types.h>
#include "bpf/abi.h"

struct fl_snapshot;
struct fl_json_reader;
struct json_object;

/* Adds one's waits to sum; the longest of each kind is the longer of both. */
void fl_waits_add(struct fl_waits *sum, const struct fl_waits *one);
/* The waits of all files. The caller frees it; NULL when out of memory. */
struct fl_waits *fl_waits_sum(const struct fl_snapshot *s);

/* JSON; and back from the object under key, which the caller frees. r says whether it was one. */
struct json_object *fl_waits_to_json(const struct fl_waits *w);
struct fl_waits *fl_waits_from_json(struct fl_json_reader *r, struct json_object *o,
				    const char *key);

#endif
