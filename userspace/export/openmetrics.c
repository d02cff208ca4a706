// SPDX-License-Identifier: GPL-2.0-only
#include "export/openmetrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/hist.h"
#include "util/text.h"

/* Longest label value; longer ones end in "...". Series stay apart by device and inode. */
#define LABEL_MAX 256

static const char *const lock_names[FL_LOCK_MODES] = {
	[FL_LOCK_EXCLUSIVE] = "exclusive",
	[FL_LOCK_SHARED] = "shared",
	[FL_LOCK_UNTOLD] = "untold",
};

struct page {
	const struct fl_metrics_page *p;
	bool openmetrics;
	FILE *out;
};

enum type {
	COUNTER,
	GAUGE,
	HISTOGRAM,
	INFO,
};

/* name is without _total or _info, which belong to the samples. unit: "seconds", "bytes" or NULL. */
static void family(const struct page *g, const char *name, enum type type, const char *unit,
		   const char *help)
{
	static const char *const types[] = {"counter", "gauge", "histogram", "info"};
	const char *suffix = "";

	/* the older format knows no info, and types a counter under the name of its samples */
	if (!g->openmetrics)
		suffix = type == COUNTER ? "_total" : type == INFO ? "_info" : "";
	fprintf(g->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix,
		types[!g->openmetrics && type == INFO ? GAUGE : type]);
	if (g->openmetrics && unit)
		fprintf(g->out, "# UNIT %s %s\n", name, unit);
}

void fl_metrics_label(const char *value, FILE *out)
{
	/*
	 * fl_escape() keeps different names different; replacing their bytes would not. A scraper
	 * refuses the whole page if it has two equal series.
	 */
	char *shown = fl_escape(value);
	size_t n = 0;

	for (const char *s = shown; s && *s; s++, n++) {
		if (n >= LABEL_MAX && ((unsigned char)*s & 0xc0) != 0x80) {
			fprintf(out, "...");
			break;
		}
		if (*s == '\\' || *s == '"')
			fputc('\\', out);
		fputc(*s, out);
	}
	free(shown);
}

static void label(const struct page *g, const char *name, const char *value, bool first)
{
	fprintf(g->out, "%s%s=\"", first ? "" : ",", name);
	fl_metrics_label(value, g->out);
	fputc('"', g->out);
}

static void mount_labels(const struct page *g, const struct fl_metric_mount *m)
{
	char dev[32] = "";

	if (m->dev)
		snprintf(dev, sizeof(dev), "%u:%u", m->dev >> 20, m->dev & 0xfffff);
	label(g, "mount", m->path ? m->path : "(other)", true);
	label(g, "device", dev, false);
}

static void value(const struct page *g, __u64 n)
{
	fprintf(g->out, "} %" PRIu64 "\n", (uint64_t)n);
}

/* A sample of a mount, with one label more where key is not NULL. */
static void sample(const struct page *g, const char *name, const struct fl_metric_mount *m,
		   const char *key, const char *text, __u64 n)
{
	fprintf(g->out, "%s{", name);
	mount_labels(g, m);
	if (key)
		label(g, key, text, false);
	value(g, n);
}

static bool all_zero(const __u64 *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* The series of these sums exist from the start, because rate() needs the first 0. */
static bool shown(const struct fl_metric_mount *m)
{
	return m->path || !all_zero(&m->writes[0][0], FL_ROUTES * FL_LOCK_MODES) ||
	       !all_zero(m->counter, FL_MOUNT_COUNTERS);
}

#define for_each_mount(g, m)                                                    \
	for (const struct fl_metric_mount *m = (g)->p->metrics->mount,          \
					  *end_ = m + (g)->p->metrics->nmounts; \
	     m < end_; m++)                                                     \
		if (shown(m))

static void mount_info(const struct page *g)
{
	family(g, "fuselens_mount", INFO, NULL, "FUSE mounts that are watched.");
	for_each_mount(g, m)
	{
		if (!m->present)
			continue;
		fprintf(g->out, "fuselens_mount_info{");
		mount_labels(g, m);
		label(g, "fstype", m->fstype ? m->fstype : "", false);
		label(g, "source", m->source ? m->source : "", false);
		value(g, 1);
	}
}

static void mount_served(const struct page *g)
{
	family(g, "fuselens_mount_served", GAUGE, NULL,
	       "Whether a mount has a daemon (1) or has lost it (0).");
	for_each_mount(g, m)
	{
		if (!m->present || m->served == FL_SERVED_UNKNOWN)
			continue;
		sample(g, "fuselens_mount_served", m, NULL, NULL, m->served == FL_SERVED_YES);
	}
}

static void writes(const struct page *g)
{
	family(g, "fuselens_writes", COUNTER, NULL,
	       "Writes, by route and by how they held the inode lock.");
	for_each_mount(g, m)
	{
		for (int r = 0; r < FL_ROUTES; r++) {
			/* both modes of the routes that matter, so that no ratio lacks a side */
			if (all_zero(m->writes[r], FL_LOCK_MODES) && r != FL_ROUTE_PASSTHROUGH)
				continue;
			for (int k = 0; k < FL_LOCK_MODES; k++) {
				if (k == FL_LOCK_UNTOLD && !m->writes[r][k])
					continue;
				fprintf(g->out, "fuselens_writes_total{");
				mount_labels(g, m);
				label(g, "route", fl_route_name(r), false);
				label(g, "lock", lock_names[k], false);
				value(g, m->writes[r][k]);
			}
		}
	}
	family(g, "fuselens_write_bytes", COUNTER, "bytes", "Bytes that writes asked to write.");
	for_each_mount(g, m)
	{
		for (int r = 0; r < FL_ROUTES; r++) {
			if (m->bytes[r] || r == FL_ROUTE_PASSTHROUGH)
				sample(g, "fuselens_write_bytes_total", m, "route",
				       fl_route_name(r), m->bytes[r]);
		}
	}
}

static void attempts(const struct page *g)
{
	family(g, "fuselens_attempts", COUNTER, NULL,
	       "Attempts to write: retried (EAGAIN) and failed ones are not among the writes; uncertain ones may have written or not.");
	for_each_mount(g, m)
	{
		const __u64 n[] = {m->totals.counter[FL_COUNT_RETRIED],
				   m->totals.counter[FL_COUNT_FAILED],
				   m->totals.counter[FL_COUNT_UNCERTAIN]};
		static const char *const outcome[] = {"retried", "failed", "uncertain"};

		for (int i = 0; i < 3; i++)
			sample(g, "fuselens_attempts_total", m, "outcome", outcome[i], n[i]);
	}
}

static void reasons(const struct page *g)
{
	family(g, "fuselens_exclusive_writes", COUNTER, NULL,
	       "Writes that held the inode lock exclusively, by reason.");
	for_each_mount(g, m)
	{
		for (int r = 0; r < FL_REASONS; r++)
			if (m->totals.reason[r])
				sample(g, "fuselens_exclusive_writes_total", m, "reason",
				       fl_reason_name(r), m->totals.reason[r]);
	}
}

/* Whether the field at offset is a number that is known of the mount. */
static bool known_of(const struct fl_metric_mount *m, size_t offset)
{
	size_t requests = offsetof(struct fl_metric_mount, counter);

	return !m->uncounted || offset < requests || offset >= requests + sizeof(m->counter);
}

static void mount_counter(const struct page *g, const char *name, const char *help, size_t offset)
{
	char total[64];

	family(g, name, COUNTER, NULL, help);
	snprintf(total, sizeof(total), "%s_total", name);
	for_each_mount(g, m) if (known_of(m, offset))
		sample(g, total, m, NULL, NULL, *(const __u64 *)((const char *)m + offset));
}

#define MOUNT_COUNTER(g, name, field, help) \
	mount_counter(g, name, help, offsetof(struct fl_metric_mount, field))

static void requests(const struct page *g)
{
	family(g, "fuselens_requests", COUNTER, NULL,
	       "Requests to the daemon that matter to the inode lock, by kind.");
	for_each_mount(g, m)
	{
		for (int k = FL_MOUNT_SETATTR; k <= FL_MOUNT_WRITEBACK_REQUESTS; k++)
			if (m->counter[k] && !m->uncounted)
				sample(g, "fuselens_requests_total", m, "kind",
				       fl_mount_counter_name(k), m->counter[k]);
	}
}

/* Every fourth power of two: 14 buckets from 256 ns to 17 s are cheap and fine enough. */
#define FIRST_BUCKET 8
#define BUCKET_STEP  2
#define LAST_BUCKET  34

/* Up to an edge in seconds, as text. */
static void bucket(const struct page *g, const char *name, const struct fl_metric_mount *m,
		   const char *lock, const char *edge, __u64 below)
{
	fprintf(g->out, "%s_bucket{", name);
	mount_labels(g, m);
	label(g, "lock", lock, false);
	label(g, "le", edge, false);
	value(g, below);
}

static void one_histogram(const struct page *g, const char *name, const struct fl_metric_mount *m,
			  const char *lock, const struct fl_hist *h)
{
	struct fl_octaves o = fl_hist_octaves(h);
	char text[64];
	__u64 below = 0;
	int b = 0;

	for (int edge = FIRST_BUCKET; edge <= LAST_BUCKET; edge += BUCKET_STEP) {
		while (b <= edge)
			below += o.bucket[b++];
		snprintf(text, sizeof(text), "%.9g", (1ull << edge) / 1e9);
		bucket(g, name, m, lock, text, below);
	}
	while (b < FL_HIST_OCTAVES)
		below += o.bucket[b++];
	bucket(g, name, m, lock, "+Inf", below);
	fprintf(g->out, "%s_sum{", name);
	mount_labels(g, m);
	label(g, "lock", lock, false);
	fprintf(g->out, "} %.9f\n", h->sum_ns / 1e9);
	snprintf(text, sizeof(text), "%s_count", name);
	sample(g, text, m, "lock", lock, below);
}

static void histogram(const struct page *g, const char *name, const char *help,
		      enum fl_hist_kind excl, enum fl_hist_kind shared)
{
	family(g, name, HISTOGRAM, "seconds", help);
	for_each_mount(g, m)
	{
		if (!m->hists)
			continue;
		one_histogram(g, name, m, lock_names[FL_LOCK_EXCLUSIVE], &m->hists->hist[excl]);
		one_histogram(g, name, m, lock_names[FL_LOCK_SHARED], &m->hists->hist[shared]);
	}
}

static void file_series(const struct page *g, const char *mount, __u32 dev, __u64 ino,
			const char *name, const __u64 *modes)
{
	char text[32];

	for (int k = 0; k < FL_LOCK_MODES; k++) {
		if (k == FL_LOCK_UNTOLD && !modes[k])
			continue;
		fprintf(g->out, "fuselens_file_writes_total{");
		label(g, "mount", mount, true);
		snprintf(text, sizeof(text), "%u:%u", dev >> 20, dev & 0xfffff);
		label(g, "device", dev ? text : "", false);
		snprintf(text, sizeof(text), "%" PRIu64, (uint64_t)ino);
		label(g, "inode", ino ? text : "", false);
		label(g, "file", name, false);
		label(g, "lock", lock_names[k], false);
		value(g, modes[k]);
	}
}

static void files(const struct page *g)
{
	const struct fl_metrics *m = g->p->metrics;

	if (!m->limits.files)
		return;
	family(g, "fuselens_file_writes", COUNTER, NULL,
	       "Writes by file, for the files with a series of their own; the other files of a mount together.");
	for (size_t i = 0; i < m->nfiles; i++)
		file_series(g, m->file[i].mount, m->file[i].dev, m->file[i].ino, m->file[i].name,
			    m->file[i].writes);
	for_each_mount(g, mount)
	{
		if (!all_zero(mount->other_files, FL_LOCK_MODES))
			file_series(g, mount->path ? mount->path : "(other)", mount->dev, 0,
				    "(other)", mount->other_files);
	}
}

static void plain(const struct page *g, const char *name, enum type type, const char *unit,
		  const char *help, double v)
{
	family(g, name, type, unit, help);
	fprintf(g->out, "%s%s %.12g\n", name, type == COUNTER ? "_total" : "", v);
}

/* The names that Prometheus' own client libraries use. */
static void process(const struct page *g, const struct fl_self *self)
{
	if (!self)
		return;
	plain(g, "process_cpu_seconds", COUNTER, "seconds", "CPU time of the exporter itself.",
	      self->cpu_seconds);
	plain(g, "process_resident_memory_bytes", GAUGE, "bytes", "Memory of the exporter itself.",
	      self->resident_bytes);
	plain(g, "process_virtual_memory_bytes", GAUGE, "bytes",
	      "Address space of the exporter itself.", self->virtual_bytes);
	plain(g, "process_open_fds", GAUGE, NULL, "Descriptors that the exporter has open.",
	      self->open_fds);
	plain(g, "process_max_fds", GAUGE, NULL, "Descriptors that it may have open.",
	      self->max_fds);
	plain(g, "process_start_time_seconds", GAUGE, "seconds",
	      "When the exporter was started, in seconds since 1970.", self->start_seconds);
}

static void programs(const struct page *g)
{
	const struct fl_snapshot *s = g->p->last;

	family(g, "fuselens_program_attached", GAUGE, NULL,
	       "Whether a BPF program counts (1) or could not be attached (0).");
	for (size_t i = 0; i < s->nprobes; i++) {
		fprintf(g->out, "fuselens_program_attached{");
		label(g, "program", s->probe[i].name, true);
		value(g, s->probe[i].live);
	}
	family(g, "fuselens_program_misses", COUNTER, NULL,
	       "Events that a program missed. A miss of a program that counts writes is a lost write.");
	for (size_t i = 0; i < s->nprobes; i++) {
		if (!s->probe[i].live)
			continue;
		fprintf(g->out, "fuselens_program_misses_total{");
		label(g, "program", s->probe[i].name, true);
		label(g, "counts_writes", s->probe[i].counts_writes ? "yes" : "no", false);
		value(g, i < FL_METRIC_PROGRAMS ? g->p->metrics->misses[i] : 0);
	}
}

static void losses(const struct page *g)
{
	family(g, "fuselens_lost_events", COUNTER, NULL,
	       "Events that were lost or are only partly known: not_told_apart writes are counted, but not by file or mount.");
	for (int i = 0; i < FL_LOSSES; i++) {
		fprintf(g->out, "fuselens_lost_events_total{kind=\"%s\"",
			i == FL_LOSS_TABLE_FULL ? "not_told_apart" : fl_loss_name(i));
		value(g, g->p->metrics->loss[i]);
	}
}

static void itself(const struct page *g)
{
	const struct fl_metrics_page *p = g->p;

	family(g, "fuselens_build", INFO, NULL,
	       "Version of the exporter, and its method of counting.");
	fprintf(g->out, "fuselens_build_info{");
	label(g, "version", p->version, true);
	label(g, "method", fl_method_name(p->last->method), false);
	label(g, "kernel", p->last->kernel, false);
	value(g, 1);
	programs(g);
	losses(g);
	plain(g, "fuselens_counting", GAUGE, NULL,
	      "Whether writes are counted (1), or the method has stopped by itself (0).",
	      p->counting);
	plain(g, "fuselens_files_capacity", GAUGE, NULL,
	      "Largest number of files that are counted apart.", p->last->capacity);
	plain(g, "fuselens_files_counted", GAUGE, NULL, "Files that are counted apart now.",
	      p->last->ntracked);
	plain(g, "fuselens_file_series_limit", GAUGE, NULL,
	      "Files that may have a series of their own.", p->metrics->limits.files);
	plain(g, "fuselens_read_duration_seconds", GAUGE, "seconds",
	      "Duration of the last reading of the counts.", p->read_seconds);
	plain(g, "fuselens_reads", COUNTER, NULL, "Readings of the counts.", p->reads);
	plain(g, "fuselens_read_failures", COUNTER, NULL, "Readings that failed.", p->failed_reads);
	plain(g, "fuselens_path_changes", COUNTER, NULL,
	      "Steps in which livepatches came or went that replace code of FUSE writes.",
	      p->path_changes);
	process(g, p->self);
}

void fl_metrics_print(const struct fl_metrics_page *p, bool openmetrics, FILE *out)
{
	const struct page g = {.p = p, .openmetrics = openmetrics, .out = out};

	mount_info(&g);
	mount_served(&g);
	writes(&g);
	attempts(&g);
	reasons(&g);
	if (p->metrics->knows_nature) {
		MOUNT_COUNTER(&g, "fuselens_eligible_writes", totals.eligible,
			      "Writes that the shared path would accept.");
		MOUNT_COUNTER(&g, "fuselens_eligible_shared_writes", totals.eligible_shared,
			      "Of the eligible writes, those that held the lock shared.");
	}
	if (p->metrics->knows_takes) {
		MOUNT_COUNTER(&g, "fuselens_upgrades", totals.takes[FL_SITE_UPGRADE],
			      "Writes that released the shared lock and took it exclusively.");
		MOUNT_COUNTER(&g, "fuselens_fi_lock_takes", totals.takes[FL_SITE_FI_LOCK],
			      "Takes of fi->lock on write paths.");
	}
	MOUNT_COUNTER(
		&g, "fuselens_getxattr_under_lock", counter[FL_MOUNT_GETXATTR_SECURITY],
		"GETXATTR upcalls for security.capability, made while a write holds the lock.");
	MOUNT_COUNTER(&g, "fuselens_opens", counter[FL_MOUNT_OPENS], "Opens the daemon granted.");
	MOUNT_COUNTER(&g, "fuselens_opens_asking_parallel", counter[FL_MOUNT_OPENS_ASKED_PARALLEL],
		      "Of those, replies that asked for FOPEN_PARALLEL_DIRECT_WRITES.");
	requests(&g);
	histogram(
		&g, "fuselens_inode_lock_wait_seconds",
		"Time from a write's entry to its lock, in log2 steps, for a random sample of the writes.",
		FL_HIST_WAIT_EXCL, FL_HIST_WAIT_SHARED);
	histogram(
		&g, "fuselens_inode_lock_hold_seconds",
		"Time from a write's lock to its return, in log2 steps, for a random sample of the writes.",
		FL_HIST_HOLD_EXCL, FL_HIST_HOLD_SHARED);
	files(&g);
	itself(&g);
	if (openmetrics)
		fprintf(out, "# EOF\n");
}

bool fl_metrics_wants_openmetrics(const char *accept)
{
	return accept && strstr(accept, "application/openmetrics-text");
}
