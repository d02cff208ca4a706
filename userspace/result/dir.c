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

#include "util/file.h"
#include "util/json_read.h"

#define MAX_ROWS 100000u

static int join(char *buf, size_t len, const char *dir, const char *name, struct fl_err *err)
{
	if ((size_t)snprintf(buf, len, "%s/%s", dir, name) < len)
		return 0;
	return fl_errno(err, ENAMETOOLONG, "%s", dir);
}

static int write_text(const char *path, const char *text, struct fl_err *err)
{
	FILE *f = fopen(path, "we");
	int bad;

	if (!f)
		return fl_errno(err, errno, "cannot write %s", path);
	bad = fputs(text, f) < 0;
	bad |= fflush(f) || fsync(fileno(f));
	if (bad)
		fl_errno(err, errno, "cannot write %s", path);
	if (fclose(f) && !bad)
		bad = fl_errno(err, errno, "cannot write %s", path);
	if (bad)
		fl_hint(err, "is the disk full?");
	return bad ? -1 : 0;
}

/* Writes and puts o. */
static int write_json(const char *dir, const char *name, struct json_object *o, struct fl_err *err)
{
	char path[PATH_MAX];
	int ret = join(path, sizeof(path), dir, name, err);

	if (!ret)
		ret = write_text(path,
				 json_object_to_json_string_ext(
					 o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
						    JSON_C_TO_STRING_NOSLASHESCAPE),
				 err);
	json_object_put(o);
	return ret;
}

/* The parsed file, or NULL with err set. *absent tells a file that is not there from a bad one. */
static struct json_object *read_json(const char *dir, const char *name, bool *absent,
				     struct fl_err *err)
{
	char path[PATH_MAX], *text;
	struct json_object *o;
	size_t len;

	*absent = false;
	if (join(path, sizeof(path), dir, name, err))
		return NULL;
	text = fl_read_file(path, &len, err);
	if (!text) {
		*absent = errno == ENOENT;
		return NULL;
	}
	o = fl_json_parse(text, len, NULL, path, err);
	free(text);
	return o;
}

int fl_result_create(const char *path, struct fl_err *err)
{
	char rows[PATH_MAX];

	if (join(rows, sizeof(rows), path, "rows", err))
		return -1;
	if (mkdir(path, 0777)) {
		int e = errno;

		fl_errno(err, e, "cannot make the result directory %s", path);
		if (e == EEXIST)
			fl_hint(err,
				"'fuselens bench --resume -o %.200s' goes on with it; or name another one",
				path);
		return -1;
	}
	if (mkdir(rows, 0777))
		return fl_errno(err, errno, "cannot make %s", rows);
	return 0;
}

int fl_result_write_bench(const char *path, const struct fl_bench *bench, struct fl_err *err)
{
	char profile[PATH_MAX];

	if (join(profile, sizeof(profile), path, "profile.fio", err) ||
	    write_text(profile, bench->profile_text, err))
		return -1;
	return write_json(path, "bench.json", fl_bench_to_json(bench), err);
}

static int read_row(const char *rows, const char *id, struct fl_bench_row *row, struct fl_err *err)
{
	char dir[PATH_MAX];
	struct json_object *o;
	struct fl_err why;
	bool absent;
	int ret;

	if (join(dir, sizeof(dir), rows, id, err))
		return -1;
	o = read_json(dir, "row.json", &absent, err);
	if (!o)
		return -1;
	ret = fl_bench_row_from_json(row, o, &why);
	json_object_put(o);
	if (ret)
		return fl_err(err, "%s/row.json: %.300s", dir, why.what);
	o = read_json(dir, "series.json", &absent, err);
	if (!o)
		return absent ? 0 : -1;
	ret = fl_series_from_json(&row->series, o, &why);
	json_object_put(o);
	if (ret)
		fl_err(err, "%s/series.json: %.300s", dir, why.what);
	return ret;
}

/* Rows as they ran; whatever the plan does not know comes last. */
static int by_plan(const void *a, const void *b)
{
	const struct fl_bench_row *x = a, *y = b;

	if (x->repeat != y->repeat)
		return x->repeat < y->repeat ? -1 : 1;
	if (x->jobs != y->jobs)
		return x->jobs < y->jobs ? -1 : 1;
	if (x->system != y->system)
		return x->system > y->system ? -1 : 1;
	return y->probes - x->probes;
}

static int read_rows(const char *path, struct fl_bench *bench, struct fl_err *err)
{
	char rows[PATH_MAX];
	struct dirent *entry;
	int ret = 0;
	DIR *dir;

	if (join(rows, sizeof(rows), path, "rows", err))
		return -1;
	dir = opendir(rows);
	if (!dir)
		return fl_errno(err, errno, "cannot read %s", rows);
	while (!ret && (entry = readdir(dir))) {
		struct fl_bench_row *grown;

		if (entry->d_name[0] == '.')
			continue;
		if (bench->nrows == MAX_ROWS) {
			ret = fl_err(err, "%s: more rows than any bench has", rows);
			break;
		}
		grown = realloc(bench->row, (bench->nrows + 1) * sizeof(*grown));
		if (!grown) {
			ret = fl_err(err, "out of memory");
			break;
		}
		bench->row = grown;
		memset(&bench->row[bench->nrows], 0, sizeof(*grown));
		ret = read_row(rows, entry->d_name, &bench->row[bench->nrows], err);
		bench->nrows++;
	}
	closedir(dir);
	if (bench->nrows)
		qsort(bench->row, bench->nrows, sizeof(*bench->row), by_plan);
	return ret;
}

int fl_result_read(const char *path, struct fl_bench *bench, struct fl_err *err)
{
	struct json_object *o;
	struct fl_err why;
	bool absent;

	memset(bench, 0, sizeof(*bench));
	o = read_json(path, "bench.json", &absent, err);
	if (!o) {
		if (absent)
			fl_hint(err, "a result directory is what 'fuselens bench -o DIR' wrote");
		return -1;
	}
	if (fl_bench_from_json(bench, o, &why)) {
		json_object_put(o);
		fl_err(err, "%s/bench.json: %.300s", path, why.what);
		return why.hint[0] ? fl_hint(err, "%s", why.hint) : -1;
	}
	json_object_put(o);
	if (!read_rows(path, bench, err))
		return 0;
	fl_bench_free(bench);
	return -1;
}

static int partial_dir(const char *path, const char *id, char *buf, size_t len, struct fl_err *err)
{
	if ((size_t)snprintf(buf, len, "%s/rows/.%s.partial", path, id) < len)
		return 0;
	return fl_errno(err, ENAMETOOLONG, "%s", path);
}

/* Only plain files lie in a row's directory. */
static void remove_dir(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

int fl_result_row_begin(const char *path, const char *id, char *buf, size_t len, struct fl_err *err)
{
	if (partial_dir(path, id, buf, len, err))
		return -1;
	remove_dir(buf);
	if (mkdir(buf, 0777))
		return fl_errno(err, errno, "cannot make %s", buf);
	return 0;
}

int fl_result_row_finish(const char *path, const struct fl_bench_row *row, struct fl_err *err)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (partial_dir(path, row->id, from, sizeof(from), err) ||
	    write_json(from, "series.json", fl_series_to_json(&row->series), err) ||
	    write_json(from, "row.json", fl_bench_row_to_json(row), err))
		return -1;
	if ((size_t)snprintf(to, sizeof(to), "%s/rows/%s", path, row->id) >= sizeof(to))
		return fl_errno(err, ENAMETOOLONG, "%s", path);
	if (rename(from, to))
		return fl_errno(err, errno, "cannot put %s in place", to);
	return 0;
}

void fl_result_row_discard(const char *path, const char *id)
{
	char buf[PATH_MAX];
	struct fl_err ignored;

	if (!partial_dir(path, id, buf, sizeof(buf), &ignored))
		remove_dir(buf);
}
