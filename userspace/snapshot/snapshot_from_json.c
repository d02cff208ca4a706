// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot from JSON: what snapshot_json.c printed, also by earlier versions. */
#include "snapshot/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "util/json.h"
#include "util/json_read.h"
#include "snapshot/coverage.h"
#include "snapshot/hist.h"
#include "snapshot/holders.h"
#include "snapshot/waits.h"

/* The first snapshots had no takes and sites: absent or null means not counted. */
static void takes_from_json(struct fl_json_reader *r, struct json_object *o,
			    struct fl_file_counts *f)
{
	struct json_object *v = fl_json_find(o, "takes", json_type_object);

	if (!v)
		return;
	f->has_takes = true;
	for (int i = 0; i < FL_SITE_ROLES; i++)
		f->takes[i] = fl_json_get_u64(r, v, fl_site_role_name(i));
}

/* Counters that some methods cannot tell, or that the first recorded snapshots did not have. */
static bool may_be_null(enum fl_counter counter)
{
	switch (counter) {
	case FL_COUNT_COMPLETED_INLINE:
	case FL_COUNT_COMPLETED_WORKER:
	case FL_COUNT_RETRIED:
	case FL_COUNT_FAILED:
	case FL_COUNT_UNCERTAIN:
	case FL_COUNT_OUTSIDE:
	case FL_COUNT_QUEUED_BEHIND:
		return true;
	default:
		return false;
	}
}

static void file_from_json(struct fl_json_reader *r, struct json_object *o,
			   struct fl_file_counts *f)
{
	struct json_object *list, *flag, *hists;

	f->dev = fl_json_get_dev(fl_json_get_str(r, o, "dev"));
	f->ino = fl_json_get_u64(r, o, "ino");
	f->nodeid = fl_json_get_u64(r, o, "nodeid");
	f->route = fl_json_get_index(r, o, "route", fl_route_from_name);
	f->is_other = fl_json_get_bool(r, o, "is_other");
	f->name = fl_json_find_name(o, "name");
	f->path = fl_json_find_name(o, "path");
	list = fl_json_get(r, o, "cells", json_type_array);
	for (size_t i = 0; list && i < json_object_array_length(list) && !r->bad; i++) {
		struct json_object *cell = json_object_array_get_idx(list, i);
		int mode = fl_json_get_index(r, cell, "take", fl_mode_from_name);
		int nature = fl_json_get_index(r, cell, "nature", fl_nature_from_name);

		f->cell[mode][nature] = fl_json_get_u64(r, cell, "writes");
	}
	for (int i = 0; i < FL_COUNTERS; i++)
		f->counter[i] = may_be_null(i) ? fl_json_find_u64(o, fl_counter_name(i))
					       : fl_json_get_u64(r, o, fl_counter_name(i));
	flag = fl_json_get(r, o, "parallel_flag", json_type_object);
	if (flag) {
		f->flag.opens_seen = fl_json_get_u64(r, flag, "opens_seen");
		f->flag.opens_asked = fl_json_get_u64(r, flag, "opens_asked");
		f->flag.effective_set = fl_json_get_u64(r, flag, "effective_set");
		f->flag.effective_unset = fl_json_get_u64(r, flag, "effective_unset");
		f->flag.answer_counts = json_object_get_boolean(
			fl_json_find(flag, "answer_counts", json_type_boolean));
	}
	takes_from_json(r, o, f);
	hists = fl_json_find(o, "histograms", json_type_object);
	if (hists) {
		f->hists = calloc(1, sizeof(*f->hists));
		for (int i = 0; f->hists && i < FL_HISTS; i++)
			fl_hist_from_json(r,
					  fl_json_get(r, hists, fl_hist_name(i), json_type_object),
					  &f->hists->hist[i]);
	}
	if (fl_json_has(o, "shared_holders")) {
		f->holders = calloc(1, sizeof(*f->holders));
		if (f->holders)
			fl_holders_from_json(r, o, "shared_holders", f->holders);
		if (f->holders && !fl_holders_looks(f->holders)) {
			free(f->holders);
			f->holders = NULL;
		}
	}
	if (fl_json_has(o, "queued_waits"))
		f->waits = fl_waits_from_json(r, o, "queued_waits");
	if (fl_json_has(o, "writers"))
		fl_writers_from_json(r, o, "writers", &f->writers);
}

/* What a file tells of the snapshot: which figures its method has. */
static void told_by_file(struct fl_snapshot *s, struct json_object *o,
			 const struct fl_file_counts *f)
{
	/* only methods that count takes may see completions */
	s->has_completions |= f->has_takes && fl_json_has(o, "completed_inline");
	s->has_waits |= f->waits != NULL;
	s->has_holders |= fl_json_has(o, "shared_holders");
	s->has_writers |= fl_json_has(o, "writers");
	s->tells_outside |= fl_json_has(o, "outside");
}

static void site_from_json(struct fl_json_reader *r, struct json_object *o,
			   struct fl_site_snapshot *site)
{
	struct json_object *routes, *wait;

	snprintf(site->function, sizeof(site->function), "%s", fl_json_get_str(r, o, "function"));
	snprintf(site->callee, sizeof(site->callee), "%s", fl_json_get_str(r, o, "callee"));
	site->offset = fl_json_get_u64(r, o, "offset");
	site->role = fl_json_get_index(r, o, "role", fl_site_role_from_name);
	site->merged = fl_json_get_bool(r, o, "merged");
	site->takes = fl_json_get_u64(r, o, "takes");
	routes = fl_json_get(r, o, "routes", json_type_array);
	for (size_t i = 0; routes && i < json_object_array_length(routes); i++) {
		struct json_object *name = json_object_array_get_idx(routes, i);
		int route = json_object_is_type(name, json_type_string)
				    ? fl_route_from_name(json_object_get_string(name))
				    : -1;

		if (route >= 0)
			site->routes |= 1u << route;
	}
	wait = fl_json_find(o, "wait", json_type_object);
	if (r->bad || !wait)
		return;
	site->wait.measured = true;
	site->wait.count = fl_json_get_u64(r, wait, "count");
	site->wait.pair_ns = fl_json_get_u64(r, wait, "pair_ns");
	site->wait.resolution_ns = fl_json_get_u64(r, wait, "resolution_ns");
	site->wait.p50_ns = fl_json_get_u64(r, wait, "p50_ns");
	site->wait.p99_ns = fl_json_get_u64(r, wait, "p99_ns");
	/* added later to this version */
	site->wait.mean_ns = fl_json_has(wait, "mean_ns") ? fl_json_get_u64(r, wait, "mean_ns")
							  : site->wait.p50_ns;
}

static void mount_from_json(struct fl_json_reader *r, struct json_object *o,
			    struct fl_mount_snapshot *m)
{
	m->dev = fl_json_get_dev(fl_json_get_str(r, o, "dev"));
	m->path = fl_json_find_name(o, "path");
	m->fstype = fl_json_find_name(o, "fstype");
	m->source = fl_json_find_name(o, "source");
	m->uncounted = fl_json_is_null(o, fl_mount_counter_name(0));
	/* the last ones were added later to this version */
	for (int i = 0; i < FL_MOUNT_COUNTERS && !m->uncounted; i++)
		m->counter[i] = i >= FL_MOUNT_ATTRIBUTE_REPLIES
					? fl_json_find_u64(o, fl_mount_counter_name(i))
					: fl_json_get_u64(r, o, fl_mount_counter_name(i));
	if (fl_json_has(o, "cross_check"))
		m->cross_check = fl_json_get_index(r, o, "cross_check", fl_cross_check_from_name);
	m->unseen = fl_json_find_u64(o, "unseen");
	m->unseen_at_most = fl_json_has(o, "unseen_at_most") ? fl_json_find_u64(o, "unseen_at_most")
							     : m->unseen;
}

static void probe_from_json(struct fl_json_reader *r, struct json_object *o, struct fl_probe *p)
{
	char *why;

	snprintf(p->name, sizeof(p->name), "%s", fl_json_get_str(r, o, "name"));
	p->live = fl_json_get_bool(r, o, "live");
	p->counts_writes = fl_json_get_bool(r, o, "counts_writes");
	if (p->live)
		p->misses = fl_json_get_u64(r, o, "misses");
	why = fl_json_find_name(o, "why_not");
	if (why)
		snprintf(p->why_not, sizeof(p->why_not), "%s", why);
	free(why);
}

static enum fl_can can_from_json(struct json_object *can, enum fl_route route)
{
	struct json_object *v = fl_json_find(can, fl_route_name(route), json_type_string);

	for (int i = FL_CAN_NO; v && i <= FL_CAN_YES; i++)
		if (!strcmp(fl_can_name(i), json_object_get_string(v)))
			return i;
	return FL_CAN_UNKNOWN;
}

/* Room for the elements of the array under key; *n is their number. */
static struct json_object *get_list(struct fl_json_reader *r, struct json_object *o,
				    const char *key, size_t size, void **room, size_t *n)
{
	struct json_object *list = fl_json_get(r, o, key, json_type_array);

	if (!list)
		return NULL;
	*room = calloc(json_object_array_length(list) + 1, size);
	if (!*room) {
		fl_err(r->err, "out of memory");
		r->bad = true;
		return NULL;
	}
	*n = json_object_array_length(list);
	return list;
}

/* Refuse counts that would overflow when they are added up. */
static void check_sums(struct fl_json_reader *r, const struct fl_snapshot *s)
{
	long double sum = 0;

	for (size_t i = 0; i < s->nfiles; i++) {
		const struct fl_file_counts *f = &s->file[i];

		for (int mode = 0; mode < FL_MODES; mode++)
			for (int nature = 0; nature < FL_NATURES; nature++)
				sum += f->cell[mode][nature];
		for (int k = 0; k < FL_COUNTERS; k++)
			sum += f->counter[k];
		for (int k = 0; k < FL_SITE_ROLES; k++)
			sum += f->takes[k];
		for (int k = 0; f->holders && k < FL_HOLDERS; k++)
			sum += (long double)(k + 1) * f->holders->looks[k];
		sum += f->holders ? f->holders->beyond : 0;
		for (int k = 0; f->hists && k < FL_HISTS; k++)
			sum += f->hists->hist[k].sum_ns;
	}
	for (size_t i = 0; i < s->nprobes; i++)
		sum += s->probe[i].misses;
	for (int k = 0; k < FL_LOSSES; k++)
		sum += s->loss[k];
	if (sum >= 0x1p63L)
		fl_json_fail(r, "files", "counts more than 2^63, which is impossible");
}

static void check_schema(struct fl_json_reader *r, struct json_object *o)
{
	const char *found = fl_json_get_str(r, o, "schema");

	if (r->bad || !strcmp(found, FL_SNAPSHOT_SCHEMA))
		return;
	fl_err(r->err, "snapshot: schema \"%.60s\" where \"%s\" was expected", found,
	       FL_SNAPSHOT_SCHEMA);
	fl_hint(r->err, "another version of fuselens wrote it");
	r->bad = true;
}

static void lists_from_json(struct fl_json_reader *r, struct json_object *o, struct fl_snapshot *s)
{
	struct json_object *list;

	list = get_list(r, o, "files", sizeof(*s->file), (void **)&s->file, &s->nfiles);
	for (size_t i = 0; list && i < s->nfiles; i++) {
		struct json_object *file = json_object_array_get_idx(list, i);

		file_from_json(r, file, &s->file[i]);
		told_by_file(s, file, &s->file[i]);
	}
	list = get_list(r, o, "mounts", sizeof(*s->mount), (void **)&s->mount, &s->nmounts);
	for (size_t i = 0; list && i < s->nmounts; i++)
		mount_from_json(r, json_object_array_get_idx(list, i), &s->mount[i]);
	list = get_list(r, o, "probes", sizeof(*s->probe), (void **)&s->probe, &s->nprobes);
	for (size_t i = 0; list && i < s->nprobes; i++)
		probe_from_json(r, json_object_array_get_idx(list, i), &s->probe[i]);
	if (fl_json_has(o, "sites")) {
		list = get_list(r, o, "sites", sizeof(*s->site), (void **)&s->site, &s->nsites);
		for (size_t i = 0; list && i < s->nsites; i++)
			site_from_json(r, json_object_array_get_idx(list, i), &s->site[i]);
	}
}

int fl_snapshot_from_json(struct fl_snapshot *s, struct json_object *o, struct fl_err *err)
{
	struct fl_json_reader r = {.what = "snapshot", .err = err};
	struct json_object *v, *loss, *can;

	memset(s, 0, sizeof(*s));
	check_schema(&r, o);
	snprintf(s->kernel, sizeof(s->kernel), "%s", fl_json_get_str(&r, o, "kernel"));
	s->method = fl_json_get_index(&r, o, "method", fl_method_from_name);
	snprintf(s->method_why, sizeof(s->method_why), "%s", fl_json_get_str(&r, o, "method_why"));
	s->start_ns = fl_json_get_u64(&r, o, "start_ns");
	s->end_ns = fl_json_get_u64(&r, o, "end_ns");
	s->capacity = fl_json_get_u64(&r, o, "capacity");
	s->timed_in = fl_json_find_u64(o, "timed_in"); /* added later to this version */
	can = fl_json_get(&r, o, "kernel_can_share", json_type_object);
	for (int i = 0; can && i < FL_ROUTES; i++)
		s->can[i] = can_from_json(can, i);
	v = fl_json_find(o, "variant", json_type_string);
	snprintf(s->variant, sizeof(s->variant), "%s", v ? json_object_get_string(v) : "unknown");
	lists_from_json(&r, o, s);
	s->takes_only = fl_json_is_null(o, "writes_method");
	s->writes_method = s->method;
	if (fl_json_has(o, "writes_method"))
		s->writes_method = fl_json_get_index(&r, o, "writes_method", fl_method_from_name);
	s->has_unfinished = fl_json_has(o, "unfinished");
	s->unfinished = fl_json_find_u64(o, "unfinished");
	/* added later to this version */
	s->unfollowed_locks = fl_json_find_u64(o, "unfollowed_locks");
	s->blind_files = fl_json_find_u64(o, "blind_files");
	v = fl_json_find(o, "blind_example", json_type_string);
	if (v)
		snprintf(s->blind_example, sizeof(s->blind_example), "%s",
			 json_object_get_string(v));
	for (size_t i = 0; i < s->nfiles; i++)
		s->has_takes |= s->file[i].has_takes;
	loss = fl_json_get(&r, o, "losses", json_type_object);
	for (int i = 0; loss && i < FL_LOSSES; i++)
		/* from no_task on they were added later to this version */
		s->loss[i] = i >= FL_LOSS_NO_TASK ? fl_json_find_u64(loss, fl_loss_name(i))
						  : fl_json_get_u64(&r, loss, fl_loss_name(i));
	if (!r.bad)
		check_sums(&r, s);
	if (!r.bad)
		return 0;
	fl_snapshot_free(s);
	return -1;
}
