// SPDX-License-Identifier: GPL-2.0-only
#include "completion.h"

#include <string.h>

#include "util/option.h"

/*
 * Placeholders for values that depend on the machine: a function of the scripts, or the shells' own
 * lists.
 */
enum kind {
	KIND_NONE,
	KIND_WORDS, /* from the option's table */
	KIND_FILES,
	KIND_DIRS,
	KIND_PIDS,
	KIND_MOUNTS,
	KIND_PROFILES,
	KINDS,
};

static enum kind kind_of(const struct fl_option *o)
{
	if (o->words)
		return KIND_WORDS;
	if (!o->arg)
		return KIND_NONE;
	if (!strcmp(o->arg, "FILE") || !strcmp(o->arg, "WHAT"))
		return KIND_FILES;
	if (!strcmp(o->arg, "DIR"))
		return KIND_DIRS;
	return strcmp(o->arg, "PID") ? KIND_NONE : KIND_PIDS;
}

/* The placeholder for a command's operands, from their names in its usage. */
static enum kind operands_of(const struct fl_command *c)
{
	const char *u = c->usage + (*c->usage == '[');

	if (!strncmp(u, "TARGET", 6) || !strncmp(u, "MOUNT", 5))
		return KIND_MOUNTS;
	if (!strncmp(u, "PROFILE", 7))
		return KIND_PROFILES;
	return strncmp(u, "RESULT_DIR", 10) ? KIND_NONE : KIND_DIRS;
}

/* Prints text inside single quotes of a shell; zsh needs colons and brackets escaped. */
static void quoted(FILE *out, const char *text, const char *escape)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr(escape, *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void words_of_live(const struct fl_command *c, FILE *out)
{
	/* its usage begins with the word of each form */
	for (const char *line = c->usage; *line; line += strcspn(line, "\n"), line += *line == '\n')
		fprintf(out, "%s%.*s", line == c->usage ? "" : " ", (int)strcspn(line, " \n"),
			line);
}

static bool has_forms(const struct fl_command *c)
{
	return operands_of(c) == KIND_NONE && c->max_operands > 0;
}

static const char mounts_in_awk[] =
	"{t = $0; sub(/.* - /, \"\", t); if (t ~ /^(fuse|fuseblk|virtiofs)([. ]|$)/) print $5}";
static const char profiles_in_sed[] = "s/^hint: there are \\(.*\\); or name.*/\\1/p";

static void bash_values(const struct fl_command *c, const struct fl_option *o, FILE *out)
{
	static const char *const what[KINDS] = {
		[KIND_FILES] = "@files",
		[KIND_DIRS] = "@dirs",
		[KIND_PIDS] = "@pids",
	};

	if (!o->arg)
		return;
	fprintf(out, "\t\"%s %s\"", c->name, o->name);
	if (o->letter)
		fprintf(out, " | \"%s -%c\"", c->name, o->letter);
	fputs(") echo '", out);
	if (o->words)
		o->words(out);
	else
		fputs(what[kind_of(o)] ? what[kind_of(o)] : "@none", out);
	fputs("' ;;\n", out);
}

static void bash_operands(const struct fl_command *c, FILE *out)
{
	static const char *const what[KINDS] = {
		[KIND_MOUNTS] = "@mounts",
		[KIND_PROFILES] = "@profiles",
		[KIND_DIRS] = "@dirs",
	};

	if (has_forms(c)) {
		fprintf(out, "\t%s) echo '", c->name);
		words_of_live(c, out);
		fputs("' ;;\n", out);
	} else if (what[operands_of(c)]) {
		fprintf(out, "\t%s) echo '%s' ;;\n", c->name, what[operands_of(c)]);
	}
}

static void bash(const struct fl_command *const *command, size_t n, FILE *out)
{
	fputs("# bash completion for fuselens, made by 'fuselens completion bash'.\n"
	      "_fuselens_commands='--help --version help completion",
	      out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, " %s", command[i]->name);
	fputs("'\n\n_fuselens_options()\n{\n\tcase $1 in\n", out);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "\t%s) echo '--help", command[i]->name);
		for (const struct fl_option *o = command[i]->options; o->name; o++)
			fprintf(out, " %s", o->name);
		fputs("' ;;\n", out);
	}
	fputs("\tesac\n}\n\n_fuselens_values()\n{\n\tcase \"$1 $2\" in\n", out);
	for (size_t i = 0; i < n; i++)
		for (const struct fl_option *o = command[i]->options; o->name; o++)
			bash_values(command[i], o, out);
	fputs("\tesac\n}\n\n_fuselens_operands()\n{\n\tcase $1 in\n", out);
	for (size_t i = 0; i < n; i++)
		bash_operands(command[i], out);
	fputs("\tesac\n}\n\n"
	      "_fuselens()\n"
	      "{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal command=${COMP_WORDS[1]} words=\n"
	      "\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [ \"$COMP_CWORD\" = 1 ] || { [ \"$COMP_CWORD\" = 2 ] && [ \"$command\" = help ]; }; then\n"
	      "\t\twords=$_fuselens_commands\n"
	      "\telif [ \"$command\" = completion ]; then\n"
	      "\t\twords='bash zsh fish'\n"
	      "\telse\n"
	      "\t\twords=$(_fuselens_values \"$command\" \"$prev\")\n"
	      "\t\tif [ -z \"$words\" ] && [[ $cur == -* ]]; then\n"
	      "\t\t\twords=$(_fuselens_options \"$command\")\n"
	      "\t\telif [ -z \"$words\" ]; then\n"
	      "\t\t\twords=$(_fuselens_operands \"$command\")\n"
	      "\t\tfi\n"
	      "\tfi\n"
	      "\tcase $words in\n"
	      "\t@none) return ;;\n"
	      "\t@files) compopt -o filenames -o default 2>/dev/null; return ;;\n"
	      "\t@dirs) compopt -o filenames -o dirnames 2>/dev/null; return ;;\n"
	      "\t@pids) words=$(cd /proc && echo [0-9]*) ;;\n",
	      out);
	fprintf(out,
		"\t@mounts)\n\t\tcompopt -o filenames -o default 2>/dev/null\n"
		"\t\twords=\"all $(awk '%s' /proc/self/mountinfo)\" ;;\n",
		mounts_in_awk);
	fprintf(out,
		"\t@profiles)\n\t\tcompopt -o filenames -o default 2>/dev/null\n"
		"\t\twords=$(fuselens bench 2>&1 | sed -n '%s' | tr -d ,) ;;\n\tesac\n",
		profiles_in_sed);
	fputs("\t[[ $words != *= ]] || compopt -o nospace 2>/dev/null\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	      "}\n"
	      "complete -F _fuselens fuselens\n",
	      out);
}

static const char *zsh_action(enum kind kind)
{
	static const char *const action[KINDS] = {
		[KIND_NONE] = "",
		[KIND_FILES] = "_files",
		[KIND_DIRS] = "_files -/",
		[KIND_PIDS] = "_pids",
		[KIND_MOUNTS] = "_fuselens_mounts",
		[KIND_PROFILES] = "_fuselens_profiles",
	};

	return action[kind];
}

static void zsh_option(const struct fl_option *o, FILE *out)
{
	if (o->letter)
		fprintf(out, " \\\n\t\t\t'(-%c %s)'{-%c,%s}'[", o->letter, o->name, o->letter,
			o->name);
	else
		fprintf(out, " \\\n\t\t\t'%s[", o->name);
	quoted(out, o->help, "[]:\\");
	fputc(']', out);
	if (o->arg) {
		fputc(':', out);
		quoted(out, o->arg, "[]:\\");
		fputc(':', out);
	}
	if (o->words) {
		fputc('(', out);
		o->words(out);
		fputc(')', out);
	} else if (o->arg) {
		fputs(zsh_action(kind_of(o)), out);
	}
	fputc('\'', out);
}

static void zsh(const struct fl_command *const *command, size_t n, FILE *out)
{
	fputs("#compdef fuselens\n"
	      "# zsh completion for fuselens, made by 'fuselens completion zsh'.\n\n",
	      out);
	fprintf(out,
		"_fuselens_mounts()\n{\n\tlocal -a mounts\n"
		"\tmounts=(all ${(f)\"$(awk '%s' /proc/self/mountinfo)\"})\n"
		"\tcompadd -a mounts\n\t_files\n}\n\n",
		mounts_in_awk);
	fprintf(out,
		"_fuselens_profiles()\n{\n\tlocal -a profiles\n"
		"\tprofiles=(${(f)\"$(fuselens bench 2>&1 | sed -n '%s' | tr -d , | tr ' ' '\\n')\"})\n"
		"\tcompadd -a profiles\n\t_files -g '*.fio'\n}\n\n",
		profiles_in_sed);
	fputs("_fuselens()\n{\n\tlocal -a commands\n\tcommands=(\n", out);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "\t\t'%s:", command[i]->name);
		quoted(out, command[i]->summary, ":\\");
		fputs("'\n", out);
	}
	fputs("\t\t'help:explains a command'\n\t\t'completion:prints a script for a shell'\n\t)\n"
	      "\tif (( CURRENT == 2 )) || [[ $words[2] == help && $CURRENT == 3 ]]; then\n"
	      "\t\t_describe command commands\n\t\treturn\n\tfi\n"
	      "\tlocal command=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n"
	      "\tcase $command in\n"
	      "\tcompletion) _values shell bash zsh fish ;;\n",
	      out);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "\t%s)\n\t\t_arguments -s '--help[explain it]'", command[i]->name);
		for (const struct fl_option *o = command[i]->options; o->name; o++)
			zsh_option(o, out);
		if (has_forms(command[i])) {
			fputs(" \\\n\t\t\t'1:form:(", out);
			words_of_live(command[i], out);
			fputs(")'", out);
		} else if (operands_of(command[i]) != KIND_NONE) {
			fprintf(out, " \\\n\t\t\t'*:operand:%s'",
				zsh_action(operands_of(command[i])));
		}
		fputs("\n\t\t;;\n", out);
	}
	fputs("\tesac\n}\n\n_fuselens \"$@\"\n", out);
}

static void fish_option(const struct fl_command *c, const struct fl_option *o, FILE *out)
{
	static const char *const how[KINDS] = {
		[KIND_NONE] = "-x",
		[KIND_WORDS] = "-x",
		[KIND_FILES] = "-r -F",
		[KIND_DIRS] = "-x -a '(__fish_complete_directories)'",
		[KIND_PIDS] = "-x -a '(__fish_complete_pids)'",
	};

	fprintf(out, "complete -c fuselens -n '__fish_seen_subcommand_from %s' -l %s", c->name,
		o->name + 2);
	if (o->letter)
		fprintf(out, " -s %c", o->letter);
	if (o->arg)
		fprintf(out, " %s", how[kind_of(o)]);
	if (o->words) {
		fputs(" -a '", out);
		o->words(out);
		fputc('\'', out);
	}
	fputs(" -d '", out);
	/* fish knows \' within quotes */
	for (const char *s = o->help; *s; s++)
		fprintf(out, *s == '\'' || *s == '\\' ? "\\%c" : "%c", *s);
	fputs("'\n", out);
}

static void fish_operands(const struct fl_command *c, FILE *out)
{
	static const char *const what[KINDS] = {
		[KIND_MOUNTS] = "-a '(__fuselens_mounts)'",
		[KIND_PROFILES] = "-a '(__fuselens_profiles)'",
		[KIND_DIRS] = "-x -a '(__fish_complete_directories)'",
	};

	if (!has_forms(c) && !what[operands_of(c)])
		return;
	fprintf(out, "complete -c fuselens -n '__fish_seen_subcommand_from %s' ", c->name);
	if (has_forms(c)) {
		fputs("-x -a '", out);
		words_of_live(c, out);
		fputs("'\n", out);
	} else {
		fprintf(out, "%s\n", what[operands_of(c)]);
	}
}

static void fish(const struct fl_command *const *command, size_t n, FILE *out)
{
	fputs("# fish completion for fuselens, made by 'fuselens completion fish'.\n", out);
	fprintf(out,
		"function __fuselens_mounts\n\techo all\n\tawk '%s' /proc/self/mountinfo\nend\n",
		mounts_in_awk);
	fprintf(out,
		"function __fuselens_profiles\n\tfuselens bench 2>&1 | sed -n '%s' | tr -d , | tr ' ' '\\n'\nend\n",
		profiles_in_sed);
	fputs("complete -c fuselens -n __fish_use_subcommand -f -a help -d 'explains a command'\n"
	      "complete -c fuselens -n __fish_use_subcommand -f -a completion -d 'prints a script for a shell'\n"
	      "complete -c fuselens -n '__fish_seen_subcommand_from completion' -x -a 'bash zsh fish'\n",
	      out);
	for (size_t i = 0; i < n; i++) {
		const struct fl_command *c = command[i];

		fprintf(out, "complete -c fuselens -n __fish_use_subcommand -f -a %s -d '%s'\n",
			c->name, c->summary);
		fish_operands(c, out);
		fprintf(out,
			"complete -c fuselens -n '__fish_seen_subcommand_from %s' -l help -d 'explain it'\n",
			c->name);
		for (const struct fl_option *o = c->options; o->name; o++)
			fish_option(c, o, out);
	}
}

int fl_completion_print(const struct fl_command *const *command, size_t n, const char *shell,
			FILE *out)
{
	static const struct {
		const char *name;
		void (*print)(const struct fl_command *const *command, size_t n, FILE *out);
	} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].name, shell))
			continue;
		shells[i].print(command, n, out);
		return 0;
	}
	return -1;
}
