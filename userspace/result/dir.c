// SPDX-License-Identifier: GPL-2.0-only
#include "result/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "util/array.h"
#include "util/below.h"
#include "util/file.h"
#include "util/json_read.h"
#include "util/own_links.h"

#define MAX_ROWS 100000u
/* The text of all rows. What is kept of it takes a few times as much memory. */
#define MAX_TEXT ((size_t)256 << 20)

static int write_json(int dir, const char *name, struct json_object *o, struct fl_err *err)
{
	int ret = fl_below_write(dir, name,
				 json_object_to_json_string_ext(
					 o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
						    JSON_C_TO_STRING_NOSLASHESCAPE),
				 err);

	json_object_put(o);
	return ret;
}

/*
 * Returns the parsed file, or NULL with err set. *absent: the file does not exist. *room: how long its text may be;
 * then, that of the next file.
 */
static struct json_object *read_json(int dir, const char *name, size_t *room, bool *absent,
				     struct fl_err *err)
{
	struct json_object *o;
	size_t len;
	char *text = fl_below_read(dir, name, &len, err);

	*absent = !text && errno == ENOENT;
	if (!text)
		return NULL;
	if (len > *room) {
		free(text);
		fl_err(err, "more than %zu MiB of rows, and no bench writes as much",
		       MAX_TEXT >> 20);
		fl_hint(err,
			"are they all of one bench? 'fuselens report' reads each result by itself");
		return NULL;
	}
	*room -= len;
	o = fl_json_parse(text, len, NULL, name, err);
	free(text);
	return o;
}

/* Adds the directory to an error: functions below use only names inside the directory. */
static int in_dir(const struct fl_result_dir *d, struct fl_err *err)
{
	struct fl_err inner = *err;

	fl_err(err, "%.250s: %.250s", d->path, inner.what);
	return inner.hint[0] ? fl_hint(err, "%s", inner.hint) : -1;
}

static int open_rows(struct fl_result_dir *d, struct fl_err *err)
{
	d->rows = fl_below_open(d->fd, "rows", O_RDONLY | O_DIRECTORY, 0);
	if (d->rows >= 0)
		return 0;
	fl_errno(err, errno, "cannot read %s/rows", d->path);
	fl_result_close(d);
	return -1;
}

static void cannot_make(const char *path, int why, uid_t stranger, struct fl_err *err)
{
	fl_own_links_errno(err, why, stranger, "cannot make the result directory %s", path);
	if (why == EEXIST)
		fl_hint(err,
			"'fuselens bench --resume -o %.200s' goes on with it; or name another one",
			path);
}

int fl_result_create(struct fl_result_dir *d, const char *path, struct fl_err *err)
{
	char name[FL_OWN_LINKS_NAME];
	uid_t stranger;
	int parent;

	*d = (struct fl_result_dir){.fd = -1, .rows = -1, .path = strdup(path)};
	if (!d->path)
		return fl_err(err, "out of memory");
	parent = fl_open_parent_by_own_links(path, name, &stranger);
	if (parent < 0 || mkdirat(parent, name, 0777)) {
		cannot_make(path, errno, stranger, err);
		if (parent >= 0)
			close(parent);
		fl_result_close(d);
		return -1;
	}
	d->fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	close(parent);
	if (d->fd < 0 || mkdirat(d->fd, "rows", 0777)) {
		fl_errno(err, errno, "cannot make %s/rows", path);
		fl_result_close(d);
		return -1;
	}
	return open_rows(d, err);
}

static int no_result(const char *path, const char *file, int why, struct fl_err *err)
{
	fl_errno(err, why, "cannot read %s%s", path, file);
	return fl_hint(err, "a result directory is what 'fuselens bench -o DIR' wrote");
}

/* Goes on with the directory that is open at fd, which it takes over. */
static int open_at(struct fl_result_dir *d, int fd, const char *path, struct fl_err *err)
{
	*d = (struct fl_result_dir){.fd = fd, .rows = -1, .path = strdup(path)};
	if (!d->path) {
		close(fd);
		return fl_err(err, "out of memory");
	}
	if (!faccessat(d->fd, "bench.json", F_OK, AT_SYMLINK_NOFOLLOW))
		return open_rows(d, err);
	no_result(path, "/bench.json", errno, err);
	fl_result_close(d);
	return -1;
}

int fl_result_open(struct fl_result_dir *d, const char *path, struct fl_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*d = (struct fl_result_dir){.fd = -1, .rows = -1};
	return fd < 0 ? no_result(path, "", errno, err) : open_at(d, fd, path, err);
}

int fl_result_open_own(struct fl_result_dir *d, const char *path, struct fl_err *err)
{
	uid_t stranger;
	int fd = fl_open_by_own_links(path, O_RDONLY | O_DIRECTORY, 0, &stranger);
	uid_t mounter = fd < 0 ? 0 : fl_mounter_of(fd);
	struct stat st;

	*d = (struct fl_result_dir){.fd = -1, .rows = -1};
	if (fd < 0 && stranger != (uid_t)-1)
		return fl_own_links_errno(err, errno, stranger, "cannot go on with %s", path);
	if (fd < 0)
		return no_result(path, "", errno, err);
	/* a FUSE daemon shows any owner */
	if (!fstat(fd, &st) && st.st_uid == geteuid() && (!mounter || mounter == geteuid()))
		return open_at(d, fd, path, err);
	close(fd);
	fl_err(err, "%s belongs to another user", path);
	return fl_hint(
		err,
		"only the user who began a bench can resume it; 'fuselens report' reads anybody's");
}

void fl_result_close(struct fl_result_dir *d)
{
	/* without a path, nothing was opened yet */
	if (d->path && d->fd >= 0)
		close(d->fd);
	if (d->path && d->rows >= 0)
		close(d->rows);
	free(d->path);
	*d = (struct fl_result_dir){.fd = -1, .rows = -1};
}

int fl_result_write_bench(const struct fl_result_dir *d, const struct fl_bench *bench,
			  struct fl_err *err)
{
	if (fl_below_write(d->fd, "profile.fio", bench->profile_text, err) ||
	    write_json(d->fd, "bench.json", fl_bench_to_json(bench), err))
		return in_dir(d, err);
	return 0;
}

static int read_row(int rows, const char *id, size_t *room, struct fl_bench_row *row,
		    struct fl_err *err)
{
	char file[NAME_MAX + 16];
	struct json_object *o;
	struct fl_err why;
	bool absent;
	int ret;

	snprintf(file, sizeof(file), "%s/row.json", id);
	o = read_json(rows, file, room, &absent, err);
	if (!o)
		return -1;
	ret = fl_bench_row_from_json(row, o, &why);
	json_object_put(o);
	if (ret) {
		fl_err(err, "%s: %.300s", file, why.what);
		return why.hint[0] ? fl_hint(err, "%s", why.hint) : -1;
	}
	if (strcmp(row->id, id)) {
		fl_err(err, "rows/%.200s has the row %s: this row would count twice", id, row->id);
		return fl_hint(err, "was it copied? remove rows/%.200s", id);
	}
	snprintf(file, sizeof(file), "%s/series.json", id);
	o = read_json(rows, file, room, &absent, err);
	if (!o)
		return absent ? 0 : -1;
	ret = fl_series_from_json(&row->series, o, &why);
	json_object_put(o);
	if (ret)
		fl_err(err, "%s: %.300s", file, why.what);
	return ret;
}

/* Orders rows as they ran. */
static int by_plan(const void *a, const void *b)
{
	const struct fl_bench_row *x = a, *y = b;

	if (x->repeat != y->repeat)
		return x->repeat < y->repeat ? -1 : 1;
	if (x->jobs != y->jobs)
		return x->jobs < y->jobs ? -1 : 1;
	if (strcmp(x->sweep, y->sweep))
		return strverscmp(x->sweep, y->sweep);
	if (x->system != y->system)
		return x->system > y->system ? -1 : 1;
	return y->probes - x->probes;
}

/* A row at a place where the bench has no level would drop out of every table. */
static int check_level(const struct fl_bench *bench, const struct fl_bench_row *row,
		       struct fl_err *err)
{
	for (size_t i = 0; i < fl_axis_length(bench); i++)
		if (fl_axis_at(bench, i) == fl_axis_of_row(bench, row))
			return 0;
	if (bench->sweep)
		fl_err(err, "rows/%s is of %s '%s', which bench.json does not have", row->id,
		       fl_axis_name(bench), row->sweep);
	else
		fl_err(err, "rows/%s is of %u jobs, which bench.json does not have", row->id,
		       row->jobs);
	return fl_hint(err, "is it of another result, or was it edited?");
}

static int read_rows(const struct fl_result_dir *d, size_t *room, struct fl_bench *bench,
		     struct fl_err *err)
{
	int fd = fl_below_open(d->fd, "rows", O_RDONLY | O_DIRECTORY, 0), ret = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return fl_errno(err, errno, "cannot read rows");
	while (!ret && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (bench->nrows == MAX_ROWS) {
			ret = fl_err(err, "more rows than any bench has");
			break;
		}
		if (!FL_MORE(bench->row, bench->nrows)) {
			ret = fl_err(err, "out of memory");
			break;
		}
		memset(&bench->row[bench->nrows], 0, sizeof(bench->row[0]));
		ret = read_row(d->rows, entry->d_name, room, &bench->row[bench->nrows], err);
		bench->nrows++;
		if (!ret)
			ret = check_level(bench, &bench->row[bench->nrows - 1], err);
	}
	closedir(dir);
	if (bench->nrows)
		qsort(bench->row, bench->nrows, sizeof(*bench->row), by_plan);
	for (size_t i = 1; !ret && i < bench->nrows; i++) {
		if (by_plan(&bench->row[i - 1], &bench->row[i]))
			continue;
		fl_err(err, "rows/%s and rows/%s are the same run", bench->row[i - 1].id,
		       bench->row[i].id);
		ret = fl_hint(err, "remove the copy: it would count twice");
	}
	return ret;
}

int fl_result_read(const struct fl_result_dir *d, struct fl_bench *bench, struct fl_err *err)
{
	size_t room = MAX_TEXT;
	struct json_object *o;
	struct fl_err why;
	bool absent;

	memset(bench, 0, sizeof(*bench));
	o = read_json(d->fd, "bench.json", &room, &absent, err);
	if (!o)
		return in_dir(d, err);
	if (fl_bench_from_json(bench, o, &why)) {
		json_object_put(o);
		fl_err(err, "%s/bench.json: %.300s", d->path, why.what);
		return why.hint[0] ? fl_hint(err, "%s", why.hint) : -1;
	}
	json_object_put(o);
	if (!read_rows(d, &room, bench, err))
		return 0;
	fl_bench_free(bench);
	return in_dir(d, err);
}

static char *partial(const char *id, char *buf)
{
	snprintf(buf, NAME_MAX, ".%.200s.partial", id);
	return buf;
}

int fl_result_row_begin(const struct fl_result_dir *d, const char *id, struct fl_err *err)
{
	char name[NAME_MAX];
	int fd;

	fl_below_remove(d->rows, partial(id, name));
	fd = fl_below_mkdir(d->rows, name, 0777);
	return fd < 0 ? fl_errno(err, errno, "cannot make %s/rows/%s", d->path, name) : fd;
}

int fl_result_row_finish(const struct fl_result_dir *d, int dir, const struct fl_bench_row *row,
			 struct fl_err *err)
{
	char name[NAME_MAX];

	if (write_json(dir, "series.json", fl_series_to_json(&row->series), err) ||
	    write_json(dir, "row.json", fl_bench_row_to_json(row), err))
		return in_dir(d, err);
	if (renameat(d->rows, partial(row->id, name), d->rows, row->id))
		return fl_errno(err, errno, "cannot put %s/rows/%s in place", d->path, row->id);
	return 0;
}

void fl_result_row_discard(const struct fl_result_dir *d, const char *id)
{
	char name[NAME_MAX];

	fl_below_remove(d->rows, partial(id, name));
}
