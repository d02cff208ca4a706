/* SPDX-License-Identifier: GPL-2.0-only */
/* The few shapes that all our JSON shares. */
#ifndef FL_JSON_H
#define FL_JSON_H

#include <stdbool.h>
#include <stdio.h>
#include <linux/types.h>

struct json_object;

/* Adds an unsigned number; "major:minor"; a name from the system made valid UTF-8 (null for NULL). */
void fl_json_u64(struct json_object *o, const char *key, __u64 value);
void fl_json_dev(struct json_object *o, const char *key, __u32 dev);
void fl_json_name(struct json_object *o, const char *key, const char *name);
void fl_json_bool(struct json_object *o, const char *key, bool value);
void fl_json_double(struct json_object *o, const char *key, double value);
/* Adds an empty array or object under key, and returns it. */
struct json_object *fl_json_array(struct json_object *o, const char *key);
struct json_object *fl_json_object(struct json_object *o, const char *key);
/* A number where known, else null. */
void fl_json_u64_or_null(struct json_object *o, const char *key, bool known, __u64 value);
/* "8:1" in the kernel's form; 0 for anything else. */
__u32 fl_json_get_dev(const char *text);
/* Prints an object that is part of a document, over several lines, and puts it. */
void fl_json_print_part(struct json_object *o, FILE *out);
/* Prints one object and a newline, then puts it. pretty: over several lines. */
void fl_json_print(struct json_object *o, FILE *out, bool pretty);

#endif
