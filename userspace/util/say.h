/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages on stderr; but not help, nor what print.c files show there. A message may hold names, fio's words or
 * text of a result directory, so whatever a terminal would act on comes out as \xNN.
 *
 * And the standard streams: none is closed while we run, and a command fails when not all of its stdout could be
 * written.
 */
#ifndef FL_SAY_H
#define FL_SAY_H

#include <stdbool.h>

/* One line; the newline is added. */
void fl_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Rewrites the last line, where stderr is a terminal. The next message removes it, or fl_say_progress_end() does. */
void fl_say_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void fl_say_progress_end(void);

/*
 * From now on a thread writes the messages, because a terminal may be held and a pipe full, and who serves others must
 * not wait for that. 256 messages wait at most; how many were dropped is told once there is room. Without a thread all
 * stays as it was.
 */
void fl_say_apart(void);
/* To be called before the end: waits until the messages are written, a second at most. */
void fl_say_apart_end(void);

/*
 * To be called first: a stream that the caller had closed becomes one that reads as empty and refuses
 * what is written, so that no file of ours gets its number.
 */
void fl_streams_open(void);
/* Makes it no failure that the reader of stdout went away: fl_streams_close() then says nothing of it. */
void fl_streams_forgive(void);
/* To be called last. Returns code, or failed with a message when stdout did not take all that was written. */
int fl_streams_close(int code, int failed);

#endif
