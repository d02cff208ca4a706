// SPDX-License-Identifier: GPL-2.0-only
/* fuselens verify: the correctness cases, each with the lock path it must take. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>

#include "args.h"
#include "cmd.h"
#include "collect/options.h"
#include "kernel/privileges.h"
#include "verify/print.h"
#include "util/dev.h"
#include "util/program.h"
#include "util/say.h"
#include "util/text.h"
#include "verify/hang.h"
#include "verify/rules.h"

#define MIB (1ull << 20)

struct verify {
	const char *spec;
	const char *cases;	       /* names, comma between them; NULL: all */
	__u64 size, seconds, deadline; /* bytes, s, s; 0: the default */
	struct fl_verify_opts opts;
	struct fl_collect_opts collect;
	bool json, lists, quiet;
};

static int set_size(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	return fl_parse_size(arg, o->name, MIB, 4 * MIB, MIB << 20, to, err);
}

static void case_words(FILE *out)
{
	for (size_t i = 0; i < fl_verify_ncases; i++)
		fprintf(out, "%s%s", i ? " " : "", fl_verify_cases[i]->name);
}

static const struct fl_option options[] = {
	{0, "--case", "NAME,...", "run only these cases", FL_INTO(struct verify, cases),
	 .words = case_words},
	{0, "--list", NULL, "what each case does, which lock mode it expects, and why",
	 FL_INTO(struct verify, lists)},
	{0, "--quick", NULL, "small files and short runs: under a minute in all",
	 FL_INTO(struct verify, opts.quick)},
	{0, "--size", "SIZE", "size of the files that are overwritten (1g; quick 64m)",
	 FL_SET(set_size, struct verify, size)},
	{0, "--seconds", "N", "how long timed workloads write (30; quick 2)",
	 FL_SET(fl_set_whole_seconds, struct verify, seconds), FL_RANGE(1, 86400)},
	{0, "--deadline", "SEC", "after how long a case counts as hanging (300; quick 60)",
	 FL_SET(fl_set_whole_seconds, struct verify, deadline), FL_RANGE(1, 864000)},
	FL_OPTION_EVIDENCE(struct verify, collect),
	{0, "--strict", NULL,
	 "fail if a locking rule of the VFS is broken without harm to the data; by default such a case passes with a note",
	 FL_INTO(struct verify, opts.strict)},
	{0, "--keep", NULL, "keep the files of cases that did not pass",
	 FL_INTO(struct verify, opts.keep)},
	FL_OPTION_FIO(struct verify, opts.fio),
	{'q', "--quiet", NULL, "only the report: no progress, no line as each case ends",
	 FL_INTO(struct verify, quiet)},
	FL_OPTION_JSON("the report as JSON"),
	{},
};

/* -1: go on; otherwise the exit code. */
static int parse(struct verify *v, int argc, char **argv)
{
	struct fl_args a;
	int ret = fl_args_parse(&a, &fl_cmd_verify, v, argc, argv);

	if (ret >= 0)
		return ret;
	v->spec = a.operand[0];
	v->json = a.json;
	if (!v->spec && !v->lists)
		return fl_usage_error("verify", v->json, "which mount?");
	v->opts.size = v->size ? v->size : (v->opts.quick ? 64 : 1024) * MIB;
	v->opts.seconds = v->seconds ? v->seconds : v->opts.quick ? 2 : 30;
	v->opts.deadline = v->deadline ? v->deadline : v->opts.quick ? 60 : 300;
	return -1;
}

/*
 * Sets chosen to the chosen cases, in the table's order. Returns their number, or -1 with err set.
 */
static int choose(const struct verify *v, const struct fl_verify_case **chosen, struct fl_err *err)
{
	bool want[64] = {};
	char *names = v->cases ? strdup(v->cases) : NULL, *rest = names, *name;
	int n = 0;

	while (names && (name = strsep(&rest, ","))) {
		const struct fl_verify_case *c = fl_verify_find(name);

		if (!c) {
			fl_err(err, "--case: there is no case '%.64s'", name);
			free(names);
			return -1;
		}
		for (size_t i = 0; i < fl_verify_ncases; i++)
			want[i] |= fl_verify_cases[i] == c;
	}
	for (size_t i = 0; i < fl_verify_ncases; i++)
		if (!names || want[i])
			chosen[n++] = fl_verify_cases[i];
	free(names);
	return n;
}

static int list(void)
{
	for (size_t i = 0; i < fl_verify_ncases; i++) {
		const struct fl_verify_case *c = fl_verify_cases[i];

		printf("%-12s %s\n%-12s %s\n", c->name, c->what, "", c->why);
	}
	return FL_EXIT_OK;
}

static void progress(const struct fl_case_report *r, const char *phase, __u64 writes)
{
	static __u64 last;
	__u64 now = fl_now_ns();
	char n[32];

	if (now - last < 200000000)
		return;
	last = now;
	fl_say_progress("%-12s %s, %s writes", r->def->name, phase,
			fl_grouped(writes, n, sizeof(n)));
}

static void not_run(struct fl_case_report *r, const struct fl_verify_case *def, const char *why)
{
	memset(r, 0, sizeof(*r));
	r->def = def;
	r->result = FL_OUTCOME_INCONCLUSIVE;
	snprintf(r->why, sizeof(r->why), "not run: %s", why);
}

/*
 * Runs the cases in turn. Stops if the file system keeps a process, or does not answer after a case
 * that hung.
 */
static void run_cases(struct fl_verify_world *w, const struct fl_verify_case **chosen, int n,
		      struct fl_case_report *reports, bool quiet)
{
	const char *no_more = NULL;

	w->progress = !quiet && isatty(STDERR_FILENO) ? progress : NULL;
	for (int i = 0; i < n; i++) {
		if (fl_interrupted)
			no_more = "interrupted";
		if (no_more) {
			not_run(&reports[i], chosen[i], no_more);
			continue;
		}
		fl_verify_run(w, chosen[i], &reports[i]);
		if (reports[i].stuck)
			no_more = "the file system holds processes of an earlier case";
		else if (reports[i].hung && !fl_hang_answers(w->base, 5))
			no_more = "the file system does not answer";
		fl_say_progress_end();
		if (!quiet)
			fl_verify_line(&reports[i], stderr, fl_colour(stderr));
	}
}

static void say_how_to_abort(const struct fl_target *t)
{
	fl_say("hint: a connection that hangs can be aborted: echo 1 >/sys/fs/fuse/connections/%u/abort",
	       t->dev[0] & 0xfffff);
}

static bool want_kept(const struct verify *v, const struct fl_case_report *reports, int n)
{
	for (int i = 0; v->opts.keep && i < n; i++)
		if (reports[i].result != FL_OUTCOME_PASS)
			return true;
	return false;
}

/* Whether the directory that was found is still on the mount that is watched. */
static int same_mount(const struct verify *v, const struct fl_verify_world *w, struct fl_err *err)
{
	if (fl_dev_of(w->janitor->base) == w->target->dev[0])
		return 0;
	fl_err(err, "%s leads elsewhere than to %s", v->spec, w->target->name);
	return fl_hint(err, "was it just mounted, or a directory on the way renamed? try again");
}

static int need_room(const struct verify *v, const struct fl_janitor *j, struct fl_err *err)
{
	/* the largest case: its file, or five regions of 64 MiB */
	__u64 need = v->opts.size > 320 * MIB ? v->opts.size
		     : v->opts.quick	      ? v->opts.size
					      : 320 * MIB;
	char is[32], want[32];

	need += need / 8;
	/* daemons that do not answer statfs say 0 */
	if (!j->free_bytes || j->free_bytes >= need)
		return 0;
	fl_err(err, "%s has %s free, the cases need %s", v->spec,
	       fl_bytes(j->free_bytes, is, sizeof(is)), fl_bytes(need, want, sizeof(want)));
	return fl_hint(err, "--quick or --size MIB writes less");
}

static int report(const struct verify *v, const struct fl_verify_world *w,
		  const struct fl_case_report *reports, int n, __u64 began)
{
	const struct fl_mount *m = fl_mounts_by_dev(&w->target->mounts, w->target->dev[0]);
	struct fl_verify_report r = {
		.cases = reports,
		.ncases = n,
		.target = w->target->name,
		.fstype = m ? m->fstype : "fuse",
		.source = m ? m->source : NULL,
		.world = w,
		.interrupted = fl_interrupted,
		.took_ns = fl_now_ns() - began,
	};

	if (v->json)
		fl_verify_json(&r, stdout);
	else
		fl_verify_text(&r, stdout, fl_colour(stdout));
	return fl_verify_exit_code(reports, n);
}

static int verify(struct verify *v)
{
	const struct fl_verify_case *chosen[64];
	struct fl_case_report *reports = NULL;
	struct fl_target target = {};
	struct fl_janitor janitor = {.line = -1};
	struct fl_verify_world w = {
		.target = &target,
		.opts = &v->opts,
		.collect = v->collect,
		.janitor = &janitor,
		.base = v->spec,
	};
	struct fl_err err = {};
	char fio[PATH_MAX];
	int n, ret = FL_EXIT_ERROR;
	__u64 began = fl_now_ns();
	bool kept = false;

	n = choose(v, chosen, &err);
	reports = calloc(fl_verify_ncases, sizeof(*reports));
	if (!fl_program_find("fio", v->opts.fio, fio, sizeof(fio), &err))
		v->opts.fio = fio;
	else if (v->opts.fio)
		goto fail;
	if (!reports || n < 0 || fl_privileges_need(&err) ||
	    fl_target_resolve(&target, v->spec, 0, &err))
		goto fail;
	if (target.kind != FL_TARGET_MOUNT) {
		fl_err(&err, "%s is no directory on a FUSE mount", v->spec);
		goto fail;
	}
	/* orphans of a case become our children and end with it */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (fl_janitor_start(&janitor, v->spec, ".fuselens-verify-", v->opts.deadline, &err) ||
	    same_mount(v, &w, &err) || need_room(v, &janitor, &err))
		goto fail;
	fl_lock_rules_read(&w.rules, w.collect.kernel);
	fl_privileges_keep_for_runs(true);
	run_cases(&w, chosen, n, reports, v->quiet);
	ret = report(v, &w, reports, n, began);
	for (int i = 0; i < n; i++)
		if (reports[i].hung) {
			say_how_to_abort(&target);
			break;
		}
	kept = want_kept(v, reports, n);
	if (kept)
		fl_say("files kept in %s/%s", v->spec, janitor.name);
	goto out;
fail:
	fl_fail(&err, v->json);
out:
	if (fl_janitor_finish(&janitor, kept, 10))
		fl_say("fuselens: %s/%s could not be removed", v->spec, janitor.name);
	free(reports);
	fl_target_free(&target);
	return ret;
}

static int run(int argc, char **argv, struct fl_kernel *kernel)
{
	struct verify v = {.collect.kernel = kernel};
	int ret = parse(&v, argc, argv);

	if (ret >= 0)
		return ret;
	if (v.lists)
		return list();
	fl_catch_signals();
	return verify(&v);
}

const struct fl_command fl_cmd_verify = {
	.name = "verify",
	.summary = "the correctness cases, each with the lock path it must take",
	.usage = "MOUNT [--case NAME,...] [OPTIONS]",
	.about =
		"Writes to a FUSE mount in ways that are hard to get right, and checks the data, the size, and that every write took the inode lock in the expected mode. MOUNT is a mount point or a directory on one; the files are removed again.",
	.notes =
		"exit code: 0 all passed, 1 some failed, 2 error, 3 some inconclusive, none failed",
	.options = options,
	.max_operands = 1,
	.one_too_many = "one mount at a time",
	.needs_kernel = true,
	.run = run,
};
