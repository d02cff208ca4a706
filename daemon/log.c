// SPDX-License-Identifier: GPL-2.0-only
/* Messages to people; see log.h. */
#include "log.h"

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 17)
#include <fuse_lowlevel.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_log.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "path.h"

#define PROGRAM "fuselens-passthroughd"

static bool use_syslog;

/*
 * Messages that are still to be written. A log may lie on a file system that stops answering, a terminal may be held,
 * and syslog may not read: only the thread that writes may wait for these.
 */
#define MAX_LINES 256

struct line {
	struct line *next;
	int priority;
	char text[];
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool has_thread;
	struct line *first, **last;
	unsigned int lines; /* with the one that is being written */
	unsigned int dropped;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

int log_open(const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	const char *name;
	int dir = path_open_parent(path, &name);
	int fd = dir >= 0 ? openat(dir, name, flags, 0644) : -1, err = errno;
	struct stat st;

	if (dir >= 0)
		close(dir);
	errno = err;
	if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISFIFO(st.st_mode))
		return fd;
	if (fd >= 0) {
		close(fd);
		errno = EINVAL;
	}
	return -1;
}

void log_to_syslog(void)
{
	openlog(PROGRAM, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	use_syslog = true;
}

/* Not by stdio: at the end exit(3) would wait for a stream in which a thread is stuck. */
static void emit(int priority, const char *text)
{
	size_t len = strlen(text);

	if (use_syslog) {
		syslog(priority, "%s", text);
		return;
	}
	while (len) {
		ssize_t n = write(STDERR_FILENO, text, len);

		if (n < 0 && errno != EINTR)
			return;
		text += n > 0 ? n : 0;
		len -= n > 0 ? n : 0;
	}
}

/* Takes the next message off the queue; NULL if none is there. */
static struct line *next_line(void)
{
	struct line *line = queue.first;

	if (!line)
		return NULL;
	queue.first = line->next;
	if (!queue.first)
		queue.last = &queue.first;
	return line;
}

static void tell_dropped(unsigned int dropped)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "%s%u messages were dropped: where they go took none in time%s",
		 use_syslog ? "" : PROGRAM ": ", dropped, use_syslog ? "" : "\n");
	emit(LOG_ERR, text);
}

static void *log_main(void *arg)
{
	pthread_mutex_lock(&queue.lock);
	for (;;) {
		struct line *line = next_line();
		unsigned int dropped = queue.dropped;

		if (!line && !dropped) {
			pthread_cond_wait(&queue.changed, &queue.lock);
			continue;
		}
		pthread_mutex_unlock(&queue.lock);
		if (line)
			emit(line->priority, line->text);
		else
			tell_dropped(dropped);
		pthread_mutex_lock(&queue.lock);
		if (line)
			queue.lines--;
		else
			queue.dropped -= dropped;
		free(line);
		pthread_cond_broadcast(&queue.changed);
	}
	return NULL;
}

static void put(int priority, const char *text)
{
	struct line *line = NULL;

	pthread_mutex_lock(&queue.lock);
	if (!queue.has_thread) {
		pthread_mutex_unlock(&queue.lock);
		emit(priority, text);
		return;
	}
	if (queue.lines < MAX_LINES)
		line = malloc(sizeof(*line) + strlen(text) + 1);
	if (line) {
		*line = (struct line){.priority = priority};
		strcpy(line->text, text);
		*queue.last = line;
		queue.last = &line->next;
		queue.lines++;
	} else {
		queue.dropped++;
	}
	pthread_cond_broadcast(&queue.changed);
	pthread_mutex_unlock(&queue.lock);
}

void log_start(void)
{
	pthread_t thread;

	queue.last = &queue.first;
	if (pthread_create(&thread, NULL, log_main, NULL) != 0)
		return;
	pthread_detach(thread);
	pthread_mutex_lock(&queue.lock);
	queue.has_thread = true;
	pthread_mutex_unlock(&queue.lock);
}

void log_end(int seconds)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += seconds;
	pthread_mutex_lock(&queue.lock);
	while ((queue.lines || queue.dropped) &&
	       pthread_cond_timedwait(&queue.changed, &queue.lock, &end) == 0)
		;
	pthread_mutex_unlock(&queue.lock);
}

void log_line(const char *fmt, ...)
{
	char text[1024], line[sizeof(text) + sizeof(PROGRAM) + 4];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (use_syslog)
		snprintf(line, sizeof(line), "%s", text);
	else
		snprintf(line, sizeof(line), PROGRAM ": %s\n", text);
	put(LOG_NOTICE, line);
}

void log_failure(int err, const char *hint, const char *what, ...)
{
	char text[1024], reason[128] = "", lines[2048];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	if (err)
		snprintf(reason, sizeof(reason), ": %s", strerrordesc_np(err) ?: "unknown error");
	if (use_syslog)
		snprintf(lines, sizeof(lines), "%s%s%s%s", text, reason, hint ? "; hint: " : "",
			 hint ?: "");
	else
		snprintf(lines, sizeof(lines), PROGRAM ": %s%s\n%s%s%s", text, reason,
			 hint ? "hint: " : "", hint ?: "", hint ? "\n" : "");
	put(LOG_ERR, lines);
}

static void from_libfuse(enum fuse_log_level level, const char *fmt, va_list args)
{
	char text[1024];
	const char *from = text;
	size_t len;

	vsnprintf(text, sizeof(text), fmt, args);
	if (level == FUSE_LOG_DEBUG) {
		fputs(text, stderr); /* -d: as libfuse formats it */
		return;
	}
	len = strlen(text);
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	if (strncmp(from, "fuse: ", 6) == 0)
		from += 6;
	log_line("%s", from);
}

void log_libfuse(void)
{
	fuse_set_log_func(from_libfuse);
}

const char *log_name(const char *name, char *buf, size_t size)
{
	size_t n = 0;

	for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
		bool plain = *c >= 0x20 && *c < 0x7f && *c != '\\' && *c != '"' && *c != '\'';

		if (n + (plain ? 1 : 4) + sizeof("...") > size) {
			memcpy(buf + n, "...", sizeof("..."));
			return buf;
		}
		if (plain)
			buf[n++] = *c;
		else
			n += sprintf(buf + n, "\\x%02x", *c);
	}
	buf[n] = '\0';
	return buf;
}
