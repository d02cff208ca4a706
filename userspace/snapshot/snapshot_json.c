// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot as JSON and back. The keys are those of docs/schema.md and never change their meaning. */
#include "snapshot/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "util/json.h"
#include "util/json_read.h"
#include "snapshot/coverage.h"
#include "snapshot/reason.h"
#include "snapshot/waits.h"

static const char *const hist_names[FL_HISTS] = {
	[FL_HIST_WAIT_EXCL] = "wait_exclusive_ns",
	[FL_HIST_WAIT_SHARED] = "wait_shared_ns",
	[FL_HIST_HOLD_EXCL] = "hold_exclusive_ns",
	[FL_HIST_HOLD_SHARED] = "hold_shared_ns",
};

static const char *const can_names[] = {
	[FL_CAN_UNKNOWN] = NULL,
	[FL_CAN_NO] = "no",
	[FL_CAN_YES] = "yes",
};

static const char *const loss_names[FL_LOSSES] = {
	[FL_LOSS_TABLE_FULL] = "table_full",
	[FL_LOSS_UNPAIRED] = "unpaired",
	[FL_LOSS_NO_INODE] = "no_inode",
	[FL_LOSS_NO_TASK] = "no_task",
};

static const struct fl_waits no_waits;

struct json_object *fl_takes_to_json(bool has_takes, const __u64 takes[FL_SITE_ROLES])
{
	struct json_object *o = has_takes ? json_object_new_object() : NULL;

	for (int i = 0; has_takes && i < FL_SITE_ROLES; i++)
		fl_json_u64(o, fl_site_role_name(i), takes[i]);
	return o;
}

static struct json_object *wait_json(const struct fl_site_wait *w)
{
	struct json_object *o;

	if (!w->measured)
		return NULL;
	o = json_object_new_object();
	fl_json_u64(o, "count", w->count);
	fl_json_u64(o, "pair_ns", w->pair_ns);
	fl_json_u64(o, "resolution_ns", w->resolution_ns);
	fl_json_u64(o, "p50_ns", w->p50_ns);
	fl_json_u64(o, "p99_ns", w->p99_ns);
	fl_json_u64(o, "mean_ns", w->mean_ns);
	return o;
}

static struct json_object *sites_to_json(const struct fl_snapshot *s)
{
	struct json_object *list = s->nsites ? json_object_new_array() : NULL;

	for (size_t i = 0; i < s->nsites; i++) {
		const struct fl_site_snapshot *site = &s->site[i];
		struct json_object *o = json_object_new_object(), *routes = json_object_new_array();

		fl_json_name(o, "function", site->function);
		fl_json_u64(o, "offset", site->offset);
		fl_json_name(o, "callee", site->callee);
		fl_json_name(o, "role", fl_site_role_name(site->role));
		for (int r = 0; r < FL_ROUTES; r++)
			if (site->routes & 1u << r)
				json_object_array_add(routes,
						      json_object_new_string(fl_route_name(r)));
		json_object_object_add(o, "routes", routes);
		fl_json_bool(o, "merged", site->merged);
		fl_json_u64(o, "takes", site->takes);
		json_object_object_add(o, "wait", wait_json(&site->wait));
		json_object_array_add(list, o);
	}
	return list;
}

/* Writes only cells that are not 0, as [take, nature, writes]: the matrix is sparse. */
static struct json_object *cells_to_json(const struct fl_file_counts *f)
{
	struct json_object *list = json_object_new_array();

	for (int take = 0; take < FL_TAKES; take++) {
		for (int nature = 0; nature < FL_NATURES; nature++) {
			struct json_object *cell;

			if (!f->cell[take][nature])
				continue;
			cell = json_object_new_object();
			fl_json_name(cell, "take", fl_take_name(take));
			fl_json_name(cell, "nature", fl_nature_name(nature));
			fl_json_u64(cell, "writes", f->cell[take][nature]);
			json_object_array_add(list, cell);
		}
	}
	return list;
}

static struct json_object *hist_to_json(const struct fl_hist *h)
{
	struct json_object *o = json_object_new_object(), *buckets;
	int last = FL_HIST_BUCKETS;

	while (last && !h->bucket[last - 1])
		last--;
	buckets = fl_json_array(o, "log2_buckets");
	for (int i = 0; i < last; i++)
		json_object_array_add(buckets, json_object_new_uint64(h->bucket[i]));
	fl_json_u64(o, "sum_ns", h->sum_ns);
	return o;
}

static bool is_completion(enum fl_counter counter)
{
	return counter == FL_COUNT_COMPLETED_INLINE || counter == FL_COUNT_COMPLETED_WORKER;
}

static struct json_object *file_to_json(const struct fl_snapshot *s, const struct fl_file_counts *f)
{
	struct json_object *o = json_object_new_object(), *flag, *hists;

	fl_json_dev(o, "dev", f->dev);
	fl_json_u64(o, "ino", f->ino);
	fl_json_u64(o, "nodeid", f->nodeid);
	fl_json_name(o, "route", fl_route_name(f->route));
	fl_json_bool(o, "is_other", f->is_other);
	fl_json_name(o, "name", f->name);
	fl_json_name(o, "path", f->path);
	json_object_object_add(o, "cells", cells_to_json(f));
	for (int i = 0; i < FL_COUNTERS; i++)
		fl_json_u64_or_null(o, fl_counter_name(i), fl_snapshot_knows(s, i), f->counter[i]);
	flag = fl_json_object(o, "parallel_flag");
	fl_json_u64(flag, "opens_seen", f->flag.opens_seen);
	fl_json_u64(flag, "opens_asked", f->flag.opens_asked);
	fl_json_u64(flag, "effective_set", f->flag.effective_set);
	fl_json_u64(flag, "effective_unset", f->flag.effective_unset);
	hists = f->hists ? json_object_new_object() : NULL;
	for (int i = 0; hists && i < FL_HISTS; i++)
		json_object_object_add(hists, hist_names[i], hist_to_json(&f->hists->hist[i]));
	json_object_object_add(o, "histograms", hists);
	json_object_object_add(o, "takes", fl_takes_to_json(f->has_takes, f->takes));
	/* null where waits were not counted; without any each kind has 0 */
	json_object_object_add(o, "queued_waits",
			       s->has_waits ? fl_waits_to_json(f->waits ? f->waits : &no_waits)
					    : NULL);
	json_object_object_add(o, "writers",
			       s->has_writers ? fl_writers_to_json(&f->writers) : NULL);
	fl_json_u64_or_null(o, "writers_others", s->has_writers,
			    fl_writers_others(&f->writers, fl_file_writes(f)));
	return o;
}

static struct json_object *mount_to_json(const struct fl_mount_snapshot *m)
{
	struct json_object *o = json_object_new_object();

	fl_json_dev(o, "dev", m->dev);
	fl_json_name(o, "path", m->path);
	fl_json_name(o, "fstype", m->fstype);
	fl_json_name(o, "source", m->source);
	for (int i = 0; i < FL_MOUNT_COUNTERS; i++)
		fl_json_u64(o, fl_mount_counter_name(i), m->counter[i]);
	fl_json_name(o, "cross_check", fl_cross_check_name(m->cross_check));
	fl_json_u64_or_null(o, "unseen", m->cross_check == FL_CROSS_DONE, m->unseen);
	return o;
}

static struct json_object *probe_to_json(const struct fl_probe *p)
{
	struct json_object *o = json_object_new_object();

	fl_json_name(o, "name", p->name);
	fl_json_bool(o, "live", p->live);
	fl_json_bool(o, "counts_writes", p->counts_writes);
	if (p->live)
		fl_json_u64(o, "misses", p->misses);
	else
		json_object_object_add(o, "misses", NULL);
	fl_json_name(o, "why_not", p->why_not[0] ? p->why_not : NULL);
	return o;
}

struct json_object *fl_snapshot_to_json(const struct fl_snapshot *s)
{
	struct json_object *o = json_object_new_object(), *can, *list, *loss;

	fl_json_name(o, "schema", FL_SNAPSHOT_SCHEMA);
	fl_json_name(o, "kernel", s->kernel);
	fl_json_name(o, "method", fl_method_name(s->method));
	fl_json_name(o, "method_why", s->method_why);
	fl_json_u64(o, "start_ns", s->start_ns);
	fl_json_u64(o, "end_ns", s->end_ns);
	fl_json_u64(o, "capacity", s->capacity);
	fl_json_u64_or_null(o, "timed_in", s->timed_in, s->timed_in);
	can = fl_json_object(o, "kernel_can_share");
	for (int r = 0; r < FL_ROUTES; r++)
		json_object_object_add(
			can, fl_route_name(r),
			can_names[s->can[r]] ? json_object_new_string(can_names[s->can[r]]) : NULL);
	fl_json_name(o, "variant", s->variant[0] ? s->variant : "unknown");
	list = fl_json_array(o, "files");
	for (size_t i = 0; i < s->nfiles; i++)
		json_object_array_add(list, file_to_json(s, &s->file[i]));
	list = fl_json_array(o, "mounts");
	for (size_t i = 0; i < s->nmounts; i++)
		json_object_array_add(list, mount_to_json(&s->mount[i]));
	list = fl_json_array(o, "probes");
	for (size_t i = 0; i < s->nprobes; i++)
		json_object_array_add(list, probe_to_json(&s->probe[i]));
	loss = fl_json_object(o, "losses");
	for (int i = 0; i < FL_LOSSES; i++)
		fl_json_u64(loss, loss_names[i], s->loss[i]);
	json_object_object_add(
		o, "writes_method",
		s->takes_only ? NULL : json_object_new_string(fl_method_name(s->writes_method)));
	json_object_object_add(o, "sites", sites_to_json(s));
	fl_json_u64_or_null(o, "unfinished", s->has_unfinished, s->unfinished);
	fl_json_u64_or_null(o, "unfollowed_locks", s->has_waits, s->unfollowed_locks);
	fl_json_u64(o, "blind_files", s->blind_files);
	fl_json_name(o, "blind_example", s->blind_files ? s->blind_example : NULL);
	return o;
}

static void get_hist(struct fl_json_reader *r, struct json_object *o, const char *key,
		     struct fl_hist *h)
{
	struct json_object *v = fl_json_get(r, o, key, json_type_object), *list;

	if (!v)
		return;
	h->sum_ns = fl_json_get_u64(r, v, "sum_ns");
	list = fl_json_get(r, v, "log2_buckets", json_type_array);
	for (size_t i = 0; list && i < json_object_array_length(list) && i < FL_HIST_BUCKETS; i++)
		h->bucket[i] = json_object_get_uint64(json_object_array_get_idx(list, i));
}

/* The first snapshots had no takes and sites: absent or null means not counted. */
static void takes_from_json(struct fl_json_reader *r, struct json_object *o,
			    struct fl_file_counts *f)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, "takes", &v) || !v)
		return;
	f->has_takes = true;
	for (int i = 0; i < FL_SITE_ROLES; i++)
		f->takes[i] = fl_json_get_u64(r, v, fl_site_role_name(i));
}

/* Counters that some methods cannot tell, or that the first recorded snapshots did not have. */
static bool may_be_null(enum fl_counter counter)
{
	return is_completion(counter) || counter == FL_COUNT_RETRIED ||
	       counter == FL_COUNT_FAILED || counter == FL_COUNT_UNCERTAIN ||
	       counter == FL_COUNT_OUTSIDE;
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
		int take = fl_json_get_index(r, cell, "take", fl_take_from_name);
		int nature = fl_json_get_index(r, cell, "nature", fl_nature_from_name);

		f->cell[take][nature] = fl_json_get_u64(r, cell, "writes");
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
	}
	takes_from_json(r, o, f);
	if (json_object_object_get_ex(o, "histograms", &hists) && hists) {
		f->hists = calloc(1, sizeof(*f->hists));
		for (int i = 0; f->hists && i < FL_HISTS; i++)
			get_hist(r, hists, hist_names[i], &f->hists->hist[i]);
	}
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
	if (r->bad || !json_object_object_get_ex(o, "wait", &wait) || !wait)
		return;
	site->wait.measured = true;
	site->wait.count = fl_json_get_u64(r, wait, "count");
	site->wait.pair_ns = fl_json_get_u64(r, wait, "pair_ns");
	site->wait.resolution_ns = fl_json_get_u64(r, wait, "resolution_ns");
	site->wait.p50_ns = fl_json_get_u64(r, wait, "p50_ns");
	site->wait.p99_ns = fl_json_get_u64(r, wait, "p99_ns");
	/* added later to this version */
	site->wait.mean_ns = json_object_object_get_ex(wait, "mean_ns", NULL)
				     ? fl_json_get_u64(r, wait, "mean_ns")
				     : site->wait.p50_ns;
}

static void mount_from_json(struct fl_json_reader *r, struct json_object *o,
			    struct fl_mount_snapshot *m)
{
	m->dev = fl_json_get_dev(fl_json_get_str(r, o, "dev"));
	m->path = fl_json_find_name(o, "path");
	m->fstype = fl_json_find_name(o, "fstype");
	m->source = fl_json_find_name(o, "source");
	for (int i = 0; i < FL_MOUNT_COUNTERS; i++)
		m->counter[i] = i == FL_MOUNT_ATTRIBUTE_REPLIES
					? fl_json_find_u64(o, fl_mount_counter_name(i))
					: fl_json_get_u64(r, o, fl_mount_counter_name(i));
	/* added later to this version */
	if (json_object_object_get_ex(o, "cross_check", NULL))
		m->cross_check = fl_json_get_index(r, o, "cross_check", fl_cross_check_from_name);
	m->unseen = fl_json_find_u64(o, "unseen");
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

static enum fl_can can_from_json(struct json_object *v)
{
	const char *name = v ? json_object_get_string(v) : NULL;

	for (int i = FL_CAN_NO; name && i <= FL_CAN_YES; i++)
		if (!strcmp(can_names[i], name))
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

		for (int take = 0; take < FL_TAKES; take++)
			for (int nature = 0; nature < FL_NATURES; nature++)
				sum += f->cell[take][nature];
		for (int k = 0; k < FL_COUNTERS; k++)
			sum += f->counter[k];
		for (int k = 0; k < FL_SITE_ROLES; k++)
			sum += f->takes[k];
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

int fl_snapshot_from_json(struct fl_snapshot *s, struct json_object *o, struct fl_err *err)
{
	struct fl_json_reader r = {.what = "snapshot", .err = err};
	struct json_object *list, *v, *loss, *can;

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
		if (json_object_object_get_ex(can, fl_route_name(i), &v))
			s->can[i] = can_from_json(v);
	snprintf(s->variant, sizeof(s->variant), "unknown");
	if (json_object_object_get_ex(o, "variant", &v) && json_object_is_type(v, json_type_string))
		snprintf(s->variant, sizeof(s->variant), "%s", json_object_get_string(v));
	list = get_list(&r, o, "files", sizeof(*s->file), (void **)&s->file, &s->nfiles);
	for (size_t i = 0; list && i < s->nfiles; i++) {
		struct json_object *file = json_object_array_get_idx(list, i);

		file_from_json(&r, file, &s->file[i]);
		/* only methods that count takes may see completions */
		s->has_completions |= s->file[i].has_takes &&
				      json_object_object_get_ex(file, "completed_inline", &v) && v;
		if (json_object_object_get_ex(file, "queued_waits", &v) && v) {
			s->has_waits = true;
			s->file[i].waits = fl_waits_from_json(v);
			if (!s->file[i].waits)
				fl_json_fail(&r, "queued_waits", "is wrong");
		}
		if (json_object_object_get_ex(file, "writers", &v) &&
		    json_object_is_type(v, json_type_array)) {
			s->has_writers = true;
			if (fl_writers_from_json(&s->file[i].writers, v))
				fl_json_fail(&r, "writers", "is wrong");
		}
		s->tells_outside |= json_object_object_get_ex(file, "outside", &v) && v;
	}
	list = get_list(&r, o, "mounts", sizeof(*s->mount), (void **)&s->mount, &s->nmounts);
	for (size_t i = 0; list && i < s->nmounts; i++)
		mount_from_json(&r, json_object_array_get_idx(list, i), &s->mount[i]);
	list = get_list(&r, o, "probes", sizeof(*s->probe), (void **)&s->probe, &s->nprobes);
	for (size_t i = 0; list && i < s->nprobes; i++)
		probe_from_json(&r, json_object_array_get_idx(list, i), &s->probe[i]);
	s->writes_method = s->method;
	if (json_object_object_get_ex(o, "writes_method", &v)) {
		s->takes_only = !v;
		if (v)
			s->writes_method = fl_json_get_index(&r, o, "writes_method",
							     fl_method_from_name);
	}
	if (json_object_object_get_ex(o, "sites", &v) && v) {
		list = get_list(&r, o, "sites", sizeof(*s->site), (void **)&s->site, &s->nsites);
		for (size_t i = 0; list && i < s->nsites; i++)
			site_from_json(&r, json_object_array_get_idx(list, i), &s->site[i]);
	}
	s->has_unfinished = json_object_object_get_ex(o, "unfinished", &v) && v;
	s->unfinished = fl_json_find_u64(o, "unfinished");
	/* added later to this version */
	s->unfollowed_locks = fl_json_find_u64(o, "unfollowed_locks");
	s->blind_files = fl_json_find_u64(o, "blind_files");
	if (json_object_object_get_ex(o, "blind_example", &v) && v)
		snprintf(s->blind_example, sizeof(s->blind_example), "%s",
			 json_object_get_string(v));
	for (size_t i = 0; i < s->nfiles; i++)
		s->has_takes |= s->file[i].has_takes;
	loss = fl_json_get(&r, o, "losses", json_type_object);
	for (int i = 0; loss && i < FL_LOSSES; i++)
		s->loss[i] = i == FL_LOSS_NO_TASK ? fl_json_find_u64(loss, loss_names[i])
						  : fl_json_get_u64(&r, loss, loss_names[i]);
	if (!r.bad)
		check_sums(&r, s);
	if (!r.bad)
		return 0;
	fl_snapshot_free(s);
	return -1;
}
