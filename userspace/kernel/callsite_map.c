// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/callsite_map.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/callsite_decode.h"
#include "util/array.h"

#define ROUTE(r)      (1u << FL_ROUTE_##r)
#define MAX_FUNCTION  16384u
#define MAX_FUNCTIONS 96
#define MAX_SITES     FL_MAX_SITES

/*
 * The functions to begin with. Compilers inline the helpers differently (in some builds
 * fuse_direct_write_iter() is part of fuse_file_write_iter()), so each is tried. From these
 * functions, callees within fs/fuse are followed with the routes of their callers.
 */
static const struct root {
	const char *name;
	__u32 routes;
	int depth; /* how many levels of calls to follow */
} roots[] = {
	{"fuse_passthrough_write_iter", ROUTE(PASSTHROUGH), 2},
	{"fuse_passthrough_end_write", ROUTE(PASSTHROUGH) | ROUTE(SPLICE), 1},
	{"fuse_passthrough_splice_write", ROUTE(SPLICE), 2},
	{"fuse_direct_write_iter", ROUTE(DIRECT), 2},
	{"fuse_cache_write_iter", ROUTE(CACHED), 2},
	{"fuse_file_write_iter", ROUTE(DIRECT) | ROUTE(CACHED), 2},
	{"fuse_iomap_write_iter", ROUTE(IOMAP), 2},
	{"fuse_aio_complete", ROUTE(DIRECT), 1},
	/* opens, attributes, and other holders of the same locks: counted apart */
	{"fuse_file_io_open", 0, 1},
	{"fuse_file_io_release", 0, 1},
	{"fuse_file_cached_io_open", 0, 0},
	{"fuse_prepare_release", 0, 0},
	{"fuse_change_attributes", 0, 1},
	{"fuse_change_attributes_common", 0, 0},
	{"fuse_do_getattr", 0, 1},
	{"fuse_do_setattr", 0, 1},
	{"fuse_setattr", 0, 1},
	{"fuse_reverse_inval_inode", 0, 0},
	{"fuse_set_nowrite", 0, 0},
	{"fuse_release_nowrite", 0, 0},
	{"fuse_fsync", 0, 1},
	{"fuse_flush", 0, 1},
	{"fuse_file_fallocate", 0, 1},
	{"fuse_file_llseek", 0, 1},
	{"fuse_copy_file_range", 0, 1},
	{"fuse_truncate_update_attr", 0, 0},
	{"fuse_update_ctime_in_cache", 0, 0},
	{"fuse_iget", 0, 0},
};

/* Calls on a write's path whose callees do not belong to it. */
static const char *const not_followed[] = {
	"fuse_direct_io",
	"fuse_direct_IO",
	"fuse_simple_request",
	"fuse_simple_background",
	"fuse_update_attributes",
	"fuse_update_get_attr",
	"fuse_sync_writes",
	"fuse_file_write_iter",
	"fuse_passthrough_write_iter",
	"fuse_direct_write_iter",
	"fuse_cache_write_iter",
	"fuse_iomap_write_iter",
	"fuse_dax_write_iter",
	"fuse_send_write_pages",
	"fuse_do_getattr",
	"fuse_do_statx",
	NULL,
};

enum callee {
	CALLEE_OTHER,
	CALLEE_DOWN_WRITE,
	CALLEE_DOWN_READ,
	CALLEE_UP_WRITE,
	CALLEE_UP_READ,
	CALLEE_SPIN_LOCK,
};

static const struct callee_name {
	const char *name;
	enum callee callee;
	enum fl_tries tries;
} callee_names[] = {
	{"down_write", CALLEE_DOWN_WRITE, FL_TRIES_NOT},
	{"down_write_nested", CALLEE_DOWN_WRITE, FL_TRIES_NOT},
	{"down_write_killable", CALLEE_DOWN_WRITE, FL_TRIES_ZERO},
	{"down_write_killable_nested", CALLEE_DOWN_WRITE, FL_TRIES_ZERO},
	{"down_write_trylock", CALLEE_DOWN_WRITE, FL_TRIES_NONZERO},
	{"down_read", CALLEE_DOWN_READ, FL_TRIES_NOT},
	{"down_read_nested", CALLEE_DOWN_READ, FL_TRIES_NOT},
	{"down_read_killable", CALLEE_DOWN_READ, FL_TRIES_ZERO},
	{"down_read_killable_nested", CALLEE_DOWN_READ, FL_TRIES_ZERO},
	{"down_read_interruptible", CALLEE_DOWN_READ, FL_TRIES_ZERO},
	{"down_read_trylock", CALLEE_DOWN_READ, FL_TRIES_NONZERO},
	{"up_write", CALLEE_UP_WRITE, FL_TRIES_NOT},
	/* the hold that remains is shared, and up_read() ends it */
	{"downgrade_write", CALLEE_OTHER, FL_TRIES_NOT},
	{"up_read", CALLEE_UP_READ, FL_TRIES_NOT},
	{"_raw_spin_lock", CALLEE_SPIN_LOCK, FL_TRIES_NOT},
	{"_raw_spin_lock_bh", CALLEE_SPIN_LOCK, FL_TRIES_NOT},
	{"_raw_spin_lock_irq", CALLEE_SPIN_LOCK, FL_TRIES_NOT},
	{"_raw_spin_lock_irqsave", CALLEE_SPIN_LOCK, FL_TRIES_NOT},
	{"_raw_spin_lock_nested", CALLEE_SPIN_LOCK, FL_TRIES_NOT},
};

static const struct callee_name no_lock = {"", CALLEE_OTHER, FL_TRIES_NOT};

/*
 * A spin lock that is compiled into its users has no call to find. Each take of it comes to one unlock, which is
 * one instruction and knows the lock: that stands for the take.
 */
static const struct callee_name inlined_lock = {"spin_unlock, inlined", CALLEE_SPIN_LOCK,
						FL_TRIES_NOT};

static const struct callee_name *classify(const char *name)
{
	for (size_t i = 0; i < sizeof(callee_names) / sizeof(callee_names[0]); i++)
		if (!strcmp(callee_names[i].name, name))
			return &callee_names[i];
	return &no_lock;
}

struct builder {
	struct fl_callsite_map *map;
	const struct fl_text *text;
	const struct fl_lock_offsets *at;
	bool full; /* there was more than the map has room for */
};

static const struct callee_name *callee_of(const struct builder *b, const struct fl_insn *in)
{
	const struct fl_symbol *sym = NULL;

	if (in->unlocks)
		return &inlined_lock;
	if (in->target && (in->flow == FL_FLOW_CALL || in->flow == FL_FLOW_JUMP))
		sym = fl_symbol_at(b->text->symbols, in->target);
	return sym ? classify(sym->name) : &no_lock;
}

/* One function, and what each of its instructions calls. */
struct function {
	const struct fl_code *code;
	const struct callee_name **calls;
	long *todo; /* as many, for reach() */
};

static bool calls(const struct function *f, size_t index, enum callee callee)
{
	return f->calls[index]->callee == callee;
}

/*
 * Walks the function's control flow from instruction start, marking what is reached. A call of an
 * instruction in stop is reached but not passed.
 */
static void reach(const struct function *f, long start, enum callee stop, bool *reached)
{
	const struct fl_code *code = f->code;
	long *todo = f->todo, n = 0;

	if (start >= 0 && (size_t)start < code->n && !reached[start]) {
		reached[start] = true;
		todo[n++] = start;
	}
	while (n) {
		long at = todo[--n], next[2] = {-1, -1};
		const struct fl_insn *in = &code->insn[at];

		if (stop != CALLEE_OTHER && calls(f, at, stop))
			continue;
		if (in->flow != FL_FLOW_END && in->flow != FL_FLOW_JUMP)
			next[0] = at + 1;
		if (in->flow == FL_FLOW_JUMP || in->flow == FL_FLOW_BRANCH)
			next[1] = fl_code_index(code, in->target);
		for (int i = 0; i < 2; i++) {
			if (next[i] < 0 || (size_t)next[i] >= code->n || reached[next[i]])
				continue;
			reached[next[i]] = true;
			todo[n++] = next[i];
		}
	}
}

/*
 * Finds for each instruction whether it can run after the function took the lock shared and
 * released it (after), and whether it can run without that (before). An exclusive take that is only
 * "after" is an upgrade.
 */
static void mark_after_shared(const struct function *f, bool *after, bool *before)
{
	size_t n = f->code->n;
	bool *held = calloc(n + 1, sizeof(*held));

	if (!held)
		return;
	reach(f, 0, CALLEE_DOWN_READ, before);
	for (size_t i = 0; i < n; i++)
		if (calls(f, i, CALLEE_DOWN_READ))
			reach(f, i + 1, CALLEE_UP_READ, held);
	for (size_t i = 0; i < n; i++)
		if (held[i] && calls(f, i, CALLEE_UP_READ))
			reach(f, i + 1, CALLEE_OTHER, after);
	free(held);
}

static bool leaves(const struct fl_code *code, const struct fl_insn *in)
{
	return in->flow == FL_FLOW_END ||
	       (in->flow == FL_FLOW_JUMP && fl_code_index(code, in->target) < 0);
}

/* Whether there is a way through the function without a take of the spin lock. */
static bool spin_avoidable(const struct function *f)
{
	bool *reached = calloc(f->code->n + 1, sizeof(*reached)), found = false;

	if (!reached)
		return false;
	reach(f, 0, CALLEE_SPIN_LOCK, reached);
	for (size_t i = 0; i < f->code->n; i++)
		if (reached[i] && leaves(f->code, &f->code->insn[i]) &&
		    !calls(f, i, CALLEE_SPIN_LOCK))
			found = true;
	free(reached);
	return found;
}

/*
 * The instruction before a call, if nothing jumps in between. A probe pair on the two measures the
 * time of a pair itself, at the place where pairs are used.
 */
static __u64 calibration_point(const struct fl_code *code, size_t index)
{
	if (!index || code->insn[index - 1].flow != FL_FLOW_NEXT)
		return 0;
	for (size_t i = 0; i < code->n; i++)
		if (code->insn[i].flow != FL_FLOW_CALL &&
		    code->insn[i].target == code->insn[index].addr)
			return 0;
	return code->insn[index - 1].addr;
}

static bool is_lock(__s64 arg_offset, __s64 wanted)
{
	return arg_offset < 0 || wanted < 0 || arg_offset == wanted;
}

static void add_site(struct builder *b, const struct fl_mapped_function *f,
		     const struct function *function, size_t index, const bool *after,
		     const bool *before)
{
	const struct fl_code *code = function->code;
	const struct fl_insn *in = &code->insn[index];
	const struct callee_name *callee = function->calls[index];
	struct fl_callsite one = {}, *site = &one;
	bool write_path = f->routes;

	switch (callee->callee) {
	case CALLEE_DOWN_READ:
		if (!is_lock(code->arg_offset[index], b->at->i_rwsem))
			return;
		site->role = write_path ? FL_SITE_SHARED : FL_SITE_OTHER_SHARED;
		break;
	case CALLEE_DOWN_WRITE:
		if (!is_lock(code->arg_offset[index], b->at->i_rwsem))
			return;
		site->role = write_path ? FL_SITE_EXCLUSIVE : FL_SITE_OTHER_EXCLUSIVE;
		if (write_path && after[index]) {
			site->role = before[index] ? FL_SITE_EXCLUSIVE : FL_SITE_UPGRADE;
			site->merged = before[index];
		}
		break;
	case CALLEE_SPIN_LOCK:
		if (!is_lock(code->arg_offset[index], b->at->fi_lock))
			return;
		site->role = write_path ? FL_SITE_FI_LOCK : FL_SITE_OTHER_FI_LOCK;
		site->inlined = in->unlocks;
		site->lock_register = in->unlocks ? in->lock_register : 0;
		site->calibrate_at = in->unlocks ? 0 : calibration_point(code, index);
		if (!strcmp(f->name, "fuse_write_update_attr")) {
			b->map->fi_lock_offset = code->arg_offset[index];
			site->completes = fl_code_straight_to(code, index);
		}
		break;
	default:
		return;
	}
	snprintf(site->function, sizeof(site->function), "%s", f->name);
	snprintf(site->callee, sizeof(site->callee), "%s", callee->name);
	site->address = in->addr;
	site->offset = in->addr - f->address;
	site->size = in->size;
	site->routes = f->routes;
	site->tries = callee->tries;
	if (in->flow == FL_FLOW_CALL)
		fl_code_early(code, index, &site->early);
	site->ncovered = fl_code_covered(code, index, site->covered);
	if (b->map->nsites < MAX_SITES && FL_MORE(b->map->site, b->map->nsites))
		b->map->site[b->map->nsites++] = one;
	else
		b->full = true;
}

static bool followed(const struct fl_symbol *sym)
{
	if (!sym || strncmp(sym->name, "fuse_", 5))
		return false;
	for (int i = 0; not_followed[i]; i++)
		if (!strcmp(not_followed[i], sym->name))
			return false;
	return true;
}

static struct fl_mapped_function *known_function(const struct builder *b, __u64 addr)
{
	for (size_t i = 0; i < b->map->nfunctions; i++)
		if (b->map->function[i].address == addr)
			return &b->map->function[i];
	return NULL;
}

static int add_function(struct builder *b, const struct fl_symbol *sym, __u32 routes, int depth,
			struct fl_err *err);

static void follow(struct builder *b, const struct fl_code *code, __u32 routes, int depth)
{
	struct fl_err ignored;

	for (size_t i = 0; i < code->n; i++) {
		const struct fl_insn *in = &code->insn[i];
		const struct fl_symbol *sym;

		if (!in->target || fl_code_index(code, in->target) >= 0)
			continue;
		/*
		 * a jump out of the function is a tail call, or leads to the function's own
		 * unlikely part
		 */
		sym = in->flow == FL_FLOW_CALL ? fl_symbol_at(b->text->symbols, in->target)
					       : fl_symbol_around(b->text->symbols, in->target);
		if (followed(sym))
			add_function(b, sym, routes, depth - 1, &ignored);
	}
}

/* The address of the code that runs when the function is called. */
static __u64 code_address(const struct builder *b, const struct fl_symbol *sym)
{
	for (size_t i = 0; i < b->text->nredirects; i++)
		if (b->text->redirect[i].from == sym->addr)
			return b->text->redirect[i].to;
	return sym->addr;
}

/* A call that goes by way of a veneer calls what the veneer leads to. */
static void pass_veneers(const struct builder *b, struct fl_code *code)
{
	unsigned char bytes[FL_VENEER_SIZE];
	struct fl_err ignored;

	for (size_t i = 0; i < code->n; i++) {
		struct fl_insn *in = &code->insn[i];
		__u64 target;

		if (!in->target || (in->flow != FL_FLOW_CALL && in->flow != FL_FLOW_JUMP) ||
		    fl_code_index(code, in->target) >= 0 ||
		    fl_symbol_at(b->text->symbols, in->target))
			continue;
		if (b->text->read(b->text->ctx, in->target, bytes, sizeof(bytes), &ignored))
			continue;
		target = fl_veneer_target(b->text->machine, bytes, sizeof(bytes), in->target);
		if (target)
			in->target = target;
	}
}

static int read_code(const struct builder *b, __u64 addr, struct fl_code *code, struct fl_err *err)
{
	__u64 end = fl_symbol_end(b->text->symbols, addr);
	size_t len = end && end - addr < MAX_FUNCTION ? end - addr : MAX_FUNCTION;
	char *bytes = malloc(len);
	int ret;

	if (!bytes)
		return fl_err(err, "out of memory");
	ret = b->text->read(b->text->ctx, addr, bytes, len, err);
	if (!ret)
		ret = fl_decode(code, b->text->machine, bytes, len, addr, err);
	free(bytes);
	if (!ret && b->text->machine == EM_AARCH64)
		pass_veneers(b, code);
	return ret;
}

static void look_into(struct builder *b, struct fl_mapped_function *f, const struct fl_code *code)
{
	struct function function = {code, calloc(code->n + 1, sizeof(*function.calls)),
				    calloc(code->n + 1, sizeof(*function.todo))};
	bool *after = calloc(code->n + 1, sizeof(*after));
	bool *before = calloc(code->n + 1, sizeof(*before));

	if (function.calls && function.todo && after && before) {
		for (size_t i = 0; i < code->n; i++)
			function.calls[i] = callee_of(b, &code->insn[i]);
		mark_after_shared(&function, after, before);
		for (size_t i = 0; i < code->n; i++) {
			add_site(b, f, &function, i, after, before);
			f->spins |= calls(&function, i, CALLEE_SPIN_LOCK);
		}
		f->spin_avoidable = spin_avoidable(&function);
	}
	free(function.calls);
	free(function.todo);
	free(after);
	free(before);
}

static int add_function(struct builder *b, const struct fl_symbol *sym, __u32 routes, int depth,
			struct fl_err *err)
{
	__u64 address = code_address(b, sym);
	struct fl_mapped_function *f = known_function(b, address);
	struct fl_code code = {};

	if (f && (f->routes | routes) == f->routes)
		return 0;
	if (!f && (b->map->nfunctions >= MAX_FUNCTIONS ||
		   !FL_MORE(b->map->function, b->map->nfunctions))) {
		b->full = true;
		return fl_err(err, "too many functions");
	}
	if (read_code(b, address, &code, err))
		return -1;
	if (!f) {
		f = &b->map->function[b->map->nfunctions++];
		memset(f, 0, sizeof(*f));
		snprintf(f->name, sizeof(f->name), "%s", sym->name);
		f->address = address;
		f->livepatched = address != sym->addr;
		f->size = code.n ? code.insn[code.n - 1].addr + code.insn[code.n - 1].size - address
				 : 0;
		f->routes = routes;
		look_into(b, f, &code);
	} else {
		f->routes |= routes;
		for (size_t i = 0; i < b->map->nsites; i++)
			if (b->map->site[i].address - f->address < f->size)
				b->map->site[i].routes = f->routes;
	}
	if (depth > 0)
		follow(b, &code, routes, depth);
	fl_code_free(&code);
	return 0;
}

static int by_function_offset(const void *a, const void *b)
{
	const struct fl_callsite *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

#define ROOTS (sizeof(roots) / sizeof(roots[0]))

/* The symbols of the roots; NULL for those that this kernel lacks. In one go: there are 200,000 symbols. */
static void find_roots(const struct fl_symbols *symbols, const struct fl_symbol *found[ROOTS])
{
	memset(found, 0, ROOTS * sizeof(*found));
	for (size_t i = 0; i < symbols->n; i++) {
		const struct fl_symbol *sym = &symbols->sym[i];

		if (strncmp(sym->name, "fuse_", 5))
			continue;
		for (size_t r = 0; r < ROOTS; r++)
			if (!strcmp(sym->name, roots[r].name) &&
			    (!found[r] || (sym->in_fuse && !found[r]->in_fuse)))
				found[r] = sym;
	}
}

int fl_callsite_map_build(struct fl_callsite_map *map, const struct fl_text *text,
			  const struct fl_lock_offsets *at, struct fl_err *err)
{
	struct builder b = {.map = map, .text = text, .at = at};
	const struct fl_symbol *write_iter = fl_symbol_by_name(text->symbols,
							       "fuse_file_write_iter");
	const struct fl_symbol *found[ROOTS];

	memset(map, 0, sizeof(*map));
	map->fi_lock_offset = -1;
	if (!write_iter) {
		fl_err(err, "the symbol table has no fuse_file_write_iter()");
		return fl_hint(err, "is FUSE loaded? modprobe fuse");
	}
	find_roots(text->symbols, found);
	for (size_t i = 0; i < ROOTS; i++) {
		const struct fl_symbol *sym = found[i];

		if (!sym || !add_function(&b, sym, roots[i].routes, roots[i].depth, err))
			continue;
		if (sym != write_iter)
			continue;
		fl_callsite_map_free(map);
		return -1;
	}
	if (b.full) {
		fl_callsite_map_free(map);
		return fl_err(
			err,
			"fs/fuse has more functions (%d) or calls of lock functions (%d) than there is room for",
			MAX_FUNCTIONS, MAX_SITES);
	}
	if (map->nsites)
		qsort(map->site, map->nsites, sizeof(*map->site), by_function_offset);
	return 0;
}

void fl_callsite_map_free(struct fl_callsite_map *map)
{
	free(map->site);
	free(map->function);
	memset(map, 0, sizeof(*map));
}

static bool has_role(const struct fl_callsite_map *map, enum fl_route route, enum fl_site_role role)
{
	for (size_t i = 0; i < map->nsites; i++)
		if (map->site[i].routes & 1u << route && map->site[i].role == role)
			return true;
	return false;
}

enum fl_can fl_callsite_can(const struct fl_callsite_map *map, enum fl_route route)
{
	if (has_role(map, route, FL_SITE_SHARED))
		return route == FL_ROUTE_CACHED ? FL_CAN_NO : FL_CAN_YES;
	/* without an exclusive take, too, the path was not understood */
	return has_role(map, route, FL_SITE_EXCLUSIVE) ? FL_CAN_NO : FL_CAN_UNKNOWN;
}
