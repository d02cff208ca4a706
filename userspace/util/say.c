// SPDX-License-Identifier: GPL-2.0-only
#include "util/say.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/text.h"

static bool progress_shown, forgiven;

#define MAX_WAITING 256

/* Messages for the thread that writes; see fl_say_apart(). */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pid_t process; /* that has the thread; 0: none has */
	char *text[MAX_WAITING];
	size_t first, n; /* with the one that is being written */
	size_t dropped;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* Not by stdio: the end of the process would wait for a stream in which a thread is stuck. */
static void write_out(const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(STDERR_FILENO, text, left);

		if (n < 0 && errno != EINTR)
			return;
		text += n > 0 ? n : 0;
		left -= n > 0 ? n : 0;
	}
}

static void *write_queued(void *arg)
{
	pthread_mutex_lock(&queue.lock);
	for (;;) {
		char told[80], *text;
		size_t dropped;

		while (!queue.n && !queue.dropped)
			pthread_cond_wait(&queue.changed, &queue.lock);
		text = queue.n ? queue.text[queue.first] : NULL;
		dropped = text ? 0 : queue.dropped;
		pthread_mutex_unlock(&queue.lock);
		snprintf(told, sizeof(told),
			 "fuselens: %zu messages were dropped: nothing took them\n", dropped);
		write_out(text ? text : told);
		free(text);
		pthread_mutex_lock(&queue.lock);
		queue.dropped -= dropped;
		if (text) {
			queue.first = (queue.first + 1) % MAX_WAITING;
			queue.n--;
		}
		pthread_cond_broadcast(&queue.changed);
	}
	return NULL;
}

/* Takes the text over. */
static void say_queued(char *text)
{
	pthread_mutex_lock(&queue.lock);
	if (queue.n < MAX_WAITING && text) {
		queue.text[(queue.first + queue.n++) % MAX_WAITING] = text;
	} else {
		queue.dropped++;
		free(text);
	}
	pthread_cond_broadcast(&queue.changed);
	pthread_mutex_unlock(&queue.lock);
}

void fl_say_apart(void)
{
	sigset_t all, before;
	pthread_t thread;

	/* signals are for the thread that serves */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!pthread_create(&thread, NULL, write_queued, NULL)) {
		pthread_detach(thread);
		queue.process = getpid();
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void fl_say_apart_end(void)
{
	struct timespec until;

	if (!queue.process)
		return;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	pthread_mutex_lock(&queue.lock);
	while ((queue.n || queue.dropped) &&
	       !pthread_cond_timedwait(&queue.changed, &queue.lock, &until))
		;
	pthread_mutex_unlock(&queue.lock);
}

static void put(const char *before, const char *after, const char *fmt, va_list ap)
{
	char *text = NULL, *safe, *line = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		return;
	safe = fl_safe(text);
	/* a child has no such thread */
	if (queue.process && queue.process == getpid()) {
		if (asprintf(&line, "%s%s%s", before, safe ? safe : "out of memory", after) < 0)
			line = NULL;
		say_queued(line);
	} else {
		fprintf(stderr, "%s%s%s", before, safe ? safe : "out of memory", after);
		fflush(stderr);
	}
	free(safe);
	free(text);
}

void fl_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(progress_shown ? "\r\033[K" : "", "\n", fmt, ap);
	va_end(ap);
	progress_shown = false;
}

void fl_say_progress(const char *fmt, ...)
{
	va_list ap;

	if (!isatty(STDERR_FILENO))
		return;
	va_start(ap, fmt);
	put("\r\033[K", "", fmt, ap);
	va_end(ap);
	progress_shown = true;
}

void fl_say_progress_end(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	progress_shown = false;
}

void fl_streams_open(void)
{
	/*
	 * Each open gets the lowest free number, which is the missing stream's. The files are
	 * read-only, so that output to stdout fails visibly.
	 */
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			/* without /dev: a descriptor that can be neither read nor written */
			(void)!open("/", O_PATH);
}

void fl_streams_forgive(void)
{
	forgiven = true;
}

int fl_streams_close(int code, int failed)
{
	bool lost;

	if (forgiven)
		return code;
	errno = 0;
	lost = fflush(stdout) || ferror(stdout);
	if (!lost)
		lost = fclose(stdout);
	if (!lost)
		return code;
	fl_say("fuselens: the result could not be written to stdout%s%s", errno ? ": " : "",
	       errno ? strerror(errno) : "");
	return failed;
}
