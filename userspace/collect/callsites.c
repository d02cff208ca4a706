// SPDX-License-Identifier: GPL-2.0-only
#include "collect/callsites.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "collect/kprobe.h"
#include "collect/site_times.h"
#include "collect/source.h"
#include "kernel/callsite_map.h"

#include "callsite.skel.h"

#define MAX_LINKS (4 * FL_MAX_SITES + 1)

enum {
	AT_SITE,
	AFTER_SITE,
	AT_COMPLETION,
};

static const struct fl_prog callsite_progs[] = {
	[AT_SITE] = {"at_site", true, false, "takes"},
	[AFTER_SITE] = {"after_site", true, false, "waits for fi->lock, and takes by trylock"},
	[AT_COMPLETION] = {"at_completion", false, false, "completions"},
};

struct fl_callsites {
	const struct fl_callsite_map *map;
	bool time_waits; /* each site of fi->lock has two more probes */
	struct bpf_link *link[MAX_LINKS];
	size_t nlinks;
	bool timed[FL_MAX_SITES];
	bool sees_completions;
	struct fl_percpu_values counts; /* struct fl_site_counts, one per site */
	struct fl_percpu_values times;	/* struct fl_hist, two per site */
};

static int keep_link(struct fl_callsites *c, struct bpf_link *link)
{
	if (!link)
		return -1;
	c->link[c->nlinks++] = link;
	return 0;
}

static __u64 cookie_of(const struct fl_callsite *s, size_t index, __u64 action)
{
	const __u32 through_daemon = 1u << FL_ROUTE_DIRECT | 1u << FL_ROUTE_CACHED;
	__u32 routes = s->routes;
	/* at a site of several routes, a take does not show its route */
	__u64 route = FL_ROUTE_OTHER;

	if (routes && !(routes & (routes - 1)))
		route = __builtin_ctz(routes);
	else if (routes && !(routes & ~through_daemon))
		route = FL_ROUTE_DIRECT;
	return index | (__u64)s->role << 16 | route << 24 | action << 32;
}

/* Where the cookie's probe finds the lock, if it is not in the first argument's register. */
static __u64 in_register(__u8 number, __u16 offset)
{
	return (__u64)FL_SITE_IN_REGISTER << 32 | (__u64)offset << FL_SITE_OFFSET_SHIFT |
	       (__u64)number << FL_SITE_REGISTER_SHIFT;
}

static struct bpf_program *program(const struct fl_source *s, size_t index)
{
	return bpf_object__find_program_by_name(s->obj, callsite_progs[index].name);
}

/*
 * A kernel that mistakes the instructions in front of a probe looks at the text as it is. So while those have kprobes,
 * it sees their traps instead, and allows the probe.
 */
static struct bpf_link *attach_probe(struct bpf_program *prog, const struct fl_callsite *site,
				     __u64 addr, __u64 cookie)
{
	struct bpf_link *link = fl_kprobe_attach(prog, addr, cookie);
	int fd[FL_MAX_COVERED], e;

	if (link || errno != EINVAL || !site->ncovered)
		return link;
	for (int i = 0; i < site->ncovered; i++)
		fd[i] = fl_kprobe_open(site->covered[i]);
	link = fl_kprobe_attach(prog, addr, cookie);
	e = errno;
	for (int i = 0; i < site->ncovered; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	errno = e;
	return link;
}

/*
 * The probe that counts, or that sees an attempt begin. In front of the call it takes less time, but then it can't
 * begin to time the call.
 */
static struct bpf_link *attach_counting(struct fl_source *s, const struct fl_callsite *site,
					__u64 cookie, bool timed)
{
	struct bpf_program *at = program(s, AT_SITE);
	struct bpf_link *link = NULL;

	if (site->inlined)
		cookie |= in_register(site->lock_register, 0);
	else if (site->early.addr && !timed)
		link = fl_kprobe_attach(
			at, site->early.addr,
			cookie | in_register(site->early.from_register, site->early.offset));
	return link ? link : attach_probe(at, site, site->address, cookie);
}

/* The probe that counts is attached last: a pair with one probe missing measures no time. */
static int attach_site(struct fl_source *s, size_t index)
{
	struct fl_callsites *c = s->callsites;
	const struct fl_callsite *site = &c->map->site[index];
	struct bpf_program *at = program(s, AT_SITE), *after = program(s, AFTER_SITE);
	bool timed = c->time_waits && site->role == FL_SITE_FI_LOCK && site->calibrate_at;
	__u64 action = FL_SITE_COUNT;

	if (site->tries) {
		action = FL_SITE_TRY | (site->tries == FL_TRIES_ZERO ? FL_SITE_TRY_IS_ZERO : 0);
		if (keep_link(c, attach_probe(after, site, site->address + site->size,
					      cookie_of(site, index, action))))
			return -1;
	}
	if (timed) {
		if (keep_link(c, attach_probe(after, site, site->address + site->size,
					      cookie_of(site, index, FL_SITE_END))) ||
		    keep_link(c, attach_probe(at, site, site->calibrate_at,
					      cookie_of(site, index, FL_SITE_CALIBRATE_BEGIN))))
			timed = false;
		else
			action |= FL_SITE_BEGIN | FL_SITE_CALIBRATE_END;
	}
	c->timed[index] = timed;
	if (site->completes && !c->sees_completions)
		action |= FL_SITE_COMPLETES;
	if (keep_link(c, attach_counting(s, site, cookie_of(site, index, action), timed)))
		return -1;
	c->sees_completions |= !!(action & FL_SITE_COMPLETES);
	return 0;
}

/* Without this probe only the completions are not known. */
static void attach_completions(struct fl_source *s)
{
	const struct fl_callsite_map *map = s->callsites->map;
	struct fl_probe *probe = &s->probe[AT_COMPLETION];
	__u64 address = 0;

	probe->live = s->callsites->sees_completions;
	if (probe->live)
		return;
	for (size_t i = 0; i < map->nfunctions; i++)
		if (!strcmp(map->function[i].name, "fuse_write_update_attr"))
			address = map->function[i].address;
	errno = ENOENT;
	if (address &&
	    !keep_link(s->callsites, fl_kprobe_attach(program(s, AT_COMPLETION), address, 0)))
		s->callsites->sees_completions = probe->live = true;
	else
		snprintf(probe->why_not, sizeof(probe->why_not), "%s; not known: completions",
			 strerror(errno));
}

static bool begins_write(const struct fl_callsite *s)
{
	return s->routes && (s->role == FL_SITE_EXCLUSIVE || s->role == FL_SITE_SHARED);
}

static int open_values(struct fl_source *s)
{
	struct fl_callsites *c = s->callsites;
	int ncpus = libbpf_num_possible_cpus();

	return fl_percpu_values_init(&c->counts, fl_source_map(s, "site_counts"),
				     sizeof(struct fl_site_counts), ncpus, FL_MAX_SITES) ||
	       fl_percpu_values_init(&c->times, fl_source_map(s, "site_times"),
				     sizeof(struct fl_hist), ncpus, 2 * FL_MAX_SITES);
}

/*
 * The probes at the beginning of a write are attached first. Writes that began before them end
 * while the others are attached.
 */
static int attach(struct fl_source *s, struct fl_err *err)
{
	const struct fl_callsite_map *map = s->callsites->map;
	size_t failed = 0;
	int e = 0;

	if (open_values(s))
		return fl_err(err, "out of memory");
	for (size_t k = 0; k < 2 * map->nsites; k++) {
		size_t i = k % map->nsites;

		if (begins_write(&map->site[i]) != (k < map->nsites) || !attach_site(s, i))
			continue;
		e = errno;
		failed++;
		/* on a write's path every probe is needed: without one the counts would mislead */
		if (map->site[i].routes)
			return fl_errno(err, e, "cannot probe %s+%#llx", map->site[i].function,
					map->site[i].offset);
	}
	if (failed)
		snprintf(s->probe[AT_SITE].why_not, sizeof(s->probe[AT_SITE].why_not),
			 "%zu sites off the write path: %s", failed, strerror(e));
	s->probe[AT_SITE].live = s->probe[AFTER_SITE].live = true;
	attach_completions(s);
	return 0;
}

static int configure(struct fl_source *s, const struct fl_source_opts *opts, struct fl_err *err)
{
	if (fl_configure_takes(s, opts, err))
		return -1;
	s->callsites = calloc(1, sizeof(*s->callsites));
	if (!s->callsites)
		return fl_err(err, "out of memory");
	s->callsites->map = opts->map;
	s->callsites->time_waits = opts->timed_in > 0;
	return opts->map ? 0 : fl_err(err, "the call-site map could not be made");
}

static int can_work(struct fl_err *err)
{
	return fl_kprobes_available(err) ? 0 : -1;
}

const struct fl_form fl_form_callsite = {
	.method = FL_METHOD_CALLSITE,
	.needs = "needs kprobes and readable kernel text (CAP_SYSLOG, CAP_SYS_RAWIO)",
	.elf = callsite_bpf__elf_bytes,
	.prog = callsite_progs,
	.nprogs = sizeof(callsite_progs) / sizeof(callsite_progs[0]),
	.can_work = can_work,
	.configure = configure,
	.attach = attach,
};

bool fl_callsites_see_completions(const struct fl_callsites *c)
{
	return c->sees_completions;
}

__u64 fl_callsites_misses(const struct fl_callsites *c)
{
	__u64 n = 0;

	for (size_t l = 0; c && l < c->nlinks; l++)
		n += fl_kprobe_misses(c->link[l]);
	return n;
}

static void read_times(struct fl_callsites *c, __u32 index, struct fl_site_snapshot *out)
{
	struct fl_hist pair, own;

	if (!fl_percpu_values_drain(&c->times, index, &pair) &&
	    !fl_percpu_values_drain(&c->times, index + FL_MAX_SITES, &own))
		fl_site_wait_of(&pair, &own, &out->wait);
}

int fl_callsites_read(struct fl_callsites *c, struct fl_snapshot *s)
{
	struct fl_site_counts sum;

	s->site = calloc(c->map->nsites + 1, sizeof(*s->site));
	if (!s->site)
		return -1;
	for (size_t i = 0; i < c->map->nsites; i++) {
		const struct fl_callsite *from = &c->map->site[i];
		struct fl_site_snapshot *to = &s->site[s->nsites++];

		snprintf(to->function, sizeof(to->function), "%s", from->function);
		snprintf(to->callee, sizeof(to->callee), "%s", from->callee);
		to->offset = from->offset;
		to->role = from->role;
		to->routes = from->routes;
		to->merged = from->merged;
		if (!fl_percpu_values_drain(&c->counts, i, &sum))
			to->takes = sum.takes;
		if (c->timed[i])
			read_times(c, i, to);
	}
	return 0;
}

void fl_callsites_detach(struct fl_callsites *c)
{
	while (c && c->nlinks)
		bpf_link__destroy(c->link[--c->nlinks]);
}

void fl_callsites_free(struct fl_callsites *c)
{
	if (!c)
		return;
	fl_callsites_detach(c);
	fl_percpu_values_free(&c->counts);
	fl_percpu_values_free(&c->times);
	free(c);
}
