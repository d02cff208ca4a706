// SPDX-License-Identifier: GPL-2.0-only
/* fuselens files: every open FUSE file, how its writes go and lock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cmd.h"
#include "openfiles/openfiles.h"
#include "kernel/kernel.h"
#include "kernel/livepatch.h"
#include "kernel/privileges.h"
#include "collect/refused.h"
#include "files/print.h"
#include "collect/target.h"

struct files_cmd {
	const char *spec;
	__u64 pid;
	double seconds;
	bool refused, verbose, json;
	/* what to list: files that have all of this */
	bool route[FL_ROUTES], any_route, not_shared;
	__u32 flags, no_flags;
};

static bool selected(const struct fl_target *t, const struct fl_open_file *f)
{
	if (f->rec.kind != FL_FILE_OPEN || (t->tgid && (__u32)t->tgid != f->rec.global_pid))
		return false;
	return fl_target_selects(t, f->rec.dev, f->rec.ino, f->rec.nodeid, f->rec.generation);
}

/* What --route, --flag and --not-shared ask for. */
static bool wanted(const struct files_cmd *c, const struct fl_open_file *f,
		   const enum fl_can can[FL_ROUTES])
{
	enum fl_route route = fl_open_file_route(f);

	return (!c->any_route || c->route[route]) && (f->rec.open_flags & c->flags) == c->flags &&
	       !(f->rec.open_flags & c->no_flags) &&
	       (!c->not_shared || fl_file_never_shares(f, can[route]));
}

static int list(struct fl_kernel *kernel, const struct files_cmd *c)
{
	struct fl_target target = {};
	struct fl_open_files all = {}, chosen = {};
	struct fl_mounts mounts = {};
	enum fl_can can[FL_ROUTES] = {};
	struct fl_err err = {};
	int ret = FL_EXIT_ERROR;
	bool live;

	if (fl_privileges_need(&err) || fl_target_resolve(&target, c->spec, (pid_t)c->pid, &err) ||
	    fl_mounts_read(&mounts, true, true, &err) ||
	    fl_open_files_read(&all, target.tgid ? target.pid : 0, &err)) {
		fl_fail(&err, c->json);
		goto out;
	}
	fl_kernel_can(kernel, can);
	live = fl_livepatch_answers_count();
	for (size_t i = 0; i < all.n; i++)
		all.file[i].answer_counts = live;
	chosen.file = calloc(all.n + 1, sizeof(*chosen.file));
	for (size_t i = 0; chosen.file && i < all.n; i++)
		if (selected(&target, &all.file[i]) && wanted(c, &all.file[i], can))
			chosen.file[chosen.n++] = all.file[i];
	if (c->json)
		fl_files_json(&chosen, &mounts, can, stdout);
	else
		fl_files_text(&chosen, &mounts, can, c->verbose, stdout);
	ret = FL_EXIT_OK;
	if (all.cut) {
		fl_err(&err,
		       "more descriptors are open than can be listed: these are of the first %d",
		       FL_OPEN_FILES_MOST);
		fl_hint(&err, "the list shows who has the most of them");
		ret = fl_fail(&err, false);
	}
out:
	free(chosen.file);
	fl_open_files_free(&all);
	fl_mounts_free(&mounts);
	fl_target_free(&target);
	return ret;
}

/* Watches opens for this many seconds, or until interrupted if 0. */
static int watch_refused(const struct files_cmd *c)
{
	struct fl_target target = {};
	struct fl_mounts mounts = {};
	struct fl_refused_opens opens = {};
	struct fl_refused_watch *w = NULL;
	struct fl_err err = {};
	__u64 start;
	int ret = FL_EXIT_ERROR;

	fl_catch_signals();
	if (fl_privileges_need(&err) || fl_target_resolve(&target, c->spec, (pid_t)c->pid, &err) ||
	    fl_mounts_read(&mounts, true, true, &err))
		goto fail;
	w = fl_refused_start(&err);
	if (!w)
		goto fail;
	fl_privileges_drop();
	start = fl_now_ns();
	while (!fl_interrupted && (!c->seconds || (double)(fl_now_ns() - start) < c->seconds * 1e9))
		fl_sleep_ms(50);
	if (fl_refused_read(w, &target, &opens, &err))
		goto fail;
	opens.seconds = (double)(fl_now_ns() - start) / 1e9;
	if (c->json)
		fl_refused_json(&opens, &mounts, stdout);
	else
		fl_refused_text(&opens, &mounts, stdout);
	ret = FL_EXIT_OK;
	goto out;
fail:
	fl_fail(&err, c->json);
out:
	fl_refused_finish(w);
	fl_refused_free(&opens);
	fl_mounts_free(&mounts);
	fl_target_free(&target);
	return ret;
}

/* "passthrough,cached" */
static int set_routes(const struct fl_option *o, const char *list, void *to, struct fl_err *err)
{
	struct files_cmd *f = to;
	char text[128], names[128], *save = NULL;

	snprintf(text, sizeof(text), "%s", list);
	for (char *word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		int route = fl_route_from_name(word);

		if (route < 0)
			return fl_err(err, "--route: there is no route '%s'; there are %s", word,
				      fl_route_names((1u << FL_ROUTES) - 1, names, sizeof(names)));
		f->route[route] = f->any_route = true;
	}
	return f->any_route ? 0 : fl_err(err, "--route: no route is named");
}

/* "PARALLEL_DIRECT_WRITES", or "no-..." for files without it */
static int set_flag(const struct fl_option *o, const char *name, void *to, struct fl_err *err)
{
	struct files_cmd *f = to;
	bool no = !strncmp(name, "no-", 3);
	__u32 bit = fl_fopen_flag_from_name(name + 3 * no);
	char names[160];

	if (!bit)
		return fl_err(err, "--flag: there is no flag '%s'; there are %s", name + 3 * no,
			      fl_fopen_flag_names(0xff, names, sizeof(names)));
	*(no ? &f->no_flags : &f->flags) |= bit;
	return 0;
}

static void route_words(FILE *out)
{
	for (int i = 0; i < FL_ROUTES; i++)
		fprintf(out, "%s%s", i ? " " : "", fl_route_name(i));
}

static void flag_words(FILE *out)
{
	char names[160], *rest = names, *name;

	fl_fopen_flag_names(0xff, names, sizeof(names));
	while ((name = strsep(&rest, ",| ")))
		if (*name)
			fprintf(out, "%s%s no-%s", name == names ? "" : " ", name, name);
}

static const struct fl_option options[] = {
	{'p', "--pid", "PID", "a writer's files, or the mounts that a daemon serves",
	 FL_INTO(struct files_cmd, pid), FL_RANGE(1, 1 << 22)},
	{'v', "--verbose", NULL,
	 "every descriptor, with its open flags in force (those that the kernel left) and its backing file",
	 FL_INTO(struct files_cmd, verbose)},
	{0, "--route", "NAME,...", "files whose writes go this way: passthrough, direct, cached",
	 FL_SET(set_routes, struct files_cmd, spec), .words = route_words},
	{0, "--flag", "NAME", "files with this FOPEN_ flag in force; no-NAME: without it",
	 FL_SET(set_flag, struct files_cmd, spec), .words = flag_words},
	{0, "--not-shared", NULL, "files open for writing whose writes can never run shared",
	 FL_INTO(struct files_cmd, not_shared)},
	{0, "--refused", NULL, "watch for opens that the kernel refuses, and say by which rule",
	 FL_INTO(struct files_cmd, refused)},
	{'d', "--duration", "SEC", "how long to watch (default: until interrupted)",
	 FL_INTO(struct files_cmd, seconds), FL_RANGE(0.001, 1e7)},
	FL_OPTION_JSON("as JSON, every descriptor"),
	{},
};

static int run(int argc, char **argv, struct fl_kernel *kernel)
{
	struct files_cmd f = {};
	struct fl_args a;
	int ret = fl_args_parse_target(&a, &fl_cmd_files, &f, "all", &f.pid, argc, argv);

	if (ret >= 0)
		return ret;
	if (f.seconds > 0 && !f.refused)
		return fl_usage_error("files", a.json, "--duration goes with --refused");
	if (f.refused && (f.verbose || f.any_route || f.flags || f.no_flags || f.not_shared))
		return fl_usage_error(
			"files", a.json,
			"--refused watches opens: options that select open files do not go with it");
	f.spec = a.operand[0];
	f.json = a.json;
	return f.refused ? watch_refused(&f) : list(kernel, &f);
}

const struct fl_command fl_cmd_files = {
	.name = "files",
	.summary = "every open FUSE file: route, effective flags, backing file",
	.usage = "[TARGET] [-p PID] [-v] [OPTIONS]\n[TARGET] --refused [-d SEC] [--json]",
	.about =
		"Lists the open regular files on FUSE mounts, in all namespaces: how often and by whom each is open, by which route its writes go, and which of them could run under the shared lock. Files with the most opens come first. TARGET narrows the list to a mount point or a file.",
	.options = options,
	.max_operands = 1,
	.one_too_many = "one target at a time",
	.needs_kernel = true,
	.run = run,
};
