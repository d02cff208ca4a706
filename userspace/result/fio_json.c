// SPDX-License-Identifier: GPL-2.0-only
#include "result/fio_json.h"

#include <stdio.h>
#include <string.h>

#include "util/json_read.h"

const char *const fl_clat_pct_names[FL_CLAT_PCTS] = {"p50_ns", "p90_ns", "p99_ns", "p99_9_ns"};
static const char *const fio_pct_keys[FL_CLAT_PCTS] = {
	"50.000000",
	"90.000000",
	"99.000000",
	"99.900000",
};

static void read_clat(struct fl_json_reader *r, struct json_object *dir, struct fl_fio_dir *d)
{
	struct json_object *clat, *pct;
	__u64 n;

	if (!json_object_object_get_ex(dir, "clat_ns", &clat))
		return;
	n = fl_json_get_u64(r, clat, "N");
	if (!n || r->bad)
		return;
	d->has_clat = true;
	d->clat_mean_ns = fl_json_get_number(r, clat, "mean");
	d->clat_min_ns = fl_json_get_u64(r, clat, "min");
	d->clat_max_ns = fl_json_get_u64(r, clat, "max");
	if (!json_object_object_get_ex(clat, "percentile", &pct))
		return;
	for (int i = 0; i < FL_CLAT_PCTS; i++) {
		struct json_object *v = fl_json_find(pct, fio_pct_keys[i], json_type_int);

		/* the profile may have set another percentile_list */
		if (!v)
			return;
		d->clat_pct_ns[i] = json_object_get_uint64(v);
	}
	d->has_pct = true;
}

static void read_lat(struct json_object *dir, struct fl_fio_dir *d)
{
	struct json_object *lat = fl_json_find(dir, "lat_ns", json_type_object);
	struct json_object *mean = fl_json_find(lat, "mean", json_type_double);

	d->has_lat = mean && fl_json_find_u64(lat, "N") && json_object_get_double(mean) >= 0;
	d->lat_mean_ns = d->has_lat ? json_object_get_double(mean) : 0;
}

/* Adds one direction of one group to all, and returns this group's I/Os. */
static __u64 read_dir(struct fl_json_reader *r, struct json_object *job, const char *name,
		      struct fl_fio_dir *all)
{
	struct json_object *dir = fl_json_get(r, job, name, json_type_object);
	struct fl_fio_dir d = {};
	__u64 ios, sum;

	if (!dir)
		return 0;
	d.ios = ios = fl_json_get_u64(r, dir, "total_ios");
	d.bytes = fl_json_get_u64(r, dir, "io_bytes");
	d.iops = fl_json_get_number(r, dir, "iops");
	d.bytes_per_s = fl_json_get_number(r, dir, "bw_bytes");
	d.short_ios = fl_json_get_u64(r, dir, "short_ios");
	read_clat(r, dir, &d);
	read_lat(dir, &d);
	if (r->bad || !ios)
		return 0;
	sum = all->ios + d.ios;
	if (all->ios) {
		/* a second group: totals add up, the mean is weighted, percentiles are lost */
		d.clat_mean_ns = (all->clat_mean_ns * all->ios + d.clat_mean_ns * d.ios) / sum;
		d.has_clat &= all->has_clat;
		d.lat_mean_ns = (all->lat_mean_ns * all->ios + d.lat_mean_ns * d.ios) / sum;
		d.has_lat &= all->has_lat;
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
	return ios;
}

static int read_document(struct fl_fio *fio, struct json_object *doc, struct fl_err *err)
{
	struct fl_json_reader r = {.what = "fio's output", .err = err};
	struct json_object *v = fl_json_get(&r, doc, "fio version", json_type_string), *jobs;

	memset(fio, 0, sizeof(*fio));
	if (v)
		snprintf(fio->version, sizeof(fio->version), "%s", json_object_get_string(v));
	jobs = fl_json_get(&r, doc, "jobs", json_type_array);
	if (jobs && !json_object_array_length(jobs))
		return fl_err(err, "fio's output: no job in it");
	for (size_t i = 0; jobs && i < json_object_array_length(jobs) && !r.bad; i++) {
		struct json_object *job = json_object_array_get_idx(jobs, i);
		__u64 ios;

		v = fl_json_get(&r, job, "error", json_type_int);
		if (v && !fio->error)
			fio->error = json_object_get_int(v);
		if (json_object_object_get_ex(job, "mixed", NULL) &&
		    !json_object_object_get_ex(job, "write", NULL)) {
			fl_err(err,
			       "fio's output: reads and writes are reported as one, so the writes are not known");
			return fl_hint(err, "take unified_rw_reporting out of the profile");
		}
		ios = read_dir(&r, job, "read", &fio->read);
		ios += read_dir(&r, job, "write", &fio->write);
		if (!fio->groups++ || ios < fio->min_group_ios)
			fio->min_group_ios = ios;
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
	const char *p = text, *end = text + len;
	int ret = -1;

	fl_err(err, len ? "fio's output holds no JSON document" : "fio's output is empty");
	while ((p = document_start(p, text, end))) {
		size_t used;
		struct json_object *doc = fl_json_parse(p, end - p, &used, "fio's output", err);

		ret = doc ? read_document(fio, doc, err) : -1;
		json_object_put(doc);
		if (ret)
			break;
		p += used;
	}
	if (ret && !err->hint[0])
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
