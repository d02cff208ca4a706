// SPDX-License-Identifier: GPL-2.0-only
#include "args.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "util/text.h"

/* The number of bits of fl_args.given. */
#define MAX_OPTIONS 64
/* What getopt_long(3) returns for a long option: this and the option's place in the table. */
#define LONG 256

struct line {
	struct fl_args *args;
	const struct fl_command *command;
	void *ctx;
};

static bool is_json(const struct fl_option *o)
{
	return !strcmp(o->name, "--json");
}

static bool has_json(const struct fl_option *o)
{
	while (o->name && !is_json(o))
		o++;
	return o->name;
}

static void for_getopt(const struct fl_option *o, struct option *longs, char *shorts)
{
	/* '+': operands come one by one, so that those of the command to run stay untouched */
	shorts = stpcpy(shorts, "+:h");
	for (int i = 0; i < MAX_OPTIONS && o[i].name; i++) {
		*longs++ = (struct option){.name = o[i].name + 2,
					   .has_arg = o[i].arg ? required_argument : no_argument,
					   .val = LONG + i};
		if (!o[i].letter)
			continue;
		*shorts++ = o[i].letter;
		if (o[i].arg)
			*shorts++ = ':';
	}
	*longs++ = (struct option){.name = "help", .val = 'h'};
	*longs = (struct option){};
	*shorts = '\0';
}

static void print_help(const struct fl_command *c)
{
	const char *line = c->usage, *start = "usage:";

	for (; *line; line += strcspn(line, "\n"), line += *line == '\n', start = "      ")
		printf("%s fuselens %s %.*s\n", start, c->name, (int)strcspn(line, "\n"), line);
	putchar('\n');
	fl_wrap(stdout, c->about, 0, 0);
	putchar('\n');
	fl_options_print(c->options, stdout);
	for (line = c->notes ? c->notes : ""; *line;
	     line += strcspn(line, "\n"), line += *line == '\n')
		fl_wrapped(stdout, 0, 0, "%s%.*s", line == c->notes ? "\n" : "",
			   (int)strcspn(line, "\n"), line);
}

static int operand(struct line *l, const char *text)
{
	struct fl_args *a = l->args;
	const struct fl_command *c = l->command;

	if (a->noperands < c->max_operands) {
		a->operand[a->noperands++] = text;
		return -1;
	}
	if (c->max_operands == 1)
		return fl_usage_error(c->name, a->json, "%s: '%s' and '%s'", c->one_too_many,
				      a->operand[0], text);
	return fl_usage_error(c->name, a->json, "%s: '%s'", c->one_too_many, text);
}

/* Reports an unknown option: a long one with the most similar name of ours, or a short one. */
static int unknown_option(const struct line *l, const char *text)
{
	const struct fl_option *o = l->command->options;
	char name[32];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, "="), text);
	while (o->name && (strncmp(text, "--", 2) || !fl_meant(name + 2, o->name + 2)))
		o++;
	if (o->name)
		return fl_usage_error(l->command->name, l->args->json,
				      "there is no option %s; did you mean %s?", name, o->name);
	return fl_usage_error(l->command->name, l->args->json, "there is no option %s", text);
}

static int option(struct line *l, int opt, char **argv)
{
	const struct fl_option *table = l->command->options, *o = table;
	struct fl_args *a = l->args;
	struct fl_err err;

	if (opt == 'h') {
		print_help(l->command);
		return FL_EXIT_OK;
	}
	if (opt == ':')
		return fl_usage_error(l->command->name, a->json, "%s needs a value",
				      argv[optind - 1]);
	if (opt == '?')
		return unknown_option(l, argv[optind - 1]);
	if (opt >= LONG)
		o += opt - LONG;
	while (opt < LONG && o->letter != opt)
		o++;
	a->given |= 1ull << (o - table);
	a->json |= is_json(o);
	if (o->set && o->set(o, optarg, (char *)l->ctx + o->at, &err))
		return fl_bad_value(l->command->name, a->json, &err);
	return -1;
}

static int options_and_operands(struct line *l, int argc, char **argv)
{
	struct option longs[MAX_OPTIONS + 2];
	char shorts[2 * MAX_OPTIONS + 4];
	int opt, ret = -1;

	for_getopt(l->command->options, longs, shorts);
	opterr = 0;
	while (ret < 0) {
		opt = getopt_long(argc, argv, shorts, longs, NULL);
		if (opt != -1)
			ret = option(l, opt, argv);
		else if (optind >= argc || !strcmp(argv[optind - 1], "--"))
			/* getopt stops at each operand and, for good, at "--" */
			break;
		else
			ret = operand(l, argv[optind++]);
	}
	return ret;
}

int fl_args_parse(struct fl_args *a, const struct fl_command *command, void *ctx, int argc,
		  char **argv)
{
	struct line l = {.args = a, .command = command, .ctx = ctx};
	int ret;

	memset(a, 0, sizeof(*a));
	/* look for --json first, so that errors of earlier options are JSON, too */
	for (int i = 1; has_json(command->options) && i < argc && strcmp(argv[i], "--"); i++)
		a->json |= !strcmp(argv[i], "--json");
	ret = options_and_operands(&l, argc, argv);
	while (ret < 0 && !command->runs_command && optind < argc)
		ret = operand(&l, argv[optind++]);
	if (ret >= 0 || !command->runs_command)
		return ret;
	if (optind < argc)
		a->argv = argv + optind;
	else if (argc > 1 && !strcmp(argv[argc - 1], "--"))
		return fl_usage_error(command->name, a->json, "there is no command after --");
	return -1;
}

int fl_args_parse_target(struct fl_args *a, const struct fl_command *command, void *ctx,
			 const char *otherwise, const __u64 *pid, int argc, char **argv)
{
	int ret = fl_args_parse(a, command, ctx, argc, argv);

	if (ret >= 0)
		return ret;
	if (a->noperands && *pid)
		return fl_usage_error(command->name, a->json,
				      "a target and --pid exclude each other");
	if (a->noperands || *pid)
		return -1;
	if (!otherwise)
		return fl_usage_error(command->name, a->json,
				      "what to watch? a mount point, a file, -p PID or all");
	a->operand[0] = otherwise;
	return -1;
}
