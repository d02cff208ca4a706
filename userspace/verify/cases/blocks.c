// SPDX-License-Identifier: GPL-2.0-only
#include "verify/cases/blocks.h"

#include <stdbool.h>
#include <string.h>

#define STAMP_MAGIC 0x666c7331u

/* One step of splitmix64: cheap, and every output bit depends on every bit of the state. */
static __u64 next(__u64 *state)
{
	__u64 z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static __u64 seed_of(const struct fl_stamp *st)
{
	__u64 state = (__u64)st->writer << 32 | st->len;

	state = next(&state) ^ st->seq;
	state = next(&state) ^ st->off;
	return state;
}

static __u32 check_of(const struct fl_stamp *st)
{
	__u64 state = seed_of(st) + st->magic;

	return next(&state);
}

void fl_stamp_fill(void *buf, __u32 len, __u32 writer, __u64 seq, __u64 off)
{
	struct fl_stamp st = {
		.magic = STAMP_MAGIC,
		.writer = writer,
		.seq = seq,
		.off = off,
		.len = len,
	};
	__u64 state = seed_of(&st), word;
	char *p = buf;

	st.check = check_of(&st);
	memcpy(p, &st, sizeof(st));
	for (__u32 at = sizeof(st); at < len; at += sizeof(word)) {
		word = next(&state);
		memcpy(p + at, &word, len - at < sizeof(word) ? len - at : sizeof(word));
	}
}

static bool all_zero(const char *p, __u32 len)
{
	return !p[0] && !memcmp(p, p + 1, len - 1);
}

enum fl_block_state fl_stamp_check(const void *buf, __u32 len, __u64 off, struct fl_stamp *st,
				   size_t *bad_at)
{
	const char *p = buf;
	__u64 state, word;

	memcpy(st, p, sizeof(*st));
	*bad_at = 0;
	if (st->magic != STAMP_MAGIC || st->check != check_of(st) || st->len != len)
		return all_zero(p, len) ? FL_BLOCK_ZERO : FL_BLOCK_FOREIGN;
	state = seed_of(st);
	for (__u32 at = sizeof(*st); at < len; at += sizeof(word)) {
		size_t n = len - at < sizeof(word) ? len - at : sizeof(word);

		word = next(&state);
		if (!memcmp(p + at, &word, n))
			continue;
		*bad_at = at;
		return FL_BLOCK_TORN;
	}
	return st->off == off || st->off == FL_STAMP_ANYWHERE ? FL_BLOCK_WHOLE : FL_BLOCK_MISPLACED;
}
