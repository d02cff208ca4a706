// SPDX-License-Identifier: GPL-2.0-only
/* Makes and removes what a plan writes to. */
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define STRIPE	65536
#define BALLAST "ballast"

void place_path(const struct place *place, const struct plan *p, uint32_t file, const char *side,
		const char *name, char path[PLACE_PATH])
{
	const struct plan_file *f = &p->file[file];
	const struct plan_mount *m = &p->mount[f->mount];
	struct stat st;
	int n = snprintf(path, PLACE_PATH, "%s/%s/%s/%s", place->root, side,
			 place->wish->store[m->store], mode_name[m->mode]);

	snprintf(path + n, PLACE_PATH - n, "/%c", 'a' + f->half);
	if (!stat(path, &st))
		n += 2;
	n += snprintf(path + n, PLACE_PATH - n, "/s%llu", (unsigned long long)p->seed);
	if (name)
		snprintf(path + n, PLACE_PATH - n, "/%s", name);
}

void place_name(const struct plan *p, uint32_t file, uint32_t changes, char name[PLACE_NAME])
{
	int n = snprintf(name, PLACE_NAME, "%llu.f%u", (unsigned long long)p->seed, file);

	if (changes)
		snprintf(name + n, PLACE_NAME - n, "-%u", changes);
}

static int complain(const char *what, const char *path)
{
	fprintf(stderr, "oracle: cannot %s %s: %s\n", what, path, strerror(errno));
	return -1;
}

static int fill(int fd, uint64_t from, uint64_t to)
{
	static char block[STRIPE];

	memset(block, 'b', sizeof(block));
	while (from < to) {
		ssize_t n = pwrite(fd, block, MIN(sizeof(block), to - from), from);

		if (n <= 0)
			return -1;
		from += n;
	}
	return 0;
}

/* If blocks can't be shared, the file is only written. */
static int share_blocks(int fd, const char *path)
{
	char twin[PLACE_PATH + 8];
	int other, ret;

	snprintf(twin, sizeof(twin), "%s.twin", path);
	other = open(twin, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (other < 0)
		return -1;
	ret = ioctl(other, FICLONE, fd);
	close(other);
	return ret && errno != EOPNOTSUPP && errno != ENOTTY && errno != EINVAL ? -1 : 0;
}

static int lay_out(int fd, const struct plan_file *f, const char *path)
{
	switch (f->layout) {
	case LAYOUT_WRITTEN:
		return fill(fd, 0, f->size) || fsync(fd) ? -1 : 0;
	case LAYOUT_PREALLOCATED:
		return fallocate(fd, 0, 0, f->size);
	case LAYOUT_SPARSE:
		return ftruncate(fd, f->size);
	case LAYOUT_STRIPED:
		for (uint64_t at = 0; at < f->size; at += 2 * STRIPE)
			if (fill(fd, at, at + STRIPE))
				return -1;
		return ftruncate(fd, f->size) || fsync(fd) ? -1 : 0;
	case LAYOUT_REFLINKED:
		if (fill(fd, 0, f->size) || fsync(fd))
			return -1;
		return share_blocks(fd, path);
	default:
		return 0;
	}
}

static int make_file(const struct place *place, const struct plan *p, uint32_t i)
{
	char path[PLACE_PATH], name[PLACE_NAME];
	int fd, ret;

	place_path(place, p, i, "src", NULL, path);
	if (mkdir(path, 0755) && errno != EEXIST)
		return complain("make", path);
	place_name(p, i, 0, name);
	place_path(place, p, i, "src", name, path);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return complain("make", path);
	ret = lay_out(fd, &p->file[i], path);
	if (ret)
		complain("lay out", path);
	close(fd);
	return ret;
}

/* Fills the file system of file 0 up to the plan's room, if it can be filled in this way. */
static int fill_disk(const struct place *place, const struct plan *p)
{
	char path[PLACE_PATH];
	struct statvfs vfs;
	uint64_t left;
	int fd, ret = 0;

	place_path(place, p, 0, "src", BALLAST, path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || fstatvfs(fd, &vfs)) {
		ret = complain("make", path);
		goto out;
	}
	left = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	if (left > p->room && fallocate(fd, 0, 0, left - p->room) && errno != ENOSPC)
		ret = complain("fill the disk by", path);
out:
	if (fd >= 0)
		close(fd);
	return ret;
}

int place_make(const struct place *place, const struct plan *p)
{
	for (uint32_t i = 0; i < p->files; i++)
		if (make_file(place, p, i))
			return -1;
	return p->full_disk ? fill_disk(place, p) : 0;
}

int place_enter(const struct place *place, const struct plan *p, struct ledger *l)
{
	char path[PLACE_PATH], name[PLACE_NAME];
	struct stat st;

	for (uint32_t i = 0; i < p->files; i++) {
		place_name(p, i, 0, name);
		place_path(place, p, i, "mnt", name, path);
		if (stat(path, &st))
			return complain("look up", path);
		if (!ledger_add(l, i, &st, name))
			return -1;
	}
	return 0;
}

static void remove_dir(const char *dir)
{
	char path[PLACE_PATH + 256];
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			unlink(path);
	}
	closedir(d);
	rmdir(dir);
}

void place_remove(const struct place *place, const struct plan *p)
{
	char path[PLACE_PATH];

	place_path(place, p, 0, "src", BALLAST, path);
	unlink(path);
	for (uint32_t i = 0; i < p->files; i++) {
		place_path(place, p, i, "mnt", NULL, path);
		remove_dir(path);
	}
}
