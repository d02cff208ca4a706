// SPDX-License-Identifier: GPL-2.0-only
#include "util/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "util/array.h"
#include "util/clock.h"
#include "util/file.h"

/* Its inode number: PROC_PID_INIT_INO of include/linux/proc_ns.h. */
#define FIRST_PID_NS 0xeffffffcul

bool fl_in_first_pid_namespace(void)
{
	struct stat st;

	return !stat("/proc/self/ns/pid", &st) && st.st_ino == FIRST_PID_NS;
}

/* Calls fn for each process until fn returns false. */
static void each_process(bool (*fn)(pid_t pid, void *arg), void *arg)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;

	while (proc && (d = readdir(proc)))
		if (isdigit((unsigned char)d->d_name[0]) && !fn(atoi(d->d_name), arg))
			break;
	if (proc)
		closedir(proc);
}

/* The state and the parent of a process or thread, from its stat file. Returns false where it is gone. */
static bool read_stat(const char *path, char *state, int *parent)
{
	char stat[512], *p;

	if (!fl_read_proc(path, stat, sizeof(stat)))
		return false;
	/* the name before it may contain anything, so search after the last ')' */
	p = strrchr(stat, ')');
	return p && sscanf(p + 1, " %c %d", state, parent) == 2;
}

static pid_t parent_of(pid_t pid)
{
	char path[32], state;
	int parent;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return read_stat(path, &state, &parent) ? parent : 0;
}

bool fl_process_is_held(pid_t pid)
{
	char path[64], state;
	struct dirent *d;
	bool held = false;
	int parent;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	while (threads && !held && (d = readdir(threads))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%.20s/stat", pid, d->d_name);
		held = read_stat(path, &state, &parent) && state == 'D';
	}
	if (threads)
		closedir(threads);
	return held;
}

void fl_process_end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	for (int i = 0; i < 50 && waitpid(pid, NULL, WNOHANG) == 0; i++)
		usleep(2000);
}

/* All processes and their parents, as they are found: a parent may come behind its children. */
struct family {
	struct {
		pid_t pid, parent;
		bool below;
	} * one;
	size_t n;
};

static bool add_relative(pid_t pid, void *arg)
{
	struct family *f = arg;

	if (!FL_MORE(f->one, f->n))
		return false;
	f->one[f->n].pid = pid;
	f->one[f->n].parent = parent_of(pid);
	f->one[f->n++].below = false;
	return true;
}

/* Marks the children of those that are marked. Returns whether there were any new ones. */
static bool mark_children(struct family *f)
{
	bool any = false;

	for (size_t i = 0; i < f->n; i++) {
		if (!f->one[i].below)
			continue;
		for (size_t k = 0; k < f->n; k++) {
			any |= f->one[k].parent == f->one[i].pid && !f->one[k].below;
			f->one[k].below |= f->one[k].parent == f->one[i].pid;
		}
	}
	return any;
}

void fl_processes_below(pid_t pid, bool (*fn)(pid_t pid, void *arg), void *arg)
{
	struct family f = {};

	each_process(add_relative, &f);
	for (size_t i = 0; i < f.n; i++)
		f.one[i].below = f.one[i].pid == pid;
	while (mark_children(&f))
		;
	for (size_t i = 0; i < f.n; i++)
		if (f.one[i].below && !fn(f.one[i].pid, arg))
			break;
	free(f.one);
}

struct children {
	pid_t *pid;
	size_t n;
};

static bool add_child(pid_t pid, void *arg)
{
	struct children *c = arg;

	if (parent_of(pid) == getpid())
		c->pid[c->n++] = pid;
	return c->n < FL_MAX_CHILDREN;
}

size_t fl_processes_children(pid_t child[FL_MAX_CHILDREN])
{
	struct children c = {.pid = child};

	each_process(add_child, &c);
	return c.n;
}

static bool is_one_of(pid_t pid, const pid_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == pid)
			return true;
	return false;
}

/* How much longer killed processes have that only wait for a processor. */
#define BUSY_NS 60000000000ull

size_t fl_processes_end_children(const pid_t *but, size_t n, double seconds)
{
	__u64 end = fl_now_ns() + (__u64)(seconds * 1e9);
	pid_t child[FL_MAX_CHILDREN];

	for (;;) {
		size_t found = fl_processes_children(child), left = 0, held = 0;
		__u64 now = fl_now_ns();

		for (size_t i = 0; i < found; i++) {
			if (is_one_of(child[i], but, n))
				continue;
			kill(child[i], SIGKILL);
			left++;
			held += now >= end && fl_process_is_held(child[i]);
		}
		if (!left || (now >= end && held == left) || now >= end + BUSY_NS)
			return left;
		for (size_t i = 0; i < found; i++)
			if (!is_one_of(child[i], but, n))
				waitpid(child[i], NULL, WNOHANG);
		usleep(now < end ? 2000 : 50000);
	}
}

static __u64 mount_of(int fd)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &stx) ||
	    !(stx.stx_mask & STATX_MNT_ID))
		return 0;
	return stx.stx_mnt_id;
}

static bool end_one_in(pid_t pid, void *arg)
{
	const __u64 *mount = arg;
	char path[32], link[2];
	int process, cwd = -1;
	ssize_t n;

	if (pid == getpid())
		return true;
	/* keep the process by a descriptor while it is examined, so that its PID is not reused */
	process = pidfd_open(pid, 0);
	snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
	n = readlink(path, link, sizeof(link));
	/* the path in a mount attached nowhere is "/"; skip others, whose server may not answer */
	if (process >= 0 && n == 1)
		cwd = open(path, O_PATH | O_CLOEXEC);
	if (cwd >= 0 && mount_of(cwd) == *mount)
		pidfd_send_signal(process, SIGKILL, NULL, 0);
	if (cwd >= 0)
		close(cwd);
	if (process >= 0)
		close(process);
	return true;
}

void fl_processes_end_in(int base, int dir)
{
	__u64 mount = mount_of(dir);

	if (mount && mount != mount_of(base))
		each_process(end_one_in, &mount);
}
