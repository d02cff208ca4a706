/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening, configuring and trying BPF objects: what every form does alike. */
#ifndef FL_BPF_OBJECT_H
#define FL_BPF_OBJECT_H

#include "collect/target.h"

struct bpf_object;
struct bpf_program;
struct fl_btf;
struct fl_kernel;

/* Opens an object, with libbpf's log kept: fl_bpf_log() is what it has said since. NULL with errno set. */
struct bpf_object *fl_open_bpf(const void *elf, size_t size);
const char *fl_bpf_log(void);
/* Loads an opened object. Returns what bpf_object__load() does. */
int fl_load_bpf(struct bpf_object *obj);
/*
 * Sets a constant of the object's .rodata by name, before loading. size must be that of the variable.
 * Returns 0, or -1 where there is no such variable.
 */
int fl_set_rodata(struct bpf_object *obj, const char *name, const void *value, size_t size);
/*
 * Sets the constants that every counting object has: the target's mounts and file, and the number of slots.
 * Returns 0, or -1 with err set.
 */
int fl_set_target(struct bpf_object *obj, struct fl_kernel *kernel, const struct fl_target *target,
		  __u32 nslots, struct fl_err *err);
/* What FUSELENS_DISABLE takes away from a program, as the errno of a kernel without it; 0 for nothing. */
int fl_program_disabled(const struct bpf_program *prog);
/*
 * Whether the kernel refuses function hooks like this program, found out with a program that does nothing.
 * Returns its errno, or 0: it does not, or the function is a module's and so this is not known.
 */
int fl_hook_refused(const struct bpf_program *prog, const struct fl_btf *btf);
/* Whether one program loads alone and, if asked, can be attached. Returns 0 or the errno. */
int fl_try_program(const void *(*elf)(size_t *size), const char *name, bool attach);
/* Times that a program was not run because it would have interrupted itself. */
__u64 fl_prog_misses(const struct bpf_program *prog);

#endif
