// SPDX-License-Identifier: GPL-2.0-only
#include "util/json.h"

#include <stdlib.h>
#include <json-c/json.h>

#include "util/dev.h"
#include "util/text.h"

void fl_json_u64(struct json_object *o, const char *key, __u64 value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

void fl_json_dev(struct json_object *o, const char *key, __u32 dev)
{
	char text[32];

	snprintf(text, sizeof(text), "%u:%u", dev >> 20, dev & 0xfffff);
	json_object_object_add(o, key, json_object_new_string(text));
}

void fl_json_name(struct json_object *o, const char *key, const char *name)
{
	char *utf8 = name ? fl_utf8(name) : NULL;

	json_object_object_add(o, key, utf8 ? json_object_new_string(utf8) : NULL);
	free(utf8);
}

void fl_json_bool(struct json_object *o, const char *key, bool value)
{
	json_object_object_add(o, key, json_object_new_boolean(value));
}

void fl_json_double(struct json_object *o, const char *key, double value)
{
	json_object_object_add(o, key, json_object_new_double(value));
}

struct json_object *fl_json_array(struct json_object *o, const char *key)
{
	struct json_object *array = json_object_new_array();

	json_object_object_add(o, key, array);
	return array;
}

struct json_object *fl_json_object(struct json_object *o, const char *key)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(o, key, object);
	return object;
}

void fl_json_u64_or_null(struct json_object *o, const char *key, bool known, __u64 value)
{
	json_object_object_add(o, key, known ? json_object_new_uint64(value) : NULL);
}

__u32 fl_json_get_dev(const char *text)
{
	unsigned int major, minor;

	return sscanf(text, "%u:%u", &major, &minor) == 2 ? fl_dev(major, minor) : 0;
}

void fl_json_print_part(struct json_object *o, FILE *out)
{
	fl_put_json_text(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
								   JSON_C_TO_STRING_SPACED |
								   JSON_C_TO_STRING_NOSLASHESCAPE),
			 out);
	json_object_put(o);
}

void fl_json_print(struct json_object *o, FILE *out, bool pretty)
{
	int flags = pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED
			   : JSON_C_TO_STRING_PLAIN;

	fl_put_json_text(json_object_to_json_string_ext(o, flags | JSON_C_TO_STRING_NOSLASHESCAPE),
			 out);
	fputc('\n', out);
	fflush(out);
	json_object_put(o);
}
