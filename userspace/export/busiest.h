/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How busy files were in the last minutes, so that the exporter's series go to the busiest. A rate
 * is an average whose weights halve with every minute. Bounded: the least busy files are forgotten
 * first. Pure.
 */
#ifndef FL_BUSIEST_H
#define FL_BUSIEST_H

#include "util/index.h"
#include "snapshot/snapshot.h"

struct fl_busy {
	struct fl_file_key key;
	double rate; /* writes a second */
};

struct fl_busiest {
	struct fl_busy *file;
	size_t n, room;
	struct fl_index by_file;
};

/* room: files that are remembered. Returns 0, or -1 if out of memory. */
int fl_busiest_init(struct fl_busiest *b, size_t room);
/* Adds an interval of this many seconds. Returns 0, or -1 if out of memory. */
int fl_busiest_add(struct fl_busiest *b, const struct fl_snapshot *interval, double seconds);
/* Writes per second; 0 for a file that is not known, or not any more. */
double fl_busiest_rate(const struct fl_busiest *b, const struct fl_file_key *key);
void fl_busiest_free(struct fl_busiest *b);

#endif
