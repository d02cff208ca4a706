/* SPDX-License-Identifier: GPL-2.0-only */
/* fio job files that 'bench' can run. */
#ifndef FL_BENCH_PROFILE_H
#define FL_BENCH_PROFILE_H

#include <stddef.h>
#include "util/err.h"

/* Which files a profile writes to. They are called data.N, N from 0, below DIR. */
enum fl_profile_files {
	FL_FILES_SHARED,  /* data.0, laid out beforehand */
	FL_FILES_PER_JOB, /* one for each job, laid out beforehand */
	FL_FILES_FRESH,	  /* removed before each row: the profile makes them */
};

/* Reads the line "# fuselens: files=..." of a job file. Pure. -1 with err set where it is absent. */
int fl_profile_files(const char *text, enum fl_profile_files *files, struct fl_err *err);

/*
 * The text of a profile: a path where spec holds a '/' or ends with ".fio", otherwise a name looked up
 * in $FUSELENS_PROFILES, beside the build tree's binary, and in the installed place. *name becomes its
 * name without directory and suffix. The caller frees both. NULL with err set.
 */
char *fl_profile_load(const char *spec, char **name, struct fl_err *err);
/*
 * The text of the profile with which a bench is resumed: that of spec, which the user gave, as above; where
 * spec is NULL, that of the installed profile called name. Only the result directory says that name, so it may
 * be no path, and the profile may run no program. The caller frees it. NULL with err set.
 */
char *fl_profile_again(const char *spec, const char *name, struct fl_err *err);

/* The names of the installed profiles, ", " between them; empty where there are none. */
void fl_profile_names(char *buf, size_t len);

/*
 * The option by which a profile has fio run a program, load a library or ask a shell; NULL when it does
 * not. Pure. A profile may do so only when the user named that very file.
 */
const char *fl_profile_runs(const char *text);
/* Whether a variable that a result directory sets may be given to fio: used by the profile, and harmless. */
int fl_profile_check_variable(const char *text, const char *name, const char *value,
			      struct fl_err *err);

#endif
