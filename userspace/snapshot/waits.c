// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/waits.h"

#include <stdlib.h>
#include <json-c/json.h>

#include "snapshot/snapshot.h"
#include "util/json.h"

__u64 fl_site_bucket_ns(int bucket)
{
	int l = bucket / 8, f = bucket % 8;

	if (bucket < 8)
		return bucket;
	if (l < 3)
		return 0; /* each time below 8 ns has its own bucket, so these buckets stay empty */
	return ((8ull + f) << (l - 3)) + (1ull << (l - 3)) / 2;
}

__u64 fl_site_count(const struct fl_site_times *t)
{
	__u64 n = 0;

	for (int i = 0; i < FL_TIME_BUCKETS; i++)
		n += t->bucket[i];
	return n;
}

__u64 fl_site_quantile(const struct fl_site_times *t, double q)
{
	__u64 n = fl_site_count(t), seen = 0, wanted = (__u64)(q * (double)n);

	for (int i = 0; i < FL_TIME_BUCKETS && n; i++) {
		seen += t->bucket[i];
		if (seen > wanted || seen == n)
			return fl_site_bucket_ns(i);
	}
	return 0;
}

const char *fl_wait_kind_name(enum fl_wait_kind kind)
{
	static const char *const names[FL_WAIT_KINDS] = {
		[FL_WAIT_EXCL] = "exclusive",
		[FL_WAIT_SHARED] = "shared",
		[FL_WAIT_FI_LOCK] = "fi_lock",
	};

	return names[kind];
}

static void add(struct fl_wait_times *sum, const struct fl_wait_times *one)
{
	for (int b = 0; b < FL_TIME_BUCKETS; b++)
		sum->times.bucket[b] += one->times.bucket[b];
	sum->times.sum_ns += one->times.sum_ns;
	if (one->max_ns > sum->max_ns)
		sum->max_ns = one->max_ns;
}

struct fl_waits *fl_waits_sum(const struct fl_snapshot *s)
{
	struct fl_waits *sum = calloc(1, sizeof(*sum));

	for (size_t i = 0; sum && i < s->nfiles; i++)
		for (int k = 0; s->file[i].waits && k < FL_WAIT_KINDS; k++)
			add(&sum->kind[k], &s->file[i].waits->kind[k]);
	return sum;
}

struct json_object *fl_waits_to_json(const struct fl_waits *w)
{
	struct json_object *o = w ? json_object_new_object() : NULL;

	for (int k = 0; w && k < FL_WAIT_KINDS; k++) {
		const struct fl_site_times *t = &w->kind[k].times;
		struct json_object *one = json_object_new_object(), *list = json_object_new_array();

		fl_json_u64(one, "count", fl_site_count(t));
		fl_json_u64(one, "sum_ns", t->sum_ns);
		fl_json_u64(one, "p50_ns", fl_site_quantile(t, 0.5));
		fl_json_u64(one, "p99_ns", fl_site_quantile(t, 0.99));
		fl_json_u64(one, "max_ns", w->kind[k].max_ns);
		for (int b = 0; b < FL_TIME_BUCKETS; b++) {
			struct json_object *bucket;

			if (!t->bucket[b])
				continue;
			bucket = json_object_new_object();
			fl_json_u64(bucket, "ns", fl_site_bucket_ns(b));
			fl_json_u64(bucket, "count", t->bucket[b]);
			json_object_array_add(list, bucket);
		}
		json_object_object_add(one, "buckets", list);
		json_object_object_add(o, fl_wait_kind_name(k), one);
	}
	return o;
}

static __u64 number(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_uint64(v) : 0;
}

/* Times below 8 ns have buckets of their own; those up to 24 stay empty. */
static int bucket_of(__u64 ns)
{
	for (int b = 0; b < FL_TIME_BUCKETS; b++)
		if (fl_site_bucket_ns(b) == ns && (b < 8 || b >= 24))
			return b;
	return -1;
}

static int times_from_json(struct json_object *o, struct fl_wait_times *t)
{
	struct json_object *list;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, "buckets", &list) ||
	    !json_object_is_type(list, json_type_array))
		return -1;
	t->times.sum_ns = number(o, "sum_ns");
	t->max_ns = number(o, "max_ns");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		int b = json_object_is_type(one, json_type_object) ? bucket_of(number(one, "ns"))
								   : -1;

		if (b < 0)
			return -1;
		t->times.bucket[b] += number(one, "count");
	}
	return 0;
}

struct fl_waits *fl_waits_from_json(struct json_object *o)
{
	struct fl_waits *w = calloc(1, sizeof(*w));
	struct json_object *v;
	int bad = !json_object_is_type(o, json_type_object);

	for (int k = 0; w && !bad && k < FL_WAIT_KINDS; k++)
		bad = !json_object_object_get_ex(o, fl_wait_kind_name(k), &v) ||
		      times_from_json(v, &w->kind[k]);
	if (!bad)
		return w;
	free(w);
	return NULL;
}
