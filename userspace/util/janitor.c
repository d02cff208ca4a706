// SPDX-License-Identifier: GPL-2.0-only
#include "util/janitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "util/clock.h"
#include "util/interrupt.h"
#include "util/own_links.h"
#include "util/pass_fds.h"
#include "util/processes.h"

/*
 * Requests of the command, one byte each. End of file means the last one: the command was killed.
 */
enum {
	ORDER_EMPTY = 'e',
	ORDER_KEEP = 'k',
	ORDER_REMOVE = 'r',
};

/* Answers of the janitor. The first one carries the two descriptors. */
struct answer {
	struct fl_err err;
	bool failed;
	char name[FL_OWN_NAME];
	__u64 free_bytes;
};

/* Tries for a while, because workers that are dying may still make files. */
static int clear_away(int base, const char *name, int dir)
{
	for (int tries = 0; tries < 100; tries++) {
		fl_processes_end_in(base, dir);
		if (!fl_below_own_remove(base, name, dir) || errno == ENOENT)
			return 0;
		if (errno == EOVERFLOW)
			break;
		usleep(50000);
	}
	return -1;
}

/* Fills shared, which tells the janitor the name before the directory is made. */
static int make(const char *path, const char *prefix, struct answer *shared, int *fds)
{
	struct statvfs fs;
	uid_t stranger;

	fds[0] = fl_open_by_own_links(path, O_PATH | O_DIRECTORY, 0, &stranger);
	if (fds[0] < 0)
		return fl_own_links_errno(&shared->err, errno, stranger, "%s", path);
	fds[1] = fl_below_own(fds[0], prefix, shared->name, &shared->err);
	if (fds[1] < 0) {
		struct fl_err why = shared->err;

		return fl_err(&shared->err, "%s: %s", path, why.what);
	}
	if (!fstatvfs(fds[1], &fs))
		shared->free_bytes = (__u64)fs.f_bavail * fs.f_frsize;
	return 0;
}

/* Whether the command is gone, or has given up waiting. */
static bool is_given_up(int line)
{
	struct pollfd p = {.fd = line, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

#define UNDO_SECONDS 60

/*
 * The directory may have been made after nobody waited for it any more: the kernel withdraws a request
 * of a killed process only if the file system has not taken it up. Its name is secret, and rmdir removes
 * nothing but empty directories. A file system that does not answer is not asked for ever.
 */
static void undo(const char *path, const char *name)
{
	uid_t stranger;
	int base;

	if (!name[0])
		return;
	signal(SIGALRM, SIG_DFL);
	alarm(UNDO_SECONDS);
	base = fl_open_by_own_links(path, O_PATH | O_DIRECTORY, 0, &stranger);
	if (base >= 0)
		unlinkat(base, name, AT_REMOVEDIR);
}

/*
 * Lets a child ask the file system, so that the janitor notices when it is not needed any more. Returns 0
 * with both descriptors, or -1 with a->err set; does not return if the command has given up.
 */
static int make_in_child(int line, const char *path, const char *prefix, struct answer *a, int *fds)
{
	struct answer *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct pollfd p = {.events = POLLIN};
	int pair[2] = {-1, -1};
	pid_t child = -1;
	char byte;

	if (shared != MAP_FAILED && !socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		child = fork();
	if (child < 0)
		return fl_errno(&a->err, errno, "cannot fork");
	if (!child) {
		int failed;

		close(line); /* its end tells the command that the janitor is gone */
		failed = make(path, prefix, shared, fds);
		_exit(fl_pass_fds(pair[1], "", 1, fds, failed ? 0 : 2) || failed);
	}
	close(pair[1]);
	p.fd = pair[0];
	while (poll(&p, 1, 50) <= 0) {
		if (!is_given_up(line))
			continue;
		kill(child, SIGKILL);
		waitpid(child, NULL, 0); /* as long as the file system is at it */
		undo(path, shared->name);
		_exit(1);
	}
	*a = *shared;
	if (fl_receive_fds(pair[0], &byte, 1, fds, 2) || (fds[1] < 0 && !a->err.what[0]))
		fl_err(&a->err, "the process that makes the directory has died");
	close(pair[0]);
	waitpid(child, NULL, 0);
	return fds[1] < 0 ? -1 : 0;
}

static void janitor(int line, const char *path, const char *prefix)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
	struct answer a = {};
	int fds[2] = {-1, -1};
	char order;
	ssize_t n;

	/* Ctrl-C is for the command; the janitor ends after it */
	setsid();
	/* close other descriptors, too: another janitor's socket may be open only in the command */
	close_range(3, line - 1, 0);
	close_range(line + 1, ~0u, 0);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	a.failed = make_in_child(line, path, prefix, &a, fds);
	if (fl_pass_fds(line, &a, sizeof(a), fds, a.failed ? 0 : 2)) {
		if (!a.failed)
			clear_away(fds[0], a.name, fds[1]);
		_exit(1);
	}
	if (a.failed)
		_exit(1);
	while ((n = read(line, &order, 1)) == 1 && order == ORDER_EMPTY) {
		a.failed = fl_below_empty(fds[1]);
		if (a.failed)
			fl_errno(&a.err, errno, "cannot empty %s", a.name);
		fl_pass_fds(line, &a, sizeof(a), NULL, 0);
	}
	_exit(n == 1 && order == ORDER_KEEP ? 0 : clear_away(fds[0], a.name, fds[1]) != 0);
}

/* Waits for an answer. Returns -1 with err set if the janitor is gone or was given up. */
static int await(struct fl_janitor *k, struct answer *a, int *fds, const char *what, double seconds,
		 struct fl_err *err)
{
	struct pollfd p = {.fd = k->line, .events = POLLIN};
	__u64 end = fl_now_ns() + (__u64)(seconds * 1e9);
	int ready = 0;

	while (!ready && !fl_interrupted && fl_now_ns() < end)
		ready = poll(&p, 1, 100) > 0;
	if (ready && !fl_receive_fds(k->line, a, sizeof(*a), fds, 2)) {
		if (a->failed)
			*err = a->err;
		return a->failed ? -1 : 0;
	}
	if (ready)
		return fl_err(err, "the process that cleans up afterwards is gone");
	if (fl_interrupted)
		return fl_err(err, "interrupted");
	fl_err(err, "%s does not answer: %s takes longer than %.0f s", what,
	       fds ? "making a directory there" : "removing files there", seconds);
	return fl_hint(err, "'fuselens files' shows the mount without asking its daemon");
}

/* The janitor goes on until nothing is left, if need be without the command. */
static void give_up(struct fl_janitor *k)
{
	close(k->line);
	for (int i = 0; i < 50 && waitpid(k->pid, NULL, WNOHANG) == 0; i++)
		usleep(10000);
	k->line = -1;
	k->pid = 0;
}

int fl_janitor_start(struct fl_janitor *k, const char *path, const char *prefix, double seconds,
		     struct fl_err *err)
{
	struct answer a;
	int line[2], fds[2] = {-1, -1};

	*k = (struct fl_janitor){.line = -1, .base = -1, .dir = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line))
		return fl_errno(err, errno, "cannot make a socket pair");
	k->pid = fork();
	if (!k->pid) {
		close(line[0]);
		janitor(line[1], path, prefix);
	}
	close(line[1]);
	k->line = line[0];
	if (k->pid < 0) {
		k->pid = 0;
		return fl_errno(err, errno, "cannot fork");
	}
	if (await(k, &a, fds, path, seconds, err)) {
		give_up(k);
		return -1;
	}
	k->base = fds[0];
	k->dir = fds[1];
	memcpy(k->name, a.name, sizeof(k->name));
	k->free_bytes = a.free_bytes;
	return 0;
}

int fl_janitor_empty(struct fl_janitor *k, double seconds, struct fl_err *err)
{
	const char order = ORDER_EMPTY;
	struct answer a;

	if (send(k->line, &order, 1, MSG_NOSIGNAL) != 1)
		return fl_err(err, "the process that cleans up afterwards is gone");
	return await(k, &a, NULL, k->name, seconds, err);
}

void fl_janitor_forget(struct fl_janitor *k)
{
	if (k->line >= 0)
		close(k->line);
	k->line = -1;
}

int fl_janitor_finish(struct fl_janitor *k, bool keep, double seconds)
{
	__u64 end = fl_now_ns() + (__u64)(seconds * 1e9);
	const char order = keep ? ORDER_KEEP : ORDER_REMOVE;
	int status = 0;

	if (k->pid <= 0)
		return 0;
	send(k->line, &order, 1, MSG_NOSIGNAL);
	fl_janitor_forget(k);
	close(k->base);
	close(k->dir);
	do {
		if (waitpid(k->pid, &status, WNOHANG) == k->pid) {
			k->pid = 0;
			return status ? -1 : 0;
		}
		usleep(10000);
	} while (fl_now_ns() < end);
	return -1;
}
