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
#include "openfiles/openfiles.h"
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
	bool quiet; /* stderr is no terminal, or a command may write there */
};

static const char help[] =
	"usage: fuselens prove TARGET [-d SEC] [-n WRITES] [OPTIONS] [-- CMD ARG...]\n"
	"\n"
	"Watches the writes of a FUSE mount and says whether they take the inode lock\n"
	"shared or exclusively. TARGET is a mount point, a file on one, -p PID (of a\n"
	"daemon or a writer), or \"all\". Without -d, -n or a command it watches for 5 s;\n"
	"with several of them until the first is done.\n"
	"\n"
	"  -d, --duration SEC     watch for so long: 30, 0.5, 1m\n"
	"  -n, --writes N         watch until at least so many writes were counted\n"
	"  -p, --pid PID          the mounts that PID serves, or what PID writes\n"
	"      --evidence M       auto, state, state-tp, state-fentry, callsite, or global\n"
	"                         (lab use: the whole system pays, for 10 s at most)\n"
	"      --min-share PCT    of the eligible writes for SHARED (default 99)\n"
	"      --min-eligible N   eligible writes for SHARED (default 10); with a % sign, of\n"
	"                         all writes (default 10%)\n"
	"      --max-loss PCT     of lost, uncertain or untold writes (default 0.1)\n"
	"      --max-inodes N     files to tell apart (default 4096)\n"
	"      --times N          take wait and hold of one write in N (default 16; 0: none)\n"
	"      --json             the report as JSON\n"
	"  -h, --help\n"
	"\n"
	"exit code: 0 SHARED, 1 EXCLUSIVE or MIXED, 2 error, 3 INCONCLUSIVE,\n"
	"           4 CMD failed, whatever the verdict\n";

enum {
	OPT_MIN_SHARE = 256,
	OPT_MIN_ELIGIBLE,
	OPT_MAX_LOSS,
};

/* The command's own exit code would look like a verdict: it is in the report. */
#define EXIT_COMMAND_FAILED 4

static const struct option options[] = {
	{"duration", required_argument, NULL, 'd'},
	{"writes", required_argument, NULL, 'n'},
	{"pid", required_argument, NULL, 'p'},
	{"min-share", required_argument, NULL, OPT_MIN_SHARE},
	{"min-eligible", required_argument, NULL, OPT_MIN_ELIGIBLE},
	{"max-loss", required_argument, NULL, OPT_MAX_LOSS},
	FL_OPTIONS_COUNTING,
	{"json", no_argument, NULL, 0},
	{"help", no_argument, NULL, 'h'},
	{},
};

/* "10" writes, or "10%" of them. */
static int set_min_eligible(const char *arg, struct fl_verdict_opts *v, struct fl_err *err)
{
	size_t len = strlen(arg);
	char number[32];
	double pct;

	if (!len || arg[len - 1] != '%' || len > sizeof(number))
		return fl_parse_u64(arg, "--min-eligible", 0, ~0ull, &v->min_eligible, err);
	memcpy(number, arg, len - 1);
	number[len - 1] = '\0';
	if (fl_parse_double(number, "--min-eligible", 0, 100, &pct, err))
		return -1;
	v->min_eligible_share = pct / 100;
	return 0;
}

static int set_option(void *ctx, int opt, char *arg, struct fl_err *err)
{
	struct prove *p = ctx;
	double pct;
	int ret;

	switch (opt) {
	case 'd':
		return fl_parse_seconds(arg, "--duration", 0.001, 1e7, &p->seconds, err);
	case 'n':
		return fl_parse_u64(arg, "--writes", 1, ~0ull, &p->writes, err);
	case 'p':
		return fl_args_pid(arg, &p->pid, err);
	case OPT_MIN_SHARE:
		ret = fl_parse_double(arg, "--min-share", 0, 100, &pct, err);
		p->verdict.min_share = pct / 100;
		return ret;
	case OPT_MIN_ELIGIBLE:
		return set_min_eligible(arg, &p->verdict, err);
	case OPT_MAX_LOSS:
		ret = fl_parse_double(arg, "--max-loss", 0, 100, &pct, err);
		p->verdict.max_loss = pct / 100;
		return ret;
	}
	return fl_collect_option(&p->collect, opt, arg, err);
}

/* -1: go on; otherwise the exit code. */
static int parse(struct prove *p, int argc, char **argv)
{
	struct fl_args a = {
		.command = "prove",
		.help = help,
		.short_options = "d:n:p:h",
		.options = options,
		.set = set_option,
		.ctx = p,
		.max_operands = 1,
		.one_too_many = "one target at a time",
		.runs_command = true,
	};
	int ret = fl_args_parse(&a, argc, argv);

	if (ret < 0)
		ret = fl_args_need_target(&a, p->pid);
	if (ret >= 0)
		return ret;
	p->spec = a.operand[0];
	p->command = a.argv;
	p->json = a.json;
	p->quiet = p->command || !isatty(STDERR_FILENO);
	p->collect.window_s = p->seconds;
	p->collect.cross_check = true;
	p->collect.quiet_start = p->command;
	if (!p->seconds && !p->writes && !p->command)
		p->seconds = 5;
	return -1;
}

/* On a terminal, twice a second, how long and how many so far. */
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

/* Until what was asked for has been seen, or a signal comes. True where the command ended by itself. */
static bool watch(const struct prove *p, struct fl_collector *c, struct fl_workload *w)
{
	__u64 began = fl_now_ns(), end = p->seconds ? began + (__u64)(p->seconds * 1e9) : ~0ull;

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
		fl_sleep_ms(step);
		fl_collector_poll(c);
		show_life(p, began, c);
	}
	return false;
}

/* ended: by itself, not because the watching was over. */
static int report(const struct prove *p, const struct fl_target *target,
		  const struct fl_snapshot *s, const struct fl_workload *w, bool ended)
{
	struct fl_prove_report r = {
		.snapshot = s,
		.target = target->name,
		.interrupted = fl_interrupted,
		.command = p->command ? p->command[0] : NULL,
		.command_status = w->status,
	};

	fl_verdict_of(s, 0, &p->verdict, &r.verdict);
	r.command_failed = ended && w->status;
	r.exit_code = r.command_failed ? EXIT_COMMAND_FAILED : r.verdict.exit_code;
	if (p->json)
		fl_prove_json(&r, stdout);
	else
		fl_prove_text(&r, stdout, fl_colour(stdout));
	return r.exit_code;
}

static int run(struct prove *p)
{
	struct fl_target target = {};
	struct fl_workload w = {};
	struct fl_snapshot s = {};
	struct fl_collector *c = NULL;
	struct fl_err err = {};
	int ret = FL_EXIT_ERROR;
	bool ended;

	if (fl_privileges_need(&err) || fl_target_resolve(&target, p->spec, (pid_t)p->pid, &err) ||
	    (p->command && fl_workload_prepare(&w, p->command, &err)))
		goto fail;
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
	fl_workload_finish(&w);
	if (fl_collector_read(c, &s, &err))
		goto fail;
	ret = report(p, &target, &s, &w, ended);
	goto out;
fail:
	fl_fail(&err, p->json);
out:
	fl_workload_finish(&w);
	fl_collector_finish(c);
	fl_snapshot_free(&s);
	fl_target_free(&target);
	fl_open_files_done();
	return ret;
}

int fl_cmd_prove(int argc, char **argv, struct fl_kernel *kernel)
{
	struct prove p = {.verdict = FL_VERDICT_DEFAULTS,
			  .collect.kernel = kernel,
			  .collect.timed_in = FL_TIMED_IN};
	int ret = parse(&p, argc, argv);

	if (ret >= 0)
		return ret;
	fl_catch_signals();
	return run(&p);
}
