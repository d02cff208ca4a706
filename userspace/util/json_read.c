// SPDX-License-Identifier: GPL-2.0-only
#include "util/json_read.h"

#include <math.h>
#include <string.h>

/*
 * Our files are nested ten deep and fio's six. A hostile file must not make the parser recurse much
 * deeper.
 */
#define MAX_DEPTH 32

/*
 * What a text may take in memory as values: an empty object of two characters takes 900 bytes. A file of ours with
 * 16,384 files in it takes some 300 MiB.
 */
#define MAX_MEMORY ((size_t)1 << 30)
#define CHUNK	   65536

/* About how many bytes the values take that begin in a text, and at least as many as the text has. */
static size_t memory_for(const char *text, size_t len)
{
	size_t sum = len;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '{')
			sum += 1000;
		else if (text[i] == '[')
			sum += 200;
		else if (text[i] == ',' || text[i] == ':')
			sum += 80;
	}
	return sum;
}

/* Parses the first value, and no more of the text than that needs. *used: how much that is. */
static struct json_object *parse(struct json_tokener *tok, const char *text, size_t len,
				 size_t *used, bool *large)
{
	struct json_object *o = NULL;
	size_t at = 0, memory = 0;

	do {
		size_t n = len - at < CHUNK ? len - at : CHUNK;

		memory += memory_for(text + at, n);
		*large = memory > MAX_MEMORY;
		if (*large)
			break;
		o = json_tokener_parse_ex(tok, text + at, (int)n);
		*used = at + json_tokener_get_parse_end(tok);
		at += n;
	} while (at < len && json_tokener_get_error(tok) == json_tokener_continue);
	return o;
}

struct json_object *fl_json_parse(const char *text, size_t len, size_t *end, const char *what,
				  struct fl_err *err)
{
	struct json_tokener *tok = json_tokener_new_ex(MAX_DEPTH);
	struct json_object *o;
	enum json_tokener_error e;
	size_t used = 0;
	bool large;

	if (!tok) {
		fl_err(err, "%s: out of memory", what);
		return NULL;
	}
	o = parse(tok, text, len, &used, &large);
	e = json_tokener_get_error(tok);
	if (large) {
		fl_err(err, "%s: the JSON has more values than any result", what);
		fl_hint(err, "where did the file come from? 'fuselens bench' did not write it");
	} else if (!len)
		fl_err(err, "%s: no JSON: it is empty", what);
	else if (e == json_tokener_continue)
		fl_err(err, "%s: the JSON ends in the middle", what);
	else if (e != json_tokener_success)
		fl_err(err, "%s: no JSON: %s", what, json_tokener_error_desc(e));
	else if (!o)
		fl_err(err, "%s: no JSON object", what);
	if (end)
		*end = used;
	json_tokener_free(tok);
	return o;
}

void fl_json_fail(struct fl_json_reader *r, const char *key, const char *problem)
{
	if (!r->bad)
		fl_err(r->err, "%s: \"%s\" %s", r->what, key, problem);
	r->bad = true;
}

/* The value under key, which may be NULL for null; false if o has no such key. */
static bool look_up(struct json_object *o, const char *key, struct json_object **v)
{
	return json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, v);
}

bool fl_json_has(struct json_object *o, const char *key)
{
	struct json_object *v;

	return look_up(o, key, &v) && v;
}

bool fl_json_is_null(struct json_object *o, const char *key)
{
	struct json_object *v;

	return look_up(o, key, &v) && !v;
}

struct json_object *fl_json_find(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v;

	if (look_up(o, key, &v) &&
	    (json_object_is_type(v, type) ||
	     (type == json_type_double && json_object_is_type(v, json_type_int))))
		return v;
	return NULL;
}

struct json_object *fl_json_get(struct fl_json_reader *r, struct json_object *o, const char *key,
				enum json_type type)
{
	struct json_object *v = r->bad ? NULL : fl_json_find(o, key, type);
	const char *name = type == json_type_double ? "number" : json_type_to_name(type);

	if (!v && !r->bad) {
		fl_err(r->err, "%s: \"%s\" is missing or not of type %s", r->what, key, name);
		r->bad = true;
	}
	return v;
}

__u64 fl_json_get_u64(struct fl_json_reader *r, struct json_object *o, const char *key)
{
	struct json_object *v = fl_json_get(r, o, key, json_type_int);

	if (v && json_object_get_int64(v) < 0)
		fl_json_fail(r, key, "is negative");
	return v && !r->bad ? json_object_get_uint64(v) : 0;
}

__u64 fl_json_get_bounded(struct fl_json_reader *r, struct json_object *o, const char *key,
			  __u64 min, __u64 max)
{
	__u64 v = fl_json_get_u64(r, o, key);

	if (v < min || v > max)
		fl_json_fail(r, key, "is out of range");
	return v;
}

/* Nothing that is counted or measured here, in bytes a second or ns, comes near. */
#define MOST 1e18

double fl_json_get_number(struct fl_json_reader *r, struct json_object *o, const char *key)
{
	struct json_object *v = fl_json_get(r, o, key, json_type_double);
	double d = v ? json_object_get_double(v) : 0;

	if (!(isfinite(d) && d >= 0))
		fl_json_fail(r, key, "is no quantity");
	else if (d > MOST)
		fl_json_fail(r, key, "is out of range");
	else
		return d;
	return 0;
}

bool fl_json_get_bool(struct fl_json_reader *r, struct json_object *o, const char *key)
{
	struct json_object *v = fl_json_get(r, o, key, json_type_boolean);

	return v && json_object_get_boolean(v);
}

const char *fl_json_get_str(struct fl_json_reader *r, struct json_object *o, const char *key)
{
	struct json_object *v = fl_json_get(r, o, key, json_type_string);

	return v ? json_object_get_string(v) : "";
}

int fl_json_get_index(struct fl_json_reader *r, struct json_object *o, const char *key,
		      int (*from_name)(const char *))
{
	const char *name = fl_json_get_str(r, o, key);
	int i = r->bad ? 0 : from_name(name);

	if (i >= 0)
		return i;
	fl_err(r->err, "%s: \"%.60s\" is not a known %s", r->what, name, key);
	r->bad = true;
	return 0;
}

__u64 fl_json_find_u64(struct json_object *o, const char *key)
{
	struct json_object *v = fl_json_find(o, key, json_type_int);

	return v ? json_object_get_uint64(v) : 0;
}

char *fl_json_find_name(struct json_object *o, const char *key)
{
	struct json_object *v = fl_json_find(o, key, json_type_string);

	return v ? strdup(json_object_get_string(v)) : NULL;
}
