/* SPDX-License-Identifier: GPL-2.0-only */
/* The livepatch module: its .modinfo, loading and unloading it, and the progress of both. */
#ifndef FL_LIVE_MODULE_H
#define FL_LIVE_MODULE_H

#include <linux/types.h>
#include "kernel/livepatch.h"
#include "live/file.h"
#include "util/err.h"

struct fl_live_info {
	struct fl_live_file file;
	char vermagic[128];  /* begins with the release it was made for */
	char build[128];     /* what 'uname -v' says there */
	char btf[65];	     /* SHA-256 of the kernel's BTF, which describes its types */
	char series[32];     /* whose patches it is made of */
	char replaces[2048]; /* the kernel's functions that it replaces, with blanks between */
};

/*
 * Reads the .modinfo of the module at path; NULL: of the one that DKMS installed for the running
 * kernel. Returns 0, and then the caller closes i->file; or -1 with err set if there is none or it
 * is not ours.
 */
int fl_live_info(struct fl_live_info *i, const char *path, struct fl_err *err);
/*
 * Whether it may be loaded: it must be made for this build of this kernel, and no other livepatch
 * may replace one of its functions.
 */
int fl_live_fits(const struct fl_live_info *i, const struct fl_livepatches *now,
		 struct fl_err *err);

/*
 * Whether the running kernel has the types that the module was built for. A kernel that was built again from the same
 * source, with another configuration, has the same release and may have the same version.
 */
int fl_live_fits_types(const struct fl_live_info *i, const char *btf, struct fl_err *err);

enum fl_live_state {
	FL_LIVE_ABSENT,
	FL_LIVE_LOADING, /* some tasks run the old code still */
	FL_LIVE_LOADED,
	FL_LIVE_UNLOADING, /* some tasks run the new code still */
};
enum fl_live_state fl_live_state(const struct fl_livepatches *l);
const char *fl_live_state_name(enum fl_live_state s);
/*
 * The livepatch whose code runs where the loaded module's function number i of p, our livepatch, ought to: another
 * one that was loaded later. NULL if it is ours.
 */
const struct fl_livepatch *fl_live_covered(const struct fl_livepatches *l,
					   const struct fl_livepatch *p, size_t i);

/*
 * Both start a transition, or join one that is under way, and wait for its end, at most seconds.
 * waiting (may be NULL) is called about once a second with the number of tasks that have not
 * switched yet. When time is up, or on a signal (see fl_catch_signals()), the transition is
 * reversed, so that the kernel is as it was before, and err says which tasks held it up. err also says
 * if that takes too long. Nothing is ever forced. Before they start, they wait for the end of another livepatch's
 * transition, at most seconds, too. Both return 0, or -1 with err set.
 *
 * fl_live_load(): i is NULL to join only.
 */
typedef void fl_live_waiting(void *ctx, size_t tasks);
int fl_live_load(const struct fl_live_info *i, double seconds, fl_live_waiting *waiting, void *ctx,
		 struct fl_err *err);
int fl_live_unload(double seconds, fl_live_waiting *waiting, void *ctx, struct fl_err *err);

/* The known risk of a module of this series; NULL: none. */
const char *fl_live_risk(const char *series);

#endif
