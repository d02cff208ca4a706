/* SPDX-License-Identifier: GPL-2.0-only */
/* Made-up benches with known answers. */
#ifndef UNIT_BENCH_MADE_UP_H
#define UNIT_BENCH_MADE_UP_H

#include <math.h>
#include "check.h"
#include "result/result.h"

/* A bench of jobs 1, 2, 4, 8 and two repeats on both systems, without rows. */
static inline void made_up_bench(struct fl_bench *b)
{
	static const unsigned int jobs[] = {1, 2, 4, 8};

	memset(b, 0, sizeof(*b));
	b->profile = strdup("made-up");
	b->profile_text = strdup("# fuselens: files=shared\n[global]\n");
	b->evidence = strdup("auto");
	b->repeats = 2;
	b->max_loss = 0.001;
	b->started_s = 1700000000;
	b->njob_counts = 4;
	memcpy(b->job_count, jobs, sizeof(jobs));
	b->use[FL_SYSTEM_MOUNT] = b->use[FL_SYSTEM_RAW] = true;
	assert_int_equal(fl_bench_set(b, "RUNTIME", "10"), 0);
	b->env.kernel = strdup("6.99");
	b->env.fio = strdup("fio-3.39");
	b->env.fuselens = strdup("0.0");
	b->env.place[FL_SYSTEM_MOUNT].path = strdup("/mnt");
	b->env.place[FL_SYSTEM_MOUNT].fstype = strdup("fuse.fuselens");
	b->env.place[FL_SYSTEM_RAW].path = strdup("/raw");
}

/*
 * Appends a row that did iops for 10 s. hold_ns 0: no histograms, as the tracepoint form counts. Raw
 * rows and bare ones (probes false) are not counted.
 */
static inline struct fl_bench_row *made_up_row(struct fl_bench *b, enum fl_system system,
					       bool probes, unsigned int jobs, unsigned int repeat,
					       double iops, double shared, __u64 hold_ns)
{
	struct fl_bench_row *row;
	__u64 writes = iops * 10;

	b->row = realloc(b->row, (b->nrows + 1) * sizeof(*b->row));
	row = &b->row[b->nrows++];
	memset(row, 0, sizeof(*row));
	row->system = system;
	row->probes = probes;
	row->jobs = jobs;
	row->repeat = repeat;
	snprintf(row->id, sizeof(row->id), "%s-j%u-r%u%s", fl_system_name(system), jobs, repeat,
		 system == FL_SYSTEM_MOUNT && !probes ? "-bare" : "");
	row->fio.groups = 1;
	row->fio.write = (struct fl_fio_dir){.ios = writes,
					     .bytes = writes * 4096,
					     .iops = iops,
					     .bytes_per_s = iops * 4096,
					     .has_clat = true,
					     .clat_mean_ns = jobs * 1e9 / iops,
					     .has_pct = true,
					     .clat_pct_ns = {1000, 2000, 3000, 4000}};
	strcpy(row->fio.version, "fio-3.39");
	row->end_ns = 10000000000ull;
	if (!probes)
		return row;
	row->counted = true;
	row->snapshot.method = hold_ns ? FL_METHOD_STATE_FENTRY : FL_METHOD_STATE_TP;
	strcpy(row->snapshot.kernel, "6.99");
	row->snapshot.end_ns = row->end_ns;
	row->snapshot.can[FL_ROUTE_PASSTHROUGH] = FL_CAN_YES;
	row->snapshot.nfiles = 1;
	row->snapshot.file = calloc(1, sizeof(*row->snapshot.file));
	row->snapshot.file[0].route = FL_ROUTE_PASSTHROUGH;
	row->snapshot.file[0].ino = 7;
	row->snapshot.file[0].name = strdup("data.0");
	row->snapshot.file[0].cell[FL_MODE_SHARED][FL_NATURE_PLAIN] = writes * shared;
	row->snapshot.file[0].cell[FL_MODE_EXCL_FLAG_UNSET][FL_NATURE_PLAIN] =
		writes - (__u64)(writes * shared);
	if (hold_ns && shared < 1) {
		struct fl_slot_hists *hists = calloc(1, sizeof(*hists));
		struct fl_hist *hold = &hists->hist[FL_HIST_HOLD_EXCL];
		struct fl_hist *wait = &hists->hist[FL_HIST_WAIT_EXCL];

		row->snapshot.file[0].hists = hists;
		hold->bucket[8 * (int)log2(hold_ns) + 7] = writes; /* the last of its octave */
		hold->sum_ns = writes * hold_ns;
		wait->bucket[39] = writes;
		wait->sum_ns = writes * 20;
	}
	return row;
}

/* A bench with all of its rows. shared 0: writes are exclusive, and 8 jobs do hardly more than one. */
static inline void made_up_rows(struct fl_bench *b, double shared)
{
	made_up_bench(b);
	for (unsigned int r = 1; r <= 2; r++) {
		for (unsigned int jobs = 1; jobs <= 8; jobs *= 2) {
			double iops = shared > 0 ? 410.0 * jobs : jobs == 1 ? 400 : 480;

			made_up_row(b, FL_SYSTEM_RAW, false, jobs, r, 450.0 * jobs, 0, 0);
			made_up_row(b, FL_SYSTEM_MOUNT, true, jobs, r, iops + r, shared, 2000000);
		}
	}
}

/* Adds a call site of fi->lock to a counted row, taken so often and with such waits (0: not timed). */
static inline void made_up_site(struct fl_bench_row *row, __u64 takes, __u64 mean_ns,
				__u64 resolution_ns)
{
	struct fl_snapshot *s = &row->snapshot;

	s->method = FL_METHOD_CALLSITE;
	s->has_takes = s->file[0].has_takes = true;
	s->file[0].takes[FL_SITE_FI_LOCK] += takes;
	s->site = realloc(s->site, (s->nsites + 1) * sizeof(*s->site));
	s->site[s->nsites++] = (struct fl_site_snapshot){
		.role = FL_SITE_FI_LOCK,
		.takes = takes,
		.wait = {.measured = resolution_ns > 0,
			 .count = takes,
			 .resolution_ns = resolution_ns,
			 /* the middle says nothing of rare long waits */
			 .p50_ns = 0,
			 .mean_ns = mean_ns},
	};
}

#endif
