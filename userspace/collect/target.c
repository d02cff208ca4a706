// SPDX-License-Identifier: GPL-2.0-only
#include "collect/target.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "openfiles/openfiles.h"
#include "util/dev.h"
#include "util/file.h"
#include "util/in_time.h"
#include "util/text.h"

static __u64 mount_id_of(int fd)
{
	char path[64], *text, *line;
	struct fl_err ignored;
	__u64 id = 0;
	size_t len;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	text = fl_read_file(path, &len, &ignored);
	line = text ? strstr(text, "mnt_id:") : NULL;
	if (line)
		id = strtoull(line + strlen("mnt_id:"), NULL, 10);
	free(text);
	return id;
}

/* Other mount namespaces have copies of the same mounts, often at the same path. */
static bool named_before(const struct fl_mounts *mounts, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(mounts->mount[k].path, mounts->mount[i].path))
			return true;
	return false;
}

static int no_fuse_mount(const struct fl_mounts *mounts, const char *spec, const char *what,
			 struct fl_err *err)
{
	char *shown = fl_escape(spec), list[320] = "";

	fl_err(err, "%s %s", shown ? shown : "target", what);
	free(shown);
	for (size_t i = 0; i < mounts->n && strlen(list) < 200; i++) {
		char *path;
		size_t used = strlen(list);

		if (named_before(mounts, i))
			continue;
		path = fl_escape(mounts->mount[i].path);
		snprintf(list + used, sizeof(list) - used, "%s%.80s", used ? ", " : "",
			 path ? path : "?");
		free(path);
	}
	if (mounts->n)
		return fl_hint(err, "FUSE mounts here: %s", list);
	return fl_hint(err, "there is no FUSE mount on this machine; 'findmnt -t fuse' lists them");
}

static int select_mount(struct fl_target *t, const struct fl_mount *m)
{
	t->kind = FL_TARGET_MOUNT;
	t->dev[0] = m->dev;
	t->ndevs = 1;
	free(t->name);
	t->name = strdup(m->path);
	return t->name ? 0 : -1;
}

/*
 * Reads the node by which fs/fuse knows the file. It is in the handle that fuse_encode_fh() makes
 * without asking the daemon.
 */
static void read_node(struct fl_target *t, int fd)
{
	/* include/uapi/linux/fcntl.h since v6.5: the handle need not be one that can be opened */
	enum { HANDLE_FID = 0x200 };
	enum { FUSE_HANDLE = 0x81, FUSE_HANDLE_WORDS = 3 };
	struct {
		struct file_handle head;
		__u32 word[MAX_HANDLE_SZ / sizeof(__u32)];
	} h = {.head.handle_bytes = sizeof(h.word)};
	int mount;

	if (name_to_handle_at(fd, "", &h.head, &mount, AT_EMPTY_PATH | HANDLE_FID) ||
	    h.head.handle_type != FUSE_HANDLE ||
	    h.head.handle_bytes < FUSE_HANDLE_WORDS * sizeof(__u32))
		return;
	t->nodeid = (__u64)h.word[0] << 32 | h.word[1];
	t->generation = h.word[2];
}

/*
 * An inode that leaves the memory may come back with another node, which would be another file to us. A watch keeps it,
 * and lets go when the file is removed or its mount goes; a descriptor of the file, the second choice, would keep both.
 */
static int hold(int fd)
{
	char path[64];
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (watch >= 0 && inotify_add_watch(watch, path, IN_DELETE_SELF) >= 0)
		return watch;
	if (watch >= 0)
		close(watch);
	watch = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return watch > 0 ? watch : 0;
}

/* A path below the mount point: a regular file narrows the target, a directory does not. */
static void narrow_to_file(struct fl_target *t, int fd)
{
	struct statx stx;
	char *path;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &stx) ||
	    !S_ISREG(stx.stx_mode))
		return;
	t->kind = FL_TARGET_FILE;
	t->ino = stx.stx_ino;
	t->held = hold(fd);
	read_node(t, fd);
	path = fl_path_of(fd);
	if (!path)
		return;
	free(t->name);
	t->name = path;
}

/* How long a file system may take to look a name up. A stopped daemon never answers. */
#define ANSWER_SECONDS 10

/* The error for a FUSE mount whose path leads to something else. */
static int is_covered(const char *spec, __u64 id, struct fl_err *err)
{
	struct fl_mounts all = {};
	const struct fl_mount *over = NULL;
	char *shown = fl_escape(spec);

	if (!fl_mounts_read(&all, false, true, err))
		over = fl_mounts_by_id(&all, id);
	fl_err(err, "%s is no longer a FUSE mount: %s is mounted over it", shown ? shown : "target",
	       over ? over->fstype : "another file system");
	free(shown);
	fl_mounts_free(&all);
	return fl_hint(err, "unmount the upper mount, or watch \"all\" or -p PID of the daemon");
}

static int no_answer(const char *spec, int why, struct fl_err *err)
{
	char *shown = fl_escape(spec);

	if (why == EINTR)
		fl_err(err, "interrupted");
	else
		fl_err(err, "%s: its file system does not answer within %d s",
		       shown ? shown : "target", ANSWER_SECONDS);
	free(shown);
	return fl_hint(err, "name the mount point instead: its daemon is not asked");
}

static int resolve_path(struct fl_target *t, const char *spec, struct fl_err *err)
{
	const struct fl_mount *m;
	bool covered;
	__u64 id;
	int fd = fl_open_in_time(spec, ANSWER_SECONDS), saved = errno;

	if (fd < 0 && (saved == ETIMEDOUT || saved == EINTR))
		return no_answer(spec, saved, err);
	if (fl_mounts_read(&t->mounts, false, false, err)) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (fd < 0) {
		/* it may be a mount point in a container */
		if (fl_mounts_read(&t->mounts, true, false, err))
			return -1;
		m = fl_mounts_by_path(&t->mounts, spec);
		if (m)
			return select_mount(t, m) ? fl_err(err, "out of memory") : 0;
		no_fuse_mount(&t->mounts, spec, "cannot be opened", err);
		snprintf(err->what + strlen(err->what), sizeof(err->what) - strlen(err->what),
			 ": %s", strerror(saved));
		return -1;
	}
	id = mount_id_of(fd);
	m = fl_mounts_by_id(&t->mounts, id);
	covered = !m && fl_mounts_by_path(&t->mounts, spec);
	if (!m) {
		if (fl_mounts_read(&t->mounts, true, false, err)) {
			close(fd);
			return -1;
		}
		/*
		 * the path leads through /proc/PID/root, or only another namespace has a FUSE mount
		 * there
		 */
		m = fl_mounts_by_dev(&t->mounts, fl_dev_of(fd));
		if (!m && !covered)
			m = fl_mounts_by_path(&t->mounts, spec);
	}
	if (!m) {
		close(fd);
		if (covered)
			return is_covered(spec, id, err);
		return no_fuse_mount(&t->mounts, spec, "is not on a FUSE mount", err);
	}
	if (select_mount(t, m)) {
		close(fd);
		return fl_err(err, "out of memory");
	}
	if (m->id == id || m->dev == fl_dev_of(fd))
		narrow_to_file(t, fd);
	close(fd);
	return 0;
}

static void add_dev(struct fl_target *t, __u32 dev, bool *full)
{
	for (__u32 i = 0; i < t->ndevs; i++)
		if (t->dev[i] == dev)
			return;
	if (t->ndevs < FL_MAX_DEVS)
		t->dev[t->ndevs++] = dev;
	else
		*full = true;
}

/* The process of a thread; pid itself if it is a process, or gone. */
static pid_t process_of(pid_t pid)
{
	char path[32], status[2048], *line;
	pid_t leader;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	line = fl_read_proc(path, status, sizeof(status)) ? strstr(status, "\nTgid:") : NULL;
	return line && sscanf(line, " Tgid: %d", &leader) == 1 ? leader : pid;
}

static int resolve_pid(struct fl_target *t, pid_t pid, struct fl_err *err)
{
	struct fl_open_files files = {};
	bool full = false, cut;

	if (kill(pid, 0) && errno == ESRCH) {
		fl_err(err, "there is no process %d", pid);
		return fl_hint(err, "'fuselens files' lists every open FUSE file with its PID");
	}
	pid = t->pid = process_of(pid);
	if (fl_mounts_read(&t->mounts, true, false, err) || fl_open_files_read(&files, pid, err)) {
		fl_open_files_free(&files);
		return -1;
	}
	for (size_t i = 0; i < files.n; i++)
		if (files.file[i].rec.pid == (__u32)pid && files.file[i].rec.kind == FL_FILE_DEV)
			add_dev(t, files.file[i].rec.dev, &full);
	t->kind = t->ndevs ? FL_TARGET_DAEMON : FL_TARGET_WRITER;
	/* it may open files on further mounts, so its writes to any count */
	for (size_t i = 0; !t->ndevs && i < files.n; i++)
		if (files.file[i].rec.pid == (__u32)pid && files.file[i].rec.kind == FL_FILE_OPEN)
			t->tgid = (pid_t)files.file[i].rec.global_pid;
	cut = files.cut;
	fl_open_files_free(&files);
	if (asprintf(&t->name, "%s %d", t->tgid ? "process" : "daemon", pid) < 0)
		t->name = NULL;
	if (full)
		return fl_err(err, "process %d has more than %d FUSE mounts", pid, FL_MAX_DEVS),
		       fl_hint(err, "name one of the mounts, or watch \"all\"");
	if (cut)
		return fl_err(err,
			      "process %d has more descriptors than can be listed: which mounts it serves is not known",
			      pid),
		       fl_hint(err, "name one of the mounts, or watch \"all\"");
	if (!t->ndevs && !t->tgid)
		return fl_err(err, "process %d serves no FUSE mount and has no file open on one",
			      pid),
		       fl_hint(err, "'fuselens files' lists every open FUSE file with its PID");
	return 0;
}

bool fl_target_selects(const struct fl_target *t, __u32 dev, __u64 ino, __u64 nodeid,
		       __u32 generation)
{
	if (t->ino && t->ino != ino)
		return false;
	if (t->ino && t->nodeid && nodeid && (t->nodeid != nodeid || t->generation != generation))
		return false;
	for (__u32 i = 0; i < t->ndevs; i++)
		if (t->dev[i] == dev)
			return true;
	return !t->ndevs;
}

int fl_target_resolve(struct fl_target *t, const char *spec, pid_t pid, struct fl_err *err)
{
	memset(t, 0, sizeof(*t));
	if (pid)
		return resolve_pid(t, pid, err);
	if (!strcmp(spec, "all")) {
		t->kind = FL_TARGET_ALL;
		t->name = strdup("all FUSE mounts");
		return fl_mounts_read(&t->mounts, true, false, err);
	}
	return resolve_path(t, spec, err);
}

int fl_target_of_family(struct fl_target *t, pid_t pid, struct fl_err *err)
{
	memset(t, 0, sizeof(*t));
	t->kind = FL_TARGET_WRITER;
	t->family = process_of(pid);
	if (asprintf(&t->name, "process %d and its descendants", pid) < 0)
		t->name = NULL;
	if (kill(pid, 0) && errno == ESRCH) {
		fl_err(err, "there is no process %d", pid);
		return fl_hint(err, "'fuselens files' lists every open FUSE file with its PID");
	}
	return fl_mounts_read(&t->mounts, true, false, err);
}

void fl_target_free(struct fl_target *t)
{
	free(t->name);
	fl_mounts_free(&t->mounts);
	if (t->held)
		close(t->held);
	memset(t, 0, sizeof(*t));
}
