// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/mountinfo.h"
#include "util/array.h"
#include "util/dev.h"
#include "util/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The kernel writes space, tab, newline and backslash as \ooo (mangle_path()). In place. */
static void unescape_octal(char *s)
{
	char *o = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*o++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*o++ = *s++;
		}
	}
	*o = '\0';
}

static char *copy_field(const char *s)
{
	char *copy = strdup(s);

	if (copy)
		unescape_octal(copy);
	return copy;
}

/* What follows "fuse." is the mounter's choice, and the type is shown as it is. */
static char *copy_type(const char *s)
{
	char *copy = copy_field(s), *safe = copy ? fl_safe(copy) : NULL;

	free(copy);
	return safe;
}

static void mount_free(struct fl_mount *m)
{
	free(m->root);
	free(m->path);
	free(m->fstype);
	free(m->source);
}

/* Parses a line and cuts it up. Returns 1; 0 if it is no such line; -1 if out of memory. */
static int parse_line(char *line, struct fl_mount *m)
{
	char *field[5], *save = NULL, *tail, *end;
	unsigned long major, minor;

	/* the optional fields end with " - "; file system type, source and options follow */
	tail = strstr(line, " - ");
	if (!tail)
		return 0;
	*tail = '\0';
	tail += 3;
	for (int i = 0; i < 5; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return 0;
	}
	memset(m, 0, sizeof(*m));
	m->id = strtoull(field[0], &end, 10);
	if (*end || !isdigit((unsigned char)field[0][0]))
		return 0;
	major = strtoul(field[2], &end, 10);
	if (*end != ':' || major > 0xfff)
		return 0;
	minor = strtoul(end + 1, &end, 10);
	if (*end || minor > 0xfffff)
		return 0;
	m->dev = fl_dev(major, minor);
	m->root = copy_field(field[3]);
	m->path = copy_field(field[4]);
	save = strchr(tail, ' ');
	if (save)
		*save++ = '\0';
	m->fstype = copy_type(tail);
	/* an empty source leaves two spaces in a row */
	if (save)
		save[strcspn(save, " ")] = '\0';
	m->source = copy_field(save ? save : "");
	if (!m->root || !m->path || !m->fstype || !m->source) {
		mount_free(m);
		return -1;
	}
	return 1;
}

/* What the index has of a device. */
enum which {
	BEST, /* a mount of the whole file system, or else the first */
	LAST,
};

static const struct fl_mount *find(const struct fl_mounts *mounts, __u32 dev, enum which which)
{
	__u32 place = fl_index_get(&mounts->by_dev, dev, which);

	return place == FL_INDEX_NONE ? NULL : &mounts->mount[place];
}

int fl_mounts_append(struct fl_mounts *mounts, const struct fl_mount *m)
{
	const struct fl_mount *best = find(mounts, m->dev, BEST);
	bool better = !best || (strcmp(best->root, "/") && !strcmp(m->root, "/"));

	if (!FL_MORE(mounts->mount, mounts->n) ||
	    (better && fl_index_put(&mounts->by_dev, m->dev, BEST, mounts->n)) ||
	    fl_index_put(&mounts->by_dev, m->dev, LAST, mounts->n))
		return -1;
	mounts->mount[mounts->n++] = *m;
	return 0;
}

int fl_mounts_parse(struct fl_mounts *mounts, const char *text)
{
	char *copy = strdup(text), *line, *save = NULL;
	int ret = copy ? 0 : -1;

	for (line = copy ? strtok_r(copy, "\n", &save) : NULL; line && !ret;
	     line = strtok_r(NULL, "\n", &save)) {
		struct fl_mount m;
		int parsed = parse_line(line, &m);

		if (parsed < 0)
			ret = -1;
		if (parsed <= 0)
			continue;
		if (fl_mounts_append(mounts, &m)) {
			mount_free(&m);
			ret = -1;
		}
	}
	free(copy);
	return ret;
}

void fl_mounts_free(struct fl_mounts *mounts)
{
	for (size_t i = 0; i < mounts->n; i++)
		mount_free(&mounts->mount[i]);
	free(mounts->mount);
	fl_index_free(&mounts->by_dev);
	memset(mounts, 0, sizeof(*mounts));
}

bool fl_fstype_is_fuse(const char *fstype)
{
	return !strcmp(fstype, "fuse") || !strncmp(fstype, "fuse.", 5) ||
	       !strcmp(fstype, "fuseblk") || !strncmp(fstype, "fuseblk.", 8) ||
	       !strcmp(fstype, "virtiofs");
}

const struct fl_mount *fl_mounts_by_id(const struct fl_mounts *mounts, __u64 id)
{
	for (size_t i = 0; i < mounts->n; i++)
		if (mounts->mount[i].id == id)
			return &mounts->mount[i];
	return NULL;
}

const struct fl_mount *fl_mounts_by_dev(const struct fl_mounts *mounts, __u32 dev)
{
	return find(mounts, dev, BEST);
}

const struct fl_mount *fl_mounts_by_dev_last(const struct fl_mounts *mounts, __u32 dev)
{
	return find(mounts, dev, LAST);
}

const struct fl_mount *fl_mounts_by_path(const struct fl_mounts *mounts, const char *path)
{
	for (size_t i = mounts->n; i-- > 0;)
		if (!strcmp(mounts->mount[i].path, path))
			return &mounts->mount[i];
	return NULL;
}
