// SPDX-License-Identifier: GPL-2.0-only
/* fuselens: dispatches to the commands. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"

static const struct fl_command commands[] = {
	{"doctor", "what this kernel allows, and which methods of evidence work", fl_cmd_doctor},
	{"files", "every open FUSE file: route, effective flags, backing file", fl_cmd_files},
	{"prove", "is the shared-lock path active? a verdict with an exit code", fl_cmd_prove},
	{"stat", "the same over time: a row an interval, as text, CSV or JSON", fl_cmd_stat},
	{"top", "the same live on a terminal, per mount and per file", fl_cmd_top},
	{"verify", "the correctness cases, each with the lock path it must take", fl_cmd_verify},
	{"bench", "fio and the locks counted together, into a result directory", fl_cmd_bench},
	{"report", "a result, or two compared, as text, Markdown or HTML", fl_cmd_report},
	{"export", "the counts for Prometheus, as OpenMetrics over HTTP", fl_cmd_export},
};
#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fprintf(out,
		"usage: fuselens COMMAND [OPTIONS]\n\n"
		"How FUSE passthrough writes lock their inode, counted on the live kernel.\n\n");
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fprintf(out, "\n'fuselens COMMAND --help' explains one command.\n");
}

int main(int argc, char **argv)
{
	struct fl_err err;

	if (argc < 2) {
		usage(stderr);
		return FL_EXIT_ERROR;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return FL_EXIT_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("fuselens %s\n", FL_VERSION);
		return FL_EXIT_OK;
	}
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fl_err(&err, "there is no command '%.64s'", argv[1]);
	fl_hint(&err, "'fuselens --help' lists them");
	return fl_fail(&err, false);
}
