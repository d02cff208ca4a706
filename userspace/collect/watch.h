/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watching over hours: readings one after the other, through mounts that come and go. What stat, top
 * and export share. Prints nothing; what happened is left in notes.
 */
#ifndef FL_WATCH_H
#define FL_WATCH_H

#include "collect/collector.h"
#include "collect/write_path.h"
#include "snapshot/snapshot.h"
#include "openfiles/served.h"

#define FL_WATCH_NOTES 16

enum fl_watch_event {
	FL_WATCH_MOUNT_GONE,
	FL_WATCH_MOUNT_APPEARED,
	FL_WATCH_MOUNT_BACK,	/* a new mount at the target's path: counting goes on with it */
	FL_WATCH_CANNOT_FOLLOW, /* there is one, but it can't be watched: text says why */
	FL_WATCH_DAEMON_GONE,	/* the mount is there, and nobody serves it any more */
	FL_WATCH_DAEMON_BACK,
	FL_WATCH_PATH_CHANGED,	 /* a livepatch of the functions that write came or went */
	FL_WATCH_COUNTING_ENDED, /* by itself: the global method's window is over */
	FL_WATCH_LOSS,
};

/* "mount-gone", ... */
const char *fl_watch_event_name(enum fl_watch_event event);

struct fl_watch_note {
	enum fl_watch_event event;
	char text[512]; /* a sentence for people; names in it are escaped */
};

/* One collector on what the target was resolved to. */
struct fl_watch_session {
	struct fl_target *target;
	struct fl_collector *collector;
};

struct fl_watch {
	const char *spec;
	pid_t pid;
	struct fl_collect_opts opts;
	struct fl_watch_session session;
	struct fl_watch_session next; /* has started counting; takes over at the next reading */
	struct fl_snapshot interval;  /* what happened between the last two readings */
	bool has_read, new_session;
	__u64 began_ns, read_ns;   /* when the session started to count; end of the last reading */
	bool table_was_full;	   /* and it was said */
	struct fl_snapshot before; /* the mounts of the reading before it */
	bool ended; /* counting has ended by itself: from now on intervals are of no length */
	struct fl_served served;
	struct fl_write_path path;
	unsigned int anew_tries; /* left to take up a path that has changed; 0: nothing to do */
	__u64 anew_tried_ns;
	struct fl_open_list open_list; /* for the collectors, for daemons, and for who watches */
	__u64 looked_ns;	       /* read_ns of the list in which daemons were looked for */
	struct fl_watch_note note[FL_WATCH_NOTES];
	size_t nnotes; /* up to the last reading */
	unsigned int notes_dropped;
	bool notes_old;
	int mountinfo;	    /* polled for changes; -1 where the target is not followed */
	__u64 mount_unique; /* kernel's unique ID of the target's mount; 0: not known */
};

/* Resolves the target, loads and attaches. Returns 0 or -1 with err set; fl_watch_close() is due either way. */
int fl_watch_open(struct fl_watch *w, const char *spec, pid_t pid,
		  const struct fl_collect_opts *opts, struct fl_err *err);
/* Begins to count: from its return on, every write is counted. */
void fl_watch_start(struct fl_watch *w);
/* Gives up for good the capabilities that are not needed any more, after fl_watch_start(). */
void fl_watch_drop_privileges(const struct fl_watch *w);
/*
 * To be called every 50 to 100 ms between readings: as fl_collector_poll(), and notices when another
 * mount takes the place of the target's.
 */
void fl_watch_poll(struct fl_watch *w);
/* Ends counting. The readings afterwards are the last: to be read while fl_watch_pending(). */
void fl_watch_stop(struct fl_watch *w);
/* Reads: interval and the notes are then those of this reading. Returns 0, or -1 with err set. */
int fl_watch_read(struct fl_watch *w, struct fl_err *err);
/* Whether counts of a newer session wait behind the last reading. */
bool fl_watch_pending(const struct fl_watch *w);
void fl_watch_close(struct fl_watch *w);

#endif
