// SPDX-License-Identifier: GPL-2.0-only
#include "live/file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "util/capture.h"
#include "util/file.h"
#include "util/in_time.h"
#include "util/own_links.h"
#include "util/program.h"

/* Whether the owner is root, or the user who called sudo and so has root's rights anyway. */
static bool is_ours(uid_t owner)
{
	const char *sudo = getenv("SUDO_UID");
	char *end;

	if (owner == 0 || owner == geteuid())
		return true;
	return sudo && *sudo && strtoul(sudo, &end, 10) == owner && !*end;
}

static int check(int fd, const char *path, struct fl_err *err)
{
	struct stat st;
	uid_t mounter;

	if (fstat(fd, &st))
		return fl_errno(err, errno, "cannot read %s", path);
	if (!S_ISREG(st.st_mode))
		return fl_err(err, "%s: not a regular file", path);
	if (!is_ours(st.st_uid)) {
		fl_err(err, "%s belongs to user %u, who could have the kernel run anything", path,
		       st.st_uid);
		return fl_hint(err, "copy it to a file of root's, if you trust it");
	}
	mounter = fl_mounter_of(fd);
	if (!is_ours(mounter)) {
		fl_err(err,
		       "%s is on a FUSE mount of user %u, who could have the kernel run anything",
		       path, mounter);
		return fl_hint(err, "copy it to a file of root's, if you trust it");
	}
	if (st.st_mode & 022) {
		fl_err(err, "%s can be written by others than its owner", path);
		return fl_hint(err, "chmod go-w %s, if you trust what is in it", path);
	}
	return 0;
}

/* How long the module's file system may take to hand it out. */
#define ANSWER_SECONDS 10
#define MAX_MODULE     (64u << 20)

/* What is at path, and may be a module that we load. */
struct found {
	bool good, on_fuse;
	struct fl_err err; /* unless it is good */
};

/* A copy in memory: whoever reads that waits for no file system. Returns -1 with errno set. */
static int copy_of(int from)
{
	int to = memfd_create("fuselens", MFD_CLOEXEC);
	char buf[65536];
	size_t all = 0;
	ssize_t n = 1;

	while (to >= 0 && n > 0) {
		n = read(from, buf, sizeof(buf));
		all += n > 0 ? n : 0;
		if (all > MAX_MODULE)
			errno = EFBIG;
		if (n < 0 || all > MAX_MODULE || write(to, buf, n) != n) {
			int why = errno;

			close(to);
			errno = why;
			return -1;
		}
	}
	return to;
}

/* fds: the file, and its copy. In a process of its own, since any of this may get no answer. */
static void look(const char *path, void *answer, int fds[FL_PASS_FDS])
{
	struct found *found = answer;
	struct statfs fs;
	uid_t stranger;
	/* do not wait until the other end of a FIFO is opened */
	int fd = fl_open_by_own_links(path, O_RDONLY | O_NONBLOCK, 0, &stranger);

	if (fd < 0) {
		fl_own_links_errno(&found->err, errno, stranger, "cannot read %s", path);
		return;
	}
	if (check(fd, path, &found->err))
		return;
	found->on_fuse = !fstatfs(fd, &fs) && fs.f_type == FUSE_SUPER_MAGIC;
	fds[1] = copy_of(fd);
	if (fds[1] < 0) {
		fl_errno(&found->err, errno, "cannot read %s", path);
		return;
	}
	fds[0] = fd;
	found->good = true;
}

/* The file's content, unpacked by the program for its suffix; NULL with err set. */
static char *contents(struct fl_live_file *f, int copy, struct fl_err *err)
{
	static const struct {
		const char *suffix, *program;
	} kinds[] = {{".xz", "xz"}, {".zst", "zstd"}, {".gz", "gzip"}};
	size_t len = strlen(f->path), n;
	char program[256], *argv[] = {program, "-dc", NULL};

	lseek(copy, 0, SEEK_SET);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		n = strlen(kinds[k].suffix);
		if (len < n || strcmp(f->path + len - n, kinds[k].suffix) != 0)
			continue;
		f->from_memory = true;
		if (fl_program_find(kinds[k].program, NULL, program, sizeof(program), err))
			return NULL;
		return fl_capture_from(argv, copy, &f->size, err);
	}
	/* this closes the descriptor that it reads */
	return fl_read_fd(fcntl(copy, F_DUPFD_CLOEXEC, 3), f->path, &f->size, err);
}

int fl_live_file_open(struct fl_live_file *f, const char *path, struct fl_err *err)
{
	int fds[FL_PASS_FDS];
	struct found found;

	memset(f, 0, sizeof(*f));
	snprintf(f->path, sizeof(f->path), "%s", path);
	f->fd = -1;
	if (fl_ask_in_time(look, path, ANSWER_SECONDS, &found, sizeof(found), fds)) {
		if (errno != ETIMEDOUT)
			return fl_errno(err, errno, "cannot read %s", path);
		fl_err(err, "cannot read %s: its file system does not answer within %d s", path,
		       ANSWER_SECONDS);
		return fl_hint(
			err,
			"is a FUSE daemon stopped? 'fuselens files' shows who serves which mount");
	}
	if (!found.good) {
		*err = found.err;
		return -1;
	}
	f->fd = fds[0];
	f->from_memory = found.on_fuse;
	f->bytes = contents(f, fds[1], err);
	close(fds[1]);
	if (f->bytes)
		return 0;
	fl_live_file_close(f);
	return -1;
}

void fl_live_file_close(struct fl_live_file *f)
{
	free(f->bytes);
	if (f->fd >= 0)
		close(f->fd);
	f->bytes = NULL;
	f->fd = -1;
}

/* The section .modinfo: texts "name=value", each with a NUL behind it. NULL if there is none. */
static Elf_Data *modinfo(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t strings;

	if (elf_kind(elf) != ELF_K_ELF || elf_getshdrstrndx(elf, &strings))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		const char *name = gelf_getshdr(section, &header)
					   ? elf_strptr(elf, strings, header.sh_name)
					   : NULL;

		if (name && !strcmp(name, ".modinfo"))
			return elf_rawdata(section, NULL);
	}
	return NULL;
}

int fl_live_file_says(const struct fl_live_file *f, const char *name, char *value, size_t size,
		      struct fl_err *err)
{
	size_t len = strlen(name), room = 0;
	const char *text, *end;
	Elf_Data *data;
	Elf *elf;
	int ret = 0;

	*value = '\0';
	elf_version(EV_CURRENT);
	elf = elf_memory(f->bytes, f->size);
	data = elf ? modinfo(elf) : NULL;
	text = data && data->d_buf ? data->d_buf : "";
	end = data && data->d_buf ? text + data->d_size : text;
	for (; text < end; text += room + 1) {
		room = strnlen(text, end - text);
		if (room <= len || memcmp(text, name, len) != 0 || text[len] != '=')
			continue;
		if (room - len > size)
			ret = fl_err(err, "%s: its %s is too long", f->path, name);
		else
			snprintf(value, size, "%.*s", (int)(room - len - 1), text + len + 1);
		break;
	}
	elf_end(elf);
	return ret;
}

int fl_live_file_insert(const struct fl_live_file *f)
{
	long res = f->from_memory ? syscall(SYS_init_module, f->bytes, f->size, "")
				  : syscall(SYS_finit_module, f->fd, "", 0);

	return res ? errno : 0;
}
