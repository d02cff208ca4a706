// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/mounts.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/array.h"
#include "util/file.h"

static bool wanted(const struct fl_mounts *have, const struct fl_mount *m, bool all_types,
		   bool unique)
{
	if (!all_types && !fl_fstype_is_fuse(m->fstype))
		return false;
	if (!unique)
		return true;
	for (size_t i = 0; i < have->n; i++)
		if (have->mount[i].dev == m->dev && !strcmp(have->mount[i].path, m->path))
			return false;
	return true;
}

/* Moves the wanted mounts of text to mounts. */
static int add_mounts(struct fl_mounts *mounts, const char *text, bool all_types, bool unique)
{
	struct fl_mounts parsed = {}, rest = {};
	struct fl_mount *grown;
	int ret = fl_mounts_parse(&parsed, text);

	grown = realloc(mounts->mount, (mounts->n + parsed.n + 1) * sizeof(*grown));
	if (ret || !grown) {
		fl_mounts_free(&parsed);
		return -1;
	}
	mounts->mount = grown;
	rest.mount = parsed.mount;
	for (size_t i = 0; i < parsed.n; i++) {
		if (wanted(mounts, &parsed.mount[i], all_types, unique))
			mounts->mount[mounts->n++] = parsed.mount[i];
		else
			rest.mount[rest.n++] = parsed.mount[i];
	}
	fl_mounts_free(&rest);
	return 0;
}

/* Adds the mounts of namespaces that were not read yet. Skips tasks that end meanwhile. */
static int add_other_namespaces(struct fl_mounts *mounts, bool all_types)
{
	DIR *proc = opendir("/proc");
	ino_t *seen = NULL;
	size_t nseen = 0;
	struct fl_err ignored;
	struct dirent *d;
	struct stat st;
	size_t len;
	int ret = 0;

	if (!proc)
		return -1;
	while (!ret && (d = readdir(proc))) {
		char path[64], *text;
		bool known = false;

		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/ns/mnt", d->d_name);
		if (stat(path, &st))
			continue;
		for (size_t i = 0; i < nseen && !known; i++)
			known = seen[i] == st.st_ino;
		if (known)
			continue;
		if (!FL_MORE(seen, nseen)) {
			ret = -1;
			break;
		}
		seen[nseen++] = st.st_ino;
		snprintf(path, sizeof(path), "/proc/%.20s/mountinfo", d->d_name);
		text = fl_read_file(path, &len, &ignored);
		if (!text)
			continue;
		ret = add_mounts(mounts, text, all_types, true);
		free(text);
	}
	free(seen);
	closedir(proc);
	return ret;
}

int fl_mounts_read(struct fl_mounts *mounts, bool others, bool all_types, struct fl_err *err)
{
	size_t len;
	char *text = fl_read_file("/proc/self/mountinfo", &len, err);
	int ret;

	if (!text)
		return -1;
	ret = add_mounts(mounts, text, all_types, false);
	free(text);
	if (!ret && others)
		ret = add_other_namespaces(mounts, all_types);
	return ret ? fl_err(err, "out of memory while reading the mounts") : 0;
}
