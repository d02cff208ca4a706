// SPDX-License-Identifier: GPL-2.0-only
#include "verify/hang.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cmd.h"
#include "util/file.h"
#include "util/processes.h"
#include "util/text.h"

#define MAX_FRAMES 8
#define MAX_TASKS  8

void fl_hang_frames(const char *stack, char *buf, size_t len)
{
	size_t used = 0;
	int frames = 0;

	buf[0] = '\0';
	/* each line is "[<0>] function+0x12/0x34" */
	while (*stack && frames < MAX_FRAMES) {
		const char *name = strstr(stack, "] "), *eol = strchrnul(stack, '\n');

		if (name && name < eol) {
			int n = strcspn(name + 2, "+\n");

			used += snprintf(buf + used, len - used, "%s%.*s", frames ? " < " : "", n,
					 name + 2);
			if (used >= len)
				return;
			frames++;
		}
		stack = *eol ? eol + 1 : eol;
	}
}

/*
 * Reads state and group from /proc/PID/stat. The name before them may contain anything, so search
 * after the last ')'.
 */
static bool parse_stat(const char *stat, char *state, pid_t *pgrp)
{
	const char *p = strrchr(stat, ')');
	int ppid;

	return p && sscanf(p + 1, " %c %d %d", state, &ppid, pgrp) == 3;
}

static void describe_task(const char *dir, char *buf, size_t len, size_t *used)
{
	char path[700], stat[512], comm[32], wchan[64], stack[4096], frames[512], state;
	char *shown;
	pid_t pgrp;

	snprintf(path, sizeof(path), "%s/stat", dir);
	if (!fl_read_proc(path, stat, sizeof(stat)) || !parse_stat(stat, &state, &pgrp))
		return;
	snprintf(path, sizeof(path), "%s/comm", dir);
	fl_read_proc(path, comm, sizeof(comm));
	comm[strcspn(comm, "\n")] = '\0';
	snprintf(path, sizeof(path), "%s/wchan", dir);
	fl_read_proc(path, wchan, sizeof(wchan));
	snprintf(path, sizeof(path), "%s/stack", dir);
	fl_read_proc(path, stack, sizeof(stack));
	fl_hang_frames(stack, frames, sizeof(frames));
	shown = fl_escape(comm);
	*used += snprintf(buf + *used, len - *used, "%stask %s (%s), state %c: %s",
			  *used ? "\n" : "", strrchr(dir, '/') + 1, shown ? shown : "?", state,
			  frames[0]			   ? frames
			  : wchan[0] && strcmp(wchan, "0") ? wchan
							   : "not in the kernel");
	if (*used > len - 1)
		*used = len - 1;
	free(shown);
}

/* Calls fn for each process of the group; returns how many there are. */
static int each_of_group(pid_t pgrp, void (*fn)(pid_t pid, void *arg), void *arg)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	int n = 0;

	while (proc && (d = readdir(proc))) {
		char path[300], stat[512], state;
		pid_t of;

		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", d->d_name);
		if (!fl_read_proc(path, stat, sizeof(stat)) || !parse_stat(stat, &state, &of) ||
		    of != pgrp || state == 'Z' || state == 'X')
			continue;
		n++;
		if (fn)
			fn(atoi(d->d_name), arg);
	}
	if (proc)
		closedir(proc);
	return n;
}

struct description {
	char *buf;
	size_t len, used;
	int tasks;
};

static void describe_process(pid_t pid, void *arg)
{
	struct description *d = arg;
	struct dirent *t;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (t = readdir(dir))) {
		char task[600], stat[512], state;
		pid_t of;

		if (!isdigit((unsigned char)t->d_name[0]) || d->tasks >= MAX_TASKS)
			continue;
		snprintf(task, sizeof(task), "%s/%s/stat", path, t->d_name);
		/* a task that waits for a child or a timer does not hang */
		if (!fl_read_proc(task, stat, sizeof(stat)) || !parse_stat(stat, &state, &of))
			continue;
		snprintf(task, sizeof(task), "%s/%s/wchan", path, t->d_name);
		fl_read_proc(task, stat, sizeof(stat));
		if (!strcmp(stat, "do_wait") || strstr(stat, "nanosleep") || strstr(stat, "futex"))
			continue;
		snprintf(task, sizeof(task), "%s/%s", path, t->d_name);
		describe_task(task, d->buf, d->len, &d->used);
		d->tasks++;
	}
	if (dir)
		closedir(dir);
}

void fl_hang_describe(pid_t pgrp, char *buf, size_t len)
{
	struct description d = {.buf = buf, .len = len};

	buf[0] = '\0';
	each_of_group(pgrp, describe_process, &d);
}

bool fl_hang_answers(const char *path, double seconds)
{
	__u64 end = fl_now_ns() + (__u64)(seconds * 1e9);
	pid_t pid = fork();
	struct statx stx;
	int status;

	if (!pid)
		_exit(statx(AT_FDCWD, path, AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &stx) != 0);
	while (pid > 0 && fl_now_ns() < end && !fl_interrupted) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return !status;
		usleep(20000);
	}
	if (pid > 0)
		fl_process_end_child(pid);
	return false;
}

int fl_hang_kill(pid_t child, double seconds)
{
	__u64 end = fl_now_ns() + (__u64)(seconds * 1e9);
	int left;

	for (;;) {
		kill(-child, SIGKILL);
		/* orphans of the group become our children: the command is their subreaper */
		while (waitpid(-child, NULL, WNOHANG) > 0)
			;
		left = each_of_group(child, NULL, NULL);
		if (!left || fl_now_ns() >= end)
			return left;
		usleep(20000);
	}
}
