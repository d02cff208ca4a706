// SPDX-License-Identifier: GPL-2.0-only
#include "report/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>
#include <sys/stat.h>

#include "util/own_links.h"

static bool is_at(const struct stat *file, int dir, const char *name)
{
	struct stat st;

	return !fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) && st.st_dev == file->st_dev &&
	       st.st_ino == file->st_ino;
}

/* Whether a file is in one of the row directories. */
static bool is_of_a_row(const struct stat *file, int result)
{
	static const char *const names[] = {"row.json", "series.json", "fio.json", "fio_iops.log"};
	int fd = openat(result, "rows", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *rows = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool found = false;

	while (rows && !found && (entry = readdir(rows))) {
		int row = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		for (size_t i = 0; row >= 0 && i < sizeof(names) / sizeof(names[0]); i++)
			found |= is_at(file, row, names[i]);
		if (row >= 0)
			close(row);
	}
	if (rows)
		closedir(rows);
	return found;
}

static bool is_of_result(const struct stat *file, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool found = fd >= 0 && (is_at(file, fd, "bench.json") || is_at(file, fd, "profile.fio") ||
				 is_of_a_row(file, fd));

	if (fd >= 0)
		close(fd);
	return found;
}

static int refuse(const char *path, const char *of, struct fl_err *err)
{
	fl_err(err, "%.250s is part of a result that the report reads (%.200s)", path, of);
	return fl_hint(err, "give -o another name");
}

static FILE *create(const char *path, struct fl_err *err)
{
	uid_t stranger;
	int fd = fl_open_by_own_links(path, O_WRONLY | O_CREAT | O_TRUNC, 0666, &stranger);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (out)
		return out;
	fl_own_links_errno(err, errno, stranger, "cannot write %s", path);
	if (fd >= 0)
		close(fd);
	return NULL;
}

FILE *fl_report_output(const char *path, const char *const *dirs, size_t n, const char *input,
		       struct fl_err *err)
{
	struct stat st;

	if (!path)
		return stdout;
	if (!stat(path, &st)) {
		for (size_t i = 0; i < n; i++) {
			if (!is_of_result(&st, dirs[i]))
				continue;
			refuse(path, dirs[i], err);
			return NULL;
		}
		if (input && (is_at(&st, AT_FDCWD, input) || is_of_result(&st, input))) {
			refuse(path, input, err);
			return NULL;
		}
	}
	return create(path, err);
}

int fl_report_output_end(FILE *out, const char *path, struct fl_err *err)
{
	int bad = fflush(out) || ferror(out);

	if (path)
		bad |= fclose(out);
	return bad ? fl_errno(err, errno, "cannot write %s", path ? path : "stdout") : 0;
}
