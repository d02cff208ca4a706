// SPDX-License-Identifier: GPL-2.0-only
/* fuselens: dispatches to the commands. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/utsname.h>

#include "build-id.h"
#include "cmd.h"
#include "completion.h"
#include "kernel/kernel.h"
#include "kernel/privileges.h"
#include "openfiles/openfiles.h"
#include "util/apart.h"
#include "util/say.h"
#include "util/text.h"

static const struct fl_command *const commands[] = {
	&fl_cmd_doctor, &fl_cmd_files, &fl_cmd_prove,  &fl_cmd_stat,   &fl_cmd_top,
	&fl_cmd_verify, &fl_cmd_bench, &fl_cmd_report, &fl_cmd_export, &fl_cmd_live,
};
#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fprintf(out, "usage: fuselens COMMAND [OPTIONS]\n\n"
		     "Counts on the live kernel how FUSE passthrough writes lock their inode.\n\n");
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "\n'fuselens help COMMAND' explains one command.\n");
}

static const struct fl_command *command_named(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (!strcmp(name, commands[i]->name))
			return commands[i];
	return NULL;
}

static int no_such_command(const char *name)
{
	struct fl_err err;
	size_t i = 0;

	fl_err(&err, "there is no command '%.64s'", name);
	while (i < NCOMMANDS && !fl_meant(name, commands[i]->name))
		i++;
	if (i < NCOMMANDS)
		fl_hint(&err, "did you mean 'fuselens %s'?", commands[i]->name);
	else
		fl_hint(&err, "'fuselens --help' lists them");
	return fl_fail(&err, false);
}

static int help(const char *name)
{
	const struct fl_command *c = name ? command_named(name) : NULL;

	if (!name) {
		usage(stdout);
		return FL_EXIT_OK;
	}
	return c ? c->run(2, (char *[]){(char *)name, "--help", NULL}, NULL)
		 : no_such_command(name);
}

static int completion(const char *shell)
{
	struct fl_err err;

	if (shell && !fl_completion_print(commands, NCOMMANDS, shell, stdout))
		return FL_EXIT_OK;
	fl_err(&err, "completion: which shell?");
	fl_hint(&err, "'fuselens completion bash', zsh or fish prints a script for it");
	return fl_fail(&err, false);
}

static void version(void)
{
	bool btf = !access("/sys/kernel/btf/vmlinux", R_OK);
	struct utsname u = {};

	uname(&u);
	printf("fuselens %s\n"
	       "build    %s, cc %s, %s\n"
	       "libbpf   %s\n"
	       "kernel   %s, BTF %s\n",
	       FL_VERSION, FL_BUILD, __VERSION__, u.machine, fl_kernel_libbpf_version(), u.release,
	       btf ? "/sys/kernel/btf/vmlinux" : "not readable");
}

/* The kernel is opened once, with all privileges, and handed on. */
static int run_command(const struct fl_command *c, int argc, char **argv)
{
	int ret = c->apart ? fl_apart(c->name, FL_EXIT_ERROR, fl_privileges_drop_all) : -1;
	struct fl_kernel *kernel;
	struct fl_err err;

	if (ret >= 0)
		return ret;
	kernel = c->needs_kernel ? fl_kernel_open() : NULL;
	if (c->needs_kernel && !kernel) {
		fl_err(&err, "out of memory");
		return fl_fail(&err, false);
	}
	ret = c->run(argc, argv, kernel);
	fl_open_files_done();
	fl_kernel_close(kernel);
	return ret;
}

static int run(int argc, char **argv)
{
	const struct fl_command *c;

	if (argc < 2) {
		usage(stderr);
		return FL_EXIT_ERROR;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help(argv[2]);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		version();
		return FL_EXIT_OK;
	}
	if (!strcmp(argv[1], "completion"))
		return completion(argv[2]);
	c = command_named(argv[1]);
	return c ? run_command(c, argc - 1, argv + 1) : no_such_command(argv[1]);
}

int main(int argc, char **argv)
{
	/*
	 * Arrays of all files come and go with each reading. glibc would soon keep them in the heap, where names
	 * that stay for longer hinder it from giving the room back: with 10,000 files 10 MiB.
	 */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	fl_streams_open();
	return fl_streams_close(run(argc, argv), FL_EXIT_ERROR);
}
