// SPDX-License-Identifier: GPL-2.0-only
/* fuselens files: every open FUSE file, how its writes go and lock. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "kernel_btf.h"
#include "kernel_text.h"
#include "openfiles.h"
#include "privileges.h"
#include "refused.h"
#include "render_files.h"
#include "target.h"

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

static int run(const char *spec, pid_t pid, bool json)
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
	fl_kernel_can(can);
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
	fl_kernel_text_done();
	fl_btf_done();
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
	fl_btf_done();
	return ret;
}

int fl_cmd_files(int argc, char **argv)
{
	const char *spec = NULL;
	struct fl_err err;
	bool json = false, refused = false;
	double seconds = 0;
	__u64 pid = 0;
	int opt;

	for (int i = 1; i < argc; i++)
		json |= !strcmp(argv[i], "--json");
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":p:d:h", options, NULL)) != -1) {
		switch (opt) {
		case 'p':
			if (fl_parse_u64(optarg, "--pid", 1, 1 << 22, &pid, &err))
				return fl_usage_error("files", json, "%s", err.what);
			break;
		case 'd':
			if (fl_parse_double(optarg, "--duration", 0.001, 1e7, &seconds, &err))
				return fl_usage_error("files", json, "%s", err.what);
			break;
		case 'r':
			refused = true;
			break;
		case 'j':
			break;
		case 'h':
			fputs(help, stdout);
			return FL_EXIT_OK;
		case ':':
			return fl_usage_error("files", json, "%s needs a value", argv[optind - 1]);
		default:
			return fl_usage_error("files", json, "there is no option %s",
					      argv[optind - 1]);
		}
	}
	if (optind < argc)
		spec = argv[optind++];
	if (optind < argc)
		return fl_usage_error("files", json, "one target at a time");
	if (spec && pid)
		return fl_usage_error("files", json, "a target and --pid exclude each other");
	if (seconds > 0 && !refused)
		return fl_usage_error("files", json, "--duration goes with --refused");
	if (refused)
		return run_refused(spec || pid ? spec : "all", (pid_t)pid, seconds, json);
	return run(spec || pid ? spec : "all", (pid_t)pid, json);
}
