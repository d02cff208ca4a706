// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/waits.h"

#include <stdlib.h>
#include <json-c/json.h>

#include "snapshot/hist.h"
#include "util/json.h"
#include "util/json_read.h"

/* The keys in JSON. */
static const char *const kinds[FL_WAIT_KINDS] = {
	[FL_WAIT_EXCL] = "exclusive",
	[FL_WAIT_SHARED] = "shared",
	[FL_WAIT_FI_LOCK] = "fi_lock",
	[FL_WAIT_IO] = "io",
};

static void add(struct fl_wait_times *sum, const struct fl_wait_times *one)
{
	fl_hist_add(&sum->times, &one->times);
	if (one->max_ns > sum->max_ns)
		sum->max_ns = one->max_ns;
}

void fl_waits_add(struct fl_waits *sum, const struct fl_waits *one)
{
	for (int k = 0; k < FL_WAIT_KINDS; k++)
		add(&sum->kind[k], &one->kind[k]);
}

struct fl_waits *fl_waits_sum(const struct fl_snapshot *s)
{
	struct fl_waits *sum = calloc(1, sizeof(*sum));

	for (size_t i = 0; sum && i < s->nfiles; i++)
		if (s->file[i].waits)
			fl_waits_add(sum, s->file[i].waits);
	return sum;
}

struct json_object *fl_waits_to_json(const struct fl_waits *w)
{
	struct json_object *o = w ? json_object_new_object() : NULL;

	for (int k = 0; w && k < FL_WAIT_KINDS; k++) {
		const struct fl_hist *t = &w->kind[k].times;
		struct json_object *one = json_object_new_object();

		fl_json_u64(one, "count", fl_hist_count(t));
		fl_json_u64(one, "p50_ns", fl_hist_middle(t, 0.5));
		fl_json_u64(one, "p99_ns", fl_hist_middle(t, 0.99));
		fl_json_u64(one, "max_ns", w->kind[k].max_ns);
		fl_hist_to_json(t, one);
		json_object_object_add(o, kinds[k], one);
	}
	return o;
}

static void times_from_json(struct fl_json_reader *r, struct json_object *o,
			    struct fl_wait_times *t)
{
	t->max_ns = fl_json_get_u64(r, o, "max_ns");
	fl_hist_from_json(r, o, &t->times);
}

struct fl_waits *fl_waits_from_json(struct fl_json_reader *r, struct json_object *o,
				    const char *key)
{
	struct json_object *waits = fl_json_get(r, o, key, json_type_object);
	struct fl_waits *w = waits ? calloc(1, sizeof(*w)) : NULL;

	if (waits && !w)
		fl_json_fail(r, key, "does not fit into memory");
	for (int k = 0; w && k < FL_WAIT_KINDS; k++)
		if (k != FL_WAIT_IO || fl_json_has(waits, kinds[k])) /* older reports have no I/O */
			times_from_json(r, fl_json_get(r, waits, kinds[k], json_type_object),
					&w->kind[k]);
	return w;
}
