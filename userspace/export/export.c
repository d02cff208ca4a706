// SPDX-License-Identifier: GPL-2.0-only
/* fuselens export: the counts for Prometheus. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "args.h"
#include "cmd.h"
#include "collect/options.h"
#include "export/http.h"
#include "export/openmetrics.h"
#include "export/self.h"
#include "kernel/privileges.h"
#include "util/say.h"
#include "util/text.h"
#include "collect/watch.h"

#define DEFAULT_LISTEN "127.0.0.1:9787"
/*
 * Scrapes closer together than this see the same counts, so that nobody can cause work by asking
 * often.
 */
#define FRESH_NS 100000000ull
/* How often to read the counts without scrapes, so that no mount comes and goes unseen. */
#define IDLE_READ_NS 10000000000ull

struct export
{
	const char *spec, *listen;
	__u64 pid, files, mounts, keep_s;
	struct fl_collect_opts collect;

	struct fl_watch watch;
	struct fl_metrics metrics;
	struct fl_http *http;
	struct fl_self self;
	bool healthy;
	__u64 read_ns, read_took_ns, reads, failed, path_changes;
};

static const struct fl_option options[] = {
	{0, "--listen", "ADDR:PORT",
	 "default " DEFAULT_LISTEN
	 ": this host only; :PORT is every address. There is no encryption and no password, and the labels contain paths",
	 FL_INTO(struct export, listen)},
	{0, "--files", "N",
	 "files with a series of their own (default 20; 0: none); the rest of each mount is file=\"(other)\"",
	 FL_INTO(struct export, files), FL_RANGE(0, 10000)},
	{0, "--mounts", "N",
	 "mounts with series of their own (default 1000); the rest is \"(other)\"",
	 FL_INTO(struct export, mounts), FL_RANGE(1, 10000)},
	{0, "--keep", "SEC", "how long series of gone mounts and idle files stay (default 600)",
	 FL_SET(fl_set_whole_seconds, struct export, keep_s), FL_RANGE(1, 7 * 24 * 3600)},
	FL_OPTION_PID(struct export, pid),
	FL_OPTION_CHILDREN(struct export, collect),
	FL_OPTIONS_COUNTING(struct export, collect),
	{},
};

static void read_counts(struct export *e)
{
	__u64 began = fl_now_ns();
	struct fl_err err = {};

	e->healthy = !fl_watch_read(&e->watch, &err);
	if (e->healthy && fl_metrics_add(&e->metrics, &e->watch.interval)) {
		fl_err(&err, "out of memory");
		e->healthy = false;
	}
	e->reads++;
	if (!e->healthy) {
		e->failed++;
		fl_say("fuselens: %s", err.what);
	}
	for (size_t i = 0; e->healthy && i < e->watch.nnotes; i++) {
		fl_say("fuselens: %s", e->watch.note[i].text);
		e->path_changes += e->watch.note[i].event == FL_WATCH_PATH_CHANGED;
	}
	e->read_ns = fl_now_ns();
	e->read_took_ns = e->read_ns - began;
}

static void metrics_page(struct export *e, const char *accept, struct fl_http_reply *reply)
{
	bool openmetrics = fl_metrics_wants_openmetrics(accept);
	struct fl_metrics_page page = {
		.metrics = &e->metrics,
		.last = &e->watch.interval,
		.version = FL_VERSION,
		.self = &e->self,
	};
	FILE *out;

	if (fl_now_ns() - e->read_ns > FRESH_NS)
		read_counts(e);
	fl_self_read(&e->self);
	page.read_seconds = e->read_took_ns / 1e9;
	page.counting = !e->watch.ended;
	page.reads = e->reads;
	page.failed_reads = e->failed;
	page.path_changes = e->path_changes;
	out = open_memstream(&reply->body, &reply->len);
	if (!out)
		return;
	fl_metrics_print(&page, openmetrics, out);
	if (fclose(out)) {
		free(reply->body);
		reply->body = NULL;
	}
	reply->status = 200;
	reply->type = openmetrics ? FL_OPENMETRICS_TYPE : FL_TEXT_0_0_4_TYPE;
}

static void text_page(struct fl_http_reply *reply, unsigned int status, const char *text)
{
	reply->status = status;
	reply->body = strdup(text);
	reply->len = reply->body ? strlen(text) : 0;
}

static void health_page(struct export *e, struct fl_http_reply *reply)
{
	if (fl_now_ns() - e->read_ns > FRESH_NS)
		read_counts(e);
	if (e->healthy && e->watch.ended)
		text_page(reply, 503, "counting has ended\n");
	else if (e->healthy)
		text_page(reply, 200, "ok\n");
	else
		text_page(reply, 503, "the counts cannot be read\n");
}

static void on_page(void *ctx, const char *path, const char *accept, struct fl_http_reply *reply)
{
	struct export *e = ctx;

	if (!strcmp(path, "/metrics"))
		metrics_page(e, accept, reply);
	else if (!strcmp(path, "/healthz"))
		health_page(e, reply);
	else if (!strcmp(path, "/"))
		text_page(reply, 200, "fuselens: see /metrics and /healthz\n");
	else
		text_page(reply, 404, "there is nothing here: see /metrics and /healthz\n");
}

static int export(struct export *e)
{
	const struct fl_metrics_limits limits = {
		.mounts = e->mounts, .files = e->files, .keep_ns = e->keep_s * 1000000000};
	struct fl_err err = {};
	int ret = FL_EXIT_ERROR;

	e->watch.mountinfo = -1;
	if (fl_metrics_init(&e->metrics, &limits)) {
		fl_err(&err, "out of memory");
		goto fail;
	}
	if (fl_privileges_need(&err))
		goto fail;
	e->http = fl_http_open(e->listen, on_page, e, &err);
	e->collect.forget_s = e->keep_s < FL_FORGET_S ? e->keep_s : FL_FORGET_S;
	if (!e->http || fl_watch_open(&e->watch, e->spec, (pid_t)e->pid, &e->collect, &err))
		goto fail;
	fl_watch_start(&e->watch);
	fl_watch_drop_privileges(&e->watch);
	/* with the privileges that are left */
	fl_say_apart();
	read_counts(e);
	fl_say("fuselens: http://%s/metrics", fl_http_address(e->http));
	while (!fl_interrupted) {
		fl_http_poll(e->http, 100);
		fl_watch_poll(&e->watch);
		if (fl_now_ns() - e->read_ns > IDLE_READ_NS || fl_watch_pending(&e->watch))
			read_counts(e);
	}
	ret = FL_EXIT_OK;
	goto out;
fail:
	fl_fail(&err, false);
out:
	fl_http_close(e->http);
	fl_watch_close(&e->watch);
	fl_metrics_free(&e->metrics);
	fl_say_apart_end();
	return ret;
}

static int run(int argc, char **argv, struct fl_kernel *kernel)
{
	struct export e = {.listen = DEFAULT_LISTEN,
			   .files = 20,
			   .mounts = 1000,
			   .keep_s = 600,
			   .collect.kernel = kernel,
			   .collect.timed_in = FL_TIMED_IN};
	struct fl_args a;
	int ret = fl_args_parse_target(&a, &fl_cmd_export, &e, NULL, &e.pid, argc, argv);

	if (ret >= 0)
		return ret;
	e.spec = a.operand[0];
	e.self.start_seconds = time(NULL);
	fl_catch_signals();
	return export(&e);
}

const struct fl_command fl_cmd_export = {
	.name = "export",
	.summary = "the counts for Prometheus, as OpenMetrics over HTTP",
	.usage = "TARGET [--listen ADDR:PORT] [OPTIONS]",
	.about =
		"Serves the counts of a FUSE mount, of -p PID's, or of \"all\" as OpenMetrics (or Prometheus text) at /metrics, and a health check at /healthz, until interrupted.",
	.options = options,
	.max_operands = 1,
	.one_too_many = "one target at a time",
	.needs_kernel = true,
	.run = run,
};
