// SPDX-License-Identifier: GPL-2.0-only
/* The collector's calls, from preparing it to its end. What they read is in read.c. */
#include "collect/collector_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <bpf/libbpf.h>

#include "kernel/kernel.h"
#include "collect/blind.h"
#include "openfiles/openfiles.h"

#define DEFAULT_INODES 4096u
/* Minimum pause between open-file scans. */
#define LIST_PAUSE_NS 100000000ull
/* Hooks that slow down the whole system are removed after this time, without the command. */
#define GLOBAL_WINDOW_S 10.0
#define SEEN_MOUNTS	8192
/* By this time, writes that began before counting have ended. */
#define CROSS_CHECK_AFTER_NS 50000000ull
/* How long to wait, once the gate has closed, for writes that have not ended. */
#define GATE_WAIT_NS 1000000000ull
/* Memory for per-CPU counts. If the default number of files needs more, fewer are told apart. */
#define COUNTS_MEMORY (64u << 20)
#define HISTS_MEMORY  (32u << 20)

static __u32 power_of_two_up(__u32 n)
{
	__u32 p = 64;

	while (p < n && p < 1u << 24)
		p *= 2;
	return p;
}

static struct fl_source *source_that(struct fl_collector *c, bool counts_writes)
{
	for (size_t i = 0; i < c->choice.nsources; i++)
		if (c->choice.source[i].form->counts_writes == counts_writes)
			return &c->choice.source[i];
	return NULL;
}

struct fl_source *fl_collector_takes(struct fl_collector *c)
{
	return source_that(c, false);
}

bool fl_collector_takes_only(const struct fl_collector *c)
{
	return !c->choice.source[0].form->counts_writes;
}

/* How many of the slots have room for something of this size on each CPU. */
static __u32 that_fit(const struct fl_collector *c, __u32 nslots, size_t size)
{
	while (nslots > 8 && nslots * size * c->ncpus > HISTS_MEMORY)
		nslots /= 2;
	return nslots;
}

/* Returns the number of slots. */
static __u32 size_tables(struct fl_collector *c, const struct fl_collect_opts *opts)
{
	/* slot_counts and settled_counts */
	size_t per_file = 2 * sizeof(struct fl_slot_counts) * c->ncpus;
	__u32 nslots = power_of_two_up(opts->max_inodes ? opts->max_inodes : DEFAULT_INODES);

	while (!opts->max_inodes && nslots > 256 && nslots * per_file > COUNTS_MEMORY)
		nslots /= 2;
	c->hist_slots = opts->timed_in ? that_fit(c, nslots, sizeof(struct fl_slot_hists)) : 1;
	c->holder_slots = that_fit(c, nslots, sizeof(struct fl_holders));
	return nslots;
}

/*
 * Whether the target has mounts of other namespaces. A mount of this namespace counts as gone once
 * it is gone from here, even if other namespaces still have copies of it.
 */
static int look_for_namespaces(struct fl_collector *c, struct fl_err *err)
{
	struct fl_mounts own = {};
	int ret = 0;

	c->other_namespaces = c->target->kind == FL_TARGET_ALL ||
			      c->target->kind == FL_TARGET_WRITER;
	if (!c->other_namespaces)
		ret = fl_mounts_read(&own, false, false, err);
	for (__u32 i = 0; !ret && i < c->target->ndevs; i++)
		c->other_namespaces |= !fl_mounts_by_dev(&own, c->target->dev[i]);
	fl_mounts_free(&own);
	return ret;
}

/* Opens a table of a source. Without the source or the table, it stays empty. */
static int open_values(const struct fl_collector *c, struct fl_percpu_values *v,
		       const struct fl_source *s, const char *map, size_t size, __u32 places)
{
	return fl_percpu_values_init(v, s ? fl_source_map(s, map) : -1, size, c->ncpus, places);
}

static int open_tables(struct fl_collector *c, __u32 nslots, struct fl_err *err)
{
	const struct fl_source *first = &c->choice.source[0];
	const struct fl_source *writes = source_that(c, true), *takes = source_that(c, false);

	if (fl_gate_map(&c->gate, first->obj, err) ||
	    fl_slot_table_open(&c->table, first->obj, nslots, err))
		return -1;
	if (open_values(c, &c->losses, first, "losses", sizeof(struct fl_losses), 1) ||
	    open_values(c, &c->counts, writes, "slot_counts", sizeof(struct fl_slot_counts),
			nslots) ||
	    open_values(c, &c->hists, writes, "slot_hists", sizeof(struct fl_slot_hists),
			c->hist_slots) ||
	    open_values(c, &c->holders, writes, "slot_holders", sizeof(struct fl_holders),
			c->holder_slots) ||
	    open_values(c, &c->takes, takes, "slot_takes", sizeof(struct fl_slot_takes), nslots))
		return fl_err(err, "out of memory");
	if (fl_batches_open(&c->batches, writes ? writes->obj : NULL, nslots))
		return fl_err(err, "out of memory");
	if (writes)
		c->counts.more_fd = fl_source_map(writes, "settled_counts");
	c->counts.add_more = fl_batches_add;
	c->counts.ctx = &c->batches;
	fl_writer_table_open(&c->writers, writes ? writes->obj : NULL, &c->batches);
	fl_follow_open(&c->follow, first->obj);
	return 0;
}

static bool is_family_only(const struct fl_collector *c, const struct fl_collect_opts *opts)
{
	return c->target->family || (opts->command && opts->only_command);
}

static int load(struct fl_collector *c, const struct fl_collect_opts *opts, struct fl_err *err)
{
	pid_t family = c->target->family ? c->target->family : opts->command;
	const struct fl_source *first = &c->choice.source[0], *writes;
	struct fl_err ignored;
	__u32 nslots = size_tables(c, opts);
	const struct fl_source_opts o = {
		.kernel = opts->kernel,
		.target = c->target,
		.nslots = nslots,
		.timed_in = opts->timed_in,
		.hist_slots = c->hist_slots,
		.holder_slots = c->holder_slots,
		.family = family,
		.waits = opts->waits,
		.family_only = is_family_only(c, opts),
		.map = fl_kernel_callsites(opts->kernel, &ignored),
	};

	if (fl_evidence_choose(&c->choice, opts->evidence, &o, err))
		return -1;
	writes = source_that(c, true);
	c->timed_in = writes && writes->form->has_hists ? opts->timed_in : 0;
	if (family && fl_family_open(&c->family, fl_source_map(first, "family"), family, err))
		return -1;
	if (o.waits && writes && fl_wait_table_open(&c->waits, writes, err))
		return -1;
	c->family_only = o.family_only;
	c->tells_outside = writes && o.family && !o.family_only;
	return open_tables(c, nslots, err);
}

/* Whether replies to opens are seen. Only then may the programs remember open files. */
static bool opens_are_watched(const struct fl_source *s)
{
	for (size_t i = 0; i < s->nprogs; i++)
		if (s->link[i] && !strcmp(s->form->prog[i].name, "request_end"))
			return true;
	return false;
}

/* Attaches what the command itself may have attached. */
static int attach(struct fl_collector *c, struct fl_err *err)
{
	for (size_t i = 0; i < c->choice.nsources; i++) {
		if (c->choice.source[i].form->kept)
			continue;
		if (fl_source_attach(&c->choice.source[i], err))
			return -1;
		if (opens_are_watched(&c->choice.source[i]))
			fl_slot_table_opens_are_watched(&c->table);
	}
	return 0;
}

__u64 fl_collector_end(const struct fl_collector *c)
{
	return __atomic_load_n(&c->end->ns, __ATOMIC_ACQUIRE);
}

__u64 fl_collector_misses(const struct fl_collector *c, size_t source, size_t program)
{
	return fl_collector_end(c) ? c->end->misses[source][program]
				   : fl_source_misses(&c->choice.source[source], program);
}

/* Waits, two seconds at most, until the other process has ended counting. */
static void await_end(const struct fl_collector *c)
{
	const struct timespec step = {.tv_nsec = 1000000};

	for (int i = 0; i < 2000 && !fl_collector_end(c); i++)
		nanosleep(&step, NULL);
}

/*
 * Closes the gate, and notes the time, the misses and the unfinished writes. Runs once, in this
 * process or in the keeper.
 */
static void end_counting(void *ctx)
{
	struct fl_collector *c = ctx;
	struct fl_end *end = c->end;
	__u64 now;

	if (__atomic_exchange_n(&end->begun, true, __ATOMIC_SEQ_CST)) {
		await_end(c);
		return;
	}
	fl_gate_close(&c->gate);
	/* a remembered open file would pass without a look at the gate */
	fl_slot_table_forget_open_files(&c->table);
	now = fl_now_ns();
	/* without a source that counts writes, no write is ever marked as counted */
	if (c->choice.nsources > 1)
		end->unfinished = fl_gate_wait(&c->gate, GATE_WAIT_NS);
	for (size_t i = 0; i < c->choice.nsources; i++)
		for (size_t p = 0; p < c->choice.source[i].nprogs; p++)
			end->misses[i][p] = fl_source_misses(&c->choice.source[i], p);
	__atomic_store_n(&end->ns, now, __ATOMIC_RELEASE);
}

/* In the keeper's process. */
static int attach_kept(void *ctx, int *fd, size_t *nfds, struct fl_err *err)
{
	struct fl_collector *c = ctx;
	struct fl_source *takes = fl_collector_takes(c);

	if (fl_source_attach(takes, err))
		return -1;
	memcpy(c->end->probe, takes->probe, sizeof(takes->probe));
	*nfds = fl_source_links(takes, fd);
	for (size_t i = 0; i < c->choice.nsources; i++)
		*nfds += fl_source_programs(&c->choice.source[i], fd + *nfds);
	/* this deadline holds until counting begins */
	c->end->deadline_ns = fl_now_ns() + GLOBAL_WINDOW_S * 1e9;
	return 0;
}

/* Starts a process that attaches the hooks which must go in time. */
static int start_keeper(struct fl_collector *c, struct fl_err *err)
{
	const struct fl_keeper_job job = {attach_kept, end_counting, c, &c->end->deadline_ns};
	struct fl_source *takes = fl_collector_takes(c);

	_Static_assert((1 + FL_MAX_SOURCES) * FL_MAX_PROBES <= FL_KEEPER_FDS, "room");
	if (!takes || !takes->form->kept)
		return 0;
	if (fl_keeper_start(&c->keeper, &job, err))
		return -1;
	memcpy(takes->probe, c->end->probe, sizeof(takes->probe));
	return 0;
}

static int make_end(struct fl_collector *c, struct fl_err *err)
{
	c->end = mmap(NULL, sizeof(*c->end), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (c->end != MAP_FAILED)
		return 0;
	c->end = NULL;
	return fl_errno(err, errno, "cannot map memory");
}

struct fl_collector *fl_collector_prepare(const struct fl_target *target,
					  const struct fl_collect_opts *opts, struct fl_err *err)
{
	struct fl_collector *c = calloc(1, sizeof(*c));

	if (!c) {
		fl_err(err, "out of memory");
		return NULL;
	}
	c->kernel = opts->kernel;
	c->target = target;
	c->mountinfo = -1;
	c->open_list = opts->open_list ? opts->open_list : &c->own_list;
	c->forget_after_ns = opts->forget_s * 1e9;
	if (opts->evidence == FL_EVIDENCE_GLOBAL)
		c->window_ns = (opts->window_s > 0 ? opts->window_s : GLOBAL_WINDOW_S) * 1e9;
	if (target->kind == FL_TARGET_ALL)
		c->mountinfo = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	c->ncpus = libbpf_num_possible_cpus();
	if (c->ncpus <= 0) {
		fl_err(err, "cannot tell the number of CPUs from /sys");
		fl_hint(err, "is sysfs mounted? mount -t sysfs sysfs /sys");
		goto fail;
	}
	/* a livepatch may have come or gone since an earlier session */
	fl_kernel_follow(opts->kernel);
	if (make_end(c, err) || look_for_namespaces(c, err) || load(c, opts, err) ||
	    attach(c, err) || start_keeper(c, err))
		goto fail;
	/* where takes stand for writes, replies that raise attr_version are not seen */
	if (opts->cross_check && c->choice.source[0].form->counts_writes)
		fl_cross_check_open(&c->cross, target,
				    target->ino || target->tgid || is_family_only(c, opts));
	c->cross.begun = c->cross.quiet = opts->quiet_start;
	return c;
fail:
	fl_collector_finish(c);
	return NULL;
}

bool fl_collector_counts_sites(const struct fl_collector *c)
{
	for (size_t i = 0; i < c->choice.nsources; i++)
		if (c->choice.source[i].callsites)
			return true;
	return false;
}

/* All programs are attached. From here on they count, and a miss is a loss. */
void fl_collector_start(struct fl_collector *c)
{
	for (size_t i = 0; i < c->choice.nsources; i++) {
		struct fl_source *s = &c->choice.source[i];

		for (size_t p = 0; p < s->nprogs; p++)
			s->missed[p] = fl_source_misses(s, p);
	}
	c->start_ns = c->read_ns = fl_now_ns();
	__atomic_store_n(&c->end->deadline_ns, c->start_ns + c->window_ns, __ATOMIC_RELEASE);
	/* if the command was held up for too long, the keeper has removed the hooks already */
	if (c->choice.source[0].link[c->choice.source[0].form->on_demand])
		fl_follow_attached(&c->follow);
	if (!__atomic_load_n(&c->end->begun, __ATOMIC_SEQ_CST))
		fl_gate_open(&c->gate);
	fl_cross_check_begin(&c->cross);
	fl_collector_poll(c);
}

void fl_collector_stop(struct fl_collector *c)
{
	if (!c->start_ns)
		return;
	/* the check needs attr_version of a moment at which counting still goes on */
	if (!fl_collector_end(c))
		fl_cross_check_read(&c->cross);
	else if (c->keeper.pid)
		c->cross.begun = false;
	end_counting(c);
	fl_keeper_end(&c->keeper);
}

/* Remembers the names of mounts: one may appear, be written and vanish between two readings. */
static void remember_mounts(struct fl_collector *c)
{
	struct pollfd p = {.fd = c->mountinfo, .events = POLLPRI};
	struct fl_err ignored;

	if (c->mountinfo < 0 || poll(&p, 1, 0) <= 0)
		return;
	if (c->seen.n > SEEN_MOUNTS)
		fl_mounts_free(&c->seen);
	fl_mounts_read(&c->seen, false, false, &ignored);
}

static void look_at_window(struct fl_collector *c)
{
	size_t used = strlen(c->choice.why);

	if (!c->keeper.pid || !fl_collector_end(c))
		return;
	fl_keeper_end(&c->keeper);
	c->window_over = true;
	snprintf(c->choice.why + used, sizeof(c->choice.why) - used,
		 "; counting stopped by itself after %.3g s", c->window_ns / 1e9);
}

/* Lists open files after new claims, while the claimed files are probably still open. */
static void list_open_files(struct fl_collector *c)
{
	struct fl_open_list *l = c->open_list;
	__u32 claims = fl_slot_table_claims_made(&c->table);
	__u64 before = l->read_ns;

	/* many new files in a row must not cause a walk over all tasks for each */
	if (claims != c->claims_seen || !c->merged_ns)
		fl_open_list_again(l, LIST_PAUSE_NS);
	if (l->read_ns != before)
		c->claims_seen = claims;
	if (l->read_ns == c->merged_ns)
		return;
	fl_known_files_merge(&c->known, &l->files, c->target->dev, c->target->ndevs);
	fl_collector_describe(c, &c->blind);
	fl_slot_table_update(&c->table);
	fl_blind_look(&c->blind, &l->files, c->target, c->family_only ? &c->family : NULL,
		      &c->table);
	c->merged_ns = l->read_ns;
}

/*
 * Writes that began before counting raise attr_version and are not counted. The check therefore
 * begins when they have ended. A starting value that is read late is too high, not too low, so no
 * counted write is ever called unseen.
 */
static void begin_cross_check(struct fl_collector *c)
{
	if (c->cross.begun || !c->cross.on || fl_collector_end(c) ||
	    fl_now_ns() - c->start_ns < CROSS_CHECK_AFTER_NS)
		return;
	for (__u32 i = 0; i < c->target->ndevs; i++)
		c->cross.explained[i] = fl_collector_explained(c, c->target->dev[i]);
	fl_cross_check_begin(&c->cross);
	c->cross.begun = true;
}

/* Attaches or detaches the program that follows buffered writes. */
static void follow(struct fl_collector *c)
{
	struct fl_source *s = &c->choice.source[0];
	size_t i = s->form->on_demand;

	if (!i || !s->available[i] || fl_collector_end(c))
		return;
	switch (fl_follow_step(&c->follow, s->link[i], fl_slot_table_claims_made(&c->table),
			       fl_now_ns())) {
	case FL_FOLLOW_STAY:
		break;
	case FL_FOLLOW_DETACH:
		fl_source_detach_program(s, i);
		break;
	case FL_FOLLOW_ATTACH:
		if (!fl_source_attach_program(s, i))
			fl_follow_attached(&c->follow);
	}
}

void fl_collector_poll(struct fl_collector *c)
{
	follow(c);
	begin_cross_check(c);
	look_at_window(c);
	remember_mounts(c);
	list_open_files(c);
	fl_collector_forget(c);
}

bool fl_collector_stopped_itself(const struct fl_collector *c)
{
	return c->window_over;
}

void fl_collector_finish(struct fl_collector *c)
{
	if (!c)
		return;
	fl_keeper_end(&c->keeper);
	for (size_t i = 0; i < FL_MAX_SOURCES; i++)
		fl_source_close(&c->choice.source[i]);
	fl_gate_unmap(&c->gate);
	fl_slot_table_close(&c->table);
	fl_writer_table_close(&c->writers);
	fl_batches_close(&c->batches);
	fl_wait_table_close(&c->waits);
	fl_follow_close(&c->follow);
	fl_family_close(&c->family);
	fl_cross_check_close(&c->cross);
	fl_percpu_values_free(&c->counts);
	fl_percpu_values_free(&c->takes);
	fl_percpu_values_free(&c->hists);
	fl_percpu_values_free(&c->holders);
	fl_percpu_values_free(&c->losses);
	free(c->told);
	fl_index_free(&c->told_by_dev);
	fl_known_files_free(&c->known);
	fl_open_files_free(&c->own_list.files);
	fl_forgotten_free(&c->forgotten);
	fl_mounts_free(&c->seen);
	if (c->mountinfo >= 0)
		close(c->mountinfo);
	if (c->end)
		munmap(c->end, sizeof(*c->end));
	free(c);
}
