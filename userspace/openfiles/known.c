// SPDX-License-Identifier: GPL-2.0-only
#include "openfiles/known.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"

/*
 * Closed files are forgotten when this many files are known, or twice as many as were open at the
 * last time. Otherwise memory would grow for weeks.
 */
#define FORGET_AT_LEAST 16384

static bool wanted_dev(const __u32 *devs, __u32 ndevs, __u32 dev)
{
	for (__u32 i = 0; i < ndevs; i++)
		if (devs[i] == dev)
			return true;
	return !ndevs;
}

static struct fl_known_file *find_or_add(struct fl_known_files *k, struct fl_file_key key)
{
	__u32 place = fl_index_get(&k->index, key.mount, key.node);
	struct fl_known_file *f;

	if (place != FL_INDEX_NONE)
		return &k->file[place];
	if (!FL_MORE(k->file, k->n) || fl_index_put(&k->index, key.mount, key.node, k->n))
		return NULL;
	f = &k->file[k->n++];
	memset(f, 0, sizeof(*f));
	f->key = key;
	return f;
}

static void forget_closed(struct fl_known_files *k)
{
	size_t kept = 0;

	fl_index_free(&k->index);
	for (size_t i = 0; i < k->n; i++) {
		struct fl_known_file *f = &k->file[i];

		if ((f->now_set || f->now_unset) &&
		    !fl_index_put(&k->index, f->key.mount, f->key.node, kept)) {
			k->file[kept++] = *f;
			continue;
		}
		free(f->path);
	}
	k->n = kept;
	k->forget_at = 2 * kept > FORGET_AT_LEAST ? 2 * kept : FORGET_AT_LEAST;
}

static void add_answer(struct fl_known_file *k, const struct fl_file_record *r)
{
	if (!r->answer_kept)
		return;
	k->now_answers++;
	if (r->answered_flags & FL_FOPEN_PARALLEL)
		k->now_asked++;
	if (k->now_answers < k->answers)
		return;
	k->answers = k->now_answers;
	k->asked = k->now_asked;
}

void fl_known_files_merge(struct fl_known_files *k, const struct fl_open_files *list,
			  const __u32 *devs, __u32 ndevs)
{
	for (size_t i = 0; i < k->n; i++) {
		k->file[i].now_set = k->file[i].now_unset = 0;
		k->file[i].now_answers = k->file[i].now_asked = 0;
	}
	for (size_t i = 0; i < list->n; i++) {
		const struct fl_open_file *f = &list->file[i];
		struct fl_known_file *known;

		/* a descriptor for reading says nothing about how writes lock */
		if (f->rec.kind != FL_FILE_OPEN || !(f->rec.f_flags & 3) ||
		    !wanted_dev(devs, ndevs, f->rec.dev))
			continue;
		known = find_or_add(
			k, fl_file_key(f->rec.dev, f->rec.generation, f->rec.nodeid, f->rec.ino));
		if (!known)
			return;
		if (!known->path && f->path)
			known->path = strdup(f->path);
		if (f->rec.open_flags & FL_FOPEN_PARALLEL)
			known->now_set++;
		else
			known->now_unset++;
		add_answer(known, &f->rec);
		if (known->now_set > known->effective_set)
			known->effective_set = known->now_set;
		if (known->now_unset > known->effective_unset)
			known->effective_unset = known->now_unset;
	}
	if (k->n > (k->forget_at ? k->forget_at : FORGET_AT_LEAST))
		forget_closed(k);
}

const struct fl_known_file *fl_known_files_find(const struct fl_known_files *k,
						struct fl_file_key key)
{
	__u32 place = fl_index_get(&k->index, key.mount, key.node);

	return place == FL_INDEX_NONE ? NULL : &k->file[place];
}

void fl_known_files_free(struct fl_known_files *k)
{
	for (size_t i = 0; i < k->n; i++)
		free(k->file[i].path);
	free(k->file);
	fl_index_free(&k->index);
	memset(k, 0, sizeof(*k));
}
