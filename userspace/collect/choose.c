// SPDX-License-Identifier: GPL-2.0-only
#include "collect/choose.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include "kernel/kernel.h"

const char *fl_evidence_name(enum fl_evidence e)
{
	if (e == FL_EVIDENCE_AUTO)
		return "auto";
	if (e == FL_EVIDENCE_STATE)
		return "state";
	return fl_method_name((enum fl_method)(e - FL_EVIDENCE_FORMS));
}

int fl_evidence_from_name(const char *name)
{
	for (int e = 0; e < FL_EVIDENCES; e++)
		if (!strcmp(fl_evidence_name(e), name))
			return e;
	return -1;
}

/* The form that was asked for; NULL where it is to be chosen. */
static const struct fl_form *form_of(enum fl_evidence e)
{
	return e < FL_EVIDENCE_FORMS ? NULL : fl_forms[e - FL_EVIDENCE_FORMS];
}

static bool counts_takes(enum fl_evidence e)
{
	return form_of(e) && !form_of(e)->counts_writes;
}

static bool may_choose(enum fl_evidence wanted, const struct fl_form *form)
{
	return !form_of(wanted) || counts_takes(wanted) || form_of(wanted) == form;
}

/*
 * Loads the first form that counts writes, may be chosen and works. Returns 0, or -1 with err set to the last
 * one's failure.
 */
static int choose_writes(struct fl_choice *c, enum fl_evidence wanted, struct fl_source_opts opts,
			 struct fl_err *err)
{
	struct fl_source *s = &c->source[0];
	struct fl_err last = {};
	bool tried = false;

	opts.counts_takes = counts_takes(wanted);
	for (int i = 0; i < FL_METHODS; i++) {
		const struct fl_form *form = fl_forms[fl_methods_in_order[i]];

		if (!form->counts_writes || !may_choose(wanted, form))
			continue;
		if (!fl_source_load(s, form, NULL, &opts, &last)) {
			c->nsources = 1;
			if (tried)
				snprintf(c->why, sizeof(c->why), "%.200s", err->what);
			else
				snprintf(c->why, sizeof(c->why), "%s",
					 wanted == FL_EVIDENCE_AUTO ? "the first choice"
								    : "as asked");
			return 0;
		}
		fl_source_close(s);
		*err = last;
		tried = true;
	}
	return -1;
}

static int choose_takes(struct fl_choice *c, enum fl_evidence wanted, struct fl_source_opts opts,
			struct fl_err *err)
{
	const struct fl_source *writes = c->nsources ? &c->source[0] : NULL;

	opts.counts_takes = true;
	opts.writes_are_seen = writes && writes->form->sees_entry;
	opts.waits &= !!writes;
	return fl_source_load(&c->source[c->nsources++], form_of(wanted), writes, &opts, err);
}

/* More than the programs, the maps and the kernel's BTF take. */
#define ENOUGH_MEMORY (256ULL << 20)

/* What to do where no method can be had. */
static int what_to_do(struct fl_err *err)
{
	struct rlimit memory;

	/* libbpf takes a BTF that it has no room for as one that is not there */
	if (!getrlimit(RLIMIT_AS, &memory) && memory.rlim_cur != RLIM_INFINITY &&
	    (strstr(err->what, strerror(ENOMEM)) || memory.rlim_cur < ENOUGH_MEMORY))
		return fl_hint(
			err,
			"the address space is limited to %llu MiB: raise it with 'ulimit -v unlimited'",
			(unsigned long long)memory.rlim_cur >> 20);
	return fl_hint(err, "'fuselens doctor' says what this kernel allows and what is missing");
}

int fl_evidence_choose(struct fl_choice *c, enum fl_evidence wanted,
		       const struct fl_source_opts *opts, struct fl_err *err)
{
	memset(c, 0, sizeof(*c));
	if (!choose_writes(c, wanted, *opts, err))
		return counts_takes(wanted) ? choose_takes(c, wanted, *opts, err) : 0;
	/* a kernel that refuses even tracepoints may allow kprobes */
	if (wanted == FL_EVIDENCE_AUTO && opts->map)
		wanted = FL_EVIDENCE_CALLSITE;
	if (!counts_takes(wanted))
		return what_to_do(err);
	snprintf(c->why, sizeof(c->why), "alone: %.200s", err->what);
	return choose_takes(c, wanted, *opts, err);
}

int fl_collector_try(struct fl_kernel *kernel, enum fl_method method, struct fl_probe *probes,
		     size_t *n, struct fl_err *err)
{
	const struct fl_form *form = fl_forms[method];
	const struct fl_target everything = {.kind = FL_TARGET_ALL};
	struct fl_source_opts opts = {.kernel = kernel,
				      .target = &everything,
				      .nslots = 64,
				      .hist_slots = 1,
				      .holder_slots = 64};
	struct fl_source s = {};
	int ret;

	*n = 0;
	if (form->kept)
		return fl_err(err, "%s cannot be tried", fl_method_name(method));
	if (form == &fl_form_callsite)
		opts.map = fl_kernel_callsites(kernel, err);
	if (form == &fl_form_callsite && !opts.map)
		return -1;
	ret = fl_source_load(&s, form, NULL, &opts, err) || fl_source_attach(&s, err) ? -1 : 0;
	/* programs of which none could be tried say nothing */
	*n = ret && form->can_work ? 0 : s.nprogs;
	memcpy(probes, s.probe, *n * sizeof(*probes));
	fl_source_close(&s);
	return ret;
}
