// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/livepatch.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "util/array.h"
#include "util/file.h"

#define ROOT "/sys/kernel/livepatch"

static bool flag(const char *patch, const char *name)
{
	char path[256], line[8];

	snprintf(path, sizeof(path), ROOT "/%s/%s", patch, name);
	return fl_read_line(path, line, sizeof(line)) && line[0] == '1';
}

/* A livepatch is enabled by its module's init function, which has not returned then. */
static bool is_starting(const char *module)
{
	char path[256], line[16];

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", module);
	return fl_read_line(path, line, sizeof(line)) && !strncmp(line, "coming", 6);
}

/* The inode's number: the kernel gives each directory of sysfs a new one, in order. */
static __u64 id_of(const char *patch)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), ROOT "/%s", patch);
	return stat(path, &st) ? 0 : st.st_ino;
}

/* PATCH/OBJECT/FUNCTION,POSITION are directories. Returns false when out of memory. */
static bool read_functions(struct fl_livepatch *p)
{
	char path[512];
	struct dirent *object, *function;
	DIR *objects, *functions;
	bool ok = true;

	snprintf(path, sizeof(path), ROOT "/%s", p->name);
	objects = opendir(path);
	while (ok && objects && (object = readdir(objects))) {
		if (object->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), ROOT "/%s/%s", p->name, object->d_name);
		functions = opendir(path);
		while (functions && (function = readdir(functions))) {
			size_t len = strcspn(function->d_name, ",");

			/* attributes of the object have no position */
			if (!function->d_name[len])
				continue;
			if (!FL_MORE(p->function, p->nfunctions)) {
				ok = false;
				break;
			}
			snprintf(p->function[p->nfunctions++], sizeof(p->function[0]), "%.*s",
				 (int)len, function->d_name);
		}
		if (functions)
			closedir(functions);
	}
	if (objects)
		closedir(objects);
	return ok;
}

int fl_livepatches_read(struct fl_livepatches *l, struct fl_err *err)
{
	DIR *dir = opendir(ROOT);
	struct dirent *e;

	memset(l, 0, sizeof(*l));
	if (!dir)
		return errno == ENOENT ? 0 : fl_errno(err, errno, "cannot open " ROOT);
	l->supported = true;
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		if (!FL_MORE(l->patch, l->n))
			break;
		memset(&l->patch[l->n], 0, sizeof(l->patch[0]));
		snprintf(l->patch[l->n].name, sizeof(l->patch[l->n].name), "%.63s", e->d_name);
		/* read first: what is off after this was on, and is being unloaded */
		l->patch[l->n].starting = is_starting(e->d_name);
		l->patch[l->n].enabled = flag(e->d_name, "enabled");
		l->patch[l->n].transition = flag(e->d_name, "transition");
		l->patch[l->n].id = id_of(e->d_name);
		if (!read_functions(&l->patch[l->n++]))
			break;
	}
	closedir(dir);
	if (!e)
		return 0;
	fl_livepatches_free(l);
	return fl_err(err, "out of memory");
}

void fl_livepatches_free(struct fl_livepatches *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->patch[i].function);
	free(l->patch);
	memset(l, 0, sizeof(*l));
}

bool fl_livepatches_same(const struct fl_livepatches *a, const struct fl_livepatches *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++) {
		const struct fl_livepatch *p = &a->patch[i], *q = fl_livepatch_named(b, p->name);

		same = q && p->id == q->id && p->enabled == q->enabled &&
		       p->transition == q->transition;
	}
	return same;
}

const struct fl_livepatch *fl_livepatch_named(const struct fl_livepatches *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->patch[i].name, name))
			return &l->patch[i];
	return NULL;
}

static bool replaces(const struct fl_livepatch *p, const char *function)
{
	for (size_t i = 0; i < p->nfunctions; i++)
		if (!strcmp(p->function[i], function))
			return true;
	return false;
}

const struct fl_livepatch *fl_livepatch_of(const struct fl_livepatches *l, const char *function)
{
	for (size_t i = 0; i < l->n; i++)
		if (replaces(&l->patch[i], function))
			return &l->patch[i];
	return NULL;
}

const struct fl_livepatch *fl_livepatch_running(const struct fl_livepatches *l,
						const char *function)
{
	const struct fl_livepatch *last = NULL;

	/* klp_ftrace_handler() takes the one that was loaded last */
	for (size_t i = 0; i < l->n; i++)
		if (l->patch[i].enabled && replaces(&l->patch[i], function) &&
		    (!last || l->patch[i].id > last->id))
			last = &l->patch[i];
	return last;
}

bool fl_livepatch_answers_count(void)
{
	struct fl_livepatches l;
	const struct fl_livepatch *p;
	struct fl_err ignored;
	bool count;

	if (fl_livepatches_read(&l, &ignored))
		return false;
	p = fl_livepatch_running(&l, "fuse_passthrough_write_iter");
	count = p && !strcmp(p->name, FL_LIVE_NAME) && !p->transition;
	fl_livepatches_free(&l);
	return count;
}

/* A longer list is taken for one that changes while it is read. */
#define MAX_ENTRIES 4096

struct walk {
	int (*read)(void *ctx, __u64 addr, void *buf, size_t len, struct fl_err *err);
	void *ctx;
	int left; /* how many entries of all lists may still be read */
};

static __u64 pointer_at(const struct walk *w, __u64 addr)
{
	struct fl_err ignored;
	__u64 value;

	return w->read(w->ctx, addr, &value, sizeof(value), &ignored) ? 0 : value;
}

/*
 * The entry after at in the list that begins at head; 0 at its end. Pass head as at for the first
 * entry.
 */
static __u64 next_entry(struct walk *w, __u64 head, __u64 at)
{
	__u64 next = w->left-- > 0 ? pointer_at(w, at) : 0;

	return next == head ? 0 : next;
}

static void add_redirect(struct fl_redirect *redirect, size_t *n, size_t max, __u64 from, __u64 to)
{
	size_t i = 0;

	while (i < *n && redirect[i].from != from)
		i++;
	if (i == max)
		return;
	/* the list is in the order of loading: the last patch of a function is the one that runs */
	redirect[i] = (struct fl_redirect){.from = from, .to = to};
	*n += i == *n;
}

size_t fl_livepatch_redirects(const struct fl_btf *btf, __u64 klp_patches,
			      int (*read)(void *ctx, __u64 addr, void *buf, size_t len,
					  struct fl_err *err),
			      void *ctx, struct fl_redirect *redirect, size_t max)
{
	const long patch_list = fl_btf_member_offset(btf, "klp_patch", "list");
	const long patch_objects = fl_btf_member_offset(btf, "klp_patch", "obj_list");
	const long object_node = fl_btf_member_offset(btf, "klp_object", "node");
	const long object_funcs = fl_btf_member_offset(btf, "klp_object", "func_list");
	const long func_node = fl_btf_member_offset(btf, "klp_func", "node");
	const long func_old = fl_btf_member_offset(btf, "klp_func", "old_func");
	const long func_new = fl_btf_member_offset(btf, "klp_func", "new_func");
	const long func_patched = fl_btf_member_offset(btf, "klp_func", "patched");
	struct walk w = {.read = read, .ctx = ctx, .left = MAX_ENTRIES};
	__u64 patch, objects, object, funcs, func;
	struct fl_err ignored;
	unsigned char patched;
	size_t n = 0;

	if (!klp_patches || patch_list < 0 || patch_objects < 0 || object_node < 0 ||
	    object_funcs < 0 || func_node < 0 || func_old < 0 || func_new < 0 || func_patched < 0)
		return 0;
	for (patch = klp_patches; (patch = next_entry(&w, klp_patches, patch));) {
		objects = patch - patch_list + patch_objects;
		for (object = objects; (object = next_entry(&w, objects, object));) {
			funcs = object - object_node + object_funcs;
			for (func = funcs; (func = next_entry(&w, funcs, func));) {
				__u64 at = func - func_node;

				if (!read(ctx, at + func_patched, &patched, 1, &ignored) &&
				    patched & 1)
					add_redirect(redirect, &n, max,
						     pointer_at(&w, at + func_old),
						     pointer_at(&w, at + func_new));
			}
		}
	}
	return n;
}

static bool is_number(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

size_t fl_livepatch_tasks(bool enabled, struct fl_livepatch_task *task, size_t max, bool *known)
{
	DIR *pids = opendir("/proc"), *tids;
	struct dirent *pid, *tid;
	char path[1024], state[8];
	size_t n = 0;
	bool all = pids;

	while (pids && (pid = readdir(pids))) {
		if (!is_number(pid->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/task", pid->d_name);
		tids = opendir(path);
		while (tids && (tid = readdir(tids))) {
			if (!is_number(tid->d_name))
				continue;
			/* -1 outside a transition, else 1 if the task runs the new code, else 0 */
			snprintf(path, sizeof(path), "/proc/%s/task/%s/patch_state", pid->d_name,
				 tid->d_name);
			if (!fl_read_line(path, state, sizeof(state))) {
				/* a task that has ended is none that is missing */
				all &= !access(path, R_OK) || errno != EACCES;
				continue;
			}
			if (atoi(state) != !enabled)
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
	if (known)
		*known = all;
	return n;
}
