// SPDX-License-Identifier: GPL-2.0-only
#include "args.h"

#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "util/text.h"

static bool is_json(const struct option *o)
{
	return o->name && !strcmp(o->name, "json");
}

static bool has_json(const struct fl_args *a)
{
	for (const struct option *o = a->options; o->name; o++)
		if (is_json(o))
			return true;
	return false;
}

static int operand(struct fl_args *a, const char *text)
{
	if (a->noperands < a->max_operands) {
		a->operand[a->noperands++] = text;
		return -1;
	}
	if (a->max_operands == 1)
		return fl_usage_error(a->command, a->json, "%s: '%s' and '%s'", a->one_too_many,
				      a->operand[0], text);
	return fl_usage_error(a->command, a->json, "%s: '%s'", a->one_too_many, text);
}

/* A long option by a name that nearly fits one of ours, else a short one. */
static int unknown_option(const struct fl_args *a, const char *text)
{
	const struct option *o = a->options;
	char name[32];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text + 2 * !strncmp(text, "--", 2), "="),
		 text + 2 * !strncmp(text, "--", 2));
	while (o->name && (strncmp(text, "--", 2) || !fl_meant(name, o->name)))
		o++;
	if (o->name)
		return fl_usage_error(a->command, a->json,
				      "there is no option --%s; did you mean --%s?", name, o->name);
	return fl_usage_error(a->command, a->json, "there is no option %s", text);
}

static int option(struct fl_args *a, int opt, char **argv)
{
	struct fl_err err;

	if (opt == 'h') {
		fputs(a->help, stdout);
		return FL_EXIT_OK;
	}
	if (opt == ':')
		return fl_usage_error(a->command, a->json, "%s needs a value", argv[optind - 1]);
	if (opt == '?')
		return unknown_option(a, argv[optind - 1]);
	if (a->set(a->ctx, opt, optarg, &err))
		return fl_usage_error(a->command, a->json, "%s", err.what);
	return -1;
}

int fl_args_parse(struct fl_args *a, int argc, char **argv)
{
	char shorts[32];
	int opt, ret, which;

	/* before anything else, so that errors of options that stand before --json come as JSON too */
	for (int i = 1; has_json(a) && i < argc && strcmp(argv[i], "--"); i++)
		a->json |= !strcmp(argv[i], "--json");
	/* '+': operands come one by one, so that those of the command to run are left alone */
	snprintf(shorts, sizeof(shorts), "+:%s", a->short_options);
	opterr = 0;
	for (;;) {
		which = -1;
		opt = getopt_long(argc, argv, shorts, a->options, &which);
		if (opt != -1 && opt != '?' && which >= 0 && is_json(&a->options[which])) {
			a->json = true;
			continue;
		}
		if (opt != -1) {
			ret = option(a, opt, argv);
		} else if (optind >= argc || !strcmp(argv[optind - 1], "--")) {
			/* getopt stops at each operand and, for good, at "--" */
			break;
		} else {
			ret = operand(a, argv[optind++]);
		}
		if (ret >= 0)
			return ret;
	}
	if (!a->runs_command) {
		while (optind < argc) {
			ret = operand(a, argv[optind++]);
			if (ret >= 0)
				return ret;
		}
	} else if (optind < argc) {
		a->argv = argv + optind;
	} else if (argc > 1 && !strcmp(argv[argc - 1], "--")) {
		return fl_usage_error(a->command, a->json, "there is no command after --");
	}
	return -1;
}

int fl_args_one_target(const struct fl_args *a, __u64 pid)
{
	if (a->noperands && pid)
		return fl_usage_error(a->command, a->json, "a target and --pid exclude each other");
	return -1;
}

int fl_args_need_target(const struct fl_args *a, __u64 pid)
{
	if (!a->noperands && !pid)
		return fl_usage_error(a->command, a->json,
				      "what to watch? a mount point, a file, -p PID or all");
	return fl_args_one_target(a, pid);
}

int fl_args_pid(const char *arg, __u64 *pid, struct fl_err *err)
{
	return fl_parse_u64(arg, "--pid", 1, 1 << 22, pid, err);
}
