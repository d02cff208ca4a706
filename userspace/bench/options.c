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

const char fl_bench_help[] =
	"usage: fuselens bench PROFILE --mount DIR [--raw DIR] [OPTIONS]\n"
	"       fuselens bench [PROFILE] --resume -o RESULT_DIR\n"
	"\n"
	"Runs an fio profile on a FUSE mount, and on the file system behind it, at several\n"
	"numbers of jobs, and counts how the same writes lock their inode. Everything goes\n"
	"into a result directory that 'fuselens report' reads. PROFILE is a name (without\n"
	"one, the names are listed) or a file that ends with .fio.\n"
	"\n"
	"      --mount DIR       a directory on the FUSE mount\n"
	"      --raw DIR         a directory on the file system behind it, to compare with\n"
	"      --jobs N,N,...    numbers of jobs (default 1,2,4,8)\n"
	"      --repeat N        runs of each row (default 3)\n"
	"      --runtime SEC     of one row (default 10)\n"
	"      --size SIZE       of each file, as fio writes it (default 64m)\n"
	"      --set NAME=VALUE  another variable of the profile; may be repeated\n"
	"  -o, --output DIR      the result directory (default PROFILE-DATE)\n"
	"      --self-cost       each mount row also without probes: what does counting cost?\n"
	"      --evidence M      as for 'fuselens prove' (default auto)\n"
	"      --max-loss PCT    difference that a row may have and count (default 0.1)\n"
	"      --resume          go on with an interrupted bench: only rows that are missing;\n"
	"                        PROFILE is named again where it is a file of yours\n"
	"      --keep-files      leave the data files there\n"
	"      --fio FILE        this fio; root's is looked for in the system's directories\n"
	"  -q, --quiet           no progress\n"
	"  -h, --help\n"
	"\n"
	"DIR gets a directory fuselens-bench-... that is removed at the end.\n"
	"exit code: 0 all rows, 2 error, 3 interrupted, or rows whose counts miss fio's\n";

enum {
	OPT_MOUNT = 256,
	OPT_RAW,
	OPT_JOBS,
	OPT_REPEAT,
	OPT_RUNTIME,
	OPT_SIZE,
	OPT_SET,
	OPT_SELF_COST,
	OPT_MAX_LOSS,
	OPT_RESUME,
	OPT_KEEP_FILES,
	OPT_FIO,
};

static const struct option options[] = {
	{"mount", required_argument, NULL, OPT_MOUNT},
	{"raw", required_argument, NULL, OPT_RAW},
	{"jobs", required_argument, NULL, OPT_JOBS},
	{"repeat", required_argument, NULL, OPT_REPEAT},
	{"runtime", required_argument, NULL, OPT_RUNTIME},
	{"size", required_argument, NULL, OPT_SIZE},
	{"set", required_argument, NULL, OPT_SET},
	{"output", required_argument, NULL, 'o'},
	{"self-cost", no_argument, NULL, OPT_SELF_COST},
	FL_OPTION_EVIDENCE,
	{"max-loss", required_argument, NULL, OPT_MAX_LOSS},
	{"resume", no_argument, NULL, OPT_RESUME},
	{"keep-files", no_argument, NULL, OPT_KEEP_FILES},
	{"fio", required_argument, NULL, OPT_FIO},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{},
};

int fl_bench_parse_jobs(struct fl_bench *b, const char *text, struct fl_err *err)
{
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
				return fl_err(err, "--jobs: %s comes twice", word);
		if (b->njob_counts == FL_MAX_JOB_COUNTS)
			return fl_err(err, "--jobs: more than %d numbers", FL_MAX_JOB_COUNTS);
		b->job_count[b->njob_counts++] = jobs;
		text += n;
		if (*text == ',' && !*++text)
			return fl_err(err, "--jobs: nothing after the last comma");
	}
	return b->njob_counts ? 0 : fl_err(err, "--jobs: no number");
}

static int set_variable(struct fl_bench *b, const char *text, struct fl_err *err)
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
	return fl_bench_set(b, name, eq + 1) ? fl_err(err, "out of memory") : 0;
}

static int set_option(void *ctx, int opt, char *arg, struct fl_err *err)
{
	struct fl_bench_args *a = ctx;
	struct fl_collect_opts counting = {};
	struct fl_bench *b = &a->bench;
	char text[128];
	double number;
	__u64 n;
	int ret;

	a->others |= opt != 'o' && opt != OPT_RESUME && opt != OPT_KEEP_FILES && opt != OPT_FIO &&
		     opt != 'q';
	switch (opt) {
	case OPT_MOUNT:
		a->dir[FL_SYSTEM_MOUNT] = arg;
		return 0;
	case OPT_RAW:
		a->dir[FL_SYSTEM_RAW] = arg;
		return 0;
	case OPT_JOBS:
		return fl_bench_parse_jobs(b, arg, err);
	case OPT_REPEAT:
		ret = fl_parse_u64(arg, "--repeat", 1, 1000, &n, err);
		b->repeats = n;
		return ret;
	case OPT_RUNTIME:
		if (fl_parse_whole_seconds(arg, "--runtime", 1, 86400, &n, err))
			return -1;
		snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
		return fl_bench_set(b, "RUNTIME", text);
	case OPT_SIZE:
		snprintf(text, sizeof(text), "SIZE=%s", arg);
		return set_variable(b, text, err);
	case OPT_SET:
		return set_variable(b, arg, err);
	case 'o':
		a->result = arg;
		return 0;
	case OPT_SELF_COST:
		b->self_cost = true;
		return 0;
	case OPT_MAX_LOSS:
		ret = fl_parse_double(arg, "--max-loss", 0, 100, &number, err);
		b->max_loss = number / 100;
		return ret;
	case OPT_RESUME:
		a->resume = true;
		return 0;
	case OPT_KEEP_FILES:
		a->keep_files = true;
		return 0;
	case OPT_FIO:
		a->fio = arg;
		return 0;
	case 'q':
		a->quiet = true;
		return 0;
	}
	ret = fl_collect_option(&counting, opt, arg, err);
	a->evidence = counting.evidence;
	return ret;
}

/* What a variable is unless --set says otherwise. */
static const char *const defaults[][2] = {
	{"BS", "4k"}, {"IODEPTH", "64"}, {"READ_PERCENT", "70"}, {"RUNTIME", "10"}, {"SIZE", "64m"},
};

static int set_defaults(struct fl_bench *b)
{
	int bad = 0;

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		bad |= fl_bench_set(b, defaults[i][0], defaults[i][1]);
	b->repeats = 3;
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

/* Every rule about options that need or exclude one another is here. */
static int check(struct fl_bench_args *a)
{
	if (a->resume && a->others)
		return fl_usage_error("bench", false,
				      "--resume takes everything else from the result directory");
	if (a->resume && !a->result)
		return fl_usage_error("bench", false, "--resume what? name it with -o");
	if (a->resume)
		return -1;
	if (!a->profile)
		return ask_for_profile();
	if (!a->dir[FL_SYSTEM_MOUNT] && !a->dir[FL_SYSTEM_RAW])
		return fl_usage_error("bench", false, "where? --mount DIR, --raw DIR, or both");
	if (a->bench.self_cost && !a->dir[FL_SYSTEM_MOUNT])
		return fl_usage_error("bench", false,
				      "--self-cost needs --mount: raw rows are not counted");
	for (int i = 0; i < FL_SYSTEMS; i++)
		a->bench.use[i] = a->dir[i];
	return -1;
}

int fl_bench_args_parse(struct fl_bench_args *a, int argc, char **argv)
{
	struct fl_args args = {
		.command = "bench",
		.help = fl_bench_help,
		.short_options = "o:qh",
		.options = options,
		.set = set_option,
		.ctx = a,
		.max_operands = 1,
		.one_too_many = "one profile at a time",
	};
	struct fl_err err;
	int ret;

	memset(a, 0, sizeof(*a));
	if (set_defaults(&a->bench)) {
		fl_err(&err, "out of memory");
		return fl_fail(&err, false);
	}
	ret = fl_args_parse(&args, argc, argv);
	a->profile = args.operand[0];
	return ret >= 0 ? ret : check(a);
}
