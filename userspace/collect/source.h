/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source: one BPF object that counts, from opening it to closing it. The collector has one source or
 * two: one that counts writes, one that counts takes. All sources of a collector share one gate, one
 * table of files and one record of losses; the first source makes them.
 */
#ifndef FL_SOURCE_H
#define FL_SOURCE_H

#include "collect/forms.h"
#include "collect/percpu_values.h"

struct bpf_link;
struct fl_kernel;

struct fl_source {
	const struct fl_form *form;
	size_t nprogs; /* of the form's programs, those that this kernel has use for */
	bool available[FL_MAX_PROBES]; /* by program of the form: it works here */
	struct fl_probe probe[FL_MAX_PROBES];
	struct bpf_object *obj;
	struct bpf_link
		*link[FL_MAX_PROBES];	/* by program; NULL where the form attaches it itself */
	struct fl_callsites *callsites; /* of the callsite form; NULL for others */
	__u64 missed[FL_MAX_PROBES];	/* what misses are counted from */
};

/* Settings for all sources of a collector, before they are loaded. */
struct fl_source_opts {
	struct fl_kernel *kernel;
	const struct fl_target *target;
	__u32 nslots;	      /* files told apart; a power of two */
	__u32 timed_in;	      /* times are measured for one write in this many; 0: for none */
	__u32 hist_slots;     /* for this many of the first slots */
	__u32 holder_slots;   /* holders are counted for this many of them; a power of two */
	bool counts_takes;    /* there is a source that counts takes */
	bool writes_are_seen; /* a source sees each write begin and end, and marks it at the gate */
	bool waits;	      /* the locks of written files are followed */
	bool family;	      /* writes by tasks outside a family are reported apart */
	bool family_only;     /* or are not counted */
	const struct fl_callsite_map *map; /* NULL where the kernel's text could not be read */
};

/*
 * Loads a form, and attaches its programs unless the form does that itself or leaves it to a keeper. If
 * one of them can't be loaded or attached, each is tried alone, and those that work are loaded: probe
 * says why the others do not. first: the source whose gate, table and losses this one shares; NULL for
 * the first itself. Returns 0, or -1 with err set to the first required program that does not work. In
 * both cases the caller closes the source.
 */
int fl_source_load(struct fl_source *s, const struct fl_form *form, const struct fl_source *first,
		   const struct fl_source_opts *opts, struct fl_err *err);
/*
 * Attaches all programs that are not attached, the last first. Returns 0, or -1 with err set when a
 * required one fails.
 */
int fl_source_attach(struct fl_source *s, struct fl_err *err);
/*
 * Descriptors of what is attached, and of the programs: at most FL_MAX_PROBES each. Return their number.
 */
size_t fl_source_links(const struct fl_source *s, int *fd);
size_t fl_source_programs(const struct fl_source *s, int *fd);
/* Attaches, detaches one program. The former returns 0, or -1 with errno set. */
int fl_source_attach_program(struct fl_source *s, size_t program);
void fl_source_detach_program(struct fl_source *s, size_t program);
/* Events that a program did not see since it was loaded. */
__u64 fl_source_misses(const struct fl_source *s, size_t program);
/* A map's descriptor by name; -1 where the object has none such. */
int fl_source_map(const struct fl_source *s, const char *name);
/* Detaches, closes. Fine for a source that is all zero. */
void fl_source_close(struct fl_source *s);

#endif
