// SPDX-License-Identifier: GPL-2.0-only
#include "result/fio_log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

#define NS_PER_MS  1000000ull
#define MAX_POINTS 1000000u

struct entry {
	__u64 t_ns;
	double iops;
};

struct entries {
	struct entry *entry;
	size_t n;
};

/* "TIME_MS, VALUE, DIRECTION, ..." with direction 1 for writes. */
static bool parse_line(const char *line, size_t len, struct entry *e)
{
	char text[96];
	unsigned long long ms, value;
	unsigned int direction;

	if (len >= sizeof(text))
		return false;
	memcpy(text, line, len);
	text[len] = '\0';
	if (sscanf(text, "%19llu , %19llu , %1u", &ms, &value, &direction) != 3 || direction != 1)
		return false;
	if (ms > ~0ull / NS_PER_MS)
		return false;
	e->t_ns = ms * NS_PER_MS;
	e->iops = value;
	return true;
}

static int add_entry(struct entries *list, const struct entry *e)
{
	if (!FL_MORE(list->entry, list->n))
		return -1;
	list->entry[list->n++] = *e;
	return 0;
}

static int parse_log(struct entries *list, const char *log, size_t len)
{
	const char *end = log + len;

	while (log < end) {
		const char *eol = memchr(log, '\n', end - log);
		struct entry e;

		if (!eol)
			eol = end;
		if (parse_line(log, eol - log, &e) && add_entry(list, &e))
			return -1;
		log = eol + 1;
	}
	return 0;
}

/* Makes windows with the log's own step, for rows that nobody counted. */
static int windows_from_log(struct fl_series *s, const struct entries *list, __u64 step)
{
	__u64 first = ~0ull, last = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (list->entry[i].t_ns < first)
			first = list->entry[i].t_ns;
		if (list->entry[i].t_ns > last)
			last = list->entry[i].t_ns;
	}
	if (!list->n || (last - first) / step >= MAX_POINTS)
		return 0;
	s->start_ns = first > step ? first - step : 0;
	s->n = (last - s->start_ns + step - 1) / step;
	s->point = calloc(s->n ? s->n : 1, sizeof(*s->point));
	if (!s->point)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		s->point[i] = (struct fl_point){
			.t_ns = s->start_ns + (i + 1) * step,
			.writes = NAN,
			.exclusive = NAN,
			.shared = NAN,
			.fi_lock = NAN,
		};
	return 0;
}

static double per_second(__u64 now, __u64 before, __u64 ns)
{
	return ns && now >= before ? (now - before) * 1e9 / ns : 0;
}

static int windows_from_samples(struct fl_series *s, const struct fl_sample *sample, size_t n)
{
	s->point = calloc(n, sizeof(*s->point));
	if (!s->point)
		return -1;
	s->start_ns = sample[0].t_ns;
	for (size_t i = 1; i < n; i++) {
		const struct fl_sample *a = &sample[i - 1], *b = &sample[i];
		__u64 ns = b->t_ns - a->t_ns;

		if (b->t_ns <= a->t_ns)
			continue;
		s->point[s->n++] = (struct fl_point){
			.t_ns = b->t_ns,
			.writes = per_second(b->writes, a->writes, ns),
			.exclusive = per_second(b->exclusive, a->exclusive, ns),
			.shared = per_second(b->shared, a->shared, ns),
			.fi_lock = b->has_fi_lock ? per_second(b->fi_lock, a->fi_lock, ns) : NAN,
		};
	}
	return 0;
}

/*
 * Spreads each entry's I/Os over the windows that its interval overlaps, in proportion. The jobs
 * write entries at different moments. Sorting entries into windows by time stamp would count a job
 * twice in one window and not at all in the next.
 */
static void pour(struct fl_series *s, const struct entries *list, __u64 step)
{
	for (size_t i = 0; i < list->n; i++) {
		__u64 to = list->entry[i].t_ns, from = to > step ? to - step : 0;
		size_t lo = 0, hi = s->n;

		while (lo < hi) {
			size_t mid = (lo + hi) / 2;

			if (s->point[mid].t_ns <= from)
				lo = mid + 1;
			else
				hi = mid;
		}
		for (; lo < s->n; lo++) {
			__u64 begin = lo ? s->point[lo - 1].t_ns : s->start_ns;
			__u64 end = s->point[lo].t_ns;
			__u64 a = begin > from ? begin : from, b = end < to ? end : to;

			if (begin >= to)
				break;
			if (b > a)
				s->point[lo].fio_iops += list->entry[i].iops * (b - a) /
							 (double)(end - begin);
		}
	}
}

int fl_series_join(struct fl_series *series, const char *log, size_t len, unsigned int avg_ms,
		   const struct fl_sample *sample, size_t n, struct fl_err *err)
{
	struct entries list = {};
	__u64 step = avg_ms * NS_PER_MS;
	int ret;

	memset(series, 0, sizeof(*series));
	ret = parse_log(&list, log, len);
	if (!ret)
		ret = n >= 2 ? windows_from_samples(series, sample, n)
			     : windows_from_log(series, &list, step);
	if (!ret)
		pour(series, &list, step);
	free(list.entry);
	if (!ret)
		return 0;
	fl_series_free(series);
	return fl_err(err, "out of memory");
}

void fl_series_free(struct fl_series *series)
{
	free(series->point);
	memset(series, 0, sizeof(*series));
}
