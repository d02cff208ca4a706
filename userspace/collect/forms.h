/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How one method collects: its BPF object and what each program is for. The collector walks these
 * descriptions; a new method is a new description.
 */
#ifndef FL_EVIDENCE_H
#define FL_EVIDENCE_H

#include "snapshot/snapshot.h"

struct bpf_object;
struct bpf_program;
struct bpf_link;

struct fl_prog {
	const char *name;   /* of the BPF program */
	bool required;	    /* without it the method cannot work */
	bool counts_writes; /* a miss of it is a lost write */
	const char *costs;  /* what is not known when it cannot be attached */
};

struct fl_form {
	enum fl_method method;
	const char *title; /* "state (BTF tracepoints)" */
	const void *(*elf)(size_t *size);
	const struct fl_prog *prog;
	size_t nprogs;
	bool has_hists;
	bool sees_entry; /* every write's beginning, and end */
	/* Sets the form's own constants before loading. available[i]: program i will be loaded. May be NULL. */
	int (*configure)(struct bpf_object *obj, const bool *available, struct fl_err *err);
};

extern const struct fl_form fl_form_state_tp;
extern const struct fl_form fl_form_state_fentry;

/* Opens the form's BPF object, not yet loaded. NULL with errno set. */
struct bpf_object *fl_form_open(const struct fl_form *form);

/*
 * Sets a constant of the object's .rodata by name, before loading. size must be that of the variable.
 * Returns 0, or -1 where there is no such variable.
 */
int fl_set_rodata(struct bpf_object *obj, const char *name, const void *value, size_t size);
struct fl_target;
/*
 * The constants and sizes that every counting object has: the target, and the table of files. gated: what
 * counts the writes counts only those that pass the gate (gate.h).
 */
int fl_set_target(struct bpf_object *obj, const struct fl_target *target, __u32 nslots, bool gated,
		  struct fl_err *err);

/* Opens an object with libbpf's log kept; fl_bpf_log() is what it said since. */
struct bpf_object *fl_open_bpf(const void *elf, size_t size);
const char *fl_bpf_log(void);
/* What FUSELENS_DISABLE takes away from a program, as the errno of a kernel without it; 0 for nothing. */
int fl_program_disabled(const struct bpf_program *prog);
/* Whether one program can be attached, by loading and attaching it alone. Returns 0 or the errno. */
int fl_try_program(const void *(*elf)(size_t *size), const char *name);
/* Times that a program was not run because it would have interrupted itself. */
__u64 fl_prog_misses(const struct bpf_program *prog);

#endif
