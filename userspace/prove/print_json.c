// SPDX-License-Identifier: GPL-2.0-only
/* The report of 'prove' as JSON. The keys are those of docs/schema.md. Pure. */
#include "prove/print.h"

#include <sys/wait.h>
#include <json-c/json.h>

#include "snapshot/holders.h"
#include "util/json.h"

static struct json_object *path_json(const struct fl_prove_report *r)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < r->npath_changes; i++) {
		struct json_object *o = json_object_new_object();

		fl_json_u64(o, "after_ns", r->path_change[i].after_ns);
		fl_json_name(o, "text", r->path_change[i].text);
		json_object_array_add(list, o);
	}
	return list;
}

static void add_counter(struct json_object *o, const struct fl_snapshot *s,
			const struct fl_totals *t, enum fl_counter counter)
{
	fl_json_u64_or_null(o, fl_counter_name(counter), fl_snapshot_knows(s, counter),
			    t->counter[counter]);
}

static struct json_object *counts_json(const struct fl_snapshot *s, const struct fl_totals *t)
{
	bool takes_only = s->takes_only;
	struct json_object *o = json_object_new_object(), *routes;
	struct fl_holders holders;

	fl_holders_sum(s, &holders);
	fl_json_u64(o, "writes", t->writes);
	fl_json_u64_or_null(o, "bytes", !takes_only, t->counter[FL_COUNT_BYTES]);
	fl_json_u64(o, "exclusive", t->exclusive);
	fl_json_u64(o, "shared", t->shared);
	fl_json_u64(o, "untold", t->unknown);
	fl_json_u64_or_null(o, "eligible", !takes_only, t->eligible);
	fl_json_u64_or_null(o, "eligible_shared", !takes_only, t->eligible_shared);
	add_counter(o, s, t, FL_COUNT_RETRIED);
	add_counter(o, s, t, FL_COUNT_FAILED);
	add_counter(o, s, t, FL_COUNT_UNCERTAIN);
	add_counter(o, s, t, FL_COUNT_OUTSIDE);
	add_counter(o, s, t, FL_COUNT_QUEUED_BEHIND);
	json_object_object_add(o, "shared_holders",
			       s->has_holders ? fl_holders_to_json(&holders) : NULL);
	routes = fl_json_object(o, "writes_by_route");
	for (int i = 0; i < FL_ROUTES; i++)
		fl_json_u64(routes, fl_route_name(i), t->by_route[i]);
	return o;
}

/* A figure that this method cannot tell is null, never 0. */
static void add_takes(struct json_object *counts, const struct fl_snapshot *s,
		      const struct fl_totals *t)
{
	fl_json_u64_or_null(counts, "upgrades", s->has_takes, t->counter[FL_COUNT_UPGRADES]);
	json_object_object_add(counts, "takes", fl_takes_to_json(s->has_takes, t->takes));
	json_object_object_add(counts, "takes_minus_writes",
			       s->has_takes && !s->takes_only
				       ? json_object_new_int64(fl_takes_difference(t))
				       : NULL);
	fl_json_u64_or_null(counts, "unfinished", s->has_unfinished, s->unfinished);
}

void fl_prove_json(const struct fl_prove_report *r, FILE *out)
{
	const struct fl_verdict *v = &r->verdict;
	struct json_object *o = json_object_new_object(), *reasons;
	struct json_object *counts = counts_json(r->snapshot, &v->totals), *loss;

	fl_json_name(o, "schema", "fuselens.prove/1");
	fl_json_name(o, "target", r->target);
	fl_json_name(o, "verdict", fl_verdict_name(v->kind));
	fl_json_u64(o, "exit_code", r->exit_code);
	fl_json_name(o, "why", v->why);
	fl_json_name(o, "next", v->next);
	fl_json_u64(o, "duration_ns", r->snapshot->end_ns - r->snapshot->start_ns);
	fl_json_bool(o, "interrupted", r->interrupted);
	json_object_object_add(o, "path_changes", path_json(r));
	add_takes(counts, r->snapshot, &v->totals);
	json_object_object_add(o, "counts", counts);
	reasons = fl_json_array(o, "reasons");
	for (int i = 0; i < v->nreasons; i++) {
		struct json_object *one = json_object_new_object();

		fl_json_name(one, "reason", fl_reason_name(v->reason[i].reason));
		fl_json_u64(one, "writes", v->reason[i].writes);
		json_object_array_add(reasons, one);
	}
	loss = fl_json_object(o, "loss");
	fl_json_u64(loss, "lost", v->totals.lost);
	fl_json_u64(loss, "uncertain", v->totals.counter[FL_COUNT_UNCERTAIN]);
	fl_json_u64(loss, "unseen", v->totals.unseen);
	fl_json_double(loss, "ratio", v->loss);
	fl_json_u64_or_null(o, "command_exit_code", r->command && WIFEXITED(r->command_status),
			    WEXITSTATUS(r->command_status));
	fl_json_u64_or_null(o, "command_signal", r->command && WIFSIGNALED(r->command_status),
			    WTERMSIG(r->command_status));
	json_object_object_add(o, "command_failed",
			       r->command ? json_object_new_boolean(r->command_failed) : NULL);
	json_object_object_add(o, "snapshot", fl_snapshot_to_json(r->snapshot));
	fl_json_print(o, out, true);
}
