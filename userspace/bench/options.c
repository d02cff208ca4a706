// SPDX-License-Identifier: GPL-2.0-only
#include "bench/options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "bench/profile.h"
#include "cmd.h"
#include "collect/options.h"

/* "1,2,4,8": in that order, each once. */
static int set_jobs(const struct fl_option *o, const char *text, void *to, struct fl_err *err)
{
	struct fl_bench *b = to;
	char word[16];

	b->njob_counts = 0;
	while (*text) {
		size_t n = strcspn(text, ",");
		__u64 jobs;

		snprintf(word, sizeof(word), "%.*s", (int)(n < 15 ? n : 15), text);
		if (fl_parse_u64(word, "--jobs", 1, 4096, &jobs, err))
			return -1;
		for (size_t i = 0; i < b->njob_counts; i++)
			if (b->job_count[i] == jobs)
				return fl_err(err, "--jobs: %s is given twice", word);
		if (b->njob_counts == FL_MAX_JOB_COUNTS)
			return fl_err(err, "--jobs: more than %d numbers", FL_MAX_JOB_COUNTS);
		b->job_count[b->njob_counts++] = jobs;
		text += n;
		if (*text == ',' && !*++text)
			return fl_err(err, "--jobs: nothing after the last comma");
	}
	return b->njob_counts ? 0 : fl_err(err, "--jobs: no number");
}

/* "iodepth=1,4,16" */
static int set_sweep(const struct fl_option *o, const char *text, void *to, struct fl_err *err)
{
	const char *eq = strchr(text, '=');
	struct fl_bench *b = to;
	char name[16];

	snprintf(name, sizeof(name), "%.*s", (int)(eq ? eq - text : 0), text);
	if (!fl_sweep_variable(name))
		return fl_err(err, "--sweep: '%.64s' is not iodepth=, bs= or read= with values",
			      text);
	free(b->sweep);
	b->sweep = strdup(fl_sweep_variable(name));
	b->nsweep_values = 0;
	for (text = eq + 1; b->sweep; text++) {
		size_t n = strcspn(text, ",");
		char *value;

		if (!n || n >= FL_SWEEP_VALUE || strspn(text, "0123456789kKmM") < n)
			return fl_err(err, "--sweep: '%.*s' is not a value of %s", (int)n, text,
				      name);
		if (b->nsweep_values == FL_MAX_JOB_COUNTS)
			return fl_err(err, "--sweep: more than %d values", FL_MAX_JOB_COUNTS);
		value = b->sweep_value[b->nsweep_values];
		snprintf(value, FL_SWEEP_VALUE, "%.*s", (int)n, text);
		for (size_t i = 0; i < b->nsweep_values; i++)
			if (!strcmp(b->sweep_value[i], value))
				return fl_err(err, "--sweep: %s is given twice", value);
		b->nsweep_values++;
		text += n;
		if (!*text)
			return 0;
	}
	return fl_err(err, "out of memory");
}

/* "5" or "5%" */
static int set_until(const struct fl_option *o, const char *text, void *to, struct fl_err *err)
{
	size_t n = strlen(text);
	char number[32];

	snprintf(number, sizeof(number), "%.*s", (int)(n && text[n - 1] == '%' ? n - 1 : n), text);
	if (fl_set_percent(o, number, to, err))
		return -1;
	return *(double *)to > 0 ? 0 : fl_err(err, "%s: '%.32s' cannot be reached", o->name, text);
}

static int set_variable(const struct fl_option *o, const char *text, void *to, struct fl_err *err)
{
	const char *eq = strchr(text, '=');
	char name[64];

	if (!eq || eq == text || (size_t)(eq - text) >= sizeof(name))
		return fl_err(err, "--set: '%.64s' is not NAME=VALUE", text);
	snprintf(name, sizeof(name), "%.*s", (int)(eq - text), text);
	for (const char *p = name; *p; p++)
		if (!isupper((unsigned char)*p) && *p != '_' && !isdigit((unsigned char)*p))
			return fl_err(err, "--set: variables have names like IODEPTH, not '%s'",
				      name);
	if (!strncmp(name, "LD_", 3) || !strcmp(name, "PATH"))
		return fl_err(err, "--set: %s is no variable of a profile", name);
	if (!strcmp(name, "DIR") || !strcmp(name, "JOBS"))
		return fl_err(err, "--set: %s is set by --%s", name,
			      *name == 'D' ? "mount and --raw" : "jobs");
	/* fio would take a line break for a new option */
	if (strpbrk(eq + 1, "\r\n"))
		return fl_err(err, "--set: %s has a line break in it", name);
	return fl_bench_set(to, name, eq + 1) ? fl_err(err, "out of memory") : 0;
}

static int set_runtime(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	char text[32];
	__u64 n;

	if (fl_parse_whole_seconds(arg, o->name, 1, 86400, &n, err))
		return -1;
	snprintf(text, sizeof(text), "%llu", n);
	return fl_bench_set(to, "RUNTIME", text);
}

static int set_size(const struct fl_option *o, const char *arg, void *to, struct fl_err *err)
{
	char text[128];

	snprintf(text, sizeof(text), "SIZE=%s", arg);
	return set_variable(o, text, to, err);
}

const struct fl_option fl_bench_options[] = {
	{0, "--mount", "DIR", "a directory on the FUSE mount",
	 FL_INTO(struct fl_bench_args, dir[FL_SYSTEM_MOUNT])},
	{0, "--raw", "DIR", "a directory on the file system behind it, to compare with",
	 FL_INTO(struct fl_bench_args, dir[FL_SYSTEM_RAW])},
	{0, "--jobs", "N,N,...", "numbers of jobs (default 1,2,4,8)",
	 FL_SET(set_jobs, struct fl_bench_args, bench)},
	{0, "--sweep", "NAME=V,...",
	 "vary iodepth, bs or read (percent) instead, at one number of jobs (default 4)",
	 FL_SET(set_sweep, struct fl_bench_args, bench), .words = fl_sweep_words},
	{0, "--repeat", "N", "runs of each row (default 5)",
	 FL_INTO(struct fl_bench_args, bench.repeats), FL_RANGE(1, 1000)},
	{0, "--until", "PCT",
	 "add runs, up to 30, until half the 95 % interval of each mean is at most PCT of it",
	 FL_SET(set_until, struct fl_bench_args, bench.until)},
	{0, "--runtime", "SEC", "how long a row runs (default 10)",
	 FL_SET(set_runtime, struct fl_bench_args, bench)},
	{0, "--size", "SIZE", "size of each file, in fio's notation (default 64m)",
	 FL_SET(set_size, struct fl_bench_args, bench)},
	{0, "--set", "NAME=VALUE", "another variable of the profile; may be repeated",
	 FL_SET(set_variable, struct fl_bench_args, bench)},
	{'o', "--output", "DIR", "the result directory (default PROFILE-DATE)",
	 FL_INTO(struct fl_bench_args, result)},
	{0, "--self-cost", NULL, "run each mount row without probes, too: what does counting cost?",
	 FL_INTO(struct fl_bench_args, bench.self_cost)},
	FL_OPTION_EVIDENCE(struct fl_bench_args, collect),
	{0, "--max-loss", "PCT", "largest difference to fio that a row may have (default 0.1)",
	 FL_SET(fl_set_percent, struct fl_bench_args, bench.max_loss)},
	{0, "--deadline", "SEC",
	 "after how long without an answer to fio's I/O bench gives up (300)",
	 FL_SET(fl_set_whole_seconds, struct fl_bench_args, deadline), FL_RANGE(1, 864000)},
	{0, "--resume", NULL,
	 "run the rows that an interrupted bench lacks; give PROFILE again if it is a file of yours",
	 FL_INTO(struct fl_bench_args, resume)},
	{0, "--keep-files", NULL, "do not remove the data files",
	 FL_INTO(struct fl_bench_args, keep_files)},
	FL_OPTION_FIO(struct fl_bench_args, fio),
	{'q', "--quiet", NULL, "no progress", FL_INTO(struct fl_bench_args, quiet)},
	{},
};

static int set_defaults(struct fl_bench *b)
{
	int bad = fl_bench_set(b, "RUNTIME", "10") | fl_bench_set(b, "SIZE", "64m");

	b->repeats = 5;
	b->max_loss = 0.001;
	b->njob_counts = 4;
	for (size_t i = 0; i < b->njob_counts; i++)
		b->job_count[i] = 1u << i;
	return bad;
}

static int ask_for_profile(void)
{
	struct fl_err err;
	char names[384];

	fl_profile_names(names, sizeof(names));
	if (!*names)
		return fl_usage_error("bench", false, "which profile?");
	fl_err(&err, "bench: which profile?");
	fl_hint(&err, "there are %s; or name a file that ends with .fio", names);
	return fl_fail(&err, false);
}

/* Whether options were given that a resumed bench has already settled. */
static bool gives_more(const struct fl_args *args)
{
	static const char *const goes_on =
		"--output --deadline --resume --keep-files --fio --quiet ";

	for (int i = 0; fl_bench_options[i].name; i++)
		if (args->given >> i & 1 && !strstr(goes_on, fl_bench_options[i].name))
			return true;
	return false;
}

static bool gives(const struct fl_args *args, const char *name)
{
	for (int i = 0; fl_bench_options[i].name; i++)
		if (args->given >> i & 1 && !strcmp(name, fl_bench_options[i].name))
			return true;
	return false;
}

/* All rules about options that need or exclude one another. */
static int check(struct fl_bench_args *a, const struct fl_args *args)
{
	if (a->resume && gives_more(args))
		return fl_usage_error("bench", false,
				      "--resume takes everything else from the result directory");
	if (a->resume && !a->result)
		return fl_usage_error("bench", false,
				      "--resume needs the result directory: -o DIR");
	if (a->resume)
		return -1;
	if (!a->profile)
		return ask_for_profile();
	if (!a->dir[FL_SYSTEM_MOUNT] && !a->dir[FL_SYSTEM_RAW])
		return fl_usage_error("bench", false,
				      "which directory? give --mount DIR, --raw DIR, or both");
	if (a->bench.self_cost && !a->dir[FL_SYSTEM_MOUNT])
		return fl_usage_error("bench", false,
				      "--self-cost needs --mount: raw rows are not counted");
	if (a->bench.sweep && gives(args, "--jobs") && a->bench.njob_counts != 1)
		return fl_usage_error(
			"bench", false,
			"--sweep goes with one number of jobs: only one thing can vary");
	if (a->bench.sweep && fl_bench_get(&a->bench, a->bench.sweep))
		return fl_usage_error("bench", false, "--set and --sweep both give %s",
				      a->bench.sweep);
	if (a->bench.sweep && !gives(args, "--jobs")) {
		a->bench.njob_counts = 1;
		a->bench.job_count[0] = 4;
	}
	for (int i = 0; i < FL_SYSTEMS; i++)
		a->bench.use[i] = a->dir[i];
	return -1;
}

/* The default value of a variable. */
static const char *const defaults[][2] = {{"BS", "4k"}, {"IODEPTH", "64"}, {"READ_PERCENT", "70"}};

int fl_bench_settle_variables(struct fl_bench *b, struct fl_err *err)
{
	for (size_t i = 0; i < b->nvariables; i++) {
		const char *name = b->variable[i].name;

		if (fl_bench_uses(b, name) || !strcmp(name, "RUNTIME") || !strcmp(name, "SIZE"))
			continue;
		fl_err(err, "--set: the profile '%.64s' does not use %s", b->profile, name);
		return fl_hint(err, "a profile names its variables as ${NAME}");
	}
	if (b->sweep && !fl_bench_uses(b, b->sweep)) {
		fl_err(err, "--sweep %s: the profile '%.64s' does not use %s", fl_axis_name(b),
		       b->profile, b->sweep);
		return fl_hint(err, "a profile names its variables as ${NAME}");
	}
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		const char *name = defaults[i][0];

		if (fl_bench_get(b, name) || !fl_bench_uses(b, name) ||
		    (b->sweep && !strcmp(b->sweep, name)))
			continue;
		if (fl_bench_set(b, name, defaults[i][1]))
			return fl_err(err, "out of memory");
	}
	return 0;
}

int fl_bench_args_parse(struct fl_bench_args *a, int argc, char **argv)
{
	struct fl_args args;
	struct fl_err err;
	int ret;

	memset(a, 0, sizeof(*a));
	a->deadline = 300;
	if (set_defaults(&a->bench)) {
		fl_err(&err, "out of memory");
		return fl_fail(&err, false);
	}
	ret = fl_args_parse(&args, &fl_cmd_bench, a, argc, argv);
	a->profile = args.operand[0];
	return ret >= 0 ? ret : check(a, &args);
}
