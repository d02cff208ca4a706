// SPDX-License-Identifier: GPL-2.0-only
#include "bench/stall.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/file.h"
#include "util/processes.h"

#define LOOKS 10 /* as many in the time that a stall lasts, but one a second at most */

struct look {
	pid_t fio;
	__u64 leader, others; /* change when the thread has run, or one of these threads */
	size_t nothers;
};

static __u64 number_after(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/*
 * A number that grows when the thread runs: how often it was switched to, and, for one that polls and is never
 * switched away from, its time. Returns false for a thread of the kernel's that serves io_uring: an idle one wakes up
 * now and then.
 */
static bool has_run(pid_t pid, pid_t tid, __u64 *number)
{
	char path[64], text[4096], *name;
	unsigned long long user = 0, system = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	if (!fl_read_proc(path, text, sizeof(text)) || !strncmp(text, "Name:\tiou-", 10))
		return false;
	*number = number_after(text, "\nvoluntary_ctxt_switches:\t") +
		  number_after(text, "\nnonvoluntary_ctxt_switches:\t");
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	name = fl_read_proc(path, text, sizeof(text)) ? strrchr(text, ')') : NULL;
	/* proc_pid_stat(5): state is field 3, utime is 14 */
	if (name)
		sscanf(name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
		       &system);
	*number += user + system;
	return true;
}

/*
 * The main thread of fio and the one that it makes first, which keeps its statistics, wake up all the time. All others
 * do I/O.
 */
static void look_at(pid_t pid, struct look *l)
{
	pid_t tid[4096], helper = 0;
	struct dirent *d;
	char path[32];
	size_t n = 0;
	DIR *threads;
	__u64 number;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	while (threads && n < sizeof(tid) / sizeof(tid[0]) && (d = readdir(threads)))
		if (isdigit((unsigned char)d->d_name[0]))
			tid[n++] = atoi(d->d_name);
	if (threads)
		closedir(threads);
	for (size_t i = 0; i < n && pid == l->fio; i++)
		if (tid[i] != pid && (!helper || tid[i] < helper))
			helper = tid[i];
	for (size_t i = 0; i < n; i++) {
		if (tid[i] == helper || !has_run(pid, tid[i], &number))
			continue;
		if (tid[i] == l->fio) {
			l->leader = number;
		} else {
			l->others += number;
			l->nothers++;
		}
	}
}

static bool look_at_one(pid_t pid, void *arg)
{
	look_at(pid, arg);
	return true;
}

void fl_stall_begin(struct fl_stall *s, pid_t fio, double quiet)
{
	*s = (struct fl_stall){.fio = fio};
	s->moved_ns = s->looked_ns = fl_now_ns() + (__u64)(quiet * 1e9);
}

bool fl_stall_lasts(struct fl_stall *s, double seconds)
{
	struct look l = {.fio = s->fio};
	__u64 now = fl_now_ns(), every = seconds > LOOKS ? 1000000000 : seconds * 1e9 / LOOKS;

	if (now < s->looked_ns + every)
		return false;
	fl_processes_below(s->fio, look_at_one, &l);
	/* the main thread by itself does I/O, too, before the jobs begin and after they end; or it waits for a job */
	if (l.others != s->others || (!l.nothers && l.leader != s->leader))
		s->moved_ns = now;
	s->looked_ns = now;
	s->leader = l.leader;
	s->others = l.others;
	return now > s->moved_ns + (__u64)(seconds * 1e9);
}
