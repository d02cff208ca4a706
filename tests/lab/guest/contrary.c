// SPDX-License-Identifier: GPL-2.0-only
/*
 * A FUSE server that makes every mistake an open can have, on demand, for tests/lab/refused.sh. It speaks
 * the kernel's protocol by itself: libfuse would not send most of these replies.
 *
 * usage: contrary SCRATCH_DIR MOUNTPOINT [no-passthrough | DEVICE]
 *
 * Any name that can be parsed is a file of 1 MiB. The name says how its opens are answered, one after the
 * other (the last answer stays): ANSWER[,ANSWER...], an answer being WORD[+WORD...] of
 *   cached direct passthrough parallel keep_cache nonseekable stream cache_dir   the open flags
 *   other  with another backing file than the inode's others
 *   noid   with backing id 0             gone  with an id that was closed before
 *   hold   a write is answered only right before the file's next passthrough open
 *   numN   nothing: a number makes it another file's name
 *   iomap  the kernel's own I/O on DEVICE; only the lab's kernel with tests/lab/iomap/exclusive.patch knows it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/fuse.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#define FILE_SIZE   (1u << 20)
#define BUFFER_SIZE (FILE_SIZE + 4096)
#define MAX_FILES   8192
#define FOPEN_IOMAP (1u << 31)

enum id { ID_OWN, ID_OTHER, ID_NONE, ID_GONE, ID_DEVICE };

struct answer {
	unsigned int flags;
	enum id id;
	bool hold;
};

struct file {
	char name[200];
	unsigned int opens;
	int32_t own, other; /* backing ids, 0 until asked for */
	bool hold;
	uint64_t held; /* a write that waits for its answer */
	uint32_t held_size;
};

static const struct word {
	const char *name;
	struct answer answer;
} words[] = {
	{"cached", {}},
	{"direct", {FOPEN_DIRECT_IO}},
	{"passthrough", {FOPEN_PASSTHROUGH}},
	{"parallel", {FOPEN_PARALLEL_DIRECT_WRITES}},
	{"keep_cache", {FOPEN_KEEP_CACHE}},
	{"nonseekable", {FOPEN_NONSEEKABLE}},
	{"stream", {FOPEN_STREAM}},
	{"cache_dir", {FOPEN_CACHE_DIR}},
	{"other", {0, ID_OTHER}},
	{"noid", {0, ID_NONE}},
	{"gone", {0, ID_GONE}},
	{"hold", {0, ID_OWN, true}},
	{"iomap", {FOPEN_IOMAP, ID_DEVICE}},
};

static struct file files[MAX_FILES];
static size_t nfiles;
static int dev, scratch;
static bool passthrough = true;
static int32_t device; /* its number, as the kernel writes it for users */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The nth answer that NAME asks for, or its last. False where it cannot be parsed. */
static bool parse(const char *name, unsigned int nth, struct answer *a)
{
	char copy[200], *list = copy, *one, *word;

	if (strlen(name) >= sizeof(copy))
		return false;
	strcpy(copy, name);
	for (unsigned int n = 0; n <= nth && (one = strsep(&list, ",")); n++) {
		memset(a, 0, sizeof(*a));
		while ((word = strsep(&one, "+"))) {
			size_t i = 0;

			if (!strncmp(word, "num", 3))
				continue;
			while (i < sizeof(words) / sizeof(*words) && strcmp(words[i].name, word))
				i++;
			if (i == sizeof(words) / sizeof(*words))
				return false;
			a->flags |= words[i].answer.flags;
			a->hold |= words[i].answer.hold;
			if (words[i].answer.id)
				a->id = words[i].answer.id;
		}
	}
	return true;
}

static struct file *file_of(uint64_t nodeid)
{
	return nodeid > FUSE_ROOT_ID && nodeid - 2 < nfiles ? &files[nodeid - 2] : NULL;
}

static void reply(uint64_t unique, int error, const void *data, size_t size)
{
	struct fuse_out_header out = {.len = sizeof(out) + size, .error = -error, .unique = unique};
	struct iovec iov[] = {{&out, sizeof(out)}, {(void *)data, size}};

	/* ENOENT: the request was interrupted meanwhile */
	if (writev(dev, iov, 2) < 0 && errno != ENOENT)
		die("reply");
}

static void fill_attr(uint64_t nodeid, struct fuse_attr *attr)
{
	attr->ino = nodeid;
	attr->nlink = 1;
	attr->mode = nodeid == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0666;
	attr->size = nodeid == FUSE_ROOT_ID ? 0 : FILE_SIZE;
	attr->blksize = 4096;
}

static void init(const struct fuse_in_header *in, const struct fuse_init_in *arg)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = arg->max_readahead,
		.flags = FUSE_INIT_EXT | FUSE_BIG_WRITES,
		.max_write = 128 * 1024,
	};

	/* so that the kernel may know of a file that it has no privileges to take away */
	if (device)
		out.flags |= FUSE_HANDLE_KILLPRIV_V2;
	if (passthrough) {
		out.flags2 = FUSE_PASSTHROUGH >> 32;
		out.max_stack_depth = 1;
	}
	reply(in->unique, 0, &out, sizeof(out));
}

static void lookup(const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out out = {.entry_valid = 3600, .attr_valid = 3600};
	struct answer a;
	size_t i = 0;

	if (!parse(name, 0, &a))
		return reply(in->unique, ENOENT, NULL, 0);
	while (i < nfiles && strcmp(files[i].name, name))
		i++;
	if (i == nfiles) {
		if (nfiles == MAX_FILES)
			return reply(in->unique, ENFILE, NULL, 0);
		strcpy(files[nfiles++].name, name);
	}
	out.nodeid = i + 2;
	fill_attr(out.nodeid, &out.attr);
	reply(in->unique, 0, &out, sizeof(out));
}

/* A backing id of a new scratch file; 1 where the kernel gives none, as a server might believe. */
static int32_t backing_id(void)
{
	static unsigned int n;
	struct fuse_backing_map map = {};
	char name[32];
	int32_t id;

	if (!passthrough)
		return 1;
	snprintf(name, sizeof(name), "backing.%d.%u", getpid(), n++);
	map.fd = openat(scratch, name, O_RDWR | O_CREAT, 0600);
	if (map.fd < 0 || ftruncate(map.fd, FILE_SIZE))
		die(name);
	id = ioctl(dev, FUSE_DEV_IOC_BACKING_OPEN, &map);
	if (id < 0)
		die("FUSE_DEV_IOC_BACKING_OPEN");
	close(map.fd);
	return id;
}

static int32_t id_for(struct file *f, enum id kind)
{
	uint32_t id;

	switch (kind) {
	case ID_OWN:
		return f->own ? f->own : (f->own = backing_id());
	case ID_OTHER:
		return f->other ? f->other : (f->other = backing_id());
	case ID_GONE:
		id = backing_id();
		if (ioctl(dev, FUSE_DEV_IOC_BACKING_CLOSE, &id))
			die("FUSE_DEV_IOC_BACKING_CLOSE");
		return id;
	case ID_DEVICE:
		return device;
	default:
		return 0;
	}
}

static void answer_held(struct file *f)
{
	struct fuse_write_out out = {.size = f->held_size};

	if (f->held)
		reply(f->held, 0, &out, sizeof(out));
	f->held = 0;
}

static void do_open(const struct fuse_in_header *in)
{
	struct file *f = file_of(in->nodeid);
	struct fuse_open_out out = {};
	struct answer a = {};

	if (!f || !parse(f->name, f->opens++, &a))
		return reply(in->unique, EISDIR, NULL, 0);
	out.open_flags = a.flags;
	f->hold |= a.hold;
	if (a.flags & (FOPEN_PASSTHROUGH | FOPEN_IOMAP))
		out.backing_id = id_for(f, a.id);
	if (a.flags & FOPEN_PASSTHROUGH)
		answer_held(f);
	reply(in->unique, 0, &out, sizeof(out));
}

static void do_write(const struct fuse_in_header *in, const struct fuse_write_in *arg)
{
	struct file *f = file_of(in->nodeid);

	if (!f || f->held)
		return reply(in->unique, EIO, NULL, 0);
	f->held = in->unique;
	f->held_size = arg->size;
	if (!f->hold)
		answer_held(f);
}

static void do_read(const struct fuse_in_header *in, const struct fuse_read_in *arg)
{
	static const char zeros[BUFFER_SIZE];
	size_t size = arg->offset < FILE_SIZE ? FILE_SIZE - arg->offset : 0;

	reply(in->unique, 0, zeros, size < arg->size ? size : arg->size);
}

static void handle(const struct fuse_in_header *in, const void *arg)
{
	struct fuse_attr_out attr = {.attr_valid = 3600};

	switch (in->opcode) {
	case FUSE_INIT:
		return init(in, arg);
	case FUSE_LOOKUP:
		return lookup(in, arg);
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		fill_attr(in->nodeid, &attr.attr);
		return reply(in->unique, 0, &attr, sizeof(attr));
	case FUSE_OPEN:
		return do_open(in);
	case FUSE_READ:
		return do_read(in, arg);
	case FUSE_WRITE:
		return do_write(in, arg);
	case FUSE_RELEASE:
		return reply(in->unique, 0, NULL, 0);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return; /* these have no reply */
	default:
		reply(in->unique, ENOSYS, NULL, 0);
	}
}

static int32_t number_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) || !S_ISBLK(st.st_mode))
		die(path);
	return (minor(st.st_rdev) & 0xff) | major(st.st_rdev) << 8 |
	       (minor(st.st_rdev) & ~0xffu) << 12;
}

int main(int argc, char **argv)
{
	static _Alignas(8) char buf[BUFFER_SIZE];
	char options[64];

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: %s SCRATCH_DIR MOUNTPOINT [no-passthrough | DEVICE]\n",
			argv[0]);
		return 2;
	}
	passthrough = argc == 3;
	if (argc == 4 && strcmp(argv[3], "no-passthrough") != 0)
		device = number_of(argv[3]);
	scratch = open(argv[1], O_RDONLY | O_DIRECTORY);
	dev = open("/dev/fuse", O_RDWR);
	if (scratch < 0 || dev < 0)
		die("open");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", dev);
	if (mount("contrary", argv[2], "fuse.contrary", MS_NOSUID | MS_NODEV, options))
		die("mount");
	for (;;) {
		ssize_t n = read(dev, buf, sizeof(buf));

		if (n >= (ssize_t)sizeof(struct fuse_in_header))
			handle((void *)buf, buf + sizeof(struct fuse_in_header));
		else if (n < 0 && errno == ENODEV)
			return 0; /* unmounted */
		else if (n < 0 && errno != EINTR && errno != ENOENT && errno != EAGAIN)
			die("read");
	}
}
