// SPDX-License-Identifier: GPL-2.0-only
#include "snapshot/holders.h"

#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "snapshot/snapshot.h"
#include "util/json.h"
#include "util/json_read.h"

void fl_holders_sum(const struct fl_snapshot *s, struct fl_holders *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (size_t i = 0; i < s->nfiles; i++)
		if (s->file[i].holders)
			fl_add_words(sum, s->file[i].holders, sizeof(*sum));
}

__u64 fl_holders_looks(const struct fl_holders *h)
{
	__u64 n = 0;

	for (int i = 0; i < FL_HOLDERS; i++)
		n += h->looks[i];
	return n;
}

static __u64 sum_of(const struct fl_holders *h)
{
	__u64 sum = h->beyond;

	for (int i = 0; i < FL_HOLDERS - 1; i++)
		sum += (i + 1) * h->looks[i];
	return sum;
}

double fl_holders_mean(const struct fl_holders *h)
{
	return (double)sum_of(h) / (double)fl_holders_looks(h);
}

__u32 fl_holders_quantile(const struct fl_holders *h, double q)
{
	__u64 n = fl_holders_looks(h), seen = 0, wanted = (__u64)(q * (double)n);
	int i = 0;

	for (; i < FL_HOLDERS - 1; i++) {
		seen += h->looks[i];
		if (seen > wanted || (seen && seen == n))
			break;
	}
	return i + 1;
}

__u32 fl_holders_most(const struct fl_holders *h)
{
	int i = FL_HOLDERS;

	while (i > 1 && !h->looks[i - 1])
		i--;
	return i;
}

const char *fl_holders_text(__u32 holders, char *buf)
{
	sprintf(buf, "%u%s", holders, holders < FL_HOLDERS ? "" : " or more");
	return buf;
}

struct json_object *fl_holders_to_json(const struct fl_holders *h)
{
	static const struct fl_holders none;
	struct json_object *o = json_object_new_object(), *list;
	__u64 looks;

	h = h ? h : &none;
	looks = fl_holders_looks(h);
	fl_json_u64(o, "looks", looks);
	fl_json_u64(o, "sum", sum_of(h));
	json_object_object_add(o, "mean",
			       looks ? json_object_new_double(fl_holders_mean(h)) : NULL);
	fl_json_u64_or_null(o, "max", looks, fl_holders_most(h));
	list = fl_json_array(o, "buckets");
	for (int i = 0; i < FL_HOLDERS; i++) {
		struct json_object *bucket;

		if (!h->looks[i])
			continue;
		bucket = json_object_new_object();
		fl_json_u64(bucket, "holders", i + 1);
		fl_json_u64(bucket, "looks", h->looks[i]);
		json_object_array_add(list, bucket);
	}
	return o;
}

void fl_holders_from_json(struct fl_json_reader *r, struct json_object *o, const char *key,
			  struct fl_holders *h)
{
	struct json_object *holders = fl_json_get(r, o, key, json_type_object);
	struct json_object *list = fl_json_get(r, holders, "buckets", json_type_array);
	__u64 sum = fl_json_get_u64(r, holders, "sum");

	memset(h, 0, sizeof(*h));
	for (size_t i = 0; list && i < json_object_array_length(list) && !r->bad; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		__u64 n = fl_json_get_bounded(r, one, "holders", 1, FL_HOLDERS);

		if (!r->bad)
			h->looks[n - 1] += fl_json_get_u64(r, one, "looks");
	}
	if (h->looks[FL_HOLDERS - 1] && sum > sum_of(h))
		h->beyond = sum - sum_of(h);
}
