/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads JSON that others wrote. A reader remembers the first key that is missing or wrong; after that
 * every getter returns 0 or NULL, so that the caller checks bad once, at the end. Pure.
 */
#ifndef FL_JSON_READ_H
#define FL_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <json-c/json.h>
#include <linux/types.h>
#include "util/err.h"

struct fl_json_reader {
	const char *what; /* begins the error: "snapshot" */
	struct fl_err *err;
	bool bad;
};

/*
 * Parses the JSON value at text, of at most len bytes and 32 levels deep. *end (may be NULL) becomes the
 * number of bytes that it took. what begins the error. The caller puts the value; NULL with err set.
 */
struct json_object *fl_json_parse(const char *text, size_t len, size_t *end, const char *what,
				  struct fl_err *err);

/* Notes that key is wrong: "snapshot: "key" is out of range". Only the first error is kept. */
void fl_json_fail(struct fl_json_reader *r, const char *key, const char *problem);

/* The value under key, which must be there and of the type; json_type_double takes integers, too. */
struct json_object *fl_json_get(struct fl_json_reader *r, struct json_object *o, const char *key,
				enum json_type type);
/* An integer that is not negative; one from min to max. */
__u64 fl_json_get_u64(struct fl_json_reader *r, struct json_object *o, const char *key);
__u64 fl_json_get_bounded(struct fl_json_reader *r, struct json_object *o, const char *key,
			  __u64 min, __u64 max);
/* A number that is not negative, and not beyond all that is counted or measured here (1e18). */
double fl_json_get_number(struct fl_json_reader *r, struct json_object *o, const char *key);
bool fl_json_get_bool(struct fl_json_reader *r, struct json_object *o, const char *key);
/* A string that belongs to o; "" where it is bad. */
const char *fl_json_get_str(struct fl_json_reader *r, struct json_object *o, const char *key);
/* What from_name() makes of the string under key; it returns -1 for a name that it does not know, which is bad. */
int fl_json_get_index(struct fl_json_reader *r, struct json_object *o, const char *key,
		      int (*from_name)(const char *));

/* Whether key is there and has a value; whether it is there and is null. */
bool fl_json_has(struct json_object *o, const char *key);
bool fl_json_is_null(struct json_object *o, const char *key);

/* The following take a key that is null or absent, and give 0 or NULL for it. */
struct json_object *fl_json_find(struct json_object *o, const char *key, enum json_type type);
__u64 fl_json_find_u64(struct json_object *o, const char *key);
/* A copy that the caller frees. */
char *fl_json_find_name(struct json_object *o, const char *key);

#endif
