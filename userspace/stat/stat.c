// SPDX-License-Identifier: GPL-2.0-only
/* fuselens stat: one row per interval, in the manner of iostat. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>

#include "args.h"
#include "cmd.h"
#include "collect/options.h"
#include "snapshot/hist.h"
#include "snapshot/holders.h"
#include "kernel/privileges.h"
#include "snapshot/missing.h"
#include "stat/columns.h"
#include "stat/print.h"
#include "util/say.h"
#include "util/text.h"
#include "collect/watch.h"
#include "util/workload.h"

struct stat_cmd {
	const char *spec;
	__u64 pid;
	double seconds;
	__u64 count; /* 0: until interrupted, or until the command ends */
	char **command;
	struct fl_collect_opts collect;
	struct fl_stat_view view;
	bool csv, no_header, told_missing;

	struct fl_watch watch;
	struct fl_workload workload;
	struct fl_totals sum; /* counts of all rows together */
	struct fl_holders holders;
	struct fl_slot_hists hists;
	__u64 written_back; /* requests of the writeback cache */
	__u64 began_ns;
	unsigned int rows_printed;
	unsigned int header_at; /* row before which the header is printed again */
	bool mute;		/* our output has no reader any more */
};

static int set_columns(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	return fl_stat_columns_parse(to, arg, err);
}

static const struct fl_option options[] = {
	{'i', "--interval", "SEC", "seconds per row, or 200ms, 1m (default 1)",
	 FL_INTO(struct stat_cmd, seconds), FL_RANGE(0.01, 86400)},
	{'c', "--count", "N", "end after N intervals", FL_INTO(struct stat_cmd, count),
	 FL_RANGE(1, 0)},
	{'f', "--files", NULL, "one row per file instead of one per mount",
	 FL_INTO(struct stat_cmd, view.files)},
	FL_OPTION_PID(struct stat_cmd, pid),
	FL_OPTION_CHILDREN(struct stat_cmd, collect),
	{0, "--csv", NULL, "one line per row, counts and rates, empty if unknown",
	 FL_INTO(struct stat_cmd, csv)},
	FL_OPTION_JSON("one object per line, null if unknown"),
	{'o', "--output", "COL,...", "show these columns; +COL,... adds to the usual ones",
	 FL_SET(set_columns, struct stat_cmd, view), .words = fl_stat_columns_words},
	{'w', "--wide", NULL, "every column that can be filled, and whole names",
	 FL_INTO(struct stat_cmd, view.wide)},
	{0, "--no-header", NULL, "no header lines", FL_INTO(struct stat_cmd, no_header)},
	FL_OPTIONS_COUNTING(struct stat_cmd, collect),
	{},
};

/* -1: go on; otherwise the exit code. */
static int parse(struct stat_cmd *s, int argc, char **argv)
{
	struct fl_args a;
	int ret = fl_args_parse_target(&a, &fl_cmd_stat, s, NULL, &s->pid, argc, argv);

	if (ret >= 0)
		return ret;
	s->spec = a.operand[0];
	s->command = a.argv;
	s->view.format = a.json ? FL_STAT_JSON : s->csv ? FL_STAT_CSV : FL_STAT_TEXT;
	if (a.json && s->csv)
		return fl_usage_error("stat", true, "--csv and --json exclude each other");
	if ((s->view.nasked || s->view.wide) && s->view.format != FL_STAT_TEXT)
		return fl_usage_error(
			"stat", a.json,
			"--output and --wide are for text: --csv and --json always have every field");
	if (s->count && s->command)
		return fl_usage_error(
			"stat", a.json,
			"--count and a command exclude each other: rows come until the command ends");
	return -1;
}

static void print_notes(struct stat_cmd *s)
{
	for (size_t i = 0; i < s->watch.nnotes; i++) {
		fl_say("fuselens: %s", s->watch.note[i].text);
		fl_stat_note(&s->view, &s->watch.note[i], stdout);
	}
	if (s->watch.notes_dropped)
		fl_say("fuselens: and %u more such events", s->watch.notes_dropped);
}

/* The terminal's current size; 0 columns if stdout is no terminal. */
static struct winsize terminal(void)
{
	struct winsize size = {};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		memset(&size, 0, sizeof(size));
	return size;
}

/*
 * Says once which figures no column can show, and which option would give them. Goes to stderr, not
 * between the rows.
 */
static void tell_missing(struct stat_cmd *s)
{
	char text[512];

	if (s->told_missing || s->view.format != FL_STAT_TEXT)
		return;
	s->told_missing = true;
	if (fl_missing_text(&s->watch.interval, text, sizeof(text))[0])
		fl_wrapped(stderr, 0, 10, "fuselens: %s", text);
}

/*
 * A reader that does not read blocks us in write(2); nothing piles up meanwhile. Once we are asked
 * to end, we wait for the reader for one second at most. A signal ends one write only, so this is
 * called before each row. Returns whether there is a reader to write to.
 */
static bool await_reader(struct stat_cmd *s)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};

	if (fl_interrupted && !s->mute)
		s->mute = poll(&p, 1, 1000) == 0;
	return !s->mute && !ferror(stdout);
}

/* Prints the header: at the beginning and, on a terminal, after every screenful. */
static void print_row(struct stat_cmd *s, const struct fl_row *row)
{
	bool text = s->view.format == FL_STAT_TEXT;
	struct winsize size = text ? terminal() : (struct winsize){};

	if (!await_reader(s))
		return;
	tell_missing(s);
	if (text) {
		s->view.width = size.ws_col;
		fl_stat_columns_choose(&s->view, &s->watch.interval);
	}
	if (!s->no_header &&
	    (!s->rows_printed || (size.ws_col && s->rows_printed >= s->header_at))) {
		fl_stat_header(&s->view, stdout);
		/* the header has two lines, the cursor needs one */
		s->header_at = s->rows_printed + (size.ws_row > 4 ? size.ws_row - 3 : 20);
	}
	fl_stat_row(&s->view, &s->watch.interval, row, stdout);
	s->rows_printed++;
}

/* Prints a row for each mount or file that was written; one row if none was. */
static int print_interval(struct stat_cmd *s, struct fl_err *err)
{
	const struct fl_snapshot *delta = &s->watch.interval;
	struct fl_rows rows = {};
	size_t printed = 0;
	int ret;

	if (s->view.files)
		ret = fl_rows_by_file(delta, &rows);
	else if (s->view.label)
		ret = fl_rows_by_mount(delta, &rows);
	else
		ret = fl_rows_whole(delta, &rows);
	if (ret)
		return fl_err(err, "out of memory");
	for (size_t i = 0; i < rows.n; i++) {
		if ((s->view.files || s->view.label) && !rows.row[i].totals.writes)
			continue;
		print_row(s, &rows.row[i]);
		printed++;
	}
	fl_rows_free(&rows);
	if (!printed && !fl_rows_whole(delta, &rows)) {
		if (s->view.label) {
			rows.row[0].mount = NULL;
			rows.row[0].dev = 0;
		}
		print_row(s, &rows.row[0]);
		fl_rows_free(&rows);
	}
	fflush(stdout);
	return 0;
}

/* If the reader has gone away, the run ends normally. A full disk is an error. */
static int output_failed(struct fl_err *err)
{
	if (!ferror(stdout))
		return 0;
	fl_streams_forgive();
	if (errno == EPIPE || fl_interrupted)
		return 1;
	fl_errno(err, errno, "cannot write the rows");
	return -1;
}

/* Adds the interval to the sum of the run. */
static void add_to_sum(struct stat_cmd *s)
{
	struct fl_holders holders;
	struct fl_totals t;
	struct fl_slot_hists hists;

	fl_snapshot_totals(&s->watch.interval, &t);
	fl_totals_add(&s->sum, &t);
	fl_holders_sum(&s->watch.interval, &holders);
	fl_add_words(&s->holders, &holders, sizeof(holders));
	for (size_t i = 0; i < s->watch.interval.nmounts; i++)
		s->written_back += s->watch.interval.mount[i].counter[FL_MOUNT_WRITEBACK_REQUESTS];
	fl_hists_sum(&s->watch.interval, &hists);
	for (int i = 0; i < FL_HISTS; i++)
		fl_hist_add(&s->hists.hist[i], &hists.hist[i]);
}

static int one_reading(struct stat_cmd *s, struct fl_err *err)
{
	int failed;

	if (fl_watch_read(&s->watch, err))
		return -1;
	s->view.real_ns = fl_real_ns();
	if (!s->began_ns)
		s->began_ns = s->watch.interval.start_ns;
	add_to_sum(s);
	if (!await_reader(s))
		return 0;
	print_notes(s);
	if (print_interval(s, err))
		return -1;
	failed = output_failed(err);
	if (failed > 0) {
		fl_interrupted = SIGPIPE;
		s->mute = true;
	}
	return failed < 0 ? -1 : 0;
}

/* Waits for the end of an interval. Returns false when the run is over. */
static bool wait_until(struct stat_cmd *s, __u64 due)
{
	for (;;) {
		__u64 now = fl_now_ns(), step = 100;

		if (fl_interrupted || (s->command && fl_workload_ended(&s->workload)))
			return false;
		if (now >= due)
			return true;
		if (due - now < step * 1000000)
			step = (due - now) / 1000000 + 1;
		fl_workload_sleep_ms(&s->workload, step);
		fl_watch_poll(&s->watch);
	}
}

static int rows(struct stat_cmd *s, struct fl_err *err)
{
	__u64 step = (__u64)(s->seconds * 1e9), due = fl_now_ns() + step;

	for (__u64 n = 1; wait_until(s, due) && n != s->count; n++) {
		__u64 now;

		if (one_reading(s, err))
			return -1;
		/* if a reader kept us waiting, print one longer row instead of many short ones */
		now = fl_now_ns();
		due += step * ((now - due) / step + 1);
	}
	fl_watch_stop(&s->watch);
	fl_workload_finish(&s->workload);
	do {
		if (one_reading(s, err))
			return -1;
	} while (fl_watch_pending(&s->watch));
	return 0;
}

static void print_total(struct stat_cmd *s)
{
	static const struct fl_verdict_opts defaults = FL_VERDICT_DEFAULTS;
	struct fl_snapshot whole = s->watch.interval;
	struct fl_rows sum = {};
	struct fl_verdict verdict;

	whole.start_ns = s->began_ns;
	/* counts of the whole run, for the verdict */
	if (whole.nmounts)
		whole.mount[0].counter[FL_MOUNT_WRITEBACK_REQUESTS] = s->written_back;
	if (fl_rows_whole(&whole, &sum))
		return;
	sum.row[0].totals = s->sum;
	sum.row[0].holders = fl_holders_looks(&s->holders) ? &s->holders : NULL;
	sum.row[0].hists = whole.timed_in ? &s->hists : NULL;
	fl_verdict_of_totals(&whole, 0, &s->sum, &defaults, &verdict);
	fl_stat_total(&s->view, &whole, &sum.row[0], &verdict, stdout);
	fl_rows_free(&sum);
}

static int stat(struct stat_cmd *s)
{
	struct fl_err err = {};
	int ret = FL_EXIT_ERROR;

	s->watch.mountinfo = -1;
	if (fl_privileges_need(&err) ||
	    (s->command && fl_workload_prepare(&s->workload, s->command, &err)) ||
	    fl_watch_open(&s->watch, s->spec, (pid_t)s->pid, &s->collect, &err))
		goto fail;
	fl_watch_start(&s->watch);
	fl_watch_drop_privileges(&s->watch);
	s->view.label = s->watch.session.target->ndevs != 1;
	/* one digit more than the interval has: readings come a little late */
	s->view.digits = s->seconds < 0.1 ? 3 : s->seconds == (__u64)s->seconds ? 0 : 2;
	if (s->command && fl_workload_go(&s->workload, s->command[0], &err))
		goto fail;
	if (rows(s, &err))
		goto fail;
	if (await_reader(s))
		print_total(s);
	if (s->mute || fflush(stdout)) {
		fl_streams_forgive();
		if (!s->mute && errno != EPIPE && !fl_interrupted) {
			fl_errno(&err, errno, "cannot write the rows");
			goto fail;
		}
	}
	ret = FL_EXIT_OK;
	goto out;
fail:
	fl_fail(&err, s->view.format == FL_STAT_JSON);
out:
	fl_workload_finish(&s->workload);
	fl_watch_close(&s->watch);
	return ret;
}

static int run(int argc, char **argv, struct fl_kernel *kernel)
{
	struct stat_cmd s = {.seconds = 1,
			     .collect.kernel = kernel,
			     .collect.timed_in = FL_TIMED_IN,
			     .collect.forget_s = FL_FORGET_S};
	int ret = parse(&s, argc, argv);

	if (ret >= 0)
		return ret;
	fl_catch_signals();
	return stat(&s);
}

const struct fl_command fl_cmd_stat = {
	.name = "stat",
	.summary = "the same over time: one row per interval, as text, CSV or JSON",
	.usage = "TARGET [-i SEC] [-c COUNT | -- CMD ARG...] [OPTIONS]",
	.about =
		"Prints one row per interval: writes, how they took the inode lock, waits and holds. TARGET is a mount point, a file on one, -p PID (of a daemon or a writer), or \"all\", with one row for each mount that was written. Runs until interrupted, or until the command ends. The first row begins when counting begins, and the last row ends when counting ends: the rows add up to every write.",
	.notes =
		"Columns: time writes mb excl shared upgrade filock wait50 wait99 hold50 hold99 ceiling share elig atonce behind lost getxattr route name. Columns that the method at hand cannot fill are left out; those that -o names are always there, with '-' if not known. A terminal shows as many as fit. Waits and holds are upper bounds of buckets, of which an octave has eight; ceiling is 1 / mean exclusive hold: the writes per second that one file's lock lets through; share is that of a file's row in all writes; atonce is how many writers held the lock at the same time, on average over what each write that shared it found; behind is the share of the exclusive writes with somebody queued behind them.",
	.options = options,
	.max_operands = 1,
	.one_too_many = "one target at a time",
	.runs_command = true,
	.needs_kernel = true,
	.run = run,
};
