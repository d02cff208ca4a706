/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How one method collects: its BPF object, and what each program is for. The collector walks these
 * descriptions; a new method is a new description in fl_forms.
 */
#ifndef FL_FORMS_H
#define FL_FORMS_H

#include "snapshot/snapshot.h"

#define FL_MAX_PROBES 32

struct fl_source;
struct fl_source_opts;

struct fl_prog {
	const char *name;   /* of the BPF program */
	bool required;	    /* without it the method cannot work */
	bool counts_writes; /* a miss of it is a lost write */
	const char *costs;  /* what is not known when it cannot be attached */
	bool of_iomap;	    /* left out where fs/fuse has no iomap route; the last ones of a form */
};

struct fl_form {
	enum fl_method method;
	const char *needs; /* what to do where it does not work, for people */
	const void *(*elf)(size_t *size);
	const struct fl_prog *prog;
	size_t nprogs;	    /* at most FL_MAX_PROBES */
	bool counts_writes; /* else takes */
	bool has_hists;
	bool sees_entry;  /* every write's beginning, and end */
	size_t on_demand; /* the program that follow.h speaks of; 0: none */
	bool kept;	  /* the whole system pays for its hooks: only a keeper attaches them */
	/* Whether it can work here, where that needs no attaching to find out. NULL: by attaching. */
	int (*can_work)(struct fl_err *err);
	/* Sets the form's own constants before loading. May be NULL. */
	int (*configure)(struct fl_source *s, const struct fl_source_opts *opts,
			 struct fl_err *err);
	/* NULL: each program as its section says. */
	int (*attach)(struct fl_source *s, struct fl_err *err);
};

/* configure() of the forms that count takes. */
int fl_configure_takes(struct fl_source *s, const struct fl_source_opts *opts, struct fl_err *err);

/* All forms, by their method. */
extern const struct fl_form *const fl_forms[FL_METHODS];
/* All methods, in the order in which --evidence auto tries them; it never tries the last one, global. */
extern const enum fl_method fl_methods_in_order[FL_METHODS];
extern const struct fl_form fl_form_callsite;

#endif
