// SPDX-License-Identifier: GPL-2.0-only
#include "live/module.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "cmd.h"
#include "util/capture.h"
#include "util/file.h"
#include "util/program.h"

#define SYS_DIR "/sys/kernel/livepatch/" FL_LIVE_NAME
/* Pause between two checks of a transition's progress. */
#define POLL_MS 100

static int find_installed(char *path, size_t size, struct fl_err *err)
{
	static const char *const suffix[] = {"", ".xz", ".zst", ".gz"};
	struct utsname u;

	uname(&u);
	for (size_t s = 0; s < sizeof(suffix) / sizeof(suffix[0]); s++) {
		snprintf(path, size, "/lib/modules/%s/updates/dkms/" FL_LIVE_NAME ".ko%s",
			 u.release, suffix[s]);
		if (!access(path, R_OK))
			return 0;
	}
	fl_err(err, "no livepatch is installed for kernel %s", u.release);
	return fl_hint(
		err,
		"install the package fuselens-livepatch-dkms, or give --module FILE (kernel-patches/live/build makes one)");
}

int fl_live_info(struct fl_live_info *i, const char *path, struct fl_err *err)
{
	const struct {
		const char *name;
		char *value;
		size_t size;
	} fields[] = {
		{"vermagic", i->vermagic, sizeof(i->vermagic)},
		{"fuselens_build", i->build, sizeof(i->build)},
		{"fuselens_btf", i->btf, sizeof(i->btf)},
		{"fuselens_series", i->series, sizeof(i->series)},
		{"fuselens_replaces", i->replaces, sizeof(i->replaces)},
	};
	char installed[512];
	int ret = 0;

	memset(i, 0, sizeof(*i));
	if (!path && find_installed(installed, sizeof(installed), err))
		return -1;
	if (fl_live_file_open(&i->file, path ? path : installed, err))
		return -1;
	for (size_t n = 0; !ret && n < sizeof(fields) / sizeof(fields[0]); n++)
		ret = fl_live_file_says(&i->file, fields[n].name, fields[n].value, fields[n].size,
					err);
	if (!ret && (!i->build[0] || !i->btf[0] || !i->series[0] || !i->replaces[0])) {
		fl_err(err, "%s is not a module of fuselens", i->file.path);
		ret = fl_hint(err, "kernel-patches/live/build makes one");
	}
	if (ret)
		fl_live_file_close(&i->file);
	return ret;
}

static int replaced_by_others(const struct fl_live_info *i, const struct fl_livepatches *now,
			      struct fl_err *err)
{
	char names[sizeof(i->replaces)], *save = NULL;

	memcpy(names, i->replaces, sizeof(names));
	for (char *f = strtok_r(names, " ", &save); f; f = strtok_r(NULL, " ", &save)) {
		const struct fl_livepatch *other = fl_livepatch_of(now, f);

		if (other && strcmp(other->name, FL_LIVE_NAME)) {
			fl_err(err, "%s() is patched already, by %s", f, other->name);
			return fl_hint(
				err,
				"two livepatches of one function do not work together: unload the other one");
		}
	}
	return 0;
}

int fl_live_fits(const struct fl_live_info *i, const struct fl_livepatches *now, struct fl_err *err)
{
	struct utsname u;
	size_t len;

	uname(&u);
	len = strlen(u.release);
	if (!now->supported) {
		fl_err(err, "this kernel cannot be patched while it runs");
		return fl_hint(err,
			       "it was built without CONFIG_LIVEPATCH; Debian's kernels have it");
	}
	if (strncmp(i->vermagic, u.release, len) || i->vermagic[len] != ' ') {
		fl_err(err, "the module is for kernel %.*s, this is %s",
		       (int)strcspn(i->vermagic, " "), i->vermagic, u.release);
		return fl_hint(
			err,
			"build it for this kernel: structures differ even within a stable series");
	}
	if (strcmp(i->build, u.version)) {
		fl_err(err, "the module is for the kernel built as '%s', this is '%s'", i->build,
		       u.version);
		return fl_hint(err,
			       "build it again, with the headers and the source of this build");
	}
	return replaced_by_others(i, now, err);
}

int fl_live_fits_types(const struct fl_live_info *i, const char *btf, struct fl_err *err)
{
	char program[256], sum[65] = "", *out, *argv[] = {program, (char *)btf, NULL};
	size_t len;

	if (fl_program_find("sha256sum", NULL, program, sizeof(program), err))
		return -1;
	out = fl_capture(argv, NULL, &len, err);
	if (!out)
		return -1;
	snprintf(sum, sizeof(sum), "%s", out);
	free(out);
	if (!strcmp(sum, i->btf))
		return 0;
	fl_err(err, "%s was built for a kernel of the same version with other types", i->file.path);
	return fl_hint(err,
		       "was this kernel built with another configuration? Build the module with "
		       "the headers of this very build");
}

enum fl_live_state fl_live_state(const struct fl_livepatches *l)
{
	const struct fl_livepatch *p = fl_livepatch_named(l, FL_LIVE_NAME);

	if (!p)
		return FL_LIVE_ABSENT;
	if (!p->enabled)
		return p->starting ? FL_LIVE_LOADING : FL_LIVE_UNLOADING;
	return p->transition ? FL_LIVE_LOADING : FL_LIVE_LOADED;
}

const char *fl_live_state_name(enum fl_live_state s)
{
	static const char *const name[] = {"not loaded", "loading", "loaded", "unloading"};

	return name[s];
}

const struct fl_livepatch *fl_live_covered(const struct fl_livepatches *l,
					   const struct fl_livepatch *p, size_t i)
{
	const struct fl_livepatch *runs = fl_livepatch_running(l, p->function[i]);

	return p->enabled && runs != p ? runs : NULL;
}

/* Returns 0, or the kernel's errno. */
static int set_enabled(bool on)
{
	int fd = open(SYS_DIR "/enabled", O_WRONLY | O_CLOEXEC);
	int e = fd < 0 || write(fd, on ? "1" : "0", 1) != 1 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return e;
}

/* Returns whether the state could be read. */
static bool read_state(enum fl_live_state *state)
{
	struct fl_livepatches l;
	struct fl_err ignored;

	if (fl_livepatches_read(&l, &ignored))
		return false;
	*state = fl_live_state(&l);
	fl_livepatches_free(&l);
	return true;
}

static bool is_now(enum fl_live_state wanted)
{
	enum fl_live_state state;

	return read_state(&state) && state == wanted;
}

/* Whether it is gone or going. One look tells, because between two looks it may go. */
static bool is_leaving(void)
{
	enum fl_live_state state;

	return read_state(&state) && (state == FL_LIVE_ABSENT || state == FL_LIVE_UNLOADING);
}

static __u64 in_seconds(double seconds)
{
	return fl_now_ns() + (__u64)(seconds * 1e9);
}

/*
 * Waits for the wanted state. Returns whether it came before the time was up or a signal came. It waits no longer
 * if somebody else has reversed the change.
 */
static bool wait_for(enum fl_live_state wanted, __u64 end_ns, fl_live_waiting *waiting, void *ctx)
{
	const enum fl_live_state reversed = wanted == FL_LIVE_ABSENT ? FL_LIVE_LOADED
								     : FL_LIVE_ABSENT;
	__u64 told = fl_now_ns();

	while (!is_now(wanted)) {
		__u64 now = fl_now_ns();

		if (fl_interrupted || now > end_ns || is_now(reversed))
			return is_now(wanted);
		if (waiting && now - told >= 1000000000) {
			waiting(ctx, fl_livepatch_tasks(wanted == FL_LIVE_LOADED, NULL, 0, NULL));
			told = now;
		}
		fl_sleep_ms(POLL_MS);
	}
	return true;
}

/* Writes which tasks hold up the change; "" if none is known. */
static void name_the_tasks(bool enabling, char *text, size_t size)
{
	struct fl_livepatch_task task[5];
	size_t n = fl_livepatch_tasks(enabling, task, 5, NULL), at;

	snprintf(text, size, "%s", n ? "; it waited for " : "");
	for (size_t i = 0; i < n && i < 5; i++) {
		at = strlen(text);
		snprintf(text + at, size - at, "%s%s (%d)", i ? ", " : "", task[i].comm,
			 task[i].tid);
	}
	at = strlen(text);
	snprintf(text + at, size - at, "%s", n > 5 ? " and more" : "");
}

static int not_in_time(const char *why, const char *what, const char *names, struct fl_err *err)
{
	fl_err(err, "%s: %s%s", why, what, names);
	return fl_hint(
		err,
		"a task switches when it sleeps outside the patched functions: give a longer --timeout, or end what it waits for (a frozen disk, a FUSE daemon that does not answer)");
}

/* It stays between the two states, which is safe, because nobody waits for it any longer. */
static int half_way(const char *why, const char *what, const char *names, struct fl_err *err)
{
	fl_err(err, "%s: %s, which is not finished%s", why, what, names);
	return fl_hint(
		err,
		"it goes on by itself: 'fuselens live status' shows it, and 'fuselens live unload' ends it");
}

/* Removes the module. The kernel releases it a moment after its directory is gone. */
static int remove_module(struct fl_err *err)
{
	int e = 0;

	for (int i = 0; i < 100; i++) {
		if (!syscall(SYS_delete_module, FL_LIVE_NAME, O_NONBLOCK) || errno == ENOENT)
			return 0;
		e = errno;
		if (e != EAGAIN && e != EBUSY)
			break;
		if (!is_now(FL_LIVE_ABSENT)) {
			fl_err(err, "the livepatch was unloaded, and loaded again meanwhile");
			return fl_hint(err, "did somebody call 'fuselens live load'?");
		}
		fl_sleep_ms(POLL_MS);
	}
	fl_errno(err, e,
		 "the kernel's own functions run, but the module " FL_LIVE_NAME
		 " cannot be removed");
	if (e == EPERM)
		return fl_hint(err,
			       geteuid() ? "try as root"
					 : "kernel.modules_disabled keeps it until the next boot");
	return fl_hint(
		err,
		"something that traces its functions may hold it: try again later. If somebody forced a change of it, it stays until the next boot");
}

/* Whether the kernel is locked down, as with Secure Boot; false also if this is not known. */
static bool is_locked_down(void)
{
	char line[64];

	return fl_read_line("/sys/kernel/security/lockdown", line, sizeof(line)) &&
	       !strstr(line, "[none]");
}

#define ENROL \
	"have it signed by a key that this machine has enrolled; DKMS signs with its own: mokutil --import /var/lib/dkms/mok.pub, and reboot"

static bool modules_are_disabled(void)
{
	char line[8];

	return fl_read_line("/proc/sys/kernel/modules_disabled", line, sizeof(line)) &&
	       line[0] == '1';
}

static void explain_refusal(int e, struct fl_err *err)
{
	if (e == EPERM && modules_are_disabled())
		fl_hint(err, "kernel.modules_disabled is set: until the next boot no module can be "
			     "loaded");
	else if (e == EPERM && is_locked_down())
		fl_hint(err, "this kernel is locked down, so it takes signed modules only: " ENROL);
	else if (e == EPERM)
		fl_hint(err, "loading a module needs CAP_SYS_MODULE: try as root");
	else if (e == EKEYREJECTED || e == ENOKEY)
		fl_hint(err, "this kernel takes signed modules only: " ENROL);
	else
		fl_hint(err, "the kernel's reason is the last line of 'dmesg'");
}

/* The kernel changes by one livepatch at a time. Writes whose turn it is; "" if it is nobody else's. */
static void find_other_change(char *name, size_t size)
{
	struct fl_livepatches l;
	struct fl_err ignored;

	name[0] = '\0';
	if (fl_livepatches_read(&l, &ignored))
		return;
	for (size_t i = 0; i < l.n; i++)
		if (l.patch[i].transition && strcmp(l.patch[i].name, FL_LIVE_NAME) != 0)
			snprintf(name, size, "%s", l.patch[i].name);
	fl_livepatches_free(&l);
}

/* Whether to try again what the kernel refused with e: a module or another livepatch was on its way. */
static bool comes_free(int e, __u64 end_ns)
{
	char other[64];

	if (e != EBUSY)
		return false;
	do {
		if (fl_interrupted || fl_now_ns() > end_ns)
			return false;
		fl_sleep_ms(POLL_MS);
		find_other_change(other, sizeof(other));
	} while (other[0]);
	return true;
}

static int refused(int e, const char *what, struct fl_err *err)
{
	char other[64];

	find_other_change(other, sizeof(other));
	if (e != EBUSY || !other[0])
		return fl_errno(err, e, "%s", what);
	fl_err(err, "%s while livepatch %s is being loaded or unloaded", what, other);
	return fl_hint(err, "the kernel does one such change at a time, and waited for this one "
			    "in vain: look what holds it up, or give a longer --timeout");
}

static int insert(const struct fl_live_info *i, __u64 end_ns, struct fl_err *err)
{
	char what[600];
	int e;

	do {
		e = fl_live_file_insert(&i->file);
		if (e == EEXIST && is_now(FL_LIVE_ABSENT)) {
			/* its functions were given back, but it was not removed */
			if (remove_module(err))
				return -1;
			e = fl_live_file_insert(&i->file);
		}
		/* somebody else has loaded it meanwhile: that load is waited for */
		if (!e || (e == EEXIST && !is_now(FL_LIVE_ABSENT)))
			return 0;
	} while (comes_free(e, end_ns));
	snprintf(what, sizeof(what), "the kernel refuses %s", i->file.path);
	refused(e, what, err);
	if (!err->hint[0])
		explain_refusal(e, err);
	return -1;
}

int fl_live_load(const struct fl_live_info *i, double seconds, fl_live_waiting *waiting, void *ctx,
		 struct fl_err *err)
{
	const char *why;
	char names[256];
	bool stopped;

	if (i && insert(i, in_seconds(seconds), err))
		return -1;
	if (wait_for(FL_LIVE_LOADED, in_seconds(seconds), waiting, ctx))
		return 0;
	if (is_now(FL_LIVE_ABSENT)) {
		fl_err(err, "the livepatch was taken back meanwhile, but not by this command");
		return fl_hint(err, "did somebody call 'fuselens live unload'?");
	}
	stopped = fl_interrupted;
	why = stopped ? "interrupted" : "time is up";
	name_the_tasks(true, names, sizeof(names));
	/* the last task may have switched while they were named */
	if (!stopped && is_now(FL_LIVE_LOADED))
		return 0;
	fl_interrupted = 0;
	set_enabled(false);
	if (!wait_for(FL_LIVE_ABSENT, in_seconds(60), NULL, NULL))
		/* it may have come to its end before it could be reversed */
		return is_now(FL_LIVE_LOADED)
			       ? 0
			       : half_way(why, "the livepatch is being taken back", names, err);
	if (remove_module(err))
		return -1;
	return not_in_time(why, "the livepatch was taken back", names, err);
}

/* Begins to give the kernel its functions back. Returns 0 also if another command does that already. */
static int begin_unload(__u64 end_ns, struct fl_err *err)
{
	int e;

	do {
		/* before this one tries, or while it does */
		if (is_leaving() || !(e = set_enabled(false)) || is_leaving())
			return 0;
	} while (comes_free(e, end_ns));
	refused(e, "cannot write " SYS_DIR "/enabled", err);
	return e == EACCES ? fl_hint(err, "try as root") : -1;
}

int fl_live_unload(double seconds, fl_live_waiting *waiting, void *ctx, struct fl_err *err)
{
	const char *why;
	char names[256];

	if (begin_unload(in_seconds(seconds), err))
		return -1;
	if (wait_for(FL_LIVE_ABSENT, in_seconds(seconds), waiting, ctx))
		return access("/sys/module/" FL_LIVE_NAME, F_OK) ? 0 : remove_module(err);
	if (is_now(FL_LIVE_LOADED)) {
		fl_err(err, "the livepatch was loaded again meanwhile, but not by this command");
		return fl_hint(err, "did another 'fuselens live unload' run out of time?");
	}
	why = fl_interrupted ? "interrupted" : "time is up";
	name_the_tasks(false, names, sizeof(names));
	fl_interrupted = 0;
	if (!is_now(FL_LIVE_ABSENT))
		set_enabled(true);
	if (wait_for(FL_LIVE_LOADED, in_seconds(60), NULL, NULL))
		return not_in_time(why, "the livepatch stays loaded", names, err);
	if (is_now(FL_LIVE_ABSENT))
		return remove_module(err);
	return half_way(why, "the livepatch is being loaded again", names, err);
}

const char *fl_live_risk(const char *series)
{
	if (!strcmp(series, "next"))
		return NULL;
	return "direct writes go on appending after F_SETFL cleared O_APPEND, now at the same time, and can overwrite each other (see verify's case setfl); use series next if the data matter";
}
