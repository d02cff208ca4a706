// SPDX-License-Identifier: GPL-2.0-only
#include "collect/watch.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "collect/options.h"
#include "kernel/kernel.h"
#include "kernel/privileges.h"
#include "snapshot/mounts.h"
#include "util/clock.h"
#include "util/in_time.h"
#include "util/processes.h"
#include "util/text.h"

/* Minimum pause between two searches for daemons. */
#define LOOK_PAUSE_NS 300000000ull
/* How often, and after which pause, the path is taken up again once it has changed. */
#define ANEW_TRIES    10
#define ANEW_PAUSE_NS 500000000ull

/* include/uapi/linux/stat.h since v6.8: an ID that no later mount gets again */
#define MASK_MNT_ID_UNIQUE 0x4000u

const char *fl_watch_event_name(enum fl_watch_event event)
{
	static const char *const names[] = {
		[FL_WATCH_MOUNT_GONE] = "mount-gone",
		[FL_WATCH_MOUNT_APPEARED] = "mount-appeared",
		[FL_WATCH_MOUNT_BACK] = "mount-back",
		[FL_WATCH_CANNOT_FOLLOW] = "cannot-follow",
		[FL_WATCH_DAEMON_GONE] = "daemon-gone",
		[FL_WATCH_DAEMON_BACK] = "daemon-back",
		[FL_WATCH_PATH_CHANGED] = "path-changed",
		[FL_WATCH_COUNTING_ENDED] = "counting-ended",
		[FL_WATCH_LOSS] = "loss",
	};

	return names[event];
}

static void note(struct fl_watch *w, enum fl_watch_event event, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void note(struct fl_watch *w, enum fl_watch_event event, const char *fmt, ...)
{
	va_list ap;

	if (w->notes_old) {
		w->nnotes = w->notes_dropped = 0;
		w->notes_old = false;
	}
	if (w->nnotes == FL_WATCH_NOTES) {
		w->notes_dropped++;
		return;
	}
	w->note[w->nnotes].event = event;
	va_start(ap, fmt);
	vsnprintf(w->note[w->nnotes].text, sizeof(w->note[0].text), fmt, ap);
	va_end(ap);
	w->nnotes++;
}

static bool follows_a_path(const struct fl_target *t)
{
	return t->kind == FL_TARGET_MOUNT || t->kind == FL_TARGET_FILE;
}

/* The target's mount point when the target was resolved. */
static const char *mount_point_of(const struct fl_target *t)
{
	const struct fl_mount *m = fl_mounts_by_dev(&t->mounts, t->dev[0]);

	return m ? m->path : t->name;
}

/* How long the daemon of another mount on the way may take. */
#define ANSWER_SECONDS 2

/*
 * The mount of a daemon that comes back often has the old device number. Only the unique ID tells
 * it from the old mount. Reading the ID does not involve the daemon. Returns 0 where it is not known.
 */
static __u64 unique_mount(const char *path)
{
	int fd = fl_open_in_time(path, ANSWER_SECONDS);
	struct statx stx;
	__u64 id = 0;

	if (fd < 0)
		return 0;
	if (!statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, MASK_MNT_ID_UNIQUE, &stx) &&
	    stx.stx_mask & MASK_MNT_ID_UNIQUE)
		id = stx.stx_mnt_id;
	close(fd); /* it would keep the mount busy */
	return id;
}

static void session_end(struct fl_watch_session *s)
{
	fl_collector_finish(s->collector);
	if (s->target)
		fl_target_free(s->target);
	free(s->target);
	memset(s, 0, sizeof(*s));
}

static int session_prepare(const struct fl_watch *w, struct fl_watch_session *s, struct fl_err *err)
{
	s->collector = NULL;
	s->target = calloc(1, sizeof(*s->target));
	if (!s->target)
		return fl_err(err, "out of memory");
	if (fl_collect_target(s->target, w->spec, w->pid, &w->opts, err))
		return -1;
	s->collector = fl_collector_prepare(s->target, &w->opts, err);
	return s->collector ? 0 : -1;
}

/* Prepares the next session, while another one counts. */
static int prepare_next(struct fl_watch *w, struct fl_err *err)
{
	int ret;

	fl_privileges_admin(true);
	ret = session_prepare(w, &w->next, err);
	fl_privileges_admin(false);
	return ret;
}

int fl_watch_open(struct fl_watch *w, const char *spec, pid_t pid,
		  const struct fl_collect_opts *opts, struct fl_err *err)
{
	memset(w, 0, sizeof(*w));
	w->served.sees_every_task = fl_in_first_pid_namespace();
	w->spec = spec;
	w->pid = pid;
	w->opts = *opts;
	w->opts.open_list = &w->open_list;
	w->mountinfo = -1;
	fl_write_path_open(&w->path);
	if (session_prepare(w, &w->session, err))
		return -1;
	if (follows_a_path(w->session.target)) {
		w->mount_unique = unique_mount(mount_point_of(w->session.target));
		w->mountinfo = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	}
	return 0;
}

void fl_watch_start(struct fl_watch *w)
{
	fl_collector_start(w->session.collector);
}

void fl_watch_drop_privileges(const struct fl_watch *w)
{
	if (fl_collector_counts_sites(w->session.collector))
		fl_privileges_keep_for_probes();
	else
		fl_privileges_drop();
}

void fl_watch_stop(struct fl_watch *w)
{
	fl_collector_stop(w->session.collector);
	if (w->next.collector)
		fl_collector_stop(w->next.collector);
}

bool fl_watch_pending(const struct fl_watch *w)
{
	return w->next.collector || w->new_session;
}

void fl_watch_close(struct fl_watch *w)
{
	session_end(&w->next);
	session_end(&w->session);
	fl_snapshot_free(&w->before);
	fl_snapshot_free(&w->interval);
	fl_served_free(&w->served);
	fl_write_path_close(&w->path);
	fl_open_files_free(&w->open_list.files);
	if (w->mountinfo >= 0)
		close(w->mountinfo);
	w->mountinfo = -1;
}

static void note_mounts(struct fl_watch *w, const struct fl_snapshot *before,
			const struct fl_snapshot *now)
{
	static const struct {
		enum fl_watch_event event;
		const char *text;
	} sentence[] = {
		[FL_MOUNT_GONE] = {FL_WATCH_MOUNT_GONE, "no longer mounted"},
		[FL_MOUNT_APPEARED] = {FL_WATCH_MOUNT_APPEARED, "mounted"},
		[FL_MOUNT_UNSERVED] =
			{FL_WATCH_DAEMON_GONE,
			 "its daemon is gone: the mount is still there, but whatever needs the daemon fails (ENOTCONN); open passthrough files can still be written"},
		[FL_MOUNT_SERVED_AGAIN] = {FL_WATCH_DAEMON_BACK, "has a daemon again"},
	};
	struct fl_mount_event event[FL_WATCH_NOTES];
	size_t n = fl_mount_events(before, now, event, FL_WATCH_NOTES);

	for (size_t i = 0; i < n; i++) {
		char *path = fl_escape(event[i].path ? event[i].path : "?");
		enum fl_mount_change change = event[i].change;

		/* of a process's mounts, one appears with its first write; with unique IDs, it was reported as back */
		if (change != FL_MOUNT_APPEARED ||
		    (!w->mount_unique && w->session.target->kind != FL_TARGET_WRITER))
			note(w, sentence[change].event, "%.300s: %s", path ? path : "?",
			     sentence[change].text);
		free(path);
	}
}

static void look_for_daemons(struct fl_watch *w, struct fl_snapshot *now)
{
	struct fl_open_list *l = &w->open_list;

	/* what was listed since for the collector will do */
	if (!w->looked_ns || l->read_ns < w->looked_ns + LOOK_PAUSE_NS)
		fl_open_list_again(l, w->looked_ns ? LOOK_PAUSE_NS : 0);
	if (!l->read_ns || (w->looked_ns && l->read_ns < w->looked_ns + LOOK_PAUSE_NS))
		return;
	fl_served_look(&w->served, &l->files, now);
	w->looked_ns = l->read_ns;
}

static void note_losses(struct fl_watch *w)
{
	struct fl_totals t = {};
	char n[32];

	fl_totals_add_losses(&w->interval, &t);
	if (t.lost)
		note(w, FL_WATCH_LOSS, "%s events were lost", fl_grouped(t.lost, n, sizeof(n)));
	if (w->interval.loss[FL_LOSS_TABLE_FULL] && !w->table_was_full)
		note(w, FL_WATCH_LOSS,
		     "the table is full: further files are counted together (--max-inodes)");
}

static void note_end(struct fl_watch *w)
{
	const struct fl_snapshot *now = &w->interval;
	char took[24];

	if (w->ended || w->next.collector || !fl_collector_stopped_itself(w->session.collector))
		return;
	w->ended = true;
	note(w, FL_WATCH_COUNTING_ENDED,
	     "counting has stopped by itself after %s, as --evidence %s does: nothing is known about later writes",
	     fl_duration(now->end_ns - w->began_ns, took, sizeof(took)),
	     fl_method_name(now->method));
}

/* The device that is mounted at a path now; 0 for none. */
static __u32 dev_at_path(const char *path)
{
	struct fl_mounts now = {};
	const struct fl_mount *m = NULL;
	struct fl_err ignored;
	__u32 dev;

	if (!fl_mounts_read(&now, false, false, &ignored))
		m = fl_mounts_by_path(&now, path);
	dev = m ? m->dev : 0;
	fl_mounts_free(&now);
	return dev;
}

/*
 * Starts to count the mount that is at the path now, in addition to the session of the old mount.
 */
static void follow(struct fl_watch *w, const char *path)
{
	char *shown = fl_escape(path);
	struct fl_err err = {};

	if (prepare_next(w, &err)) {
		session_end(&w->next);
		note(w, FL_WATCH_CANNOT_FOLLOW, "%.200s: mounted anew, but: %.250s",
		     shown ? shown : "?", err.what);
	} else {
		fl_collector_start(w->next.collector);
		note(w, FL_WATCH_MOUNT_BACK, "%.400s: mounted anew; its writes count from now on",
		     shown ? shown : "?");
	}
	free(shown);
}

static void look_for_new_mount(struct fl_watch *w)
{
	const char *path = mount_point_of(w->session.target);
	__u32 dev = dev_at_path(path);
	__u64 unique = dev ? unique_mount(path) : 0;
	char *shown;

	if (!dev || (dev == w->session.target->dev[0] && (!unique || unique == w->mount_unique)))
		return;
	w->mount_unique = unique;
	if (dev != w->session.target->dev[0]) {
		follow(w, path);
		return;
	}
	/* the programs go on counting: the device number is the same */
	fl_served_forget(&w->served, dev);
	w->looked_ns = 0;
	shown = fl_escape(path);
	note(w, FL_WATCH_MOUNT_BACK, "%.400s: mounted anew, on the same device",
	     shown ? shown : "?");
	free(shown);
}

/*
 * The call sites belong to the code that ran when the session was prepared, so a session that
 * counts at them begins again. The old one ends first, because both would count the same writes.
 *
 * The code may still be changing, for the module of a livepatch goes some time after its last function.
 * So this is tried again before it is called a failure.
 */
static void count_anew(struct fl_watch *w)
{
	struct fl_err err = {};

	w->anew_tried_ns = fl_now_ns();
	fl_kernel_read_again(w->opts.kernel);
	if (prepare_next(w, &err)) {
		session_end(&w->next);
		if (--w->anew_tries == 0)
			note(w, FL_WATCH_CANNOT_FOLLOW, "the path cannot be followed: %.400s",
			     err.what);
		return;
	}
	w->anew_tries = 0;
	fl_collector_stop(w->session.collector);
	fl_collector_start(w->next.collector);
}

static void look_at_path(struct fl_watch *w)
{
	char what[sizeof(w->note[0].text)];
	bool settled;

	if (fl_write_path_look(&w->path, what, sizeof(what), &settled)) {
		note(w, FL_WATCH_PATH_CHANGED, "%s", what);
		fl_kernel_read_again(w->opts.kernel);
		w->anew_tries = settled && fl_collector_counts_sites(w->session.collector)
					? ANEW_TRIES
					: 0;
		w->anew_tried_ns = 0;
	}
	if (w->anew_tries && fl_now_ns() - w->anew_tried_ns >= ANEW_PAUSE_NS)
		count_anew(w);
}

void fl_watch_poll(struct fl_watch *w)
{
	/* poll reports a change of any mount in this namespace: proc_mounts_operations.poll */
	struct pollfd p = {.fd = w->mountinfo, .events = POLLPRI};

	fl_collector_poll(w->next.collector ? w->next.collector : w->session.collector);
	if (w->mountinfo >= 0 && !w->next.collector && poll(&p, 1, 0) > 0)
		look_for_new_mount(w);
	if (!w->next.collector)
		look_at_path(w);
}

/* Switches to the next session, if there is one, at this reading. */
static void change_session(struct fl_watch *w)
{
	if (!w->next.collector)
		return;
	session_end(&w->session);
	w->session = w->next;
	memset(&w->next, 0, sizeof(w->next));
	w->new_session = true;
	w->ended = w->table_was_full = false;
}

int fl_watch_read(struct fl_watch *w, struct fl_err *err)
{
	const struct fl_snapshot *before = NULL;

	if (w->notes_old)
		w->nnotes = w->notes_dropped = 0;
	w->notes_old = false;
	if (w->next.collector)
		fl_collector_stop(w->session.collector);
	fl_snapshot_free(&w->before);
	w->before = w->interval;
	memset(&w->interval, 0, sizeof(w->interval));
	/* thousands of files need megabytes, and only the mounts are compared */
	fl_snapshot_free_files(&w->before);
	if (fl_collector_read(w->session.collector, &w->interval, err))
		return -1;
	if (w->has_read && !w->new_session)
		before = &w->before;
	else
		w->began_ns = w->interval.start_ns;
	look_for_daemons(w, &w->interval);
	fl_served_mark(&w->served, &w->interval);
	/* two sessions overlap for a moment; rows must not */
	if (w->new_session && w->interval.start_ns < w->read_ns)
		w->interval.start_ns = w->read_ns;
	note_mounts(w, before, &w->interval);
	note_end(w);
	note_losses(w);
	w->read_ns = w->interval.end_ns;
	w->table_was_full |= w->interval.loss[FL_LOSS_TABLE_FULL] > 0;
	w->has_read = true;
	w->new_session = false;
	change_session(w);
	w->notes_old = true;
	return 0;
}
