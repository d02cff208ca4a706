// SPDX-License-Identifier: GPL-2.0-only
#include "top/list.h"

#include <stdlib.h>
#include <string.h>

#include "util/index.h"
#include "util/text.h"

const char *fl_top_sort_name(enum fl_top_sort sort)
{
	static const char *const names[FL_TOP_SORTS] = {
		[FL_TOP_WRITES] = "writes/s", [FL_TOP_EXCLUSIVE] = "exclusive/s",
		[FL_TOP_SHARED] = "shared/s", [FL_TOP_TOTAL] = "writes so far",
		[FL_TOP_WAIT] = "wait p99",   [FL_TOP_HOLD] = "hold p99",
		[FL_TOP_NAME] = "name",
	};

	return names[sort];
}

const char *fl_top_name(const struct fl_row *row)
{
	if (row->file && row->file->is_other)
		return "(other files)";
	if (row->file && row->file->path)
		return row->file->path;
	if (row->file)
		return row->file->name ? row->file->name : "?";
	if (row->mount && row->mount->path)
		return row->mount->path;
	return "(other files)";
}

static __u64 key_of(const struct fl_top_entry *e, enum fl_top_sort sort)
{
	__u64 ns = 0;

	if (sort == FL_TOP_TOTAL)
		return e->all->totals.writes;
	if (!e->now)
		return 0;
	switch (sort) {
	case FL_TOP_EXCLUSIVE:
		return e->now->totals.exclusive;
	case FL_TOP_SHARED:
		return e->now->totals.shared;
	case FL_TOP_WAIT:
		fl_row_quantile(e->now, FL_ROW_WAIT, 0.99, &ns);
		return ns;
	case FL_TOP_HOLD:
		fl_row_quantile(e->now, FL_ROW_HOLD, 0.99, &ns);
		return ns;
	default:
		return e->now->totals.writes;
	}
}

static int order(const void *a, const void *b, void *arg)
{
	const struct fl_top_entry *x = a, *y = b;
	const struct fl_top_query *q = arg;
	int sign = q->reverse ? -1 : 1;
	__u64 kx, ky;

	if (q->sort != FL_TOP_NAME) {
		kx = key_of(x, q->sort);
		ky = key_of(y, q->sort);
		if (kx != ky)
			return kx < ky ? sign : -sign;
	}
	return sign * strcmp(fl_top_name(x->all), fl_top_name(y->all));
}

/* Names as they are displayed, so that text typed from the screen matches. */
static bool matches(const char *name, const char *filter)
{
	char *shown = fl_escape(name);
	bool found = shown && strstr(shown, filter);

	free(shown);
	return found;
}

/*
 * A file whose path is not known yet has the filter's word in its mount's path all the same: it must not come
 * into the list only when a look at the open files has found its path.
 */
static bool wanted(const struct fl_row *row, const struct fl_top_query *q)
{
	if (q->files && q->only_dev && row->dev != q->only_dev)
		return false;
	if (!q->filter || !*q->filter || matches(fl_top_name(row), q->filter))
		return true;
	return row->file && !row->file->path && row->mount && row->mount->path &&
	       matches(row->mount->path, q->filter);
}

static __u32 slot_of(const struct fl_row *row)
{
	return row->file ? row->file->slot : 0;
}

static int join(struct fl_top_list *list, const struct fl_top_query *q)
{
	struct fl_index by_row = {};
	int bad = 0;

	for (size_t i = 0; i < list->now.n; i++)
		bad |= fl_index_put(&by_row, list->now.row[i].dev, slot_of(&list->now.row[i]), i);
	for (size_t i = 0; i < list->all.n && !bad; i++) {
		const struct fl_row *row = &list->all.row[i];
		struct fl_top_entry *e = &list->entry[list->n];
		__u32 place = fl_index_get(&by_row, row->dev, slot_of(row));

		if (!wanted(row, q))
			continue;
		e->all = row;
		e->now = place == FL_INDEX_NONE ? NULL : &list->now.row[place];
		list->n++;
	}
	fl_index_free(&by_row);
	return bad;
}

int fl_top_list(struct fl_top_list *list, const struct fl_snapshot *last,
		const struct fl_snapshot *interval, const struct fl_top_query *q)
{
	int (*rows)(const struct fl_snapshot *, struct fl_rows *) = q->files ? fl_rows_by_file
									     : fl_rows_by_mount;

	memset(list, 0, sizeof(*list));
	if (rows(last, &list->all) || rows(interval, &list->now))
		goto fail;
	list->entry = calloc(list->all.n + 1, sizeof(*list->entry));
	if (!list->entry || join(list, q))
		goto fail;
	qsort_r(list->entry, list->n, sizeof(*list->entry), order, (void *)q);
	return 0;
fail:
	fl_top_list_free(list);
	return -1;
}

void fl_top_list_free(struct fl_top_list *list)
{
	free(list->entry);
	fl_rows_free(&list->now);
	fl_rows_free(&list->all);
	memset(list, 0, sizeof(*list));
}

size_t fl_top_find(const struct fl_top_list *list, __u32 dev, __u32 slot)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->entry[i].all->dev == dev && slot_of(list->entry[i].all) == slot)
			return i;
	return 0;
}

bool fl_top_verdict(const struct fl_top_entry *e, const struct fl_snapshot *last,
		    enum fl_verdict_kind *kind)
{
	static const struct fl_verdict_opts defaults = FL_VERDICT_DEFAULTS;
	const struct fl_row *row = e->now && e->now->totals.writes ? e->now : e->all;
	struct fl_verdict v;

	if (!row->totals.writes)
		return false;
	fl_verdict_of_totals(last, row->dev, &row->totals, &defaults, &v);
	*kind = v.kind;
	return true;
}
