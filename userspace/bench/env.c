// SPDX-License-Identifier: GPL-2.0-only
#include "bench/env.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "util/capture.h"
#include "util/file.h"
#include "util/in_time.h"
#include "cmd.h"
#include "openfiles/openfiles.h"

static bool is_at_or_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (!strcmp(dir, "/"))
		return true;
	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}

int fl_bench_place(int dir, struct fl_place *place, char **point, struct fl_err *err)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char *full = fl_path_of(dir);
	struct mntent *m;
	size_t best = 0;
	char *found = NULL;

	memset(place, 0, sizeof(*place));
	if (!full || !mounts) {
		fl_errno(err, errno, "cannot find the mount");
		goto fail;
	}
	while ((m = getmntent(mounts))) {
		/* the longest path wins; of equal ones the last, which is the upper mount */
		if (!is_at_or_below(full, m->mnt_dir) || strlen(m->mnt_dir) < best)
			continue;
		best = strlen(m->mnt_dir);
		free(found);
		free(place->fstype);
		free(place->source);
		free(place->options);
		found = strdup(m->mnt_dir);
		place->fstype = strdup(m->mnt_type);
		place->source = strdup(m->mnt_fsname);
		place->options = strdup(m->mnt_opts);
	}
	if (!found) {
		fl_err(err, "%s is on no mount", full);
		goto fail;
	}
	place->path = full;
	if (point)
		*point = found;
	else
		free(found);
	endmntent(mounts);
	return 0;
fail:
	free(full);
	if (mounts)
		endmntent(mounts);
	return -1;
}

static char *cpu_model(void)
{
	char text[4096], *at;

	fl_read_proc("/proc/cpuinfo", text, sizeof(text));
	at = strstr(text, "model name");
	at = at ? strchr(at, ':') : NULL;
	at += at ? 1 + strspn(at + 1, " \t") : 0;
	return at ? strndup(at, strcspn(at, "\n")) : NULL;
}

/* How long the kernel may take to show a process's arguments. Its owner can make that for ever. */
#define ARGUMENTS_SECONDS 1

/* The arguments of a process, joined by spaces; its name in brackets, as ps shows it, where they can't be had. */
static char *command_of(pid_t pid)
{
	char path[64], text[4096], name[64];
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	n = fl_read_proc_in_time(path, text, sizeof(text), ARGUMENTS_SECONDS);
	while (n && !text[n - 1])
		n--;
	for (size_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = ' ';
	text[n] = '\0';
	if (n)
		return strdup(text);
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (!fl_read_line(path, name, sizeof(name)))
		return NULL;
	snprintf(text, sizeof(text), "[%s]", name);
	return strdup(text);
}

/* The command line of the process that serves dev: of the first one, should there be many. */
static char *daemon_of(__u32 dev)
{
	struct fl_open_files files = {};
	struct fl_err ignored;
	char *command = NULL;

	if (fl_open_files_read(&files, 0, &ignored))
		return NULL;
	for (size_t i = 0; i < files.n && !command; i++)
		if (files.file[i].rec.kind == FL_FILE_DEV && files.file[i].rec.dev == dev)
			command = command_of(files.file[i].rec.pid);
	fl_open_files_free(&files);
	return command;
}

void fl_bench_environment(struct fl_environment *env, __u32 dev)
{
	struct utsname u;
	struct sysinfo si;

	if (!uname(&u)) {
		env->kernel = strdup(u.release);
		env->kernel_version = strdup(u.version);
		env->machine = strdup(u.machine);
	}
	if (!sysinfo(&si))
		env->memory_bytes = (__u64)si.totalram * si.mem_unit;
	env->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	env->cpu = cpu_model();
	env->fuselens = strdup(FL_VERSION);
	if (dev)
		env->daemon = daemon_of(dev);
}

int fl_bench_fio_version(const char *fio, char **version, struct fl_err *err)
{
	char *const argv[] = {(char *)fio, "--version", NULL};
	size_t len;
	char *text = fl_capture(argv, NULL, &len, err);

	if (!text)
		return fl_hint(err, "install fio 3.33 or newer (Debian's package is called fio)");
	text[strcspn(text, "\n")] = '\0';
	if (fl_fio_version(text) < FL_FIO_OLDEST) {
		fl_err(err, "%.64s is too old, or prints its version in an unknown form", text);
		free(text);
		return fl_hint(err, "install fio 3.33 or newer");
	}
	*version = text;
	return 0;
}
