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
#include "openfiles/openfiles.h"
#include "export/openmetrics.h"
#include "export/self.h"
#include "kernel/privileges.h"
#include "util/say.h"
#include "util/text.h"
#include "collect/watch.h"

#define DEFAULT_LISTEN "127.0.0.1:9787"
/* Scrapes that come closer than this see the same counts: nobody makes us work by asking often. */
#define FRESH_NS 100000000ull
/* Without scrapes, so that no mount comes and goes unseen. */
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
	__u64 read_ns, read_took_ns, reads, failed;
};

static const char help[] =
	"usage: fuselens export TARGET [--listen ADDR:PORT] [OPTIONS]\n"
	"\n"
	"Serves the counts of a FUSE mount, of -p PID's, or of \"all\" as OpenMetrics (or\n"
	"Prometheus text) at /metrics, and a health check at /healthz, until interrupted.\n"
	"\n"
	"      --listen ADDR:PORT  default " DEFAULT_LISTEN ": this host only; :PORT is every\n"
	"                          address. There is no encryption and no password, and\n"
	"                          paths are in the labels\n"
	"      --files N           files with a series of their own (default 20; 0: none);\n"
	"                          the rest of each mount is file=\"(other)\"\n"
	"      --mounts N          mounts told apart (default 1000); the rest is \"(other)\"\n"
	"      --keep SEC          series of gone mounts and idle files stay (default 600)\n"
	"  -p, --pid PID           the mounts that PID serves, or what PID writes\n"
	"      --evidence M        how to count: see fuselens(1) (default auto)\n"
	"      --max-inodes N      files that the programs tell apart (default 4096)\n"
	"      --times N           take wait and hold of one write in N (default 16; 0: none)\n"
	"  -h, --help\n";

enum {
	OPT_LISTEN = 256,
	OPT_FILES,
	OPT_MOUNTS,
	OPT_KEEP,
};

static const struct option options[] = {
	{"listen", required_argument, NULL, OPT_LISTEN},
	{"files", required_argument, NULL, OPT_FILES},
	{"mounts", required_argument, NULL, OPT_MOUNTS},
	{"keep", required_argument, NULL, OPT_KEEP},
	{"pid", required_argument, NULL, 'p'},
	FL_OPTIONS_COUNTING,
	{"help", no_argument, NULL, 'h'},
	{},
};

static int set_option(void *ctx, int opt, char *arg, struct fl_err *err)
{
	struct export *e = ctx;

	switch (opt) {
	case OPT_LISTEN:
		e->listen = arg;
		return 0;
	case OPT_FILES:
		return fl_parse_u64(arg, "--files", 0, 10000, &e->files, err);
	case OPT_MOUNTS:
		return fl_parse_u64(arg, "--mounts", 1, 10000, &e->mounts, err);
	case OPT_KEEP:
		return fl_parse_whole_seconds(arg, "--keep", 1, 1 << 30, &e->keep_s, err);
	case 'p':
		return fl_args_pid(arg, &e->pid, err);
	}
	return fl_collect_option(&e->collect, opt, arg, err);
}

/* -1: go on; otherwise the exit code. */
static int parse(struct export *e, int argc, char **argv)
{
	struct fl_args a = {
		.command = "export",
		.help = help,
		.short_options = "p:h",
		.options = options,
		.set = set_option,
		.ctx = e,
		.max_operands = 1,
		.one_too_many = "one target at a time",
	};
	int ret = fl_args_parse(&a, argc, argv);

	if (ret < 0)
		ret = fl_args_need_target(&a, e->pid);
	e->spec = a.operand[0];
	return ret;
}

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
	for (size_t i = 0; e->healthy && i < e->watch.nnotes; i++)
		fl_say("fuselens: %s", e->watch.note[i].text);
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

static int run(struct export *e)
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
	fl_privileges_drop();
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
	fl_open_files_done();
	return ret;
}

int fl_cmd_export(int argc, char **argv, struct fl_kernel *kernel)
{
	struct export e = {.listen = DEFAULT_LISTEN,
			   .files = 20,
			   .mounts = 1000,
			   .keep_s = 600,
			   .collect.kernel = kernel,
			   .collect.timed_in = FL_TIMED_IN};
	int ret = parse(&e, argc, argv);

	if (ret >= 0)
		return ret;
	e.self.start_seconds = time(NULL);
	fl_catch_signals();
	return run(&e);
}
