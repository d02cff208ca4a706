// SPDX-License-Identifier: GPL-2.0-only
/* Draws a plan from its seed. */
#include "plan.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/param.h>
#include <sys/uio.h>

#define NAME(id, name, what) name,
#define WHAT(id, name, what) what,
const char *const oracle_class_name[CLASSES] = {ORACLE_CLASSES(NAME)};
const char *const oracle_class_what[CLASSES] = {ORACLE_CLASSES(WHAT)};

const char *const mode_name[MODES] = {"passthrough", "direct", "cached"};
const char *const layout_name[LAYOUTS] = {"written", "empty",	"preallocated",
					  "sparse",  "striped", "reflinked"};
const char *const engine_name[ENGINES] = {"pwrite", "write", "pwritev2", "aio", "uring", "splice"};
const char *const beside_name[BESIDES] = {"buffered reader", "mapping, read", "mapping, written"};

/*
 * Each part of a plan has its own stream of random numbers, and always draws the same amount of
 * them. So leaving out a class does not change the rest of the plan.
 */
struct rng {
	uint64_t state;
};

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static struct rng rng_of(uint64_t seed, uint32_t part, uint32_t a, uint32_t b, uint32_t c)
{
	return (struct rng){mix(mix(mix(mix(mix(seed) ^ part) ^ a) ^ b) ^ c)};
}

static uint64_t draw(struct rng *r)
{
	return r->state = mix(r->state);
}

static uint32_t below(struct rng *r, uint32_t n)
{
	return (draw(r) >> 33) % n;
}

static uint32_t between(struct rng *r, uint32_t low, uint32_t high)
{
	return low + below(r, high - low + 1);
}

enum part { PART_PLAN, PART_MOUNT, PART_FILE, PART_ACTOR, PART_RUN, PART_BESIDE, PART_OP };

/* True in this many of a thousand plans, if all of the classes are allowed. */
static bool chance(struct plan *p, struct rng *r, uint32_t permille, uint64_t classes)
{
	bool hit = below(r, 1000) < permille;

	if (!hit || (p->allowed & classes) != classes)
		return false;
	p->used |= classes;
	return true;
}

/* A share of a run's operations: in `permille` of the runs up to `most` of a thousand, else none. */
static uint32_t share(struct plan *p, struct rng *r, uint32_t permille, uint32_t most,
		      uint64_t classes)
{
	uint32_t rate = between(r, 1 + most / 8, most);

	return chance(p, r, permille, classes) ? rate : 0;
}

static void make_mount(struct plan *p, const struct plan_wish *wish, uint32_t i)
{
	struct rng r = rng_of(p->seed, PART_MOUNT, i, 0, 0);
	struct plan_mount *m = &p->mount[i];

	m->store = below(&r, wish->stores);
	m->mode = MODE_PASSTHROUGH;
	if (chance(p, &r, 180, CLASS_BIT(DIRECT)))
		m->mode = MODE_DIRECT;
	else if (chance(p, &r, 180, CLASS_BIT(CACHED)))
		m->mode = MODE_CACHED;
}

static void make_file(struct plan *p, uint32_t i)
{
	struct rng r = rng_of(p->seed, PART_FILE, i, 0, 0);
	struct plan_file *f = &p->file[i];

	f->mount = below(&r, p->mounts);
	f->half = below(&r, 2);
	f->size = (uint64_t)between(&r, 1, 32) << 16;
	f->layout = LAYOUT_WRITTEN;
	if (chance(p, &r, 350, CLASS_BIT(HOLES)))
		f->layout = LAYOUT_PREALLOCATED + below(&r, 3);
	if (chance(p, &r, 120, CLASS_BIT(REFLINK)))
		f->layout = LAYOUT_REFLINKED;
	if (chance(p, &r, 80, CLASS_BIT(PASTEOF)))
		f->layout = LAYOUT_EMPTY;
}

static enum engine_id make_engine(struct plan *p, struct rng *r)
{
	static const struct {
		uint32_t permille;
		enum engine_id engine;
		uint64_t class;
	} choices[] = {
		{250, ENGINE_URING, CLASS_BIT(URING)},
		{250, ENGINE_AIO, CLASS_BIT(AIO)},
		{80, ENGINE_SPLICE, CLASS_BIT(SPLICE)},
		{250, ENGINE_VECTORS, CLASS_BIT(VECTORS)},
		{200, ENGINE_WRITE, 0},
	};
	enum engine_id engine = ENGINE_PWRITE;

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		if (chance(p, r, choices[i].permille, choices[i].class) && engine == ENGINE_PWRITE)
			engine = choices[i].engine;
	return engine;
}

static int make_open_flags(struct plan *p, struct rng *r)
{
	int flags = O_DIRECT;

	if (chance(p, r, 250, CLASS_BIT(BUFFERED)))
		flags = 0;
	if (chance(p, r, 120, CLASS_BIT(APPEND)))
		flags |= O_APPEND;
	if (chance(p, r, 60, CLASS_BIT(SYNCED)))
		flags |= O_DSYNC;
	if (chance(p, r, 40, CLASS_BIT(SYNCED)))
		flags |= O_SYNC;
	return flags;
}

static void make_run(struct plan *p, uint32_t actor, uint32_t i, uint32_t percent)
{
	struct rng r = rng_of(p->seed, PART_RUN, actor, i, 0);
	struct rng halves = rng_of(p->seed, PART_RUN, actor, i, 1);
	struct plan_run *run = &p->actor[actor].run[i];
	bool uring, queue, flags;

	run->file = below(&r, p->files);
	run->engine = make_engine(p, &r);
	uring = run->engine == ENGINE_URING;
	queue = uring || run->engine == ENGINE_AIO;
	flags = queue || run->engine == ENGINE_VECTORS;
	run->open_flags = make_open_flags(p, &r);
	run->writes = between(&r, 20, 400) * percent / 100 + 1;
	run->unit = 4096;
	if (chance(p, &r, 250, CLASS_BIT(UNALIGNED)))
		run->unit = 512;
	if (!(run->open_flags & O_DIRECT) && below(&r, 2))
		run->unit = 1;
	run->max_units = run->unit == 1 ? 10000 : 1u << below(&r, 6);
	run->depth = 1u << between(&r, 1, 5);
	run->span = MAX(p->file[run->file].size, 65536u);
	run->sequential = below(&r, 4) == 0;
	run->sqpoll = chance(p, &r, uring ? 200 : 0, CLASS_BIT(SQPOLL));
	run->fixed = chance(p, &r, uring ? 250 : 0, CLASS_BIT(FIXED));
	run->reads = share(p, &r, 300, 500, CLASS_BIT(READS));
	run->half_buffer = share(p, &halves, 120, 60, CLASS_BIT(HALFBUF));
	run->past_eof = share(p, &r, 250, 200, CLASS_BIT(PASTEOF));
	run->bad_buffer = share(p, &r, 120, 100, CLASS_BIT(BADBUF));
	run->bad_align = share(p, &r, 120, 100, CLASS_BIT(BADALIGN));
	run->empty = share(p, &r, 80, 60, CLASS_BIT(EMPTY));
	run->truncate = share(p, &r, 150, 60, CLASS_BIT(TRUNCATE));
	run->rename = share(p, &r, 80, 30, CLASS_BIT(RENAME));
	run->replace = share(p, &r, 100, 30, CLASS_BIT(REPLACE));
	run->reopen = share(p, &r, 150, 40, CLASS_BIT(REOPEN));
	run->setfl = share(p, &r, 120, 40, CLASS_BIT(SETFL));
	run->append_flag = share(p, &r, flags ? 100 : 0, 200, CLASS_BIT(APPEND));
	run->dsync_flag = share(p, &r, flags ? 100 : 0, 200, CLASS_BIT(SYNCED));
	run->linked = share(p, &r, uring ? 200 : 0, 400, CLASS_BIT(LINKED));
	run->forced = share(p, &r, uring ? 200 : 0, 500, CLASS_BIT(FORCED));
	run->cancel = share(p, &r, uring ? 150 : 0, 200, CLASS_BIT(CANCEL));
	run->huge = share(p, &r, 60, 20, CLASS_BIT(HUGE));
	if (!queue)
		run->depth = 1;
}

static void make_actor(struct plan *p, uint32_t i, uint32_t percent)
{
	struct rng r = rng_of(p->seed, PART_ACTOR, i, 0, 0);
	struct plan_actor *a = &p->actor[i];

	a->runs = between(&r, 1, PLAN_RUNS);
	a->process = p->processes;
	if (chance(p, &r, 400, CLASS_BIT(THREADS)) && i > 0)
		a->process = p->processes - 1;
	else
		p->processes++;
	for (uint32_t j = 0; j < a->runs; j++)
		make_run(p, i, j, percent);
}

static void make_beside(struct plan *p)
{
	static const uint64_t class[] = {CLASS_BIT(READER), CLASS_BIT(MAPPED), CLASS_BIT(STORES)};

	for (uint32_t i = 0; i < PLAN_ASIDE; i++) {
		struct rng r = rng_of(p->seed, PART_BESIDE, i, 0, 0);
		uint32_t kind = below(&r, BESIDES), file = below(&r, p->files);

		if (!chance(p, &r, 220, class[kind]))
			continue;
		p->beside[p->aside].kind = kind;
		p->beside[p->aside++].file = file;
	}
}

void plan_make(struct plan *p, const struct plan_wish *wish)
{
	struct rng r = rng_of(wish->seed, PART_PLAN, 0, 0, 0);
	uint32_t n;

	memset(p, 0, sizeof(*p));
	p->seed = wish->seed;
	p->allowed = wish->allowed;
	n = between(&r, 2, PLAN_MOUNTS);
	p->mounts = chance(p, &r, 250, CLASS_BIT(MOUNTS)) ? n : 1;
	p->files = between(&r, 1, PLAN_FILES);
	n = between(&r, 2, PLAN_ACTORS);
	p->actors = chance(p, &r, 600, CLASS_BIT(CROWD)) ? n : 1;
	p->one_file = chance(p, &r, 100, CLASS_BIT(ONEFILE));
	p->full_disk = chance(p, &r, 60, CLASS_BIT(FULL));
	p->room = (uint64_t)between(&r, 4, 200) << 12;
	n = below(&r, 1u << PLAN_ACTORS);
	p->signals = chance(p, &r, 80, CLASS_BIT(SIGNALS)) ? n : 0;
	n = between(&r, 4, 40) << 14;
	p->size_limit = chance(p, &r, 60, CLASS_BIT(FSIZE)) ? n : 0;
	for (uint32_t i = 0; i < p->mounts; i++)
		make_mount(p, wish, i);
	for (uint32_t i = 0; i < p->files; i++)
		make_file(p, i);
	for (uint32_t i = 0; i < p->actors; i++)
		make_actor(p, i, wish->percent ? wish->percent : 100);
	make_beside(p);
}

/* Draws the properties of a write. Always draws the same amount of numbers. */
static void make_write(const struct plan_run *run, struct rng *r, uint32_t i, struct op *op)
{
	uint32_t units = between(r, 1, run->max_units), where = draw(r) >> 32;
	uint64_t room;

	op->length = units * run->unit;
	if (below(r, 1000) < run->huge)
		op->length = OP_LENGTH_MAX - (where % 4) * run->unit;
	room = run->span > op->length ? (run->span - op->length) / run->unit : 0;
	op->offset = (run->sequential ? i * (uint64_t)run->max_units : where) % (room + 1) *
		     run->unit;
	if (below(r, 1000) < run->past_eof)
		op->offset = run->span + (uint64_t)(where % 64) * run->unit;
	op->buffer = BUFFER_GOOD;
	if (below(r, 1000) < run->bad_buffer)
		op->buffer = BUFFER_UNMAPPED;
	else if ((where >> 16) % 1000 < run->half_buffer)
		op->buffer = BUFFER_HALF;
	if (below(r, 1000) < run->bad_align) {
		op->offset += 7;
		op->length += where & 2 ? 3 : 0;
	}
	if (below(r, 1000) < run->empty)
		op->length = 0;
	if (below(r, 1000) < run->append_flag)
		op->rw_flags |= RWF_APPEND;
	if (below(r, 1000) < run->dsync_flag)
		op->rw_flags |= RWF_DSYNC;
	op->linked = below(r, 1000) < run->linked;
	op->forced = below(r, 1000) < run->forced;
	op->cancel = below(r, 1000) < run->cancel;
}

void plan_op(const struct plan *p, uint32_t actor, uint32_t run_nr, uint32_t i, struct op *op)
{
	const struct plan_run *run = &p->actor[actor].run[run_nr];
	struct rng r = rng_of(p->seed, PART_OP, actor, run_nr, i);
	const struct {
		uint32_t permille;
		enum op_kind kind;
	} others[] = {
		{run->truncate, OP_TRUNCATE}, {run->rename, OP_RENAME}, {run->replace, OP_REPLACE},
		{run->reopen, OP_REOPEN},     {run->setfl, OP_SETFL},	{run->reads, OP_READ},
	};

	memset(op, 0, sizeof(*op));
	make_write(run, &r, i, op);
	for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++) {
		if (below(&r, 1000) < others[k].permille) {
			op->kind = others[k].kind;
			break;
		}
	}
	switch (op->kind) {
	case OP_TRUNCATE:
		op->offset = draw(&r) % (run->span + 1) & ~511ull;
		break;
	case OP_SETFL:
		op->set_flags = below(&r, 4) * (uint32_t)O_APPEND % (2 * O_APPEND);
		op->set_flags |= below(&r, 2) ? O_DIRECT : 0;
		if (!(p->allowed & CLASS_BIT(APPEND)))
			op->set_flags &= ~O_APPEND;
		if (!(p->allowed & CLASS_BIT(BUFFERED)))
			op->set_flags |= O_DIRECT;
		break;
	case OP_READ:
		op->buffer = BUFFER_GOOD;
		op->rw_flags = 0;
		op->length = MIN(op->length, 65536u);
		break;
	default:
		break;
	}
}
