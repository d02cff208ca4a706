/* SPDX-License-Identifier: GPL-2.0-only */
/* The livepatches of the running kernel, as /sys/kernel/livepatch and /proc tell of them. */
#ifndef FL_LIVEPATCH_H
#define FL_LIVEPATCH_H

#include <stdbool.h>
#include <stddef.h>
#include "util/err.h"
#include "kernel/btf.h"
#include "kernel/callsite_map.h"

/* The name of our module. */
#define FL_LIVE_NAME "fuselens_live"

struct fl_livepatch {
	char name[64]; /* the module's */
	__u64 id;     /* differs after each load, also of the same module; greater for later ones */
	bool enabled; /* wanted: after a transition its functions run */
	bool transition; /* some tasks still run the other code */
	bool starting;	 /* its module is being inserted: not enabled yet, but soon */
	size_t nfunctions;
	/* that it replaces, of the kernel and of modules; a longer name is cut */
	char (*function)[64];
};

struct fl_livepatches {
	bool supported; /* the kernel has CONFIG_LIVEPATCH */
	struct fl_livepatch *patch;
	size_t n;
};

/*
 * Reads them all. Returns 0, also where the kernel has no livepatch; -1 with err set when a directory
 * cannot be read. fl_livepatches_free() frees what was read.
 */
int fl_livepatches_read(struct fl_livepatches *l, struct fl_err *err);
void fl_livepatches_free(struct fl_livepatches *l);
/* Whether b has the same loads of the same livepatches as a, as far on their way. */
bool fl_livepatches_same(const struct fl_livepatches *a, const struct fl_livepatches *b);
/* By the module's name, or the first that replaces a function; NULL where there is none. */
const struct fl_livepatch *fl_livepatch_named(const struct fl_livepatches *l, const char *name);
const struct fl_livepatch *fl_livepatch_of(const struct fl_livepatches *l, const char *function);
/* Of those that replace a function, and are enabled, the one whose code runs; NULL where there is none. */
const struct fl_livepatch *fl_livepatch_running(const struct fl_livepatches *l,
						const char *function);

/*
 * Whether our livepatch decides how passthrough writes lock. It looks at the daemon's answer, so files that were open
 * before it was loaded share as well. Another livepatch on top of it need not.
 */
bool fl_livepatch_answers_count(void);

/* More functions than a kernel's livepatches are expected to replace. */
#define FL_REDIRECTS 4096

/*
 * Which functions run a livepatch's code now, whoever's it is, from the kernel's own list. read and ctx are
 * those of struct fl_text. Returns how many were put into redirect, at most max; 0 where none is, or
 * where the list cannot be read.
 */
size_t fl_livepatch_redirects(const struct fl_btf *btf, __u64 klp_patches,
			      int (*read)(void *ctx, __u64 addr, void *buf, size_t len,
					  struct fl_err *err),
			      void *ctx, struct fl_redirect *redirect, size_t max);

/* A task that holds up a transition. */
struct fl_livepatch_task {
	int tid;
	char comm[32];
};
/*
 * Tasks that do not run the wanted code yet, at most max of them into task. Returns how many there are in
 * all; 0 outside a transition. *known (may be NULL) says whether every task could be looked at: others' tasks
 * show this to root only.
 */
size_t fl_livepatch_tasks(bool enabled, struct fl_livepatch_task *task, size_t max, bool *known);

#endif
