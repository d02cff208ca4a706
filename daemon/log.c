// SPDX-License-Identifier: GPL-2.0-only
/* Messages to people; see log.h. */
#include "log.h"

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 17)
#include <fuse_lowlevel.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_log.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "path.h"

#define PROGRAM "fuselens-passthroughd"

static bool use_syslog;

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

void log_line(const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (use_syslog)
		syslog(LOG_NOTICE, "%s", text);
	else
		fprintf(stderr, PROGRAM ": %s\n", text);
}

void log_failure(int err, const char *hint, const char *what, ...)
{
	char text[1024], reason[128] = "";
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	if (err)
		snprintf(reason, sizeof(reason), ": %s", strerrordesc_np(err) ?: "unknown error");
	if (use_syslog) {
		syslog(LOG_ERR, "%s%s%s%s", text, reason, hint ? "; hint: " : "", hint ?: "");
		return;
	}
	fprintf(stderr, PROGRAM ": %s%s\n", text, reason);
	if (hint)
		fprintf(stderr, "hint: %s\n", hint);
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
