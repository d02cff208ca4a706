/* SPDX-License-Identifier: GPL-2.0-only */
/* The command-line options of the collector, for every command that counts. */
#ifndef FL_COLLECT_OPTIONS_H
#define FL_COLLECT_OPTIONS_H

#include "collect/collector.h"
#include "util/option.h"

/* Sets an enum fl_evidence by name. Returns 0, or -1 with err set, which lists the names. */
int fl_set_evidence(const struct fl_option *o, const char *arg, void *to, struct fl_err *err);
/* Prints the names, separated by blanks: for completion. */
void fl_evidence_words(FILE *out);

/* Rows of a table, see util/option.h; M is the member of struct T that is a struct fl_collect_opts. */
#define FL_OPTION_EVIDENCE(T, M)                                                                  \
	FL_OPTION(0, "--evidence", "M", FL_EVIDENCE_HELP, FL_SET(fl_set_evidence, T, M.evidence), \
		  .words = fl_evidence_words)
#define FL_EVIDENCE_HELP \
	"auto (default), state, state-tp, state-fentry, callsite, or global (lab use: the whole system pays, 10 s at most)"
#define FL_OPTION_MAX_INODES(T, M)                                              \
	FL_OPTION(0, "--max-inodes", "N", "files to tell apart (default 4096)", \
		  FL_INTO(T, M.max_inodes), FL_RANGE(1, 1 << 20))
#define FL_OPTION_TIMES(T, M)                                                                 \
	FL_OPTION(0, "--times", "N", "wait and hold of one write in N (default 16; 0: none)", \
		  FL_INTO(T, M.timed_in), FL_RANGE(0, 1 << 20))
#define FL_OPTION_CHILDREN(T, M)                                               \
	FL_OPTION(0, "--children", NULL,                                       \
		  "with -p: what PID and its descendants write, on any mount", \
		  FL_INTO(T, M.children))
#define FL_OPTIONS_COUNTING(T, M) \
	FL_OPTION_EVIDENCE(T, M), FL_OPTION_MAX_INODES(T, M), FL_OPTION_TIMES(T, M)

/* Resolves the target as fl_target_resolve() does. With --children it is a process and its descendants. */
int fl_collect_target(struct fl_target *t, const char *spec, pid_t pid,
		      const struct fl_collect_opts *o, struct fl_err *err);

#endif
