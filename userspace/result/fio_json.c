// SPDX-License-Identifier: GPL-2.0-only
#include "result/fio_json.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

/* fio nests six deep; a hostile file must not make the parser recurse much further. */
#define MAX_DEPTH 24

const char *const fl_clat_pct_names[FL_CLAT_PCTS] = {"p50_ns", "p90_ns", "p99_ns", "p99_9_ns"};
static const char *const fio_pct_keys[FL_CLAT_PCTS] = {
	"50.000000",
	"90.000000",
	"99.000000",
	"99.900000",
};

/* The first key that is missing or of a wrong type stops the reading. */
struct reader {
	struct fl_err *err;
	bool bad;
};

static struct json_object *get(struct reader *r, struct json_object *o, const char *key,
			       enum json_type type)
{
	struct json_object *v = NULL;
	bool number = type == json_type_double;

	if (r->bad)
		return NULL;
	if (json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, &v) &&
	    (json_object_is_type(v, type) || (number && json_object_is_type(v, json_type_int))))
		return v;
	fl_err(r->err, "fio's output: \"%s\" is missing or not of type %s", key,
	       number ? "number" : json_type_to_name(type));
	r->bad = true;
	return NULL;
}

static __u64 get_u64(struct reader *r, struct json_object *o, const char *key)
{
	struct json_object *v = get(r, o, key, json_type_int);

	if (v && json_object_get_int64(v) < 0) {
		fl_err(r->err, "fio's output: \"%s\" is negative", key);
		r->bad = true;
		return 0;
	}
	return v ? json_object_get_uint64(v) : 0;
}

static double get_number(struct reader *r, struct json_object *o, const char *key)
{
	struct json_object *v = get(r, o, key, json_type_double);
	double d = v ? json_object_get_double(v) : 0;

	if (!isfinite(d) || d < 0) {
		fl_err(r->err, "fio's output: \"%s\" is no quantity", key);
		r->bad = true;
		return 0;
	}
	return d;
}

static void read_clat(struct reader *r, struct json_object *dir, struct fl_fio_dir *d)
{
	struct json_object *clat, *pct;
	__u64 n;

	if (!json_object_object_get_ex(dir, "clat_ns", &clat))
		return;
	n = get_u64(r, clat, "N");
	if (!n || r->bad)
		return;
	d->has_clat = true;
	d->clat_mean_ns = get_number(r, clat, "mean");
	d->clat_min_ns = get_u64(r, clat, "min");
	d->clat_max_ns = get_u64(r, clat, "max");
	if (!json_object_object_get_ex(clat, "percentile", &pct))
		return;
	for (int i = 0; i < FL_CLAT_PCTS; i++) {
		struct json_object *v;

		/* percentile_list may have been set to others */
		if (!json_object_is_type(pct, json_type_object) ||
		    !json_object_object_get_ex(pct, fio_pct_keys[i], &v) ||
		    !json_object_is_type(v, json_type_int))
			return;
		d->clat_pct_ns[i] = json_object_get_uint64(v);
	}
	d->has_pct = true;
}

static void read_dir(struct reader *r, struct json_object *job, const char *name,
		     struct fl_fio_dir *all)
{
	struct json_object *dir = get(r, job, name, json_type_object);
	struct fl_fio_dir d = {};
	__u64 sum;

	if (!dir)
		return;
	d.ios = get_u64(r, dir, "total_ios");
	d.bytes = get_u64(r, dir, "io_bytes");
	d.iops = get_number(r, dir, "iops");
	d.bytes_per_s = get_number(r, dir, "bw_bytes");
	d.short_ios = get_u64(r, dir, "short_ios");
	read_clat(r, dir, &d);
	if (r->bad || !d.ios)
		return;
	sum = all->ios + d.ios;
	if (all->ios) {
		/* a second group: totals add up, the mean is weighted, percentiles are lost */
		d.clat_mean_ns = (all->clat_mean_ns * all->ios + d.clat_mean_ns * d.ios) / sum;
		d.has_clat &= all->has_clat;
		d.has_pct = false;
		if (all->clat_min_ns < d.clat_min_ns)
			d.clat_min_ns = all->clat_min_ns;
		if (all->clat_max_ns > d.clat_max_ns)
			d.clat_max_ns = all->clat_max_ns;
	}
	d.ios = sum;
	d.bytes += all->bytes;
	d.iops += all->iops;
	d.bytes_per_s += all->bytes_per_s;
	d.short_ios += all->short_ios;
	*all = d;
}

static int read_document(struct fl_fio *fio, struct json_object *doc, struct fl_err *err)
{
	struct reader r = {.err = err};
	struct json_object *v = get(&r, doc, "fio version", json_type_string), *jobs;

	memset(fio, 0, sizeof(*fio));
	if (v)
		snprintf(fio->version, sizeof(fio->version), "%s", json_object_get_string(v));
	jobs = get(&r, doc, "jobs", json_type_array);
	if (jobs && !json_object_array_length(jobs))
		return fl_err(err, "fio's output: no job in it");
	for (size_t i = 0; jobs && i < json_object_array_length(jobs) && !r.bad; i++) {
		struct json_object *job = json_object_array_get_idx(jobs, i);

		v = get(&r, job, "error", json_type_int);
		if (v && !fio->error)
			fio->error = json_object_get_int(v);
		read_dir(&r, job, "read", &fio->read);
		read_dir(&r, job, "write", &fio->write);
		fio->groups++;
	}
	return r.bad ? -1 : 0;
}

/* The next '{' that begins a line, as fio's documents do. */
static const char *document_start(const char *p, const char *begin, const char *end)
{
	for (; p < end; p++) {
		p = memchr(p, '{', end - p);
		if (!p)
			return NULL;
		if (p == begin || p[-1] == '\n')
			return p;
	}
	return NULL;
}

int fl_fio_read_output(struct fl_fio *fio, const char *text, size_t len, struct fl_err *err)
{
	struct json_tokener *tok = json_tokener_new_ex(MAX_DEPTH);
	const char *p = text, *end = text + len;
	int ret = -1;

	if (!tok)
		return fl_err(err, "out of memory");
	fl_err(err, len ? "fio's output holds no JSON document" : "fio's output is empty");
	while (len <= INT_MAX && (p = document_start(p, text, end))) {
		struct json_object *doc;
		enum json_tokener_error e;

		json_tokener_reset(tok);
		doc = json_tokener_parse_ex(tok, p, end - p);
		e = json_tokener_get_error(tok);
		if (!doc) {
			ret = fl_err(err,
				     e == json_tokener_continue
					     ? "fio's output ends in the middle of its JSON"
					     : "fio's output is no JSON: %s",
				     json_tokener_error_desc(e));
			break;
		}
		ret = read_document(fio, doc, err);
		json_object_put(doc);
		p += json_tokener_get_parse_end(tok);
		if (ret)
			break;
	}
	json_tokener_free(tok);
	if (ret)
		fl_hint(err, "was fio ended before it was done? its own messages say more");
	return ret;
}

unsigned int fl_fio_version(const char *text)
{
	unsigned int major, minor;

	if (sscanf(text, "fio-%3u.%3u", &major, &minor) != 2 || minor > 999)
		return 0;
	return major * 1000 + minor;
}
