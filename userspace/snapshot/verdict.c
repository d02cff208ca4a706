// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

const char *fl_verdict_name(enum fl_verdict_kind kind)
{
	static const char *const names[] = {
		[FL_SHARED] = "SHARED",
		[FL_EXCLUSIVE] = "EXCLUSIVE",
		[FL_MIXED] = "MIXED",
		[FL_INCONCLUSIVE] = "INCONCLUSIVE",
	};

	return names[kind];
}

static int heavier(const void *a, const void *b)
{
	const struct fl_reason_count *x = a, *y = b;

	if (x->writes != y->writes)
		return x->writes < y->writes ? 1 : -1;
	return (int)x->reason - (int)y->reason;
}

static void sort_reasons(struct fl_verdict *v)
{
	for (int r = 0; r < FL_REASONS; r++) {
		if (!v->totals.reason[r])
			continue;
		v->reason[v->nreasons].reason = r;
		v->reason[v->nreasons++].writes = v->totals.reason[r];
	}
	qsort(v->reason, v->nreasons, sizeof(v->reason[0]), heavier);
}

static const char *remedy(enum fl_reason reason, enum fl_route route, enum fl_can can)
{
	switch (reason) {
	case FL_REASON_KERNEL_CANNOT:
		if (route == FL_ROUTE_IOMAP)
			return "this kernel locks exclusively for every write that fs/fuse does by iomap, and no series in kernel-patches/ changes that";
		return route == FL_ROUTE_CACHED
			       ? "cached files always lock exclusively: open them in direct or passthrough mode to run writes in parallel"
			       : "this kernel's write path needs the patch (kernel-patches/) to take the lock shared";
	case FL_REASON_FLAG_STRIPPED:
		if (can == FL_CAN_YES)
			return "files that were open before this kernel could share keep the exclusive lock: open them again";
		return "the kernel strips FOPEN_PARALLEL_DIRECT_WRITES from passthrough opens: this kernel needs the patch (kernel-patches/)";
	case FL_REASON_FLAG_NOT_SET:
		return "the daemon does not ask for parallel writes: have it set FOPEN_PARALLEL_DIRECT_WRITES in its open reply";
	case FL_REASON_FLAG_NOT_SET_OR_STRIPPED:
		return "'fuselens files -v' says of open files whether the daemon asked for the flag; so does a file that is opened while fuselens watches";
	case FL_REASON_BUFFERED:
		return "buffered writes lock exclusively in every kernel: open with O_DIRECT to let writes run in parallel";
	case FL_REASON_APPEND:
		return "appending writes lock exclusively by design: write at offsets of a preallocated file instead";
	case FL_REASON_PAST_EOF:
	case FL_REASON_EOF_RACE:
		return "writes past the end of the file lock exclusively by design: preallocate and write the file first";
	case FL_REASON_CACHE_IO_MODE:
		return "a process holds the file open in cached mode: 'fuselens files -v' names it";
	case FL_REASON_PRIVILEGES:
		return "the inode may carry privileges to strip (setuid, setgid, capabilities): negotiate FUSE_HANDLE_KILLPRIV_V2, or clear the bits";
	case FL_REASON_SPLICE:
		return "splice and sendfile lock exclusively: use write(2)";
	default:
		return "'fuselens doctor' shows what this kernel's write path can do";
	}
}

static enum fl_route main_route(const struct fl_totals *t)
{
	enum fl_route best = 0;

	for (int r = 1; r < FL_ROUTES; r++)
		if (t->by_route[r] > t->by_route[best])
			best = r;
	return best;
}

static void inconclusive(struct fl_verdict *v, const char *next)
{
	v->kind = FL_INCONCLUSIVE;
	v->exit_code = 3;
	snprintf(v->next, sizeof(v->next), "%s", next);
}

static __u64 writeback_requests(const struct fl_snapshot *s, __u32 dev)
{
	__u64 n = 0;

	for (size_t i = 0; i < s->nmounts; i++)
		if (!dev || s->mount[i].dev == dev)
			n += s->mount[i].counter[FL_MOUNT_WRITEBACK_REQUESTS];
	return n;
}

static void no_writes(const struct fl_snapshot *s, __u32 dev, struct fl_verdict *v)
{
	__u64 writeback = writeback_requests(s, dev);

	if (writeback && s->method == FL_METHOD_STATE_TP) {
		snprintf(v->why, sizeof(v->why),
			 "no write was seen at the lock, but %" PRIu64
			 " requests wrote cached pages back",
			 (uint64_t)writeback);
		inconclusive(
			v,
			"the mount uses the writeback cache: tracepoints see such writes only when they leave the cache, without the lock; use a kernel that allows fentry");
		return;
	}
	snprintf(v->why, sizeof(v->why), "no write was seen");
	inconclusive(
		v,
		s->method == FL_METHOD_STATE_TP
			? "write to the mount while fuselens watches, or watch for longer; buffered passthrough writes are seen on XFS only, direct ones on file systems that use iomap (XFS, ext4, btrfs, f2fs)"
			: "write to the mount while fuselens watches, or watch for longer");
}

/* Withholds the verdict if too few writes were eligible to say anything about the others. */
static bool too_few_eligible(const struct fl_verdict_opts *opts, struct fl_verdict *v)
{
	const struct fl_totals *t = &v->totals;
	char n[32], m[32], pct[16];

	if (t->eligible >= opts->min_eligible &&
	    t->eligible >= opts->min_eligible_share * t->writes)
		return false;
	snprintf(v->why, sizeof(v->why),
		 "only %s of %s writes (%s) could run under the shared lock: too few for a verdict",
		 fl_grouped(t->eligible, n, sizeof(n)), fl_grouped(t->writes, m, sizeof(m)),
		 fl_percent(t->eligible, t->writes, pct, sizeof(pct)));
	if (t->eligible < opts->min_eligible)
		inconclusive(
			v,
			"write more while fuselens watches, or accept fewer with --min-eligible");
	else
		inconclusive(
			v,
			"the reasons say why the other writes could not; --min-eligible accepts a smaller share");
	return true;
}

/* The same where nothing tells which writes were eligible. */
static bool too_few_takes(const struct fl_verdict_opts *opts, struct fl_verdict *v)
{
	const struct fl_totals *t = &v->totals;
	char n[32], m[32];

	if (t->writes >= opts->min_eligible)
		return false;
	snprintf(v->why, sizeof(v->why),
		 "only %s of %s takes on the write path were shared: too few for a verdict",
		 fl_grouped(t->shared, n, sizeof(n)), fl_grouped(t->writes, m, sizeof(m)));
	inconclusive(v, "write more while fuselens watches, or accept fewer with --min-eligible");
	return true;
}

static void judge_by_share(const struct fl_snapshot *s, const struct fl_verdict_opts *opts,
			   struct fl_verdict *v)
{
	const struct fl_totals *t = &v->totals;
	char n[32], m[32], pct[16];

	if (!t->shared) {
		v->kind = FL_EXCLUSIVE;
		v->exit_code = 1;
		if (t->unknown)
			snprintf(
				v->why, sizeof(v->why),
				"%s of %s writes took the inode lock exclusively; the lock mode of the others is not known",
				fl_grouped(t->exclusive, n, sizeof(n)),
				fl_grouped(t->writes, m, sizeof(m)));
		else
			snprintf(v->why, sizeof(v->why),
				 t->writes == 1 ? "the only write took the inode lock exclusively"
						: "all %s writes took the inode lock exclusively",
				 fl_grouped(t->writes, n, sizeof(n)));
	} else if (s->takes_only && t->shared >= opts->min_share * t->writes) {
		if (too_few_takes(opts, v))
			return;
		v->kind = FL_SHARED;
		v->exit_code = 0;
		snprintf(
			v->why, sizeof(v->why),
			"%s of %s takes on the write path were shared; which writes were eligible is not known",
			fl_grouped(t->shared, n, sizeof(n)), fl_grouped(t->writes, m, sizeof(m)));
	} else if (t->eligible && t->eligible_shared >= opts->min_share * t->eligible) {
		if (too_few_eligible(opts, v))
			return;
		v->kind = FL_SHARED;
		v->exit_code = 0;
		snprintf(v->why, sizeof(v->why),
			 "%s of %s eligible writes ran under the shared lock",
			 fl_grouped(t->eligible_shared, n, sizeof(n)),
			 fl_grouped(t->eligible, m, sizeof(m)));
	} else {
		v->kind = FL_MIXED;
		v->exit_code = 1;
		snprintf(v->why, sizeof(v->why), "%s of %s writes (%s) ran under the shared lock",
			 fl_grouped(t->shared, n, sizeof(n)), fl_grouped(t->writes, m, sizeof(m)),
			 fl_percent(t->shared, t->writes, pct, sizeof(pct)));
	}
	if (v->nreasons)
		snprintf(v->next, sizeof(v->next), "%s",
			 remedy(v->reason[0].reason, main_route(t), s->can[main_route(t)]));
	else
		snprintf(v->next, sizeof(v->next),
			 "nothing: the shared path is active; 'fuselens stat' shows it over time");
}

/* "lost", "lost or unseen", ... */
static void kind_of_loss(const struct fl_totals *t, char *buf, size_t len)
{
	const struct {
		__u64 n;
		const char *name;
	} kind[] = {{t->lost, "lost"},
		    {t->counter[FL_COUNT_UNCERTAIN], "uncertain"},
		    {t->unseen, "unseen"}};
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < 3 && used < len; i++)
		if (kind[i].n)
			used += snprintf(buf + used, len - used, "%s%s", used ? " or " : "",
					 kind[i].name);
}

static const char *remedy_for_loss(const struct fl_totals *t)
{
	if (t->unseen > t->lost + t->counter[FL_COUNT_UNCERTAIN])
		return "some writes went where no live probe looks, for example buffered ones on ext4 or btrfs: 'fuselens files' shows what is open; a kernel that allows fentry sees them";
	return "watch fewer files or another method (--evidence), or accept more with --max-loss";
}

/*
 * Whether the cross-check shows that all writes to these mounts were seen, but for those that it found and for some: it
 * cannot tell them from what replies, and writes that are not passed through, may have added.
 */
static bool cross_checked(const struct fl_snapshot *s, __u32 dev, double some)
{
	bool all = s->nmounts;
	__u64 open = 0;

	for (size_t i = 0; i < s->nmounts; i++) {
		const struct fl_mount_snapshot *m = &s->mount[i];

		if (dev && m->dev != dev)
			continue;
		all &= m->cross_check == FL_CROSS_DONE;
		open += m->unseen_at_most > m->unseen ? m->unseen_at_most - m->unseen : 0;
	}
	return all && open <= some;
}

/* Adds that some writes may not have been seen. */
static void say_what_is_covered(const struct fl_snapshot *s, __u32 dev,
				const struct fl_verdict_opts *opts, struct fl_verdict *v)
{
	size_t used = strlen(v->why);
	char n[32], *example;

	if (!s->blind_files || cross_checked(s, dev, opts->max_loss * v->totals.writes))
		return;
	example = fl_escape(s->blind_example);
	snprintf(
		v->why + used, sizeof(v->why) - used,
		"; this covers only part: %s %s open for writes that the live probes miss, or see only in part%s%.256s%s",
		fl_grouped(s->blind_files, n, sizeof(n)),
		s->blind_files == 1 ? "file was" : "files were",
		example && *example ? " (" : ", and closed again", example ? example : "",
		example && *example ? ")" : "");
	free(example);
}

void fl_verdict_of(const struct fl_snapshot *s, __u32 dev, const struct fl_verdict_opts *opts,
		   struct fl_verdict *v)
{
	struct fl_totals totals;

	if (dev)
		fl_mount_totals(s, dev, &totals);
	else
		fl_snapshot_totals(s, &totals);
	fl_verdict_of_totals(s, dev, &totals, opts, v);
}

void fl_verdict_of_totals(const struct fl_snapshot *s, __u32 dev, const struct fl_totals *totals,
			  const struct fl_verdict_opts *opts, struct fl_verdict *v)
{
	const struct fl_totals *t = &v->totals;
	char n[32], pct[16], kind[48];
	__u64 unsure;

	memset(v, 0, sizeof(*v));
	v->totals = *totals;
	sort_reasons(v);
	unsure = fl_totals_unsure(t);
	if (t->writes + unsure)
		v->loss = (double)unsure / (double)(t->writes + unsure);

	if (opts->code_changed && s->takes_only) {
		snprintf(v->why, sizeof(v->why),
			 "a livepatch changed the code at whose lock calls takes were counted");
		inconclusive(
			v, "count again, now that the change is over; 'fuselens stat' follows it");
	} else if (!t->writes && !unsure) {
		no_writes(s, dev, v);
	} else if (v->loss > opts->max_loss || !t->writes) {
		kind_of_loss(t, kind, sizeof(kind));
		snprintf(v->why, sizeof(v->why), "%s events were %s (%s): too many for a verdict",
			 fl_grouped(unsure, n, sizeof(n)), kind,
			 fl_percent(unsure, t->writes + unsure, pct, sizeof(pct)));
		inconclusive(v, remedy_for_loss(t));
	} else if (t->unknown > opts->max_loss * t->writes || t->unknown == t->writes) {
		snprintf(
			v->why, sizeof(v->why),
			"the lock mode of %s writes (%s) is not known: a task that does not hold the lock sent them",
			fl_grouped(t->unknown, n, sizeof(n)),
			fl_percent(t->unknown, t->writes, pct, sizeof(pct)));
		inconclusive(
			v,
			"the daemon's task sends requests that were queued: raise the connection's max_background, lower the queue depth, or use a kernel that allows fentry");
	} else {
		judge_by_share(s, opts, v);
	}
	say_what_is_covered(s, dev, opts, v);
}
