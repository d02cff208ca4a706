/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel allows, found by trying. */
#ifndef FL_DOCTOR_EXAMINE_H
#define FL_DOCTOR_EXAMINE_H

#include <stddef.h>
#include "kernel/callsite_map.h"
#include "collect/collector.h"

enum fl_answer {
	FL_NO,
	FL_YES,
	FL_NOT_KNOWN,
};

struct fl_check {
	const char *id; /* key in JSON */
	const char *title;
	enum fl_answer answer;
	char detail[256]; /* what was found */
	char remedy[256]; /* what to do about a no; may be empty */
};

struct fl_method_check {
	const char *name; /* as --evidence takes it */
	bool works;
	char why[512];
	char remedy[256];
	struct fl_probe probe[FL_MAX_PROBES];
	size_t nprobes;
};

struct fl_doctor {
	struct fl_kernel *running; /* not owned */
	char kernel[128];
	char machine[72];
	struct fl_check check[24];
	size_t nchecks;
	struct fl_method_check method[FL_METHODS];
	size_t nmethods;
	int chosen;		 /* index of what --evidence auto takes; -1 where none works */
	struct fl_mounts mounts; /* FUSE mounts */
	const struct fl_callsite_map *callsites; /* NULL where the text cannot be read */
};

/* Never fails: what cannot be found out is an answer too. */
void fl_doctor_examine(struct fl_doctor *d, struct fl_kernel *kernel);
void fl_doctor_free(struct fl_doctor *d);

#endif
