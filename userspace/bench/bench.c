// SPDX-License-Identifier: GPL-2.0-only
/* fuselens bench: fio and the locks of the same writes, row by row, into a result directory. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>

#include "bench/options.h"
#include "bench/env.h"
#include "bench/run.h"
#include "bench/told.h"
#include "bench/until.h"
#include "cmd.h"
#include "kernel/privileges.h"
#include "result/dir.h"
#include "util/array.h"
#include "util/dev.h"
#include "util/file.h"
#include "util/program.h"
#include "util/say.h"
#include "util/text.h"

struct state {
	struct fl_kernel *kernel;
	struct fl_bench_args args;
	struct fl_bench bench; /* with the rows that are finished */
	struct fl_bench_run run;
	struct fl_target target;
	struct fl_result_dir dir;
	char *result, fio[PATH_MAX];
	size_t planned, done, missed;
	bool live; /* the progress line is rewritten in place */
};

static void progress(void *ctx, const struct fl_bench_row *row, __u64 elapsed_ns, __u64 writes)
{
	struct state *s = ctx;
	bool counted = writes != ~0ull;
	char n[32], at[FL_BENCH_LEVEL];

	if (!s->live)
		return;
	fl_say_progress("%3zu/%zu  %-5s  %s  run %u  %.0f of %s s%s%s%s", s->done + 1, s->planned,
			fl_system_name(row->system), fl_bench_level(&s->bench, row, at),
			row->repeat, elapsed_ns / 1e9, fl_bench_get(&s->bench, "RUNTIME"),
			counted ? "  " : "", counted ? fl_grouped(writes, n, sizeof(n)) : "",
			counted ? " writes" : "");
}

/* Finds the result directory's whole path, for messages: it may have been named by links. */
static int find_result(struct state *s, struct fl_err *err)
{
	s->result = fl_path_of(s->dir.fd);
	return s->result ? 0 : fl_errno(err, errno, "%s", s->dir.path);
}

/* Makes a new result directory, named after the profile and the time unless -o gives a name. */
static int create_result(struct state *s, struct fl_err *err)
{
	char name[PATH_MAX], when[32];
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H%M%S", &tm);
	if (s->args.result)
		snprintf(name, sizeof(name), "%s", s->args.result);
	else
		snprintf(name, sizeof(name), "%s-%s", s->bench.profile, when);
	if (fl_result_create(&s->dir, name, err))
		return -1;
	return find_result(s, err);
}

/* Makes the target: the whole mount, even if the directory is only a part of it. */
static int find_target(struct state *s, const char *path, const char *point, struct fl_err *err)
{
	int ret = fl_target_resolve(&s->target, point, 0, err);

	if (!ret && s->target.ndevs != 1)
		ret = fl_err(err, "%s is not on a single FUSE mount", path);
	return ret;
}

/* How long a file system may take to make a directory. A stopped daemon never answers. */
#define ANSWER_SECONDS 60

static int find_place(struct state *s, enum fl_system system, const char *path, struct fl_err *err)
{
	struct fl_janitor *k = &s->run.place[system];
	char *point = NULL;
	int ret = fl_janitor_start(k, path, "fuselens-bench-", ANSWER_SECONDS, err);

	if (!ret)
		ret = fl_bench_place(k->base, &s->bench.env.place[system], &point, err);
	if (!ret && system == FL_SYSTEM_MOUNT)
		ret = find_target(s, path, point, err);
	free(point);
	return ret;
}

static int find_places(struct state *s, const char *const dir[], struct fl_err *err)
{
	for (int i = 0; i < FL_SYSTEMS; i++)
		if (dir[i] && find_place(s, i, dir[i], err))
			return -1;
	if (dir[FL_SYSTEM_MOUNT] && dir[FL_SYSTEM_RAW] &&
	    fl_dev_of(s->run.place[FL_SYSTEM_MOUNT].base) ==
		    fl_dev_of(s->run.place[FL_SYSTEM_RAW].base)) {
		fl_err(err, "%s and %s are on the same mount: there is nothing to compare",
		       dir[FL_SYSTEM_MOUNT], dir[FL_SYSTEM_RAW]);
		return fl_hint(err, "--raw wants a directory on the file system behind the mount");
	}
	return 0;
}

static int find_fio(struct state *s, char **version, struct fl_err *err)
{
	if (fl_program_find("fio", s->args.fio, s->fio, sizeof(s->fio), err)) {
		if (!s->args.fio)
			fl_hint(err,
				"install fio 3.33 or newer (Debian's package is called fio); as root it is looked for in %s, or named by --fio FILE",
				FL_TRUSTED_PATH);
		return -1;
	}
	s->run.fio = s->fio;
	return fl_bench_fio_version(s->fio, version, err);
}

/*
 * Checks everything before the result directory is made, so that a mistake leaves no directory
 * behind.
 */
static int begin_new(struct state *s, struct fl_err *err)
{
	s->bench = s->args.bench;
	memset(&s->args.bench, 0, sizeof(s->args.bench));
	s->bench.started_s = time(NULL);
	if (s->bench.repeats < 3 && !(s->bench.until > 0) && !s->args.quiet)
		fl_say("fuselens: with %s no difference can be told from noise; --repeat 3 or more gives confidence intervals",
		       s->bench.repeats == 1 ? "one run of a row" : "two runs of a row");
	s->bench.profile_text = fl_profile_load(s->args.profile, &s->bench.profile, err);
	if (!s->bench.profile_text || fl_bench_settle_variables(&s->bench, err))
		return -1;
	if (fl_profile_files(s->bench.profile_text, &s->run.files, err) ||
	    find_fio(s, &s->bench.env.fio, err) || find_places(s, s->args.dir, err))
		return -1;
	s->bench.evidence = strdup(fl_evidence_name(s->args.collect.evidence));
	fl_bench_environment(&s->bench.env, s->target.ndevs ? s->target.dev[0] : 0);
	if (create_result(s, err))
		return -1;
	return fl_result_write_bench(&s->dir, &s->bench, err);
}

/*
 * A result directory is data. Its profile is run only if its text equals that of an installed
 * profile, or of one that the user gives now.
 */
static int check_resumed(struct state *s, struct fl_err *err)
{
	char *text;
	int ret;

	text = fl_profile_again(s->args.profile, s->bench.profile, err);
	if (!text)
		return -1;
	ret = strcmp(text, s->bench.profile_text);
	free(text);
	if (ret) {
		fl_err(err, "%s was begun with another text of the profile '%.64s'", s->args.result,
		       s->bench.profile);
		return fl_hint(
			err,
			"give the profile's file again: fuselens bench FILE.fio --resume -o DIR");
	}
	for (size_t i = 0; i < s->bench.nvariables; i++)
		if (fl_profile_check_variable(s->bench.profile_text, s->bench.variable[i].name,
					      s->bench.variable[i].value, err))
			return -1;
	for (size_t i = 0; i < s->bench.nsweep_values; i++)
		if (fl_profile_check_variable(s->bench.profile_text, s->bench.sweep,
					      s->bench.sweep_value[i], err))
			return -1;
	return 0;
}

static int begin_resumed(struct state *s, struct fl_err *err)
{
	const char *dir[FL_SYSTEMS] = {};
	struct fl_environment now = {}, *then;
	char *paths[FL_SYSTEMS] = {};
	int evidence, ret = -1;

	/* it must belong to the user, because it also says where bench writes */
	if (fl_result_open_own(&s->dir, s->args.result, err) || find_result(s, err) ||
	    fl_result_read(&s->dir, &s->bench, err) || check_resumed(s, err))
		return -1;
	then = &s->bench.env;
	fl_bench_environment(&now, 0);
	if (find_fio(s, &now.fio, err))
		goto out;
	if (!fl_same_text(now.kernel, then->kernel) || !fl_same_text(now.fio, then->fio)) {
		fl_err(err, "this bench was begun on kernel %s with %s; here are %s and %s",
		       then->kernel, then->fio, now.kernel, now.fio);
		fl_hint(err, "rows of two machines cannot make one result: begin a new bench");
		goto out;
	}
	for (int i = 0; i < FL_SYSTEMS; i++) {
		struct fl_place *p = &then->place[i];

		if (s->bench.use[i] && !p->path) {
			fl_err(err, "bench.json does not say where it ran");
			goto out;
		}
		paths[i] = s->bench.use[i] ? p->path : NULL;
		dir[i] = paths[i];
		p->path = NULL;
		free(p->fstype);
		free(p->source);
		free(p->options);
		memset(p, 0, sizeof(*p));
	}
	evidence = s->bench.evidence ? fl_evidence_from_name(s->bench.evidence) : -1;
	s->args.collect.evidence = evidence < 0 ? FL_EVIDENCE_AUTO : evidence;
	ret = fl_profile_files(s->bench.profile_text, &s->run.files, err);
	if (!ret)
		ret = find_places(s, dir, err);
out:
	for (int i = 0; i < FL_SYSTEMS; i++)
		free(paths[i]);
	free(now.kernel);
	free(now.kernel_version);
	free(now.machine);
	free(now.cpu);
	free(now.fuselens);
	free(now.fio);
	return ret;
}

/*
 * Takes the variant of fs/fuse from the first counted row: loading the programs finds it out. Tells of a row with
 * another one.
 */
static int note_variant(struct state *s, const struct fl_bench_row *row, struct fl_err *err)
{
	const char *variant = row->snapshot.variant, *first = s->bench.env.variant;

	if (!row->counted || !*variant || !strcmp(variant, "unknown"))
		return 0;
	if (first && strcmp(variant, first) != 0)
		fl_say("fuselens bench: this row's writes ran fs/fuse of %s, the first ones that of %s: did a livepatch come or go?",
		       variant, first);
	if (first)
		return 0;
	s->bench.env.variant = strdup(variant);
	return fl_result_write_bench(&s->dir, &s->bench, err);
}

static bool is_done(const struct fl_bench *b, const char *id)
{
	for (size_t i = 0; i < b->nrows; i++)
		if (!strcmp(b->row[i].id, id))
			return true;
	return false;
}

static int prefill(struct state *s, struct fl_err *err)
{
	for (int i = 0; i < FL_SYSTEMS; i++) {
		int ret;

		if (!s->run.place[i].pid)
			continue;
		if (s->live)
			fl_say_progress("laying out files: %s", fl_system_name(i));
		ret = fl_bench_prefill(&s->run, i, err);
		fl_say_progress_end();
		if (ret)
			return ret;
	}
	return 0;
}

/* Remembers a finished row without its counts; the result directory has those. */
static int keep_row(struct fl_bench *b, const struct fl_bench_row *row)
{
	struct fl_bench_row *kept;

	if (!FL_MORE(b->row, b->nrows))
		return -1;
	kept = &b->row[b->nrows++];
	*kept = *row;
	memset(&kept->snapshot, 0, sizeof(row->snapshot));
	memset(&kept->series, 0, sizeof(row->series));
	kept->counted = false;
	return 0;
}

static int run_row(struct state *s, struct fl_bench_row *row, struct fl_err *err)
{
	int ret = fl_bench_run_row(&s->run, row, err);

	if (!ret) {
		s->done++;
		s->missed += row->status == FL_BENCH_ROW_MISSED;
		if (!s->args.quiet)
			fl_bench_say_row(&s->bench, row, s->done, s->planned);
		ret = note_variant(s, row, err);
		if (!ret && keep_row(&s->bench, row))
			ret = fl_err(err, "out of memory");
	}
	fl_bench_row_free(row);
	return ret;
}

/* Runs the missing rows of the plan. */
static int run_plan(struct state *s, struct fl_err *err)
{
	size_t n = fl_bench_plan(&s->bench, NULL, 0);
	struct fl_bench_row *plan = calloc(n, sizeof(*plan));
	int ret = 0;

	if (!plan)
		return fl_err(err, "out of memory");
	fl_bench_plan(&s->bench, plan, n);
	s->planned = n;
	for (size_t i = 0; i < n && !ret; i++)
		if (!is_done(&s->bench, plan[i].id))
			ret = run_row(s, &plan[i], err);
	free(plan);
	return ret;
}

/* With --until, adds one round at a time until the means are exact enough. */
static int run_rounds(struct state *s, struct fl_err *err)
{
	int ret = run_plan(s, err);

	while (!ret && s->bench.until > 0) {
		char what[96];
		double half = fl_bench_widest(&s->bench, what, sizeof(what));

		if (half <= s->bench.until)
			break;
		if (s->bench.repeats >= FL_BENCH_MOST_ROUNDS) {
			fl_say("fuselens: the mean of %s is known only to +/- %.1f %% after %u runs: something disturbs the runs",
			       what, 100 * half, s->bench.repeats);
			break;
		}
		if (!s->args.quiet)
			fl_say("fuselens: the mean of %s is known to +/- %.1f %%: runs one more round",
			       what, 100 * half);
		s->bench.repeats++;
		ret = fl_result_write_bench(&s->dir, &s->bench, err);
		if (!ret)
			ret = run_plan(s, err);
	}
	return ret;
}

/* Returns 0; -1 with err set; 1 when interrupted. */
static int run_rows(struct state *s, struct fl_err *err)
{
	int ret = 0;

	s->planned = fl_bench_plan(&s->bench, NULL, 0);
	s->done = s->bench.nrows;
	for (size_t i = 0; i < s->bench.nrows; i++)
		s->missed += s->bench.row[i].status == FL_BENCH_ROW_MISSED;
	if (!s->args.quiet)
		fl_bench_say_how_long(&s->bench, s->planned > s->done ? s->planned - s->done : 0);
	if (s->done < s->planned || s->bench.until > 0)
		ret = prefill(s, err);
	return ret ? ret : run_rounds(s, err);
}

static int conclude(struct state *s, int ret, struct fl_err *err)
{
	char *shown;

	fl_say_progress_end();
	if (ret < 0)
		fl_fail(err, false);
	if (ret) {
		fl_say("fuselens: %s: %zu of %zu rows are kept in %s",
		       ret < 0 ? "stopped" : "interrupted", s->done, s->planned, s->result);
		fl_bench_say_resume(s->args.profile, s->result);
		return ret < 0 ? FL_EXIT_ERROR : FL_EXIT_INCONCLUSIVE;
	}
	/* scripts take the name as it is */
	shown = isatty(STDOUT_FILENO) ? fl_escape(s->result) : NULL;
	printf("%s\n", shown ? shown : s->result);
	free(shown);
	if (s->missed)
		fl_say("fuselens: in %zu of %zu rows the counts differ too much from fio's; these rows are marked",
		       s->missed, s->planned);
	return s->missed ? FL_EXIT_INCONCLUSIVE : FL_EXIT_OK;
}

static int bench(struct state *s)
{
	struct fl_err err = {};
	int ret;

	if (s->args.resume ? begin_resumed(s, &err) : begin_new(s, &err)) {
		fl_fail(&err, false);
		return fl_interrupted ? FL_EXIT_INCONCLUSIVE : FL_EXIT_ERROR;
	}
	if (s->bench.use[FL_SYSTEM_MOUNT] && fl_privileges_need(&err))
		return fl_fail(&err, false);
	fl_privileges_keep_for_runs(false);
	s->run.bench = &s->bench;
	s->run.result = &s->dir;
	s->run.target = &s->target;
	s->run.collect = (struct fl_collect_opts){
		.kernel = s->kernel, .evidence = s->args.collect.evidence, .timed_in = 1};
	/* the global method bounds itself; a row is bounded already */
	s->run.collect.window_s = 60 + 2 * atof(fl_bench_get(&s->bench, "RUNTIME"));
	s->run.deadline = s->args.deadline;
	s->run.progress = progress;
	s->run.ctx = s;
	ret = run_rows(s, &err);
	return conclude(s, ret, &err);
}

/* In any case nothing stays behind, except with --keep-files; then a message says where. */
static void leave_places(struct state *s)
{
	for (int i = 0; i < FL_SYSTEMS; i++) {
		struct fl_janitor *k = &s->run.place[i];
		bool keep = s->args.keep_files && s->done;

		if (!k->pid)
			continue;
		if (keep)
			fl_say("files kept in %s/%s", s->bench.env.place[i].path, k->name);
		if (fl_janitor_finish(k, keep, 10))
			fl_say("fuselens: %s in %s could not be removed", k->name,
			       s->bench.env.place[i].path ? s->bench.env.place[i].path : "?");
	}
}

static int run(int argc, char **argv, struct fl_kernel *kernel)
{
	struct state s = {.kernel = kernel};
	int ret = fl_bench_args_parse(&s.args, argc, argv);

	if (ret < 0) {
		fl_catch_signals();
		s.live = !s.args.quiet && isatty(STDERR_FILENO);
		ret = bench(&s);
		leave_places(&s);
		fl_result_close(&s.dir);
	}
	free(s.result);
	fl_bench_free(&s.args.bench);
	fl_bench_free(&s.bench);
	fl_target_free(&s.target);
	return ret;
}

const struct fl_command fl_cmd_bench = {
	.name = "bench",
	.summary = "fio and the locks counted together, into a result directory",
	.usage = "PROFILE --mount DIR [--raw DIR] [OPTIONS]\n[PROFILE] --resume -o RESULT_DIR",
	.about =
		"Runs an fio profile on a FUSE mount, and on the file system behind it, at several numbers of jobs, and counts how the same writes lock their inode. Everything goes into a result directory that 'fuselens report' reads. PROFILE is a name (without one, the names are listed) or a file that ends with .fio.",
	.notes =
		"DIR gets a directory fuselens-bench-... that is removed at the end.\nexit code: 0 all rows, 2 error, 3 interrupted, or rows whose counts differ too much from fio's",
	.options = fl_bench_options,
	.max_operands = 1,
	.one_too_many = "one profile at a time",
	.needs_kernel = true,
	.apart = true,
	.run = run,
};
