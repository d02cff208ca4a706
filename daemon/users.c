// SPDX-License-Identifier: GPL-2.0-only
/* Which user is behind a user id; see users.h. */
#include "users.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A user may have several ranges. @user is the beginning of the first one. */
struct range {
	uint32_t first, count, user;
	char name[64];
	/* Ranges may overlap: how far this one and those before it reach, and the user of the one that does. */
	uint64_t reach;
	uint32_t far_user;
};

static struct {
	pthread_rwlock_t lock;
	struct range *range;
	size_t n;
	struct stat read; /* the file as it was read; all zero: none */
} users = {.lock = PTHREAD_RWLOCK_INITIALIZER};

struct account {
	struct account *next;
	uint32_t user;
	atomic_size_t held;
};

#define ACCOUNT_CHAINS 1024

static struct {
	pthread_mutex_t lock;
	struct account *chain[ACCOUNT_CHAINS];
} accounts = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Takes one line, "user:first:count", where the user is a name or an id. */
static void add(struct range **list, size_t *n, const char *line)
{
	struct range r = {0}, *more;

	if (sscanf(line, "%63[^:]:%u:%u", r.name, &r.first, &r.count) != 3)
		return;
	r.user = r.first;
	for (size_t i = 0; i < *n; i++)
		if (strcmp((*list)[i].name, r.name) == 0) {
			r.user = (*list)[i].user;
			break;
		}
	more = realloc(*list, (*n + 1) * sizeof(r));
	if (!more)
		return;
	*list = more;
	more[(*n)++] = r;
}

static int by_first(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static void find_reach(struct range *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct range *r = &list[i];

		r->reach = (uint64_t)r->first + r->count;
		r->far_user = r->user;
		if (i && r[-1].reach > r->reach) {
			r->reach = r[-1].reach;
			r->far_user = r[-1].far_user;
		}
	}
}

void users_read(const char *path)
{
	struct range *list = NULL, *old;
	struct stat st = {0};
	FILE *f;
	char line[256];
	size_t n = 0;

	if (stat(path, &st) != 0)
		st = (struct stat){0};
	pthread_rwlock_rdlock(&users.lock);
	if (is_same(&st, &users.read))
		path = NULL;
	pthread_rwlock_unlock(&users.lock);
	if (!path)
		return;

	f = st.st_ino ? fopen(path, "re") : NULL;
	while (f && fgets(line, sizeof(line), f))
		add(&list, &n, line);
	if (f)
		fclose(f);
	if (n)
		qsort(list, n, sizeof(*list), by_first);
	find_reach(list, n);
	pthread_rwlock_wrlock(&users.lock);
	old = users.range;
	users.range = list;
	users.n = n;
	users.read = st;
	pthread_rwlock_unlock(&users.lock);
	free(old);
}

uint32_t users_of(uint32_t id)
{
	size_t from = 0, to;

	pthread_rwlock_rdlock(&users.lock);
	for (to = users.n; from < to;) {
		size_t i = (from + to) / 2;

		if (users.range[i].first <= id)
			from = i + 1;
		else
			to = i;
	}
	if (from) {
		const struct range *r = &users.range[from - 1];

		if (id - r->first < r->count)
			id = r->user;
		else if (id < r->reach)
			id = r->far_user;
	}
	pthread_rwlock_unlock(&users.lock);
	return id;
}

atomic_size_t *users_held(uint32_t id)
{
	uint32_t user = users_of(id);
	struct account **at = &accounts.chain[user % ACCOUNT_CHAINS], *account;

	pthread_mutex_lock(&accounts.lock);
	while (*at && (*at)->user != user)
		at = &(*at)->next;
	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (*at)
			(*at)->user = user;
	}
	account = *at;
	pthread_mutex_unlock(&accounts.lock);
	return account ? &account->held : NULL;
}
