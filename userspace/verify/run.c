// SPDX-License-Identifier: GPL-2.0-only
#include "verify/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "cmd.h"
#include "openfiles/openfiles.h"
#include "kernel/privileges.h"
#include "collect/write_path.h"
#include "util/processes.h"
#include "util/text.h"
#include "verify/cases/child.h"
#include "verify/hang.h"

/* Messages between the two processes, one byte each. */
enum {
	SAY_READY = 'r', /* case: set up, files open */
	SAY_GO = 'g',	 /* judge: counting */
	SAY_DONE = 'd',	 /* case: workload over */
	SAY_CHECK = 'c', /* judge: counting ended */
	SAY_END = 'e',	 /* case: checked */
};

struct running {
	pid_t pid;
	int line;
	__u64 deadline_ns;
	struct fl_case_page *page; /* shared */
	struct fl_collector *c;
	struct fl_write_path path;
	bool path_varied;
};

static void look_at_path(struct running *run)
{
	char what[128];
	bool settled;

	run->path_varied |= fl_write_path_look(&run->path, what, sizeof(what), &settled);
}

static void say(int line, char what)
{
	while (send(line, &what, 1, MSG_NOSIGNAL) < 0 && errno == EINTR)
		;
}

static bool hear(int line, char what)
{
	char got;

	return read(line, &got, 1) == 1 && got == what;
}

/* Runs the case in its process, from start to end. Does not return. */
static void case_process(struct fl_verify_world *w, const struct fl_verify_case *def,
			 struct fl_case_page *page, int line, pid_t parent)
{
	struct fl_case_env e = {
		.opts = w->opts,
		.page = page,
		.name = def->name,
		.dir = w->janitor->dir,
	};
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

	/* make a new group: Ctrl-C goes only to the command, which then ends this group */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	fl_janitor_forget(w->janitor);
	fl_privileges_for_workload();
	if (fchdir(e.dir)) {
		fl_case_errno(&e, "the working directory");
		_exit(1);
	}
	if (def->setup(&e))
		_exit(1);
	say(line, SAY_READY);
	if (!hear(line, SAY_GO))
		_exit(1);
	/*
	 * open the file again: the open shows what the daemon asks for, even if the workload opens
	 * nothing
	 */
	for (__u32 i = 0; i < page->nlegs; i++)
		close(openat(e.dir, page->leg[i].name, O_RDWR | O_CLOEXEC));
	if (def->work(&e))
		_exit(1);
	say(line, SAY_DONE);
	if (!hear(line, SAY_CHECK) || def->check(&e))
		_exit(1);
	say(line, SAY_END);
	_exit(0);
}

/* Waits for a message of the case. Returns false if it ended, hung or was interrupted. */
static bool await(struct fl_verify_world *w, struct running *run, struct fl_case_report *r,
		  const char *phase, char what)
{
	struct pollfd p = {.fd = run->line, .events = POLLIN};

	while (!fl_interrupted) {
		int n = poll(&p, 1, 50);

		if (n > 0)
			return hear(run->line, what);
		if (fl_now_ns() >= run->deadline_ns) {
			r->hung = true;
			return false;
		}
		if (run->c)
			fl_collector_poll(run->c);
		look_at_path(run);
		if (w->progress)
			w->progress(r, phase, run->c ? fl_collector_writes(run->c) : 0);
	}
	return false;
}

/* Reads the flags in force while the case holds its files open. */
static void read_facts(struct fl_verify_world *w, struct running *run, struct fl_case_report *r)
{
	struct fl_open_files files = {};
	struct fl_err ignored;

	if (fl_open_files_read(&files, run->pid, &ignored))
		goto out;
	for (__u32 l = 0; l < run->page->nlegs; l++) {
		for (size_t i = 0; i < files.n; i++) {
			const struct fl_open_file *f = &files.file[i];

			if (f->rec.kind != FL_FILE_OPEN || f->rec.pid != (__u32)run->pid ||
			    f->rec.dev != w->target->dev[0] || f->rec.ino != run->page->leg[l].ino)
				continue;
			r->facts[l].known = true;
			r->facts[l].route = fl_open_file_route(f);
			r->facts[l].parallel = f->rec.open_flags & FL_FOPEN_PARALLEL;
			r->facts[l].answered = f->rec.answered_flags & FL_FOPEN_PARALLEL;
		}
	}
out:
	fl_open_files_free(&files);
}

/*
 * The state of a lock does not show upgrades, but the kernel's lock calls do, if they can be
 * probed. Probing costs more per write, so it is used only if a case needs it.
 */
static struct fl_collector *prepare(struct fl_verify_world *w, const struct fl_verify_case *def,
				    struct fl_err *err)
{
	struct fl_collect_opts more = w->collect;
	struct fl_collector *c = NULL;

	more.evidence = FL_EVIDENCE_CALLSITE;
	if (def->wants_upgrades && w->collect.evidence == FL_EVIDENCE_AUTO)
		c = fl_collector_prepare(w->target, &more, err);
	return c ? c : fl_collector_prepare(w->target, &w->collect, err);
}

static void conclude(struct fl_case_report *r, enum fl_outcome result, const char *leg,
		     const char *why)
{
	if (result <= r->result)
		return;
	r->result = result;
	snprintf(r->why, sizeof(r->why), "%s%s%s", leg ? leg : "", leg ? ": " : "", why);
}

static void judge_locks(struct fl_verify_world *w, struct running *run, struct fl_case_report *r,
			const struct fl_snapshot *s)
{
	bool sharing = false;
	char why[256];

	for (__u32 i = 0; i < run->page->nlegs; i++) {
		struct fl_leg_verdict *v = &r->leg[i];

		r->facts[i].path_varied = run->path_varied;
		fl_verify_judge_leg(s, w->target->dev[0], &run->page->leg[i], &r->facts[i],
				    &w->rules, v);
		conclude(r, v->result, run->page->nlegs > 1 ? run->page->leg[i].name : NULL,
			 v->why);
		if (v->lax && w->opts->strict)
			conclude(r, FL_OUTCOME_FAIL,
				 run->page->nlegs > 1 ? run->page->leg[i].name : NULL, v->note);
		r->lax |= v->lax;
		fl_totals_add(&r->totals, &v->totals);
		sharing |= v->expect != FL_EXPECT_EXCLUSIVE;
	}
	r->upgrades_known = fl_totals_upgrades(s, &r->totals, &r->upgrades);
	if (r->def->wants_upgrades)
		conclude(r,
			 fl_verify_judge_upgrades(sharing, r->upgrades_known, r->upgrades, why,
						  sizeof(why)),
			 NULL, why);
}

/*
 * Finds the kernel defect, if the file with wrong data was written under a lock that its case warns
 * of.
 */
static void explain_data(struct running *run, struct fl_case_report *r)
{
	const struct fl_case_page *p = run->page;
	char shared[32], all[32];
	size_t len;

	for (__u32 i = 0; p->data == FL_OUTCOME_FAIL && i < p->nlegs; i++) {
		const struct fl_leg *leg = &p->leg[i];
		const struct fl_totals *t = &r->leg[i].totals;

		if (!leg->defect_if_shared[0] || !t->shared ||
		    r->facts[i].route != FL_ROUTE_PASSTHROUGH ||
		    strncmp(p->data_text, leg->name, strlen(leg->name)))
			continue;
		snprintf(r->defect, sizeof(r->defect), "%s", leg->defect_if_shared);
		len = strlen(r->why);
		snprintf(r->why + len, sizeof(r->why) - len,
			 " (%s of %s ran shared); kernel defect: %s",
			 fl_grouped(t->shared, shared, sizeof(shared)),
			 fl_grouped(t->writes, all, sizeof(all)), r->defect);
		/* this finding says the same, with less detail */
		r->leg[i].note[0] = '\0';
	}
}

static int read_collector(struct fl_verify_world *w, struct running *run, struct fl_case_report *r,
			  struct fl_snapshot *s, struct fl_err *err)
{
	fl_collector_stop(run->c);
	if (fl_collector_read(run->c, s, err))
		return -1;
	r->method = s->method;
	if (w->method_why[0])
		return 0;
	w->method = s->method;
	memcpy(w->kernel, s->kernel, sizeof(w->kernel));
	memcpy(w->method_why, s->method_why, sizeof(w->method_why));
	return 0;
}

/* Why a case did not come to its end. */
static void judge_ending(struct fl_verify_world *w, struct running *run, struct fl_case_report *r,
			 const char *phase)
{
	char why[256];
	int status;

	if (fl_interrupted) {
		conclude(r, FL_OUTCOME_INCONCLUSIVE, NULL, "interrupted");
	} else if (r->hung) {
		/* the kernel shows a task's stack only with CAP_SYS_ADMIN */
		fl_privileges_admin(true);
		fl_hang_describe(run->pid, r->where, sizeof(r->where));
		fl_privileges_admin(false);
		snprintf(why, sizeof(why), "%s did not end within %.0f s", phase,
			 w->opts->deadline);
		conclude(r, FL_OUTCOME_FAIL, NULL, why);
	} else if (run->page->data == FL_OUTCOME_PASS) {
		/* the case has not said why it ended */
		status = 0;
		waitpid(run->pid, &status, 0);
		snprintf(why, sizeof(why), "%s ended %s %d", phase,
			 WIFSIGNALED(status) ? "by signal" : "with exit code",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		conclude(r, FL_OUTCOME_FAIL, NULL, why);
	}
}

static int start_process(struct fl_verify_world *w, const struct fl_verify_case *def,
			 struct running *run, struct fl_err *err)
{
	pid_t parent = getpid();
	int line[2];

	run->page = mmap(NULL, sizeof(*run->page), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run->page == MAP_FAILED) {
		run->page = NULL;
		return fl_errno(err, errno, "cannot map memory");
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line))
		return fl_errno(err, errno, "cannot make a socket pair");
	run->pid = fork();
	if (!run->pid) {
		close(line[0]);
		case_process(w, def, run->page, line[1], parent);
	}
	close(line[1]);
	run->line = line[0];
	if (run->pid < 0)
		return fl_errno(err, errno, "cannot fork");
	setpgid(run->pid, run->pid);
	return 0;
}

/* Returns the phase that failed, or NULL. */
static const char *phases(struct fl_verify_world *w, struct running *run, struct fl_case_report *r,
			  struct fl_snapshot *s, struct fl_err *err)
{
	if (start_process(w, r->def, run, err))
		return "starting";
	if (!await(w, run, r, "set-up", SAY_READY))
		return "the set-up";
	/*
	 * this loads programs: those that list open files use types of fuse, which may be a module
	 */
	fl_privileges_admin(true);
	read_facts(w, run, r);
	run->c = prepare(w, r->def, err);
	fl_privileges_admin(false);
	if (!run->c)
		return "attaching";
	fl_collector_start(run->c);
	/* methods that failed first have left their reasons in err */
	memset(err, 0, sizeof(*err));
	say(run->line, SAY_GO);
	if (!await(w, run, r, "writing", SAY_DONE))
		return "the workload";
	if (read_collector(w, run, r, s, err))
		return "reading the counts";
	fl_collector_finish(run->c);
	run->c = NULL;
	say(run->line, SAY_CHECK);
	if (!await(w, run, r, "checking", SAY_END))
		return "the check";
	return NULL;
}

/*
 * Removes the case's files, to make room for the next case. A child does it, because the mount may
 * hang. The janitor removes what is left.
 */
static void remove_files(struct fl_verify_world *w, const struct fl_case_report *r)
{
	__u64 end = fl_now_ns() + 10000000000ull;
	int dir = w->janitor->dir;
	pid_t pid;

	if (r->stuck || (w->opts->keep && r->result != FL_OUTCOME_PASS))
		return;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fl_janitor_forget(w->janitor);
		unlinkat(dir, r->def->name, 0);
		for (__u32 i = 0; i < r->page.nlegs; i++)
			unlinkat(dir, r->page.leg[i].name, 0);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, WNOHANG) == 0) {
		if (fl_now_ns() >= end) {
			fl_process_end_child(pid);
			return;
		}
		fl_sleep_ms(2);
	}
}

void fl_verify_run(struct fl_verify_world *w, const struct fl_verify_case *def,
		   struct fl_case_report *r)
{
	struct running run = {.line = -1};
	struct fl_snapshot s = {};
	struct fl_err err = {};
	__u64 began = fl_now_ns();
	const char *stopped;

	memset(r, 0, sizeof(*r));
	r->def = def;
	run.deadline_ns = began + (__u64)(w->opts->deadline * 1e9);
	fl_write_path_open(&run.path);
	stopped = phases(w, &run, r, &s, &err);
	run.path.looked_ns = 0;
	look_at_path(&run);
	fl_write_path_close(&run.path);
	r->ran = !stopped;
	if (stopped && err.what[0])
		conclude(r, FL_OUTCOME_INCONCLUSIVE, NULL, err.what);
	else if (stopped)
		judge_ending(w, &run, r, stopped);
	if (run.pid > 0)
		r->stuck = fl_hang_kill(run.pid, 5);
	/* data first: wrong data are as grave as a wrong lock, and explain more */
	if (run.page) {
		conclude(r, run.page->data, NULL, run.page->data_text);
		if (s.nprobes)
			judge_locks(w, &run, r, &s);
		explain_data(&run, r);
		memcpy(&r->page, run.page, sizeof(r->page));
		munmap(run.page, sizeof(*run.page));
	}
	fl_snapshot_free(&s);
	fl_collector_finish(run.c);
	if (run.line >= 0)
		close(run.line);
	remove_files(w, r);
	r->took_ns = fl_now_ns() - began;
}
