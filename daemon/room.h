/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Something of which there is only so much, shared by users. Each may take as much as is left then. So one user alone
 * gets half of it, two that take all they can a third each, and there is always some left for the next.
 */
#ifndef FUSELENS_DAEMON_ROOM_H
#define FUSELENS_DAEMON_ROOM_H

#include <stdbool.h>
#include <stddef.h>

struct room {
	size_t total, used;
};

/*
 * Takes @n, and adds it to *@mine, for a user who has @all so far. Returns false if that is too much. The caller holds
 * a lock.
 */
static inline bool room_take(struct room *room, size_t *mine, size_t all, size_t n)
{
	if (room->used + n > room->total || all + n > room->total - room->used - n)
		return false;
	room->used += n;
	*mine += n;
	return true;
}

static inline void room_give(struct room *room, size_t *mine, size_t n)
{
	room->used -= n;
	*mine -= n;
}

/* Room for requests that wait: for so many, and for so many bytes of theirs. */
struct waiting_room {
	struct room requests, bytes;
};

/* What one user has of it, or one share or queue of that user. */
struct waiting_room_use {
	size_t requests, bytes;
};

static inline void waiting_room_add(struct waiting_room_use *all,
				    const struct waiting_room_use *one)
{
	all->requests += one->requests;
	all->bytes += one->bytes;
}

/*
 * Takes it for one request of @bytes, of a user who has @all so far. Returns false if there is too little. The caller
 * holds a lock.
 */
static inline bool waiting_room_take(struct waiting_room *room, struct waiting_room_use *mine,
				     struct waiting_room_use all, size_t bytes)
{
	if (!room_take(&room->bytes, &mine->bytes, all.bytes, bytes))
		return false;
	if (room_take(&room->requests, &mine->requests, all.requests, 1))
		return true;
	room_give(&room->bytes, &mine->bytes, bytes);
	return false;
}

static inline void waiting_room_give(struct waiting_room *room, struct waiting_room_use *mine,
				     size_t bytes)
{
	room_give(&room->bytes, &mine->bytes, bytes);
	room_give(&room->requests, &mine->requests, 1);
}

#endif
