// SPDX-License-Identifier: GPL-2.0-only
/* The command line; see options.h. */
#include "options.h"

#include <errno.h>
#include <fuse_opt.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "log.h"
#include "path.h"

#define DEFAULT_THREADS 10
#define MAX_THREADS	1000

enum {
	KEY_IGNORE, /* meant for mount(8) or fstab, not for us */
	KEY_FLAG_F,
	KEY_FLAG_S,
};

#define OPT(template, member, value)                              \
	{                                                         \
		template, offsetof(struct options, member), value \
	}

static const struct fuse_opt specs[] = {
	OPT("passthrough", mode_passthrough, 1),
	OPT("direct", mode_direct, 1),
	OPT("cached", mode_cached, 1),
	OPT("no_parallel", no_parallel, 1),
	OPT("require_passthrough", require_passthrough, 1),
	OPT("stack_depth=%d", stack_depth, 0),
	OPT("xattr", xattr, 1),
	OPT("flock", flock, 1),
	OPT("no_killpriv", no_killpriv, 1),
	OPT("entry_timeout=%lf", entry_timeout, 0),
	OPT("attr_timeout=%lf", attr_timeout, 0),
	OPT("threads=%d", threads, 0),
	OPT("clone_fd", clone_fd, 1),
	OPT("io_uring", io_uring, 1),
	OPT("stats_file=%s", stats_file, 0),
	OPT("log_file=%s", log_file, 0),
	OPT("debug", debug, 1),
	OPT("-d", debug, 1),
	OPT("-h", help, 1),
	OPT("--help", help, 1),
	OPT("-V", version, 1),
	OPT("--version", version, 1),
	FUSE_OPT_KEY("-f", KEY_FLAG_F),
	FUSE_OPT_KEY("-s", KEY_FLAG_S),
	FUSE_OPT_KEY("-n", KEY_IGNORE),
	FUSE_OPT_KEY("-v", KEY_IGNORE),
	FUSE_OPT_KEY("-t ", KEY_IGNORE),
	FUSE_OPT_KEY("-N ", KEY_IGNORE),
	FUSE_OPT_KEY("default_permissions", KEY_IGNORE), /* always on */
	FUSE_OPT_KEY("auto", KEY_IGNORE),
	FUSE_OPT_KEY("noauto", KEY_IGNORE),
	FUSE_OPT_KEY("nofail", KEY_IGNORE),
	FUSE_OPT_KEY("_netdev", KEY_IGNORE),
	FUSE_OPT_KEY("defaults", KEY_IGNORE),
	FUSE_OPT_KEY("user", KEY_IGNORE),
	FUSE_OPT_KEY("user=", KEY_IGNORE),
	FUSE_OPT_KEY("nouser", KEY_IGNORE),
	FUSE_OPT_KEY("users", KEY_IGNORE),
	FUSE_OPT_KEY("comment=", KEY_IGNORE),
	FUSE_OPT_KEY("owner", KEY_IGNORE),
	FUSE_OPT_KEY("group", KEY_IGNORE),
	FUSE_OPT_KEY("silent", KEY_IGNORE),
	FUSE_OPT_KEY("loud", KEY_IGNORE),
	FUSE_OPT_KEY("nomand", KEY_IGNORE),
	FUSE_OPT_KEY("noiversion", KEY_IGNORE),
	/* Options that mount(8) finds on an existing mount and passes on. */
	FUSE_OPT_KEY("user_id=", KEY_IGNORE),
	FUSE_OPT_KEY("group_id=", KEY_IGNORE),
	OPT("source=%s", as_source, 0),
	FUSE_OPT_END,
};

void options_usage(void)
{
	printf("usage: fuselens-passthroughd SOURCE MOUNTPOINT [-o OPTION[,OPTION...]]\n"
	       "\n"
	       "Mounts a mirror of the directory SOURCE, whose files the kernel reads and writes\n"
	       "itself (FUSE passthrough).\n"
	       "\n"
	       "How files are read and written:\n"
	       "    -o passthrough         by the kernel, in the source file (default)\n"
	       "    -o direct              by this daemon, uncached (FOPEN_DIRECT_IO)\n"
	       "    -o cached              by this daemon, through the FUSE page cache\n"
	       "    -o no_parallel         do not ask for FOPEN_PARALLEL_DIRECT_WRITES\n"
	       "    -o require_passthrough an open that can't be passed through fails\n"
	       "                           (default: that file is served in cached mode)\n"
	       "    -o stack_depth=N       stacked file systems allowed below: 0 (default) or 1\n"
	       "    -o no_killpriv         leave setuid and setgid bits to the kernel\n"
	       "\n"
	       "The mount:\n"
	       "    -o xattr               extended attributes (default: none)\n"
	       "    -o flock               take flock() locks in the source, where its users see them\n"
	       "    -o allow_other         other users may use the mount\n"
	       "    -o entry_timeout=SEC   how long names are believed (1.0)\n"
	       "    -o attr_timeout=SEC    how long attributes are believed (1.0)\n"
	       "    -o allow_root          root and the user who mounts may use it\n"
	       "    -o fsname=NAME         shown as the source\n"
	       "    -o subtype=NAME        the type is fuse.NAME\n"
	       "    -o source=DIR          the source; the first argument is then only a name to show\n"
	       "    -o max_read=BYTES      the largest read request\n"
	       "    -o auto_unmount        unmount when the daemon is killed\n"
	       "    -o remount             change the existing mount: ro, rw, nosuid, ...\n"
	       "    -o ro,nosuid,nodev,... as for mount(8)\n"
	       "\n"
	       "The daemon:\n"
	       "    -f                     stay in the foreground\n"
	       "    -d, -o debug           print every request; implies -f\n"
	       "    -s, -o threads=N       one thread, or at most N (%d) for each user\n"
	       "    -o clone_fd            a device descriptor for each thread\n"
	       "    -o io_uring            requests by io_uring, with -o direct or -o cached\n"
	       "    -o stats_file=PATH     where SIGUSR1 writes the counters\n"
	       "    -o log_file=PATH       messages of the background daemon (default: syslog)\n"
	       "    -h, --help; -V, --version\n",
	       DEFAULT_THREADS);
}

/*
 * The kernel has no such option: it lets everyone in, and libfuse refuses all but root and the
 * owner.
 */
static int allow_root(struct options *opts)
{
	bool others = opts->mount.others;

	if (mount_option(&opts->mount, "allow_other") != 1)
		return -1;
	opts->mount.others = others || getuid() != 0;
	return 1; /* libfuse needs to see this option */
}

static int on_option(void *data, const char *arg, int key, struct fuse_args *out)
{
	struct options *opts = data;
	char shown[256];

	switch (key) {
	case KEY_IGNORE:
		return 0;
	case KEY_FLAG_F:
		*(opts->is_mount_helper ? &opts->fake : &opts->foreground) = 1;
		return 0;
	case KEY_FLAG_S:
		/* mount(8): be tolerant of unknown options. We are not, so nothing to do. */
		if (!opts->is_mount_helper)
			opts->threads = 1;
		return 0;
	case FUSE_OPT_KEY_NONOPT:
		if (!opts->source) {
			opts->source = strdup(arg);
		} else if (!opts->mountpoint) {
			opts->mountpoint = strdup(arg);
		} else {
			log_failure(
				0, "usage: fuselens-passthroughd SOURCE MOUNTPOINT [-o OPTION,...]",
				"one argument too many: %s", arg);
			return -1;
		}
		return 0;
	case FUSE_OPT_KEY_OPT:
		if (strncmp(arg, "x-", 2) == 0 || strncmp(arg, "X-", 2) == 0)
			return 0; /* for fstab's other readers */
		if (strcmp(arg, "allow_root") == 0)
			return allow_root(opts);
		switch (arg[0] == '-' ? 0 : mount_option(&opts->mount, arg)) {
		case 1:
			/* libfuse has to know as well. */
			if (strncmp(arg, "max_read=", 9) != 0)
				return 0;
			opts->max_read = strtoul(arg + 9, NULL, 10);
			return 1;
		case 0:
			log_failure(0, "fuselens-passthroughd --help lists the options",
				    "unknown option %s", log_name(arg, shown, sizeof(shown)));
			opts->explained = true;
		}
		return -1;
	}
	return 1;
}

static int bad(const char *hint, const char *what)
{
	log_failure(0, hint, "%s", what);
	return -1;
}

/* The transport needs a libfuse that has it, and a kernel in which it is enabled. */
static int check_io_uring(const struct options *opts)
{
	FILE *f;
	int c = 0;

	if (!opts->mode_direct && !opts->mode_cached)
		return bad("name -o direct or -o cached",
			   "-o io_uring: in passthrough mode reads and writes are no requests");
	if (FUSE_VERSION < FUSE_MAKE_VERSION(3, 18))
		return bad("build the daemon with libfuse 3.18 or later, or leave -o io_uring out",
			   "-o io_uring: this daemon's libfuse has no io_uring transport");
	f = fopen("/sys/module/fuse/parameters/enable_uring", "re");
	if (f) {
		c = fgetc(f);
		fclose(f);
	}
	if (c != 'Y')
		return bad(
			"echo Y >/sys/module/fuse/parameters/enable_uring (Linux 6.14 and later)",
			"-o io_uring: the kernel does not offer it");
	return 0;
}

/* All rules about options that exclude one another. */
static int check(const struct options *opts)
{
	if (opts->mode_passthrough && opts->mode_direct)
		return bad("name one of them", "-o passthrough and -o direct exclude each other");
	if (opts->mode_passthrough && opts->mode_cached)
		return bad("name one of them", "-o passthrough and -o cached exclude each other");
	if (opts->mode_direct && opts->mode_cached)
		return bad("name one of them", "-o direct and -o cached exclude each other");
	if (opts->require_passthrough && (opts->mode_direct || opts->mode_cached))
		return bad("leave one of them out",
			   "-o require_passthrough makes no sense with -o direct or -o cached");
	if (opts->stack_depth < 0 || opts->stack_depth > 1)
		return bad(
			"the kernel allows one stacked file system below FUSE passthrough: 0 or 1",
			"-o stack_depth= out of range");
	if (opts->io_uring && check_io_uring(opts) != 0)
		return -1;
	if (opts->threads < 1 || opts->threads > MAX_THREADS)
		return bad("1 to 1000", "-o threads= out of range");
	if (!(opts->entry_timeout >= 0) || !(opts->attr_timeout >= 0))
		return bad("give seconds, 0 or more", "a negative timeout");
	return 0;
}

static const char foreign_link[] = "the path leads through another user's symbolic link";

/* Makes *@path absolute while the working directory is still the user's. */
static int absolute(char **path)
{
	char *dir = NULL, *full = NULL;
	int res = -1;

	if (!*path || **path == '/' || !**path)
		return 0;
	dir = realpath(".", NULL);
	if (dir && asprintf(&full, "%s/%s", dir, *path) >= 0) {
		free(*path);
		*path = full;
		res = 0;
	} else {
		log_failure(errno, NULL, "finding the working directory");
	}
	free(dir);
	return res;
}

/* Whether the counters can be put where they shall go: said now, not when somebody asks for them. */
static int check_stats_file(const char *path)
{
	const char *hint =
		"stats_file=PATH names a file in a directory that exists and can be written";
	char shown[256];
	const char *name;
	struct stat st;
	int dir, res = 0;

	if (!path)
		return 0;
	if (!*path || path[strlen(path) - 1] == '/')
		return bad(hint, "stats_file= names no file");
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		log_failure(0, hint, "stats_file %s is not a regular file",
			    log_name(path, shown, sizeof(shown)));
		return -1;
	}
	dir = path_open_parent(path, &name);
	if (dir < 0 || faccessat(dir, ".", W_OK | X_OK, 0) != 0) {
		log_failure(errno, errno == ELOOP ? foreign_link : hint, "stats_file %s",
			    log_name(path, shown, sizeof(shown)));
		res = -1;
	}
	if (dir >= 0)
		close(dir);
	return res;
}

/* Opens a directory that was named, and gives its path as it is then. */
static int open_named(char **named, int *fd, const char *which, const char *hint)
{
	char shown[256], link[32], path[PATH_MAX];
	ssize_t len = -1;

	*fd = path_open_dir(*named);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", *fd);
	if (*fd >= 0)
		len = readlink(link, path, sizeof(path) - 1);
	if (len < 0) {
		log_failure(errno, errno == ELOOP ? foreign_link : hint, "%s %s", which,
			    log_name(*named, shown, sizeof(shown)));
		return -1;
	}
	path[len] = '\0';
	free(*named);
	*named = strdup(path);
	return *named ? 0 : bad(NULL, "out of memory");
}

static int open_mountpoint(struct options *opts, const char *hint)
{
	return open_named(&opts->mountpoint, &opts->mountpoint_fd, "mount point", hint);
}

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return strcmp(path, "/") != 0;
	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

int options_parse(struct options *opts, int argc, char **argv)
{
	const char *self = argc && strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];

	*opts = (struct options){
		.entry_timeout = 1.0,
		.attr_timeout = 1.0,
		.threads = DEFAULT_THREADS,
		.source_fd = -1,
		.mountpoint_fd = -1,
		.fuse_args = FUSE_ARGS_INIT(argc, argv),
		.is_mount_helper = argc && strncmp(self, "mount.", 6) == 0,
	};
	/*
	 * As for any mount that a user may make; -o suid and -o dev allow them. mount(8) names only
	 * what differs from its default, so without nosuid and nodev it means suid and dev.
	 */
	if (!opts->is_mount_helper)
		opts->mount.flags = MS_NOSUID | MS_NODEV;
	if (fuse_opt_parse(&opts->fuse_args, opts, specs, on_option) != 0)
		return opts->explained ? -1
				       : bad("fuselens-passthroughd --help lists the options",
					     "the options were not understood");
	if (opts->help || opts->version)
		return 0;
	if (!opts->source || !opts->mountpoint)
		return bad("usage: fuselens-passthroughd SOURCE MOUNTPOINT [-o OPTION,...]",
			   opts->source ? "no MOUNTPOINT was named" : "no SOURCE was named");
	if (opts->debug)
		opts->foreground = 1;
	if (opts->mount.remount)
		return open_mountpoint(opts, "nothing is mounted there");
	if (opts->as_source) {
		if (!opts->mount.fsname)
			opts->mount.fsname = opts->source;
		else
			free(opts->source);
		opts->source = opts->as_source;
		opts->as_source = NULL;
	}
	if (check(opts) != 0 || absolute(&opts->stats_file) != 0 ||
	    check_stats_file(opts->stats_file) != 0 || absolute(&opts->log_file) != 0 ||
	    open_named(&opts->source, &opts->source_fd, "source",
		       "it must be a directory that exists") != 0 ||
	    open_mountpoint(
		    opts,
		    "it must be a directory that exists; a dead mount there is removed by umount -l") !=
		    0)
		return -1;
	if (is_below(opts->mountpoint, opts->source))
		return bad(
			"mount outside of the source, or over the source itself",
			"the mount point lies inside the source, so the mirror would show itself");
	if (opts->io_uring && fuse_opt_add_arg(&opts->fuse_args, "-oio_uring") != 0)
		return -1;
	return opts->debug ? fuse_opt_add_arg(&opts->fuse_args, "-odebug") : 0;
}

void options_free(struct options *opts)
{
	free(opts->source);
	free(opts->mountpoint);
	if (opts->source_fd >= 0)
		close(opts->source_fd);
	if (opts->mountpoint_fd >= 0)
		close(opts->mountpoint_fd);
	free(opts->stats_file);
	free(opts->log_file);
	free(opts->as_source);
	mount_options_free(&opts->mount);
	fuse_opt_free_args(&opts->fuse_args);
}

void options_apply(const struct options *opts, struct mirror *m)
{
	m->policy = (struct open_policy){
		.mode = opts->mode_direct   ? IO_DIRECT
			: opts->mode_cached ? IO_CACHED
					    : IO_PASSTHROUGH,
		.parallel_writes = !opts->no_parallel,
		.require_passthrough = opts->require_passthrough,
	};
	m->stack_depth = opts->stack_depth;
	m->xattr = opts->xattr;
	m->flock = opts->flock;
	/* What the kernel says of setuid bits with each write is not seen through io_uring. */
	m->killpriv = !opts->no_killpriv && !opts->io_uring;
	m->max_read = opts->max_read;
	m->threads = opts->threads;
	m->workers = MAX_THREADS;
	m->suid = !(opts->mount.flags & MS_NOSUID);
	m->devices = !(opts->mount.flags & MS_NODEV);
	m->others = opts->mount.others;
	m->entry_timeout = opts->entry_timeout;
	m->attr_timeout = opts->attr_timeout;
}
