// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/mounts.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "util/file.h"
#include "util/index.h"
#include "util/interrupt.h"

/* FNV-1a */
static __u64 hash(const char *text)
{
	__u64 h = 0xcbf29ce484222325ull;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3ull;
	return h;
}

/* What is in the list already: by device and path, and how often by device. */
struct seen {
	struct fl_index path, times;
};

static int note(struct seen *seen, const struct fl_mount *m, size_t place)
{
	__u32 times = fl_index_get(&seen->times, m->dev, 0);

	return fl_index_put(&seen->path, m->dev, hash(m->path), place) ||
	       fl_index_put(&seen->times, m->dev, 0, times == FL_INDEX_NONE ? 1 : times + 1);
}

/* Whether the list has the same device at the same path, or at so many that one more tells nothing. */
static bool is_seen(const struct seen *seen, const struct fl_mounts *have, const struct fl_mount *m)
{
	__u32 place = fl_index_get(&seen->path, m->dev, hash(m->path));
	__u32 times = fl_index_get(&seen->times, m->dev, 0);

	return (place != FL_INDEX_NONE && !strcmp(have->mount[place].path, m->path)) ||
	       (times != FL_INDEX_NONE && times >= FL_MOUNTS_OF_DEVICE);
}

/* Moves the wanted mounts of text to mounts; with seen, only those that are new. */
static int add_mounts(struct fl_mounts *mounts, const char *text, bool all_types, struct seen *seen)
{
	struct fl_mounts parsed = {};
	int ret = fl_mounts_parse(&parsed, text);

	for (size_t i = 0; !ret && i < parsed.n; i++) {
		struct fl_mount *m = &parsed.mount[i];

		if ((!all_types && !fl_fstype_is_fuse(m->fstype)) ||
		    (seen && is_seen(seen, mounts, m)))
			continue;
		if ((seen && note(seen, m, mounts->n)) || fl_mounts_append(mounts, m))
			ret = -1;
		else
			memset(m, 0, sizeof(*m));
	}
	fl_mounts_free(&parsed);
	return ret;
}

static void seen_free(struct seen *seen)
{
	fl_index_free(&seen->path);
	fl_index_free(&seen->times);
}

/* Those of the list, where each path counts. */
static int seen_begin(struct seen *seen, const struct fl_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (note(seen, &mounts->mount[i], i))
			return -1;
	return 0;
}

int fl_mounts_add_others(struct fl_mounts *mounts, const char *text, bool all_types)
{
	struct seen seen = {};
	int ret = seen_begin(&seen, mounts);

	if (!ret)
		ret = add_mounts(mounts, text, all_types, &seen);
	seen_free(&seen);
	return ret;
}

/*
 * So much is read of other namespaces: of one, and of all. Any user may have as many as he likes, full of mounts with
 * long names. What is not read only lacks a name.
 */
#define MAX_OTHER  ((size_t)16 << 20)
#define MAX_OTHERS ((size_t)128 << 20)

/* The file, if it is no longer than room; *room becomes what is left. */
static char *read_other(const char *path, size_t *room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0, most = *room < MAX_OTHER ? *room : MAX_OTHER;
	char *text = fd < 0 ? NULL : fl_read_all(fd, most, &len);

	*room -= len < *room ? len : *room;
	if (fd >= 0)
		close(fd);
	return text;
}

/* Adds the mounts of namespaces that were not read yet. Skips tasks that end meanwhile. */
static int add_other_namespaces(struct fl_mounts *mounts, bool all_types)
{
	DIR *proc = opendir("/proc");
	struct fl_index namespaces = {};
	struct seen seen = {};
	size_t room = MAX_OTHERS;
	struct dirent *d;
	struct stat st;
	int ret = proc ? seen_begin(&seen, mounts) : -1;

	while (!ret && room && !fl_interrupted && (d = readdir(proc))) {
		char path[64], *text;

		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/ns/mnt", d->d_name);
		if (stat(path, &st))
			continue;
		if (fl_index_get(&namespaces, st.st_dev, st.st_ino) != FL_INDEX_NONE)
			continue;
		ret = fl_index_put(&namespaces, st.st_dev, st.st_ino, 0);
		snprintf(path, sizeof(path), "/proc/%.20s/mountinfo", d->d_name);
		text = ret ? NULL : read_other(path, &room);
		if (!text)
			continue;
		ret = add_mounts(mounts, text, all_types, &seen);
		free(text);
	}
	seen_free(&seen);
	fl_index_free(&namespaces);
	if (proc)
		closedir(proc);
	return ret;
}

/* Users may make mounts in our namespace, too, with long names: that must stop no command. */
#define MAX_OWN ((size_t)1 << 30)

static char *own_mountinfo(struct fl_err *err)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	size_t len;
	char *text = fd < 0 ? NULL : fl_read_all(fd, MAX_OWN, &len);

	if (!text)
		fl_errno(err, errno, "cannot read /proc/self/mountinfo");
	if (fd >= 0)
		close(fd);
	return text;
}

int fl_mounts_read(struct fl_mounts *mounts, bool others, bool all_types, struct fl_err *err)
{
	char *text = own_mountinfo(err);
	int ret;

	if (!text)
		return -1;
	ret = add_mounts(mounts, text, all_types, NULL);
	free(text);
	if (!ret && others)
		ret = add_other_namespaces(mounts, all_types);
	return ret ? fl_err(err, "out of memory while reading the mounts") : 0;
}
