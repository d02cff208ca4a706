// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the ledger entry for each file of the report: by device and inode number, and by name among
 * files that had the same number in turn.
 */
#include "compare.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#define UNSEEN_MOUNTS 64

struct expected {
	struct trial *trial;
	const struct ledger_entry *entry;
	uint64_t counted, bytes, uncertain, split, failed;
	bool wrong_name;
	char called[PLACE_NAME];
};

struct comparison {
	struct trial *trials;
	size_t n;
	struct expected *expected;
	size_t count;
	uint64_t lost; /* of the whole report, minus what earlier differences have used up */
	struct unseen {
		uint32_t dev;
		uint64_t writes; /* unseen there by the report, minus what is used up */
	} unseen[UNSEEN_MOUNTS];
	size_t mounts;
};

static uint64_t number(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_int))
		return 0;
	return json_object_get_uint64(v);
}

static const char *text(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
		return NULL;
	return json_object_get_string(v);
}

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? v : NULL;
}

static uint32_t device(struct json_object *file)
{
	const char *dev = text(file, "dev");
	unsigned int major, minor;

	return dev && sscanf(dev, "%u:%u", &major, &minor) == 2 ? major << 20 | minor : 0;
}

/* Adds a line to what is printed if the trial differs. */
__attribute__((format(printf, 2, 3))) static void note(struct trial *t, const char *format, ...)
{
	char *line = NULL, *all = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&line, format, args) < 0)
		abort();
	va_end(args);
	if (asprintf(&all, "%s  %s\n", t->why ? t->why : "", line) < 0)
		abort();
	free(line);
	free(t->why);
	t->why = all;
}

#define differs(trial, ...)                           \
	do {                                          \
		(trial)->outcome = OUTCOME_DIFFERENT; \
		note(trial, __VA_ARGS__);             \
	} while (0)

static bool had_name(const struct ledger_entry *e, const char *name)
{
	/* the ledger may not have kept all names of a file */
	if (e->names > LEDGER_NAMES)
		return true;
	for (uint32_t i = 0; i < e->names; i++)
		if (!strcmp(e->name[i], name))
			return true;
	return false;
}

static struct expected *find(struct comparison *c, uint32_t dev, uint64_t ino, const char *name)
{
	struct expected *only = NULL, *named = NULL;
	size_t same = 0;

	for (size_t i = 0; i < c->count; i++) {
		struct expected *e = &c->expected[i];

		if (e->entry->dev != dev || e->entry->ino != ino)
			continue;
		only = e;
		same++;
		if (name && had_name(e->entry, name))
			named = e;
	}
	if (named)
		return named;
	if (same == 1 && name) {
		only->wrong_name = true;
		snprintf(only->called, sizeof(only->called), "%s", name);
	}
	return same == 1 ? only : NULL;
}

/* The report has a file that it should not have: blames every plan that used its mount. */
static void stray(struct comparison *c, uint32_t dev, uint64_t ino, const char *name,
		  uint64_t writes)
{
	for (size_t i = 0; i < c->n; i++) {
		for (size_t k = 0; k < c->count; k++) {
			if (c->expected[k].trial != &c->trials[i] ||
			    c->expected[k].entry->dev != dev)
				continue;
			differs(&c->trials[i],
				"%" PRIu64
				" writes are counted for a file that no one wrote: inode %" PRIu64
				", '%s'",
				writes, ino, name ? name : "-");
			break;
		}
	}
}

static uint64_t writes_of(struct json_object *file)
{
	struct json_object *cells = member(file, "cells");
	uint64_t sum = 0;

	for (size_t i = 0; cells && i < json_object_array_length(cells); i++)
		sum += number(json_object_array_get_idx(cells, i), "writes");
	return sum;
}

static bool ours(const struct comparison *c, uint32_t dev)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->expected[i].entry->dev == dev)
			return true;
	return false;
}

static void take_file(struct comparison *c, struct json_object *file)
{
	uint32_t dev = device(file);
	uint64_t ino = number(file, "ino");
	const char *name = text(file, "name");
	struct expected *e;

	if (!ours(c, dev))
		return;
	e = find(c, dev, ino, name);
	/* takes are told of files that nobody wrote, too */
	if (!e && !writes_of(file))
		return;
	if (!e) {
		stray(c, dev, ino, name, writes_of(file));
		return;
	}
	e->counted += writes_of(file);
	e->bytes += number(file, "bytes");
	e->uncertain += number(file, "uncertain");
	e->split += number(file, "maybe_split");
	e->failed += number(file, "failed");
}

/*
 * How much a mount's cross-check may have missed. It gives a lower bound: each reply of the daemon
 * may have hidden one more write.
 */
static void take_mount(struct comparison *c, struct json_object *mount)
{
	uint64_t unseen = number(mount, "unseen");
	uint32_t dev = device(mount);

	if (!unseen || !ours(c, dev) || c->mounts == UNSEEN_MOUNTS)
		return;
	c->unseen[c->mounts++] = (struct unseen){dev, unseen + number(mount, "attribute_replies")};
}

/* Uses up what the report says it missed. Returns false if that is not enough. */
static bool is_explained(struct comparison *c, uint32_t dev, uint64_t writes, bool too_few)
{
	for (size_t i = 0; too_few && i < c->mounts; i++) {
		uint64_t n = MIN(writes, c->unseen[i].writes);

		if (c->unseen[i].dev != dev)
			continue;
		c->unseen[i].writes -= n;
		writes -= n;
	}
	if (writes > c->lost)
		return false;
	c->lost -= writes;
	return true;
}

static const char *errnos(const struct ledger_entry *e, char out[128])
{
	size_t n = 0;

	out[0] = 0;
	for (int i = 1; i < LEDGER_ERRNOS && n < 100; i++)
		if (e->by_errno[i])
			n += snprintf(out + n, 128 - n, " %s:%u", strerrorname_np(i),
				      e->by_errno[i]);
	return out;
}

/* A file that is off by no more than the report allows is shown beside those that differ. */
static void describe(const struct expected *e, const char *what)
{
	const struct ledger_entry *l = e->entry;
	int64_t by = e->counted - l->wrote;
	char failures[128];

	note(e->trial,
	     "file %u (%s, inode %" PRIu64 "): %s; wrote %" PRIu64 " (%" PRIu64
	     " partly), counted %" PRIu64 " (%+" PRId64 "); bytes %" PRIu64 ", counted %" PRIu64
	     "; uncertain %" PRIu64 ", maybe split %" PRIu64 "; failed %" PRIu64
	     ", returned 0 %" PRIu64 ", counted %" PRIu64 "; failures:%s",
	     l->file, l->name[0], l->ino, what, l->wrote, l->partly, e->counted, by, l->bytes,
	     e->bytes, e->uncertain, e->split, l->failed + l->again + l->cancelled, l->nothing,
	     e->failed, errnos(l, failures));
}

/*
 * Attempts that wrote nothing. After a write that came short, io_uring tries the rest: nobody is told of that attempt
 * if it fails.
 */
static uint64_t may_have_failed(const struct ledger_entry *l)
{
	return l->failed + l->again + l->cancelled + l->nothing + l->partly;
}

/* How far the count is off, beyond what the file's own figures allow. */
static uint64_t beyond(const struct expected *e, uint64_t wrote)
{
	uint64_t off = e->counted > wrote ? e->counted - wrote : wrote - e->counted, allowed;

	/* parts of one write may have been counted as writes, so only too many are possible */
	allowed = e->uncertain + (e->counted > wrote ? e->split : 0);
	return off > allowed ? off - allowed : 0;
}

static void file_differs(const struct expected *e, const char *what)
{
	describe(e, what);
	e->trial->outcome = OUTCOME_DIFFERENT;
}

/* The largest request of a daemon of ours. */
#define REQUEST_MOST (1u << 20)

/* A request whose file is not known is lost: with it may go some of the bytes of a write that is counted. */
static bool bytes_are_lost(struct comparison *c, const struct expected *e)
{
	if (!c->lost || e->bytes > e->entry->bytes ||
	    e->entry->bytes - e->bytes > c->lost * REQUEST_MOST)
		return false;
	c->lost--;
	return true;
}

static void judge(struct comparison *c, struct expected *e)
{
	const struct ledger_entry *l = e->entry;
	bool selected = !e->trial->first_only || l == &e->trial->ledger->entry[0];
	uint64_t wrote = selected ? l->wrote : 0, more;

	e->trial->writes += wrote;
	if (e->wrong_name && e->counted) {
		char why[PLACE_NAME + 32];

		snprintf(why, sizeof(why), "is called '%s'", e->called);
		file_differs(e, why);
	}
	more = beyond(e, wrote);
	if (!is_explained(c, l->dev, more, e->counted < wrote)) {
		file_differs(e, selected ? "writes differ" : "is not the target");
		return;
	}
	if (e->counted != wrote || e->uncertain) {
		describe(e, "is within what is said");
		e->trial->outcome = MAX(e->trial->outcome, OUTCOME_SAID);
		e->trial->said += more + e->uncertain + (e->counted > wrote ? e->split : 0);
		return;
	}
	if (selected && e->bytes != l->bytes) {
		if (!bytes_are_lost(c, e)) {
			file_differs(e, "bytes differ");
		} else {
			describe(e, "has bytes that are told as lost");
			e->trial->outcome = MAX(e->trial->outcome, OUTCOME_SAID);
			e->trial->said++;
		}
	}
	if (e->failed > may_have_failed(l))
		file_differs(e, "failures differ");
}

static int gather(struct comparison *c)
{
	size_t room = 0;

	for (size_t i = 0; i < c->n; i++)
		room += MIN(c->trials[i].ledger->used, LEDGER_ENTRIES);
	c->expected = calloc(room ? room : 1, sizeof(*c->expected));
	if (!c->expected)
		return -1;
	for (size_t i = 0; i < c->n; i++) {
		struct ledger *l = c->trials[i].ledger;

		for (uint32_t k = 0; k < MIN(l->used, LEDGER_ENTRIES); k++)
			c->expected[c->count++] = (struct expected){.trial = &c->trials[i],
								    .entry = &l->entry[k]};
	}
	return 0;
}

int compare(const char *path, struct trial *trials, size_t n)
{
	struct comparison c = {.trials = trials, .n = n};
	struct json_object *report = json_object_from_file(path), *files;
	struct json_object *mounts;

	files = report ? member(member(report, "snapshot"), "files") : NULL;
	if (!files || gather(&c)) {
		fprintf(stderr, "oracle: %s is no report\n", path);
		json_object_put(report);
		return -1;
	}
	c.lost = number(member(report, "loss"), "lost");
	mounts = member(member(report, "snapshot"), "mounts");
	for (size_t i = 0; mounts && i < json_object_array_length(mounts); i++)
		take_mount(&c, json_object_array_get_idx(mounts, i));
	for (size_t i = 0; i < json_object_array_length(files); i++)
		take_file(&c, json_object_array_get_idx(files, i));
	for (size_t i = 0; i < c.count; i++)
		judge(&c, &c.expected[i]);
	for (size_t i = 0; i < n; i++) {
		if (trials[i].ledger->fault)
			differs(&trials[i], "the load itself failed: %s", trials[i].ledger->what);
		else if (!trials[i].ledger->done)
			differs(&trials[i], "the load did not come to its end");
	}
	free(c.expected);
	json_object_put(report);
	return 0;
}
