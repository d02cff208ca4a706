// SPDX-License-Identifier: GPL-2.0-only
#include "collect/choose.h"

#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>

#include "collect/takes.h"

const char *const fl_evidence_names[] = {
	[FL_EVIDENCE_AUTO] = "auto",
	[FL_EVIDENCE_STATE] = "state",
	[FL_EVIDENCE_STATE_TP] = "state-tp",
	[FL_EVIDENCE_STATE_FENTRY] = "state-fentry",
	[FL_EVIDENCE_CALLSITE] = "callsite",
	[FL_EVIDENCE_GLOBAL] = "global",
	NULL,
};

int fl_evidence_from_name(const char *name)
{
	for (int i = 0; fl_evidence_names[i]; i++)
		if (!strcmp(fl_evidence_names[i], name))
			return i;
	return -1;
}

struct bpf_object *fl_form_open(const struct fl_form *form)
{
	size_t size;
	const void *elf = form->elf(&size);

	return fl_open_bpf(elf, size);
}

/*
 * Loads and attaches the whole form at once: where all of it works, which is the rule, nothing needs to
 * be tried one by one.
 */
static bool all_programs_work(const struct fl_form *form)
{
	struct bpf_object *obj = fl_form_open(form);
	bool ok = obj && !bpf_object__load(obj);

	for (size_t i = 0; ok && i < form->nprogs; i++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(obj,
									    form->prog[i].name);
		struct bpf_link *link = prog && !fl_program_disabled(prog)
						? bpf_program__attach(prog)
						: NULL;

		ok = link;
		bpf_link__destroy(link);
	}
	bpf_object__close(obj);
	return ok;
}

/* Fills in which programs of the form can work. Returns 0 when all the required ones can. */
static int try_form(const struct fl_form *form, bool *available, struct fl_probe *probe,
		    struct fl_err *err)
{
	/* a refusal usually meets the first program already */
	int first = fl_try_program(form->elf, form->prog[0].name);
	bool all = !first && all_programs_work(form);

	for (size_t i = 0; i < form->nprogs; i++) {
		snprintf(probe[i].name, sizeof(probe[i].name), "%s", form->prog[i].name);
		probe[i].counts_writes = form->prog[i].counts_writes;
		if (first)
			snprintf(probe[i].why_not, sizeof(probe[i].why_not), "not tried");
	}
	for (size_t i = 0; i < form->nprogs; i++) {
		int e = all ? 0 : i ? fl_try_program(form->elf, form->prog[i].name) : first;

		available[i] = !e;
		if (!e)
			continue;
		snprintf(probe[i].why_not, sizeof(probe[i].why_not), "%s; not known: %s",
			 strerror(e), form->prog[i].costs);
		if (form->prog[i].required)
			return fl_errno(err, e, "%s: cannot attach %s", form->title,
					form->prog[i].name);
	}
	return 0;
}

struct candidate {
	const struct fl_form *form;
	enum fl_evidence evidence;
};

/* In order of preference. */
static const struct candidate candidates[] = {
	{&fl_form_state_fentry, FL_EVIDENCE_STATE_FENTRY},
	{&fl_form_state_tp, FL_EVIDENCE_STATE_TP},
};

bool fl_evidence_counts_takes(enum fl_evidence e)
{
	return e == FL_EVIDENCE_CALLSITE || e == FL_EVIDENCE_GLOBAL;
}

static bool may_choose(enum fl_evidence wanted, const struct candidate *c)
{
	if (wanted == FL_EVIDENCE_AUTO || wanted == FL_EVIDENCE_STATE ||
	    fl_evidence_counts_takes(wanted))
		return c->evidence == FL_EVIDENCE_STATE_FENTRY ||
		       c->evidence == FL_EVIDENCE_STATE_TP;
	return wanted == c->evidence;
}

int fl_evidence_choose(struct fl_choice *c, enum fl_evidence wanted, struct fl_err *err)
{
	struct fl_err last = {};
	bool tried = false;

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (!may_choose(wanted, &candidates[i]))
			continue;
		memset(c, 0, sizeof(*c));
		if (!try_form(candidates[i].form, c->available, c->probe, &last)) {
			c->form = candidates[i].form;
			if (tried)
				snprintf(c->why, sizeof(c->why), "%.200s", err->what);
			else
				snprintf(c->why, sizeof(c->why), "%s",
					 wanted == FL_EVIDENCE_AUTO ? "the first choice"
								    : "as asked");
			return 0;
		}
		*err = last;
		tried = true;
	}
	if (fl_evidence_counts_takes(wanted)) {
		/* its tables, without any program of it */
		memset(c, 0, sizeof(*c));
		c->form = &fl_form_state_tp;
		c->takes_only = true;
		snprintf(c->why, sizeof(c->why), "alone: %.200s", err->what);
		return 0;
	}
	if (!tried)
		return fl_err(err, "the %s method cannot count here", fl_evidence_names[wanted]);
	return fl_hint(err, "'fuselens doctor' says what this kernel allows and what is missing");
}

/* Whether the callsite method's programs load; the global ones are not tried unless asked for. */
static int try_callsite(struct fl_probe *probes, size_t *n, struct fl_err *err)
{
	const struct fl_target everything = {.kind = FL_TARGET_ALL};
	const struct fl_takes_opts opts = {
		.method = FL_METHOD_CALLSITE, .nslots = 64, .gate_fd = -1};
	struct fl_takes *takes = fl_takes_prepare(&everything, &opts, err);
	int ret = takes ? fl_takes_start(takes, err) : -1;

	*n = 0;
	if (!ret)
		*n = fl_takes_probes(takes, probes, FL_MAX_PROBES);
	fl_takes_finish(takes);
	return ret;
}

int fl_collector_try(enum fl_evidence evidence, struct fl_probe *probes, size_t *n,
		     struct fl_err *err)
{
	bool available[FL_MAX_PROBES] = {};
	int ret;

	*n = 0;
	if (evidence == FL_EVIDENCE_CALLSITE)
		return try_callsite(probes, n, err);
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (candidates[i].evidence != evidence)
			continue;
		memset(probes, 0, FL_MAX_PROBES * sizeof(*probes));
		ret = try_form(candidates[i].form, available, probes, err);
		*n = candidates[i].form->nprogs;
		for (size_t k = 0; k < *n; k++)
			probes[k].live = available[k];
		return ret;
	}
	return fl_err(err, "there is no such form");
}
