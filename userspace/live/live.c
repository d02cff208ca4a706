// SPDX-License-Identifier: GPL-2.0-only
/* fuselens live: the fix on the running kernel, as a livepatch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/utsname.h>
#include <json-c/json.h>

#include "args.h"
#include "cmd.h"
#include "live/module.h"
#include "util/json.h"
#include "util/parse.h"
#include "util/say.h"
#include "util/text.h"

struct live_cmd {
	const char *module;
	double timeout;
};

static const struct fl_option options[] = {
	{'m', "--module", "FILE", "the module (default: what DKMS installed for this kernel)",
	 FL_INTO(struct live_cmd, module)},
	{'t', "--timeout", "SEC", "how long to wait for all tasks to switch (default 60)",
	 FL_INTO(struct live_cmd, timeout), FL_RANGE(0.1, 86400)},
	FL_OPTION_JSON("status as JSON"),
	{},
};

static void status_json(const struct fl_livepatches *l, enum fl_live_state s, size_t tasks,
			bool known)
{
	const struct fl_livepatch *p = fl_livepatch_named(l, FL_LIVE_NAME);
	struct json_object *o = json_object_new_object(), *functions, *covered, *others;
	struct utsname u;

	uname(&u);
	fl_json_name(o, "schema", "fuselens.live/1");
	fl_json_name(o, "kernel", u.release);
	fl_json_bool(o, "supported", l->supported);
	fl_json_name(o, "state", fl_live_state_name(s));
	if (known)
		fl_json_u64(o, "tasks_to_come", tasks);
	else
		json_object_object_add(o, "tasks_to_come", NULL);
	functions = fl_json_array(o, "functions");
	for (size_t i = 0; p && i < p->nfunctions; i++)
		json_object_array_add(functions, json_object_new_string(p->function[i]));
	covered = fl_json_array(o, "covered");
	for (size_t i = 0; p && i < p->nfunctions; i++)
		if (fl_live_covered(l, p, i))
			json_object_array_add(covered, json_object_new_string(p->function[i]));
	others = fl_json_array(o, "other_livepatches");
	for (size_t i = 0; i < l->n; i++)
		if (&l->patch[i] != p)
			json_object_array_add(others, json_object_new_string(l->patch[i].name));
	fl_json_print(o, stdout, true);
}

/* Whether another livepatch has replaced what ours had replaced. */
static bool is_covered(const struct fl_livepatches *l)
{
	const struct fl_livepatch *p = fl_livepatch_named(l, FL_LIVE_NAME);
	bool covered = false;

	for (size_t i = 0; p && i < p->nfunctions; i++)
		covered |= fl_live_covered(l, p, i) != NULL;
	return covered;
}

static void status_text(const struct fl_livepatches *l, enum fl_live_state s, size_t tasks,
			bool known)
{
	const struct fl_livepatch *p = fl_livepatch_named(l, FL_LIVE_NAME);
	struct fl_livepatch_task task[5];
	struct utsname u;

	uname(&u);
	printf("%s\n", fl_live_state_name(s));
	printf("  kernel    %s%s\n", u.release,
	       l->supported ? "" : ", built without CONFIG_LIVEPATCH");
	for (size_t i = 0; p && i < p->nfunctions; i++) {
		const struct fl_livepatch *other = fl_live_covered(l, p, i);

		printf("  %s  %s%s%s\n", i ? "        " : "replaces", p->function[i],
		       other ? ", but what runs is that of livepatch " : "",
		       other ? other->name : "");
	}
	if (s == FL_LIVE_LOADED && !is_covered(l))
		printf("  opens     those from before it was loaded share the lock as well\n");
	if (tasks) {
		size_t n = fl_livepatch_tasks(s == FL_LIVE_LOADING, task, 5, NULL);

		printf("  waits for %zu tasks to leave the functions:\n", tasks);
		for (size_t i = 0; i < n && i < 5; i++) {
			char *comm = fl_escape(task[i].comm);

			printf("            %d %s\n", task[i].tid, comm ? comm : "?");
			free(comm);
		}
	}
	if (!known)
		printf("  waits for tasks, all of which only root can see\n");
	for (size_t i = 0; i < l->n; i++)
		if (&l->patch[i] != p)
			printf("  also      %s, another livepatch\n", l->patch[i].name);
}

static int status(bool json)
{
	struct fl_livepatches l;
	enum fl_live_state s;
	struct fl_err err;
	size_t tasks = 0;
	bool known = true, runs;

	if (fl_livepatches_read(&l, &err))
		return fl_fail(&err, json);
	s = fl_live_state(&l);
	runs = s == FL_LIVE_LOADED && !is_covered(&l);
	if (s == FL_LIVE_LOADING || s == FL_LIVE_UNLOADING)
		tasks = fl_livepatch_tasks(s == FL_LIVE_LOADING, NULL, 0, &known);
	if (json)
		status_json(&l, s, tasks, known);
	else
		status_text(&l, s, tasks, known);
	fl_livepatches_free(&l);
	return runs ? FL_EXIT_OK : FL_EXIT_NEGATIVE;
}

static void tell_waiting(void *ctx, size_t tasks)
{
	/* the last tasks switched between two checks */
	if (tasks)
		fl_say_progress("fuselens live: waiting for %zu tasks", tasks);
}

/* Opens the module and checks that it may be loaded. Returns 0, or -1 with err set; then there is nothing to close. */
static int choose(struct fl_live_info *info, const char *module, const struct fl_livepatches *now,
		  struct fl_err *err)
{
	if (fl_live_info(info, module, err))
		return -1;
	if (!fl_live_fits(info, now, err) &&
	    !fl_live_fits_types(info, "/sys/kernel/btf/vmlinux", err))
		return 0;
	fl_live_file_close(&info->file);
	return -1;
}

static int load(const struct live_cmd *c)
{
	struct fl_livepatches now;
	struct fl_live_info info;
	enum fl_live_state s;
	struct fl_err err;
	bool covered;
	int ret = 0;

	if (fl_livepatches_read(&now, &err))
		return fl_fail(&err, false);
	s = fl_live_state(&now);
	if (s == FL_LIVE_ABSENT)
		ret = choose(&info, c->module, &now, &err);
	covered = is_covered(&now);
	fl_livepatches_free(&now);
	if (s == FL_LIVE_UNLOADING) {
		fl_err(&err, "it is being unloaded, which is not finished");
		ret = fl_hint(&err, "'fuselens live unload' waits for the end of that");
	}
	if (ret)
		return fl_fail(&err, false);
	if (s == FL_LIVE_LOADED) {
		fl_say("fuselens live: it is loaded already%s",
		       covered ? ", but another livepatch is over it: see 'fuselens live status'"
			       : "");
		return FL_EXIT_OK;
	}
	if (s == FL_LIVE_LOADING)
		fl_say("fuselens live: it is being loaded already; waiting for the end of that");
	if (s == FL_LIVE_ABSENT && fl_live_risk(info.series)) {
		fl_say("fuselens live: the module is made of series %s", info.series);
		fl_say("risk: %s", fl_live_risk(info.series));
	}
	ret = fl_live_load(s == FL_LIVE_ABSENT ? &info : NULL, c->timeout, tell_waiting, NULL,
			   &err);
	if (s == FL_LIVE_ABSENT)
		fl_live_file_close(&info.file);
	fl_say_progress_end();
	if (ret)
		return fl_fail(&err, false);
	printf("loaded: direct writes to passthrough files of daemons that ask for parallel ones share the lock\n");
	return FL_EXIT_OK;
}

static int unload(const struct live_cmd *c)
{
	struct fl_err err;

	int ret = fl_live_unload(c->timeout, tell_waiting, NULL, &err);

	fl_say_progress_end();
	if (ret)
		return fl_fail(&err, false);
	printf("unloaded: the kernel's own functions run again\n");
	return FL_EXIT_OK;
}

static int run(int argc, char **argv, struct fl_kernel *kernel)
{
	struct live_cmd c = {.timeout = 60};
	struct fl_args a;
	int ret = fl_args_parse(&a, &fl_cmd_live, &c, argc, argv);

	if (ret >= 0)
		return ret;
	fl_catch_signals();
	if (!a.noperands || !strcmp(a.operand[0], "status"))
		return status(a.json);
	if (!strcmp(a.operand[0], "load"))
		return load(&c);
	if (!strcmp(a.operand[0], "unload"))
		return unload(&c);
	return fl_usage_error("live", a.json, "'%s': it takes status, load or unload",
			      a.operand[0]);
}

const struct fl_command fl_cmd_live = {
	.name = "live",
	.summary = "the fix on the running kernel, as a livepatch",
	.usage = "status [--json]\nload [--module FILE] [--timeout SEC]\nunload [--timeout SEC]",
	.about =
		"Makes direct writes to FUSE passthrough files share the inode lock, on the running kernel. A livepatch replaces the functions that lock; files stay open, and I/O goes on. 'unload' gives the kernel its own functions back. Nothing is ever forced: a change that does not finish in time is reversed.",
	.notes =
		"Exit code of status: 0 all tasks run it, 1 it is not loaded, not run by all tasks, or covered by another livepatch. See fuselens-live(8).",
	.options = options,
	.max_operands = 1,
	.one_too_many = "one of status, load and unload",
	.run = run,
};
