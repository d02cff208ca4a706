// SPDX-License-Identifier: GPL-2.0-only
#include "openfiles/openfiles.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"

/* Joins leaf-first components into "/a/b/c"; *used is set to the bytes read. NULL when cut short. */
static char *join_components(const char *p, size_t left, size_t *used)
{
	const char *component[64];
	size_t n = 0, total = 1, at = 0;
	char *path, *o;

	for (;;) {
		size_t len = strnlen(p + at, left - at);

		if (at + len >= left)
			return NULL;
		if (!len)
			break;
		if (n < sizeof(component) / sizeof(component[0])) {
			component[n++] = p + at;
			total += len + 1;
		}
		at += len + 1;
	}
	*used = at + 1;
	path = malloc(total + 1);
	if (!path)
		return NULL;
	o = path;
	*o = '\0';
	if (!n)
		strcpy(path, "/");
	while (n--) {
		*o++ = '/';
		o = stpcpy(o, component[n]);
	}
	return path;
}

/* Keeps the names if there is room for them. Else they are freed. */
static void keep_names(struct fl_open_files *files, struct fl_open_file *f)
{
	size_t len = (f->path ? strlen(f->path) : 0) +
		     (f->backing_path ? strlen(f->backing_path) : 0);

	if (!files->n || files->file[files->n - 1].rec.global_pid != f->rec.global_pid)
		files->process_names = 0;
	if (files->names + len <= FL_OPEN_FILES_NAMES &&
	    files->process_names + len <= FL_OPEN_FILES_PROCESS_NAMES) {
		files->names += len;
		files->process_names += len;
		return;
	}
	free(f->path);
	free(f->backing_path);
	f->path = f->backing_path = NULL;
}

ssize_t fl_open_files_parse_one(struct fl_open_files *files, const char *p, size_t left,
				struct fl_err *err)
{
	struct fl_open_file f = {};
	size_t at = sizeof(f.rec), used = 0;

	if (left < at)
		return 0;
	memcpy(&f.rec, p, sizeof(f.rec));
	if (f.rec.magic != FL_FILE_MAGIC || f.rec.path_len > FL_PATH_MAX)
		return fl_err(err, "the list of open files is damaged");
	if (f.rec.path_len > left - at)
		return 0;
	f.rec.comm[sizeof(f.rec.comm) - 1] = '\0';
	if (f.rec.path_len) {
		f.path = strndup(p + at, f.rec.path_len);
		at += f.rec.path_len;
	}
	if (f.rec.passthrough) {
		f.backing_path = join_components(p + at, left - at, &used);
		if (!used) {
			free(f.path);
			return 0;
		}
		at += used;
	}
	keep_names(files, &f);
	if (!FL_MORE(files->file, files->n)) {
		free(f.path);
		free(f.backing_path);
		return fl_err(err, "out of memory");
	}
	files->file[files->n++] = f;
	return (ssize_t)at;
}

int fl_open_files_parse(struct fl_open_files *files, const void *buf, size_t len,
			struct fl_err *err)
{
	const char *p = buf;
	size_t at = 0;

	while (at < len) {
		ssize_t n = fl_open_files_parse_one(files, p + at, len - at, err);

		if (n < 0)
			return -1;
		if (!n)
			return fl_err(err, "the list of open files is cut short");
		at += n;
	}
	return 0;
}

void fl_open_files_free(struct fl_open_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		free(files->file[i].path);
		free(files->file[i].backing_path);
	}
	free(files->file);
	memset(files, 0, sizeof(*files));
}

/*
 * In the order of fuse_file_write_iter(), without DAX: that is a property of the inode and not
 * visible here.
 */
enum fl_route fl_open_file_route(const struct fl_open_file *f)
{
	if (f->rec.open_flags & FL_FOPEN_DIRECT_IO)
		return FL_ROUTE_DIRECT;
	if (f->rec.open_flags & FL_FOPEN_PASSTHROUGH && f->rec.passthrough)
		return FL_ROUTE_PASSTHROUGH;
	return FL_ROUTE_CACHED;
}
