// SPDX-License-Identifier: GPL-2.0-only
/* fuselens prove: watches a target, or runs a command, and says how the writes locked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "args.h"
#include "cmd.h"
#include "collect/options.h"
#include "collect/collector.h"
#include "collect/write_path.h"
#include "kernel/privileges.h"
#include "prove/print.h"
#include "collect/target.h"
#include "snapshot/verdict.h"
#include "util/say.h"
#include "util/workload.h"

struct prove {
	const char *spec;
	__u64 pid;
	double seconds; /* 0: not limited */
	__u64 writes;	/* 0: not limited */
	char **command;
	struct fl_collect_opts collect;
	struct fl_verdict_opts verdict;
	bool json;
	bool quiet; /* no progress: stderr is no terminal, or a command may write there */
	struct fl_write_path path;
	struct fl_prove_path_change path_change[FL_PROVE_PATH_CHANGES];
	size_t npath_changes;
	__u64 began_ns;
};

/* The command's own exit code would look like a verdict. The report has it. */
#define EXIT_COMMAND_FAILED 4

/* "10" writes, or "10%" of them. */
static int set_min_eligible(const struct fl_option *o, const char *arg, void *to,
			    struct fl_err *err)
{
	struct fl_verdict_opts *v = to;
	size_t len = strlen(arg);
	char number[32];

	if (!len || arg[len - 1] != '%' || len > sizeof(number))
		return fl_set_u64(o, arg, &v->min_eligible, err);
	memcpy(number, arg, len - 1);
	number[len - 1] = '\0';
	return fl_set_percent(o, number, &v->min_eligible_share, err);
}

static const struct fl_option options[] = {
	{'d', "--duration", "SEC", "how long to watch: 30, 0.5, 1m", FL_INTO(struct prove, seconds),
	 FL_RANGE(0.001, 1e7)},
	{'n', "--writes", "N", "watch until at least N writes were counted",
	 FL_INTO(struct prove, writes), FL_RANGE(1, 0)},
	FL_OPTION_PID(struct prove, pid),
	FL_OPTION_CHILDREN(struct prove, collect),
	{0, "--only-command", NULL, "count only what CMD and its descendants write",
	 FL_INTO(struct prove, collect.only_command)},
	FL_OPTIONS_COUNTING(struct prove, collect),
	{0, "--waits", NULL,
	 "waits for the locks of written files, where tasks queued; each lock of the system that tasks queue for costs some 0.4 us",
	 FL_INTO(struct prove, collect.waits)},
	{0, "--min-share", "PCT", "share of the eligible writes for SHARED (default 99)",
	 FL_SET(fl_set_percent, struct prove, verdict.min_share)},
	{0, "--min-eligible", "N",
	 "eligible writes for SHARED (default 10); with a % sign, of all writes (default 10%)",
	 FL_SET(set_min_eligible, struct prove, verdict)},
	{0, "--max-loss", "PCT", "share of lost, uncertain or untold writes (default 0.1)",
	 FL_SET(fl_set_percent, struct prove, verdict.max_loss)},
	FL_OPTION_JSON("the report as JSON"),
	{},
};

/* -1: go on; otherwise the exit code. */
static int parse(struct prove *p, int argc, char **argv)
{
	struct fl_args a;
	int ret = fl_args_parse_target(&a, &fl_cmd_prove, p, NULL, &p->pid, argc, argv);

	if (ret >= 0)
		return ret;
	p->spec = a.operand[0];
	p->command = a.argv;
	p->json = a.json;
	if (p->collect.only_command && !p->command)
		return fl_usage_error("prove", p->json, "--only-command needs a command after --");
	if (p->command && p->collect.children)
		return fl_usage_error("prove", p->json,
				      "--children and a command exclude each other");
	p->quiet = p->command || !isatty(STDERR_FILENO);
	p->collect.window_s = p->seconds;
	p->collect.cross_check = true;
	p->collect.quiet_start = p->command;
	if (!p->seconds && !p->writes && !p->command)
		p->seconds = 5;
	return -1;
}

static void look_at_path(struct prove *p, struct fl_collector *c)
{
	static const char sites[] = "; takes are counted in the code that ran at first only";
	struct fl_prove_path_change *change = &p->path_change[p->npath_changes];
	size_t room = sizeof(change->text) - sizeof(sites);
	bool settled;

	if (p->npath_changes == FL_PROVE_PATH_CHANGES ||
	    !fl_write_path_look(&p->path, change->text, room, &settled))
		return;
	if (fl_collector_counts_sites(c)) {
		strcat(change->text, sites);
		p->verdict.code_changed = true;
	}
	change->after_ns = fl_now_ns() - p->began_ns;
	p->npath_changes++;
}

/* Shows on a terminal, twice a second, the time and the writes so far. */
static void show_life(const struct prove *p, __u64 began_ns, struct fl_collector *c)
{
	static __u64 shown_ns;
	__u64 now = fl_now_ns();
	char n[32], limit[32] = "";

	if (p->quiet || now < shown_ns + 500000000)
		return;
	shown_ns = now;
	if (p->seconds)
		snprintf(limit, sizeof(limit), " of %g", p->seconds);
	fl_say_progress("%.0f%s s, %s writes", (now - began_ns) / 1e9, limit,
			fl_grouped(fl_collector_writes(c), n, sizeof(n)));
}

/*
 * Watches until the requested time or number is reached, the command ends, or a signal comes.
 * Returns true if the command ended by itself.
 */
static bool watch(struct prove *p, struct fl_collector *c, struct fl_workload *w)
{
	__u64 began = fl_now_ns(), end = p->seconds ? began + (__u64)(p->seconds * 1e9) : ~0ull;

	p->began_ns = began;
	while (!fl_interrupted) {
		__u64 now = fl_now_ns(), step = 50;

		if (p->command && fl_workload_ended(w))
			return true;
		if (p->writes && fl_collector_writes(c) >= p->writes)
			return false;
		if (now >= end)
			return false;
		if (end - now < step * 1000000)
			step = (end - now) / 1000000 + 1;
		fl_workload_sleep_ms(w, step);
		fl_collector_poll(c);
		look_at_path(p, c);
		show_life(p, began, c);
	}
	return false;
}

/* ended: the command ended by itself, not because the watching was over. */
static int report(const struct prove *p, const struct fl_target *target,
		  const struct fl_snapshot *s, const struct fl_workload *w, bool ended)
{
	struct fl_prove_report r = {
		.snapshot = s,
		.target = target->name,
		.interrupted = fl_interrupted,
		.command = p->command ? p->command[0] : NULL,
		.command_status = w->status,
		.path_change = p->path_change,
		.npath_changes = p->npath_changes,
	};

	fl_verdict_of(s, 0, &p->verdict, &r.verdict);
	fl_totals_tell_upgrades(s, &r.verdict.totals);
	r.command_failed = ended && w->status;
	r.exit_code = r.command_failed ? EXIT_COMMAND_FAILED : r.verdict.exit_code;
	if (p->json)
		fl_prove_json(&r, stdout);
	else
		fl_prove_text(&r, stdout, fl_colour(stdout));
	return r.exit_code;
}

static int prove(struct prove *p)
{
	struct fl_target target = {};
	struct fl_workload w = {};
	struct fl_snapshot s = {};
	struct fl_collector *c = NULL;
	struct fl_err err = {};
	int ret = FL_EXIT_ERROR;
	bool ended;

	if (fl_privileges_need(&err) ||
	    fl_collect_target(&target, p->spec, (pid_t)p->pid, &p->collect, &err) ||
	    (p->command && fl_workload_prepare(&w, p->command, &err)))
		goto fail;
	p->collect.command = w.pid;
	/* before the code is read in which calls are probed */
	fl_write_path_open(&p->path);
	c = fl_collector_prepare(&target, &p->collect, &err);
	if (!c)
		goto fail;
	fl_collector_start(c);
	fl_privileges_drop();
	if (p->command && fl_workload_go(&w, p->command[0], &err))
		goto fail;
	ended = watch(p, c, &w);
	fl_say_progress_end();
	fl_collector_stop(c);
	/* a last time, however short the time since the look before */
	p->path.looked_ns = 0;
	look_at_path(p, c);
	fl_workload_finish(&w);
	if (fl_collector_read(c, &s, &err))
		goto fail;
	ret = report(p, &target, &s, &w, ended);
	goto out;
fail:
	fl_fail(&err, p->json);
out:
	fl_write_path_close(&p->path);
	fl_workload_finish(&w);
	fl_collector_finish(c);
	fl_snapshot_free(&s);
	fl_target_free(&target);
	return ret;
}

static int run(int argc, char **argv, struct fl_kernel *kernel)
{
	struct prove p = {.verdict = FL_VERDICT_DEFAULTS,
			  .collect.kernel = kernel,
			  .collect.timed_in = FL_TIMED_IN};
	int ret = parse(&p, argc, argv);

	if (ret >= 0)
		return ret;
	fl_catch_signals();
	return prove(&p);
}

const struct fl_command fl_cmd_prove = {
	.name = "prove",
	.summary = "is the shared-lock path active? a verdict with an exit code",
	.usage = "TARGET [-d SEC] [-n WRITES] [OPTIONS] [-- CMD ARG...]",
	.about =
		"Watches the writes of a FUSE mount and says whether they take the inode lock shared or exclusively. TARGET is a mount point, a file on one, -p PID (of a daemon or a writer), or \"all\". Without -d, -n or a command it watches for 5 s; with several of them, until the first is done.",
	.notes =
		"exit code: 0 SHARED, 1 EXCLUSIVE or MIXED, 2 error, 3 INCONCLUSIVE, 4 CMD failed, whatever the verdict",
	.options = options,
	.max_operands = 1,
	.one_too_many = "one target at a time",
	.runs_command = true,
	.needs_kernel = true,
	.run = run,
};
