// SPDX-License-Identifier: GPL-2.0-only
#include "collect/write_path.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/clock.h"

#define PAUSE_NS 300000000ull

enum stage { ABSENT, COMING, THERE, GOING };

/* Functions of fs/fuse are known by their names. */
static bool of_fuse(const char *function)
{
	return !strncmp(function, "fuse_", 5);
}

static enum stage stage_of(const struct fl_livepatch *p)
{
	bool any = false;

	for (size_t i = 0; p && i < p->nfunctions; i++)
		any |= of_fuse(p->function[i]);
	if (!any)
		return ABSENT;
	if (!p->enabled && p->starting)
		return COMING;
	if (!p->enabled && p->transition)
		return GOING;
	/* a patch that is off and in no transition will be removed by the kernel soon */
	if (!p->enabled)
		return ABSENT;
	return p->transition ? COMING : THERE;
}

static void add(char *what, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void add(char *what, size_t size, const char *fmt, ...)
{
	size_t used = strlen(what);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what + used, size - used, fmt, ap);
	va_end(ap);
}

/*
 * Lists p's functions with who runs them now: of is "its " or "the kernel's own ", said in front of those that no other
 * livepatch has taken.
 */
static void add_functions(const struct fl_livepatch *p, const struct fl_livepatches *now,
			  const char *of, char *what, size_t size)
{
	const char *between = of;

	for (size_t i = 0; i < p->nfunctions; i++) {
		const struct fl_livepatch *other = fl_livepatch_running(now, p->function[i]);

		if (!of_fuse(p->function[i]) || (other && strcmp(other->name, p->name)))
			continue;
		add(what, size, "%s%s()", between, p->function[i]);
		between = ", ";
	}
	between = between == of ? "" : ", and ";
	for (size_t i = 0; i < p->nfunctions; i++) {
		const struct fl_livepatch *other = fl_livepatch_running(now, p->function[i]);

		if (!of_fuse(p->function[i]) || !other || !strcmp(other->name, p->name))
			continue;
		add(what, size, "%s%s() of livepatch %s", between, p->function[i], other->name);
		between = ", ";
	}
}

static void say(const struct fl_livepatch *p, enum stage is, const struct fl_livepatches *now,
		char *what, size_t size)
{
	add(what, size, "%slivepatch %s ", *what ? "; " : "", p->name);
	switch (is) {
	case COMING:
		add(what, size, "is being loaded: tasks switch to it one by one");
		break;
	case THERE:
		add(what, size, "is loaded: every task runs ");
		add_functions(p, now, "its ", what, size);
		break;
	case GOING:
		add(what, size, "is being unloaded: tasks leave its functions one by one");
		break;
	case ABSENT:
		add(what, size, "is unloaded");
		/* another load of it follows */
		if (fl_livepatch_named(now, p->name) && p->enabled)
			break;
		add(what, size, ": every task runs ");
		add_functions(p, now, "the kernel's own ", what, size);
	}
}

/* The same load of the same livepatch; NULL: it has gone. Another load of it has other code, at another place. */
static const struct fl_livepatch *same_load(const struct fl_livepatches *l,
					    const struct fl_livepatch *p)
{
	const struct fl_livepatch *other = fl_livepatch_named(l, p->name);

	return other && other->id == p->id ? other : NULL;
}

bool fl_write_path_compare(const struct fl_livepatches *before, const struct fl_livepatches *now,
			   char *what, size_t size, bool *settled)
{
	what[0] = '\0';
	*settled = true;
	for (size_t i = 0; i < before->n; i++) {
		const struct fl_livepatch *p = &before->patch[i];

		if (stage_of(p) != ABSENT && !same_load(now, p))
			say(p, ABSENT, now, what, size);
	}
	for (size_t i = 0; i < now->n; i++) {
		const struct fl_livepatch *p = &now->patch[i];
		enum stage was = stage_of(same_load(before, p));
		enum stage is = stage_of(p);

		*settled &= is == ABSENT || is == THERE;
		if (is != was)
			say(p, is, now, what, size);
	}
	return *what;
}

bool fl_write_path_under_way(const struct fl_livepatches *now, char *what, size_t size)
{
	what[0] = '\0';
	for (size_t i = 0; i < now->n; i++) {
		enum stage is = stage_of(&now->patch[i]);

		if (is == COMING || is == GOING)
			say(&now->patch[i], is, now, what, size);
	}
	return *what;
}

void fl_write_path_open(struct fl_write_path *p)
{
	struct fl_err ignored;

	memset(p, 0, sizeof(*p));
	fl_livepatches_read(&p->seen, &ignored);
}

void fl_write_path_close(struct fl_write_path *p)
{
	fl_livepatches_free(&p->seen);
}

bool fl_write_path_look(struct fl_write_path *p, char *what, size_t size, bool *settled)
{
	struct fl_livepatches now;
	struct fl_err ignored;
	bool changed;

	if (fl_now_ns() - p->looked_ns < PAUSE_NS)
		return false;
	p->looked_ns = fl_now_ns();
	if (fl_livepatches_read(&now, &ignored))
		return false;
	changed = fl_write_path_compare(&p->seen, &now, what, size, settled);
	if (!changed && !p->looked)
		changed = fl_write_path_under_way(&now, what, size);
	p->looked = true;
	fl_livepatches_free(&p->seen);
	p->seen = now;
	return changed;
}
