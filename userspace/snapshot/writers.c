// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/writers.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "snapshot/snapshot.h"
#include "util/array.h"
#include "util/json.h"
#include "util/json_read.h"

static bool is_same(const struct fl_writer_count *a, const struct fl_writer_count *b)
{
	return a->pid == b->pid && !strcmp(a->comm, b->comm) && !strcmp(a->cgroup, b->cgroup);
}

int fl_writers_add(struct fl_writer_counts *w, const struct fl_writer_count *one)
{
	for (size_t i = 0; i < w->n; i++) {
		if (is_same(&w->writer[i], one)) {
			w->writer[i].writes += one->writes;
			return 0;
		}
	}
	if (!FL_MORE(w->writer, w->n))
		return -1;
	w->writer[w->n++] = *one;
	return 0;
}

int fl_writers_add_all(struct fl_writer_counts *w, const struct fl_writer_counts *more)
{
	int bad = 0;

	for (size_t i = 0; i < more->n; i++)
		bad |= fl_writers_add(w, &more->writer[i]);
	return bad;
}

static int busier(const void *a, const void *b)
{
	const struct fl_writer_count *x = a, *y = b;

	if (x->writes != y->writes)
		return x->writes < y->writes ? 1 : -1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

void fl_writers_keep(struct fl_writer_counts *w, size_t max)
{
	if (w->n)
		qsort(w->writer, w->n, sizeof(*w->writer), busier);
	if (w->n > max)
		w->n = max;
}

int fl_writers_of(const struct fl_snapshot *s, __u32 dev, struct fl_writer_counts *w)
{
	int bad = 0;

	memset(w, 0, sizeof(*w));
	for (size_t i = 0; i < s->nfiles; i++)
		if (!dev || s->file[i].dev == dev)
			bad |= fl_writers_add_all(w, &s->file[i].writers);
	fl_writers_keep(w, w->n);
	return bad;
}

__u64 fl_writers_others(const struct fl_writer_counts *w, __u64 writes)
{
	/* counts that are read while writes go on need not be of the same moment */
	for (size_t i = 0; i < w->n; i++)
		writes -= w->writer[i].writes < writes ? w->writer[i].writes : writes;
	return writes;
}

char *fl_writer_pid(const struct fl_writer_count *w, char *buf, size_t len)
{
	if (w->pid)
		snprintf(buf, len, "%u", w->pid);
	else
		snprintf(buf, len, "-");
	return buf;
}

void fl_writers_free(struct fl_writer_counts *w)
{
	free(w->writer);
	memset(w, 0, sizeof(*w));
}

char *fl_container_of(const char *cgroup, char buf[13])
{
	size_t digits = 0;

	buf[0] = '\0';
	for (const char *p = cgroup; *p; p++) {
		digits = isxdigit((unsigned char)*p) ? digits + 1 : 0;
		if (digits == 64)
			snprintf(buf, 13, "%.12s", p - 63);
	}
	return buf;
}

struct json_object *fl_writers_to_json(const struct fl_writer_counts *w)
{
	struct json_object *list = json_object_new_array();
	char container[13];

	for (size_t i = 0; i < w->n; i++) {
		const struct fl_writer_count *one = &w->writer[i];
		struct json_object *o = json_object_new_object();

		fl_json_u64_or_null(o, "pid", one->pid, one->pid);
		fl_json_name(o, "comm", one->comm);
		fl_json_name(o, "cgroup", one->cgroup[0] ? one->cgroup : NULL);
		fl_container_of(one->cgroup, container);
		fl_json_name(o, "container", container[0] ? container : NULL);
		fl_json_u64(o, "writes", one->writes);
		json_object_array_add(list, o);
	}
	return list;
}

static void copy_text(char *to, size_t size, struct json_object *o, const char *key)
{
	struct json_object *text = fl_json_find(o, key, json_type_string);

	snprintf(to, size, "%s", text ? json_object_get_string(text) : "");
}

void fl_writers_from_json(struct fl_json_reader *r, struct json_object *o, const char *key,
			  struct fl_writer_counts *w)
{
	struct json_object *list = fl_json_get(r, o, key, json_type_array);

	memset(w, 0, sizeof(*w));
	for (size_t i = 0; list && i < json_object_array_length(list) && i < FL_WRITERS_TOLD; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		struct fl_writer_count count = {.pid = fl_json_find_u64(one, "pid")};

		count.writes = fl_json_get_u64(r, one, "writes");
		copy_text(count.comm, sizeof(count.comm), one, "comm");
		copy_text(count.cgroup, sizeof(count.cgroup), one, "cgroup");
		if (!r->bad && fl_writers_add(w, &count))
			fl_json_fail(r, key, "does not fit into memory");
	}
}
