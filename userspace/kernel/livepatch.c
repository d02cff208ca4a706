// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/livepatch.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/file.h"

#define ROOT "/sys/kernel/livepatch"

static bool flag(const char *patch, const char *name)
{
	char path[256], line[8];

	snprintf(path, sizeof(path), ROOT "/%s/%s", patch, name);
	return fl_read_line(path, line, sizeof(line)) && line[0] == '1';
}

/* PATCH/OBJECT/FUNCTION,POSITION are directories. */
static void read_functions(struct fl_livepatch *p)
{
	char path[512];
	struct dirent *object, *function;
	DIR *objects, *functions;

	snprintf(path, sizeof(path), ROOT "/%s", p->name);
	objects = opendir(path);
	while (objects && (object = readdir(objects))) {
		if (object->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), ROOT "/%s/%s", p->name, object->d_name);
		functions = opendir(path);
		while (functions && (function = readdir(functions))) {
			size_t len = strcspn(function->d_name, ",");

			/* attributes of the object have no position */
			if (!function->d_name[len] || p->nfunctions == FL_LIVEPATCH_FUNCTIONS)
				continue;
			snprintf(p->function[p->nfunctions++], sizeof(p->function[0]), "%.*s",
				 (int)len, function->d_name);
		}
		if (functions)
			closedir(functions);
	}
	if (objects)
		closedir(objects);
}

int fl_livepatches_read(struct fl_livepatches *l, struct fl_err *err)
{
	DIR *dir = opendir(ROOT);
	struct fl_livepatch *grown;
	struct dirent *e;

	memset(l, 0, sizeof(*l));
	if (!dir)
		return errno == ENOENT ? 0 : fl_errno(err, errno, "cannot open " ROOT);
	l->supported = true;
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		grown = reallocarray(l->patch, l->n + 1, sizeof(*grown));
		if (!grown) {
			closedir(dir);
			fl_livepatches_free(l);
			return fl_err(err, "out of memory");
		}
		l->patch = grown;
		memset(&l->patch[l->n], 0, sizeof(*grown));
		snprintf(l->patch[l->n].name, sizeof(l->patch[l->n].name), "%.63s", e->d_name);
		l->patch[l->n].enabled = flag(e->d_name, "enabled");
		l->patch[l->n].transition = flag(e->d_name, "transition");
		read_functions(&l->patch[l->n++]);
	}
	closedir(dir);
	return 0;
}

void fl_livepatches_free(struct fl_livepatches *l)
{
	free(l->patch);
	memset(l, 0, sizeof(*l));
}

const struct fl_livepatch *fl_livepatch_named(const struct fl_livepatches *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->patch[i].name, name))
			return &l->patch[i];
	return NULL;
}

const struct fl_livepatch *fl_livepatch_of(const struct fl_livepatches *l, const char *function)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; j < l->patch[i].nfunctions; j++)
			if (!strcmp(l->patch[i].function[j], function))
				return &l->patch[i];
	return NULL;
}

static bool is_number(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

size_t fl_livepatch_tasks(bool enabled, struct fl_livepatch_task *task, size_t max)
{
	DIR *pids = opendir("/proc"), *tids;
	struct dirent *pid, *tid;
	char path[1024], state[8];
	size_t n = 0;

	while (pids && (pid = readdir(pids))) {
		if (!is_number(pid->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/task", pid->d_name);
		tids = opendir(path);
		while (tids && (tid = readdir(tids))) {
			if (!is_number(tid->d_name))
				continue;
			/* -1 outside a transition, else 1 where the task runs the new code */
			snprintf(path, sizeof(path), "/proc/%s/task/%s/patch_state", pid->d_name,
				 tid->d_name);
			if (!fl_read_line(path, state, sizeof(state)) || atoi(state) != !enabled)
				continue;
			if (n < max) {
				task[n].tid = atoi(tid->d_name);
				snprintf(path, sizeof(path), "/proc/%s/comm", tid->d_name);
				fl_read_line(path, task[n].comm, sizeof(task[n].comm));
			}
			n++;
		}
		if (tids)
			closedir(tids);
	}
	if (pids)
		closedir(pids);
	return n;
}
