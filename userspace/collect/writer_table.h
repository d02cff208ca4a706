/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User space's side of the table of writers (bpf/writers.bpf.h): which process writes which file.
 */
#ifndef FL_WRITER_TABLE_H
#define FL_WRITER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include "collect/batches.h"
#include "snapshot/writers.h"

struct bpf_object;

/* What a process wrote to a slot's file. */
struct fl_written {
	__u32 slot;
	struct fl_writer_count by;
};

struct fl_writer_table {
	const struct fl_writer *place; /* mapped; NULL if the form does not note who writes */
	struct fl_variable table;
	const struct fl_batches *batches; /* not owned; their writes are added */
	struct {
		__u64 key, told;
	} last[FL_WRITERS];	    /* by place: counts that were already reported */
	struct fl_written *written; /* by slot, once it was swept; owned */
	size_t n;
};

/* Sets the programs' constants before they are loaded. Returns 0, or -1. */
int fl_writer_table_configure(struct bpf_object *obj);
/* Maps the table of a loaded object; without one it stays empty. */
void fl_writer_table_open(struct fl_writer_table *t, struct bpf_object *obj,
			  const struct fl_batches *batches);
/* Adds what was written since the last sweep to t->written. The batches were looked for before. */
void fl_writer_table_sweep(struct fl_writer_table *t);
/*
 * Moves the swept writers of a slot's file to w, the busiest only. Returns 0, or -1 if out of
 * memory.
 */
int fl_writer_table_drain(struct fl_writer_table *t, __u32 slot, struct fl_writer_counts *w);
void fl_writer_table_close(struct fl_writer_table *t);

#endif
