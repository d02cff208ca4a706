// SPDX-License-Identifier: GPL-2.0-only
/* fuselens files: every open FUSE file, how its writes go and lock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cmd.h"
#include "openfiles/openfiles.h"
#include "kernel/kernel.h"
#include "kernel/privileges.h"
#include "collect/refused.h"
#include "files/print.h"
#include "collect/target.h"

static const char help[] =
	"usage: fuselens files [TARGET] [-p PID] [--json]\n"
	"       fuselens files [TARGET] --refused [-d SEC] [--json]\n"
	"\n"
	"Lists every open regular file on FUSE mounts, in all namespaces: who holds it,\n"
	"by which route its writes go, the open flags in force (what the kernel left of\n"
	"what the daemon asked for), the backing file, and which writes could run under\n"
	"the shared lock. TARGET narrows the list to a mount point or a file.\n"
	"\n"
	"  -p, --pid PID       a writer's files, or the mounts that a daemon serves\n"
	"      --json      as JSON\n"
	"  -h, --help\n";

static const struct option options[] = {
	{"pid", required_argument, NULL, 'p'},	    {"refused", no_argument, NULL, 'r'},
	{"duration", required_argument, NULL, 'd'}, {"json", no_argument, NULL, 'j'},
	{"help", no_argument, NULL, 'h'},	    {},
};

static bool selected(const struct fl_target *t, const struct fl_open_file *f)
{
	if (f->rec.kind != FL_FILE_OPEN || (t->ino && t->ino != f->rec.ino) ||
	    (t->tgid && (__u32)t->tgid != f->rec.global_pid))
		return false;
	for (__u32 i = 0; i < t->ndevs; i++)
		if (t->dev[i] == f->rec.dev)
			return true;
	return !t->ndevs;
}

static int run(struct fl_kernel *kernel, const char *spec, pid_t pid, bool json)
{
	struct fl_target target = {};
	struct fl_open_files all = {}, chosen = {};
	struct fl_mounts mounts = {};
	enum fl_can can[FL_ROUTES] = {};
	struct fl_err err = {};
	int ret = FL_EXIT_ERROR;

	if (fl_privileges_need(&err) || fl_target_resolve(&target, spec, pid, &err) ||
	    fl_mounts_read(&mounts, true, true, &err) || fl_open_files_read(&all, &err)) {
		fl_fail(&err, json);
		goto out;
	}
	fl_kernel_can(kernel, can);
	chosen.file = calloc(all.n + 1, sizeof(*chosen.file));
	for (size_t i = 0; chosen.file && i < all.n; i++)
		if (selected(&target, &all.file[i]))
			chosen.file[chosen.n++] = all.file[i];
	if (json)
		fl_files_json(&chosen, &mounts, can, stdout);
	else
		fl_files_text(&chosen, &mounts, can, stdout);
	ret = FL_EXIT_OK;
out:
	free(chosen.file);
	fl_open_files_free(&all);
	fl_mounts_free(&mounts);
	fl_target_free(&target);
	fl_open_files_done();
	return ret;
}

/* Watches opens for so many seconds, or until interrupted where that is 0. */
static int run_refused(const char *spec, pid_t pid, double seconds, bool json)
{
	struct fl_target target = {};
	struct fl_mounts mounts = {};
	struct fl_refused_opens opens = {};
	struct fl_refused_watch *w = NULL;
	struct fl_err err = {};
	__u64 start;
	int ret = FL_EXIT_ERROR;

	if (fl_privileges_need(&err) || fl_target_resolve(&target, spec, pid, &err) ||
	    fl_mounts_read(&mounts, true, true, &err))
		goto fail;
	w = fl_refused_start(&err);
	if (!w)
		goto fail;
	fl_catch_signals();
	start = fl_now_ns();
	while (!fl_interrupted && (!seconds || (double)(fl_now_ns() - start) < seconds * 1e9))
		fl_sleep_ms(50);
	if (fl_refused_read(w, &target, &opens, &err))
		goto fail;
	opens.seconds = (double)(fl_now_ns() - start) / 1e9;
	if (json)
		fl_refused_json(&opens, &mounts, stdout);
	else
		fl_refused_text(&opens, &mounts, stdout);
	ret = FL_EXIT_OK;
	goto out;
fail:
	fl_fail(&err, json);
out:
	fl_refused_finish(w);
	fl_refused_free(&opens);
	fl_mounts_free(&mounts);
	fl_target_free(&target);
	fl_open_files_done();
	return ret;
}

struct files_cmd {
	__u64 pid;
	double seconds;
	bool refused;
};

static int set_option(void *ctx, int opt, char *arg, struct fl_err *err)
{
	struct files_cmd *f = ctx;

	switch (opt) {
	case 'p':
		return fl_args_pid(arg, &f->pid, err);
	case 'd':
		return fl_parse_seconds(arg, "--duration", 0.001, 1e7, &f->seconds, err);
	case 'r':
		f->refused = true;
		return 0;
	}
	return fl_err(err, "unknown option");
}

int fl_cmd_files(int argc, char **argv, struct fl_kernel *kernel)
{
	struct files_cmd f = {};
	struct fl_args a = {
		.command = "files",
		.help = help,
		.short_options = "p:d:h",
		.options = options,
		.set = set_option,
		.ctx = &f,
		.max_operands = 1,
		.one_too_many = "one target at a time",
	};
	const char *spec;
	int ret = fl_args_parse(&a, argc, argv);

	if (ret < 0)
		ret = fl_args_one_target(&a, f.pid);
	if (ret >= 0)
		return ret;
	if (f.seconds > 0 && !f.refused)
		return fl_usage_error("files", a.json, "--duration goes with --refused");
	spec = a.noperands || f.pid ? a.operand[0] : "all";
	if (f.refused)
		return run_refused(spec, (pid_t)f.pid, f.seconds, a.json);
	return run(kernel, spec, (pid_t)f.pid, a.json);
}
