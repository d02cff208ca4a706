// SPDX-License-Identifier: GPL-2.0-only
/* Operations on open directories. */
#include "mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prune.h"

static void dir_close(struct handle *handle)
{
	struct open_dir *dir = (struct open_dir *)handle;

	close(dir->fd);
	pthread_mutex_destroy(&dir->lock);
	free(dir);
}

static void dir_end(struct mirror *m, struct open_dir *dir)
{
	handle_del(m, &dir->handle);
	dir_close(&dir->handle);
	atomic_fetch_sub(&m->stats.open_dirs, 1);
}

void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mirror *m = mirror_of(req);
	struct open_dir *dir;
	int err;

	if (refuse_more(req))
		return;
	dir = calloc(1, sizeof(*dir));
	err = dir ? check_told_dir(req, ino, R_OK) : ENOMEM;
	if (err)
		goto fail;
	dir->fd = openat(fd_of(m, ino), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0) {
		err = errno;
		goto fail;
	}
	pthread_mutex_init(&dir->lock, NULL);
	dir->handle.close = dir_close;
	dir->handle.user = fuse_req_ctx(req)->uid;
	handle_add(m, &dir->handle);
	fi->fh = (uintptr_t)dir;
	atomic_fetch_add(&m->stats.open_dirs, 1);
	if (fuse_reply_open(req, fi) != 0)
		dir_end(m, dir);
	return;
fail:
	free(dir);
	fuse_reply_err(req, report_shortage(m, err));
}

void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mirror *m = mirror_of(req);
	struct open_dir *dir = dir_of(fi);

	fuse_reply_err(req, 0);
	dir_end(m, dir);
}

void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	int fd = dir_of(fi)->fd;
	int res = datasync ? fdatasync(fd) : fsync(fd);

	fuse_reply_err(req, res == 0 ? 0 : errno);
}

/*
 * An answer under construction: entries, and the inodes that were looked up for them. The lookups
 * are undone if the answer is not sent.
 */
struct listing {
	bool plus;
	char *buf;
	size_t size, used;
	struct fuse_entry_param *entry; /* only .ino is used */
	size_t nentry;
};

/* The smallest entry of READDIRPLUS: struct fuse_direntplus with a name of one byte, padded. */
#define MIN_PLUS_SIZE 160

static int listing_init(struct listing *list, size_t size, bool plus)
{
	*list = (struct listing){.plus = plus, .size = size, .buf = malloc(size)};
	if (plus)
		list->entry = calloc(size / MIN_PLUS_SIZE + 1, sizeof(*list->entry));
	return list->buf && (!plus || list->entry) ? 0 : ENOMEM;
}

static void listing_free(struct listing *list)
{
	free(list->buf);
	free(list->entry);
}

static void listing_undo(struct mirror *m, const struct listing *list)
{
	for (size_t i = 0; i < list->nentry; i++)
		entry_undo(m, &list->entry[i]);
}

static bool is_dot(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Adds one entry. Returns false if it does not fit. */
static bool listing_add(fuse_req_t req, struct listing *list, fuse_ino_t parent,
			const struct dirent64 *de)
{
	struct mirror *m = mirror_of(req);
	char *to = list->buf + list->used;
	size_t room = list->size - list->used, need;
	struct fuse_entry_param entry = {
		.attr = {.st_mode = DTTOIF(de->d_type)},
	};

	/*
	 * The number in the directory's file system. For a mount point this is the inode below the
	 * mount.
	 */
	entry.attr.st_ino = number_of(&m->numbers, inode_of(m, parent)->key.dev, de->d_ino);
	if (!list->plus) {
		need = fuse_add_direntry(req, to, room, de->d_name, &entry.attr, de->d_off);
		if (need > room)
			return false;
		list->used += need;
		return true;
	}
	if (fuse_add_direntry_plus(req, NULL, 0, de->d_name, NULL, 0) > room)
		return false;
	/*
	 * An entry that can't be looked up (it has just gone) is listed without attributes: node 0
	 * tells the kernel to ask when it needs it. Nor is what is mounted there asked: it may not answer,
	 * and the kernel holds the directory's lock meanwhile. While descriptors are short, all entries are
	 * listed in this way: listings add inodes faster than the kernel can be made to forget
	 * them.
	 */
	if (!is_dot(de->d_name) && !prune_due(m)) {
		struct fuse_entry_param found;
		int err = entry_lookup_here(m, parent, de->d_name, &found);

		if (!err) {
			entry = found;
			list->entry[list->nentry++] = found;
		} else {
			report_shortage(m, err);
		}
	}
	list->used += fuse_add_direntry_plus(req, to, room, de->d_name, &entry, de->d_off);
	return true;
}

/*
 * Names are read in small portions: an entry of READDIRPLUS is five times as long as what it is made of, and names that
 * do not fit are read again. No portion is kept, as opendir(3) would do: users may have as many directories open as
 * there are descriptors.
 */
#define PORTION	     4096
#define PORTION_PLUS 1024

/* Adds the @len bytes of names at @names. Returns false if they do not all fit. */
static bool add_portion(fuse_req_t req, struct listing *list, fuse_ino_t parent,
			struct open_dir *dir, const char *names, size_t len)
{
	for (size_t at = 0; at < len;) {
		const struct dirent64 *de = (const struct dirent64 *)(names + at);

		if (!listing_add(req, list, parent, de)) {
			dir->offset = -1;
			return false;
		}
		dir->offset = de->d_off;
		at += de->d_reclen;
	}
	return true;
}

static int listing_fill(fuse_req_t req, struct listing *list, fuse_ino_t parent,
			struct open_dir *dir, off_t off)
{
	_Alignas(struct dirent64) char names[PORTION];
	ssize_t n = 0;
	int err = 0;

	pthread_mutex_lock(&dir->lock);
	if (off != dir->offset || off == 0)
		n = lseek(dir->fd, off, SEEK_SET) < 0 ? -1 : 0;
	dir->offset = off;
	if (n == 0)
		do
			n = getdents64(dir->fd, names, list->plus ? PORTION_PLUS : PORTION);
		while (n > 0 && add_portion(req, list, parent, dir, names, n));
	/* Entries that were read before an error are still good. The next call meets the error again. */
	if (n < 0) {
		err = list->used ? 0 : errno;
		dir->offset = -1;
	}
	pthread_mutex_unlock(&dir->lock);
	return err;
}

static void list_dir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		     struct fuse_file_info *fi, bool plus)
{
	struct mirror *m = mirror_of(req);
	struct listing list;
	int err = listing_init(&list, size, plus);

	if (!err)
		err = listing_fill(req, &list, ino, dir_of(fi), off);
	if (err)
		fuse_reply_err(req, err);
	else if (fuse_reply_buf(req, list.buf, list.used) != 0)
		listing_undo(m, &list);
	listing_free(&list);
}

void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	list_dir(req, ino, size, off, fi, false);
}

void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	list_dir(req, ino, size, off, fi, true);
}
