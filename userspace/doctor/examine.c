// SPDX-License-Identifier: GPL-2.0-only
#include "doctor/examine.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "kernel/kernel.h"
#include "openfiles/openfiles.h"
#include "kernel/privileges.h"
#include "util/capture.h"
#include "util/file.h"
#include "util/program.h"

static struct fl_check *add(struct fl_doctor *d, const char *id, const char *title,
			    enum fl_answer answer, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

static struct fl_check *add(struct fl_doctor *d, const char *id, const char *title,
			    enum fl_answer answer, const char *fmt, ...)
{
	struct fl_check *c = &d->check[d->nchecks++];
	va_list ap;

	c->id = id;
	c->title = title;
	c->answer = answer;
	va_start(ap, fmt);
	vsnprintf(c->detail, sizeof(c->detail), fmt, ap);
	va_end(ap);
	return c;
}

static void remedy(struct fl_check *c, const char *text)
{
	if (c->answer != FL_YES)
		snprintf(c->remedy, sizeof(c->remedy), "%.255s", text);
}

static void check_privileges(struct fl_doctor *d)
{
	static const struct {
		int cap;
		const char *name;
		const char *what;
	} wanted[] = {
		{CAP_BPF, "CAP_BPF", "loading programs"},
		{CAP_PERFMON, "CAP_PERFMON", "reading kernel memory from them"},
		{CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "mounts of other namespaces"},
	};
	char missing[240] = "", command[256];
	bool needed = true;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		size_t used = strlen(missing);

		if (fl_privileges_have(wanted[i].cap) || fl_privileges_have(CAP_SYS_ADMIN))
			continue;
		snprintf(missing + used, sizeof(missing) - used, "%s%s (%s)", used ? ", " : "",
			 wanted[i].name, wanted[i].what);
		if (wanted[i].cap == CAP_BPF || wanted[i].cap == CAP_PERFMON)
			needed = false;
	}
	remedy(add(d, "privileges", "privileges", needed ? FL_YES : FL_NO, "%s%s",
		   missing[0] ? "missing: " : "all that is needed", missing),
	       fl_privileges_command(command, sizeof(command)));
}

static void check_lockdown(struct fl_doctor *d)
{
	char line[128], *mode, *end;

	if (!fl_read_line("/sys/kernel/security/lockdown", line, sizeof(line))) {
		add(d, "lockdown", "lockdown", FL_NOT_KNOWN,
		    "securityfs is not mounted or has no lockdown");
		return;
	}
	mode = strchr(line, '[');
	end = mode ? strchr(mode, ']') : NULL;
	if (end)
		*end = '\0';
	mode = end ? mode + 1 : line;
	remedy(add(d, "lockdown", "no lockdown", strcmp(mode, "none") ? FL_NO : FL_YES, "%s", mode),
	       "function hooks may be refused; the tracepoint form needs none");
}

static void check_fuse(struct fl_doctor *d)
{
	bool file = fl_btf_has_member(fl_kernel_btf(d->running), "fuse_file", "fm");
	bool passthrough = fl_btf_has_member(fl_kernel_btf(d->running), "fuse_file", "passthrough");
	struct stat st;
	struct fl_check *c;

	if (!file) {
		bool module = !stat("/sys/module/fuse", &st);

		c = add(d, "fuse", "FUSE", module ? FL_NOT_KNOWN : FL_NO, "%s",
			module ? "loaded, but without BTF"
			       : "not there, or a module that is not loaded");
		remedy(c,
		       module ? "the kernel needs CONFIG_DEBUG_INFO_BTF_MODULES" : "modprobe fuse");
		return;
	}
	add(d, "fuse", "FUSE", FL_YES, "%s",
	    fl_btf_in_module(fl_kernel_btf(d->running), "fuse_file") ? "a module with BTF"
								     : "built in");
	c = add(d, "fuse_passthrough", "FUSE passthrough", passthrough ? FL_YES : FL_NO, "%s",
		passthrough
			? "the kernel hands I/O to backing files"
			: "this kernel has none: it is older than 6.9 or lacks CONFIG_FUSE_PASSTHROUGH");
	remedy(c,
	       "run Linux 6.9 or later with CONFIG_FUSE_PASSTHROUGH=y; fuselens can still watch direct and cached mounts");
}

static void check_tracepoints(struct fl_doctor *d)
{
	static const char *const names[] = {"iomap_dio_rw_begin", "fuse_request_send",
					    "fuse_request_end", "xfs_file_buffered_write"};
	char missing[160] = "";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t used = strlen(missing);

		if (!fl_btf_has_tracepoint(fl_kernel_btf(d->running), names[i]))
			snprintf(missing + used, sizeof(missing) - used, "%s%s", used ? ", " : "",
				 names[i]);
	}
	remedy(add(d, "tracepoints", "BTF tracepoints", missing[0] ? FL_NO : FL_YES, "%s%s",
		   missing[0] ? "missing: " : "iomap, fuse and xfs have them", missing),
	       "fuse has them since v6.11; xfs has them if it is loaded");
}

static void check_kprobes(struct fl_doctor *d)
{
	char line[32];
	bool there = fl_read_line("/sys/bus/event_source/devices/kprobe/type", line, sizeof(line));

	remedy(add(d, "kprobes", "kprobes", there ? FL_YES : FL_NO, "%s",
		   there ? "the perf event is there" : "this kernel is built without them"),
	       "CONFIG_KPROBE_EVENTS=y; only the callsite method needs it");
}

static const char *can_word(enum fl_can can)
{
	return can == FL_CAN_YES  ? "shared or exclusive"
	       : can == FL_CAN_NO ? "exclusive only"
				  : "not known";
}

/* The call-site map proves what the write path can do without a single write. */
static void check_text(struct fl_doctor *d)
{
	struct fl_err err = {};
	struct fl_check *c;

	d->callsites = fl_kernel_callsites(d->running, &err);
	if (!d->callsites) {
		c = add(d, "kernel_text", "kernel text", FL_NO, "%.240s", err.what);
		remedy(c,
		       err.hint[0]
			       ? err.hint
			       : "without it there is no call-site map: only I/O shows what the write path can do");
		return;
	}
	add(d, "kernel_text", "kernel text", FL_YES, "readable: %zu lock calls in %zu functions",
	    d->callsites->nsites, d->callsites->nfunctions);
	c = add(d, "write_path", "shared passthrough",
		fl_callsite_can(d->callsites, FL_ROUTE_PASSTHROUGH) == FL_CAN_YES  ? FL_YES
		: fl_callsite_can(d->callsites, FL_ROUTE_PASSTHROUGH) == FL_CAN_NO ? FL_NO
										   : FL_NOT_KNOWN,
		"fs/fuse is '%s': passthrough %s, direct %s", fl_variant_name(d->callsites),
		can_word(fl_callsite_can(d->callsites, FL_ROUTE_PASSTHROUGH)),
		can_word(fl_callsite_can(d->callsites, FL_ROUTE_DIRECT)));
	remedy(c,
	       "this kernel's passthrough write path holds no call of down_read(): it needs the patch (kernel-patches/)");
}

static void check_iterator(struct fl_doctor *d)
{
	struct fl_open_files files = {};
	struct fl_err err;
	size_t open = 0, daemons = 0;

	if (fl_open_files_read(&files, 0, &err)) {
		remedy(add(d, "open_files", "open-file iterator", FL_NO, "%.200s", err.what),
		       "without it, open flags in force and paths are not known");
		return;
	}
	for (size_t i = 0; i < files.n; i++)
		if (files.file[i].rec.kind == FL_FILE_DEV)
			daemons++;
		else
			open++;
	add(d, "open_files", "open-file iterator", FL_YES,
	    "%s%zu open FUSE files, %zu descriptors of /dev/fuse in daemons",
	    files.cut ? "more than " : "", open, daemons);
	fl_open_files_free(&files);
}

/* A program that a command of ours runs: its path and the version it prints. */
static void check_program(struct fl_doctor *d, const char *name, const char *without)
{
	char path[PATH_MAX];
	char *const argv[] = {path, "--version", NULL};
	struct fl_err err;
	size_t len;
	char *said = NULL;

	if (!fl_program_find(name, NULL, path, sizeof(path), &err))
		said = fl_capture(argv, NULL, &len, &err);
	if (said)
		said[strcspn(said, "\n")] = '\0';
	if (said)
		add(d, name, name, FL_YES, "%.80s, %.160s", said, path);
	else
		remedy(add(d, name, name, FL_NO, "%.200s", err.what), without);
	free(said);
}

/* A method whose hooks slow down the whole system is not even tried. */
static void check_kept(struct fl_doctor *d, struct fl_method_check *m, const char *needs)
{
	for (size_t i = 0; i + 1 < d->nmethods; i++)
		if (!strcmp(d->method[i].name, fl_method_name(FL_METHOD_STATE_FENTRY)))
			m->works = d->method[i].works;
	snprintf(
		m->why, sizeof(m->why), "%s",
		m->works
			? "hooks can be attached; only on request and for 10 s, because the whole system pays"
			: "needs the same hooks as state-fentry");
	if (!m->works || fl_btf_kernel_function(fl_kernel_btf(d->running), "_raw_spin_lock"))
		return;
	m->works = false;
	snprintf(m->why, sizeof(m->why),
		 "this kernel has its spin locks compiled into their users: no function to hook");
	snprintf(m->remedy, sizeof(m->remedy), "%s", needs);
}

static void check_method(struct fl_doctor *d, enum fl_method method)
{
	struct fl_method_check *m = &d->method[d->nmethods++];
	const struct fl_form *form = fl_forms[method];
	struct fl_err err = {};

	m->name = fl_method_name(method);
	if (form->kept) {
		check_kept(d, m, form->needs);
		return;
	}
	m->works = !fl_collector_try(d->running, method, m->probe, &m->nprobes, &err);
	if (m->works) {
		size_t live = 0;

		for (size_t i = 0; i < m->nprobes; i++)
			live += m->probe[i].live;
		snprintf(m->why, sizeof(m->why), "%zu of %zu programs attached", live, m->nprobes);
		if (d->chosen < 0)
			d->chosen = (int)d->nmethods - 1;
	} else {
		snprintf(m->why, sizeof(m->why), "%.500s", err.what);
		snprintf(m->remedy, sizeof(m->remedy), "%s", form->needs);
	}
}

void fl_doctor_examine(struct fl_doctor *d, struct fl_kernel *kernel)
{
	struct utsname u;
	struct fl_err ignored;

	memset(d, 0, sizeof(*d));
	d->chosen = -1;
	d->running = kernel;
	if (!uname(&u)) {
		snprintf(d->kernel, sizeof(d->kernel), "%s", u.release);
		snprintf(d->machine, sizeof(d->machine), "%s", u.machine);
	}
	check_privileges(d);
	check_lockdown(d);
	if (access("/sys/kernel", F_OK))
		remedy(add(d, "sysfs", "sysfs", FL_NO, "there is no /sys/kernel"),
		       "mount -t sysfs sysfs /sys");
	remedy(add(d, "btf", "kernel BTF", fl_btf_available(fl_kernel_btf(kernel)) ? FL_YES : FL_NO,
		   "%s",
		   fl_btf_available(fl_kernel_btf(kernel)) ? "/sys/kernel/btf/vmlinux"
							   : "no usable /sys/kernel/btf/vmlinux"),
	       "the kernel needs CONFIG_DEBUG_INFO_BTF=y");
	check_fuse(d);
	check_tracepoints(d);
	check_kprobes(d);
	check_text(d);
	check_iterator(d);
	check_program(d, "fio", "'fuselens bench' and 'fuselens verify' need it");
	check_program(d, "gnuplot", "without it reports have no figures");
	for (int i = 0; i < FL_METHODS; i++)
		check_method(d, fl_methods_in_order[i]);
	fl_mounts_read(&d->mounts, true, false, &ignored);
}

void fl_doctor_free(struct fl_doctor *d)
{
	fl_mounts_free(&d->mounts);
}
