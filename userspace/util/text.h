/* SPDX-License-Identifier: GPL-2.0-only */
/* Text for people: names made harmless, numbers scaled and grouped, lines wrapped. Pure. */
#ifndef FL_TEXT_H
#define FL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

/*
 * A name from the system as a terminal may show it: control characters, backslashes and bytes that are not
 * UTF-8 become \xNN, \n, \t or \\. The caller frees the result; NULL when out of memory.
 */
char *fl_escape(const char *name);
/* The same, but leaves backslashes alone: for text in which names are escaped already. */
char *fl_safe(const char *text);
/*
 * A name as valid UTF-8 for JSON: bytes that are not UTF-8 become U+FFFD. json-c escapes the
 * rest. The caller frees the result.
 */
char *fl_utf8(const char *name);
/* Writes JSON text with the controls that json-c leaves as they are (DEL, C1, bidirectional ones) as \uNNNN. */
void fl_put_json_text(const char *json, FILE *out);

/* 1234567 as "1,234,567". buf needs 27 bytes; returns buf. */
char *fl_grouped(__u64 n, char *buf, size_t len);
/* Bytes with a binary unit: "1.6 GiB". */
char *fl_bytes(__u64 bytes, char *buf, size_t len);
/*
 * A name as one word of a shell's command line, in quotes where it needs them: for commands that are to be
 * copied. The caller frees it; NULL when out of memory.
 */
char *fl_shell_word(const char *name);
/* Nanoseconds with a unit: "980 ns", "1.2 us", "3.4 ms", "5.6 s". */
char *fl_duration(__u64 ns, char *buf, size_t len);
/* "0", "7.5", "315", "315.2k", "1.2M": at most six characters. */
char *fl_scaled(double n, char *buf, size_t len);
/* fl_duration() in five characters: "512ns", "1.0ms", "131us". */
char *fl_short_duration(__u64 ns, char *buf, size_t len);
/* part of whole: "12.3 %". Only all of it is "100.0 %", and only none "0.0 %". "-" where whole is 0. */
char *fl_percent(__u64 part, __u64 whole, char *buf, size_t len);

#define FL_TEXT_WIDTH 80
/* FL_TEXT_WIDTH, or the width of a terminal that is narrower, but 40 at least. */
int fl_text_width(FILE *out);
/* Columns that UTF-8 text takes, at one a character. */
int fl_shown_width(const char *s);
/*
 * Prints words from the current column on and a newline, in lines of fl_text_width() columns where the words
 * allow it; further lines begin at indent. The text must be safe for a terminal: see fl_escape().
 */
void fl_wrap(FILE *out, const char *text, int column, int indent);
/* The same from the beginning of a line, by a format. */
void fl_wrapped(FILE *out, int first, int further, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* A name as a quoted field of CSV, escaped as fl_escape() does; nothing for NULL. */
void fl_csv_name(FILE *out, const char *name);

/* Whether both texts are there and equal. */
bool fl_same_text(const char *a, const char *b);
/* Whether word is a likely slip of the keyboard for name: one edit in three letters, or its beginning. */
bool fl_meant(const char *word, const char *name);

/* Colour is on when stream is a terminal, TERM is not dumb and NO_COLOR is unset or empty. */
bool fl_colour(FILE *stream);

#endif
