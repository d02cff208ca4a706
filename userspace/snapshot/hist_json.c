// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/hist.h"

#include <json-c/json.h>

#include "util/json.h"
#include "util/json_read.h"

void fl_hist_to_json(const struct fl_hist *h, struct json_object *o)
{
	struct json_object *list = fl_json_array(o, "buckets"), *bucket;

	for (int b = 0; b < FL_HIST_BUCKETS; b++) {
		if (!h->bucket[b])
			continue;
		bucket = json_object_new_object();
		fl_json_u64(bucket, "ns", fl_hist_bucket_ns(b));
		fl_json_u64(bucket, "count", h->bucket[b]);
		json_object_array_add(list, bucket);
	}
	fl_json_u64(o, "sum_ns", h->sum_ns);
}

/* Times below 8 ns have buckets of their own; those up to 24 stay empty. */
static int bucket_of(__u64 ns)
{
	for (int b = 0; b < FL_HIST_BUCKETS; b++)
		if (fl_hist_bucket_ns(b) == ns && (b < 8 || b >= 24))
			return b;
	return -1;
}

/* Earlier versions had one bucket an octave: here the last one of each, so that the upper bounds stay. */
static void octaves_from_json(struct json_object *list, struct fl_hist *h)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		size_t b = i < 4 ? (1u << i) - 1 : 8 * (i - 1) + 7;

		h->bucket[b < FL_HIST_BUCKETS ? b : FL_HIST_BUCKETS - 1] +=
			json_object_get_uint64(json_object_array_get_idx(list, i));
	}
}

void fl_hist_from_json(struct fl_json_reader *r, struct json_object *o, struct fl_hist *h)
{
	struct json_object *list = fl_json_find(o, "log2_buckets", json_type_array);

	h->sum_ns = fl_json_get_u64(r, o, "sum_ns");
	if (list) {
		octaves_from_json(list, h);
		return;
	}
	list = fl_json_get(r, o, "buckets", json_type_array);
	for (size_t i = 0; list && i < json_object_array_length(list) && !r->bad; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		int b = bucket_of(fl_json_get_u64(r, one, "ns"));

		if (b < 0)
			fl_json_fail(r, "ns", "is the middle of no bucket");
		else
			h->bucket[b] += fl_json_get_u64(r, one, "count");
	}
}
