// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot as JSON. The keys are those of docs/schema.md and never change their meaning. */
#include "snapshot/snapshot.h"

#include <json-c/json.h>

#include "util/json.h"
#include "snapshot/coverage.h"
#include "snapshot/hist.h"
#include "snapshot/holders.h"
#include "snapshot/reason.h"
#include "snapshot/waits.h"

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

/* Writes only cells that are not 0: the matrix is sparse. The mode has the key "take", as it always had. */
static struct json_object *cells_to_json(const struct fl_file_counts *f)
{
	struct json_object *list = json_object_new_array();

	for (int mode = 0; mode < FL_MODES; mode++) {
		for (int nature = 0; nature < FL_NATURES; nature++) {
			struct json_object *cell;

			if (!f->cell[mode][nature])
				continue;
			cell = json_object_new_object();
			fl_json_name(cell, "take", fl_mode_name(mode));
			fl_json_name(cell, "nature", fl_nature_name(nature));
			fl_json_u64(cell, "writes", f->cell[mode][nature]);
			json_object_array_add(list, cell);
		}
	}
	return list;
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
	fl_json_bool(flag, "answer_counts", f->flag.answer_counts);
	hists = f->hists ? json_object_new_object() : NULL;
	for (int i = 0; hists && i < FL_HISTS; i++)
		fl_hist_to_json(&f->hists->hist[i], fl_json_object(hists, fl_hist_name(i)));
	json_object_object_add(o, "histograms", hists);
	json_object_object_add(o, "takes", fl_takes_to_json(f->has_takes, f->takes));
	json_object_object_add(o, "shared_holders",
			       s->has_holders ? fl_holders_to_json(f->holders) : NULL);
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
		fl_json_u64_or_null(o, fl_mount_counter_name(i), !m->uncounted, m->counter[i]);
	fl_json_name(o, "cross_check", fl_cross_check_name(m->cross_check));
	fl_json_u64_or_null(o, "unseen", m->cross_check == FL_CROSS_DONE, m->unseen);
	fl_json_u64_or_null(o, "unseen_at_most", m->cross_check == FL_CROSS_DONE,
			    m->unseen_at_most);
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
		fl_json_name(can, fl_route_name(r), fl_can_name(s->can[r]));
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
		fl_json_u64(loss, fl_loss_name(i), s->loss[i]);
	json_object_object_add(
		o, "writes_method",
		s->takes_only ? NULL : json_object_new_string(fl_method_name(s->writes_method)));
	json_object_object_add(o, "sites", sites_to_json(s));
	fl_json_u64_or_null(o, "unfinished", s->has_unfinished, s->unfinished);
	fl_json_u64_or_null(o, "unfollowed_locks", s->has_waits, s->unfollowed_locks);
	fl_json_u64(o, "blind_files", s->blind_files);
	fl_json_name(o, "blind_example", s->blind_example[0] ? s->blind_example : NULL);
	return o;
}
