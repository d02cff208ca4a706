// SPDX-License-Identifier: GPL-2.0-only
/* A plan as text, for seeds that fail. */
#include "plan.h"

#include <fcntl.h>

static void print_flags(int flags, FILE *out)
{
	static const struct {
		int flag;
		const char *name;
	} names[] = {
		{O_DIRECT, "direct"}, {O_APPEND, "append"}, {O_SYNC, "sync"}, {O_DSYNC, "dsync"}};

	if (!(flags & O_DIRECT))
		fprintf(out, " buffered");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((flags & names[i].flag) != names[i].flag)
			continue;
		fprintf(out, " %s", names[i].name);
		flags &= ~names[i].flag;
	}
}

static void print_run(const struct plan_run *r, FILE *out)
{
	const struct {
		uint32_t permille;
		const char *name;
	} shares[] = {
		{r->reads, "reads"},
		{r->past_eof, "past EOF"},
		{r->bad_buffer, "bad buffers"},
		{r->half_buffer, "half buffers"},
		{r->bad_align, "bad alignment"},
		{r->empty, "empty"},
		{r->truncate, "truncates"},
		{r->rename, "renames"},
		{r->replace, "replaced"},
		{r->reopen, "reopened"},
		{r->setfl, "F_SETFL"},
		{r->append_flag, "RWF_APPEND"},
		{r->dsync_flag, "RWF_DSYNC"},
		{r->linked, "linked"},
		{r->forced, "forced into workers"},
		{r->cancel, "cancelled"},
		{r->huge, "huge"},
	};

	fprintf(out, "    file %u, %s", r->file, engine_name[r->engine]);
	if (r->engine == ENGINE_AIO || r->engine == ENGINE_URING)
		fprintf(out, " %u deep%s%s", r->depth, r->sqpoll ? ", sqpoll" : "",
			r->fixed ? ", registered buffers" : "");
	fprintf(out, ";");
	print_flags(r->open_flags, out);
	fprintf(out, "; %u writes of 1 to %u x %u bytes in %llu, %s", r->writes, r->max_units,
		r->unit, (unsigned long long)r->span, r->sequential ? "in order" : "at random");
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		if (shares[i].permille)
			fprintf(out, "; %u/1000 %s", shares[i].permille, shares[i].name);
	fprintf(out, "\n");
}

void plan_print(const struct plan *p, const struct plan_wish *wish, FILE *out)
{
	fprintf(out, "plan %llu: target %s\n", (unsigned long long)p->seed,
		p->one_file	? "file 0 alone"
		: p->mounts > 1 ? "all mounts"
				: "the mount");
	fprintf(out, "  made of:");
	for (int i = 0; i < CLASSES; i++)
		if (p->used >> i & 1)
			fprintf(out, " %s", oracle_class_name[i]);
	fprintf(out, "\n");
	if (p->full_disk)
		fprintf(out, "  the disk of file 0 has %llu KiB left\n",
			(unsigned long long)p->room >> 10);
	if (p->size_limit)
		fprintf(out, "  process 0 may write up to offset %llu\n",
			(unsigned long long)p->size_limit);
	for (uint32_t i = 0; i < p->mounts; i++)
		fprintf(out, "  mount %u: %s, %s\n", i, wish->store[p->mount[i].store],
			mode_name[p->mount[i].mode]);
	for (uint32_t i = 0; i < p->files; i++)
		fprintf(out, "  file %u: on mount %u, %s, %llu KiB\n", i, p->file[i].mount,
			layout_name[p->file[i].layout], (unsigned long long)p->file[i].size >> 10);
	for (uint32_t i = 0; i < p->actors; i++) {
		const struct plan_actor *a = &p->actor[i];

		fprintf(out, "  writer %u: process %u%s\n", i, a->process,
			p->signals >> a->process & 1 ? ", interrupted by signals" : "");
		for (uint32_t j = 0; j < a->runs; j++)
			print_run(&a->run[j], out);
	}
	for (uint32_t i = 0; i < p->aside; i++)
		fprintf(out, "  beside: %s of file %u\n", beside_name[p->beside[i].kind],
			p->beside[i].file);
}
