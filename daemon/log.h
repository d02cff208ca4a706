/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages to people: on stderr, or in the log once the daemon is in the background. */
#ifndef FUSELENS_DAEMON_LOG_H
#define FUSELENS_DAEMON_LOG_H

#include <stddef.h>

/*
 * Opens the file for messages, which may lie where others can plant a link, or a pipe that nobody reads. Returns -1
 * with errno; ELOOP for a link of another user on the way, and for any at the end.
 */
int log_open(const char *path);

/* From here on messages go to syslog instead of stderr. */
void log_to_syslog(void);

/*
 * From here on a thread of its own writes the messages, and nobody else waits for where they go. Those for which there
 * is no room are counted, and their number is told. Call it once, when nobody else logs.
 */
void log_start(void);
/* Waits until the messages are written, for @seconds at most. */
void log_end(int seconds);

/* One line; the program's name is put before it. */
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "what: why", then, unless @hint is NULL, a line that says what to do. @err may be 0. */
void log_failure(int err, const char *hint, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* libfuse's own messages go the same way. */
void log_libfuse(void);

/*
 * Makes a name safe to show: control characters, quotes, backslashes and bytes above 0x7e become
 * \xHH. The text always ends with a zero; a name that does not fit ends with "...". Returns @buf.
 */
const char *log_name(const char *name, char *buf, size_t size);

#endif
