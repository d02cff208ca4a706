// SPDX-License-Identifier: GPL-2.0-only
/* One mount from beginning to end; see session.h. */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "creds.h"
#include "device.h"
#include "later.h"
#include "log.h"
#include "prune.h"
#include "report.h"
#include "start.h"

struct session {
	struct options *opts;
	struct mirror m;
	struct fuse_session *se;
	struct mounted mounted;
	int ready_fd; /* tells the waiting parent that the mount is live; -1 in the foreground */
	bool failed;  /* while starting */
	struct report report;
	size_t file_limit;

	pthread_t main_thread, signal_thread;
	pthread_t stop_thread; /* if stopping, which the signal thread sets */
	bool stopping;
	atomic_bool loop_ended;
};

static struct fuse_lowlevel_ops operations(const struct mirror *m)
{
	struct fuse_lowlevel_ops ops = {
		.init = mirror_init,
		.lookup = op_lookup,
		.forget = op_forget,
		.forget_multi = op_forget_multi,
		.getattr = op_getattr,
		.setattr = op_setattr,
		.readlink = op_readlink,
		.statfs = op_statfs,
		.mknod = op_mknod,
		.mkdir = op_mkdir,
		.symlink = op_symlink,
		.link = op_link,
		.unlink = op_unlink,
		.rmdir = op_rmdir,
		.rename = op_rename,
		.opendir = op_opendir,
		.readdir = op_readdir,
		.readdirplus = op_readdirplus,
		.releasedir = op_releasedir,
		.fsyncdir = op_fsyncdir,
		.setxattr = op_setxattr,
		.getxattr = op_getxattr,
		.listxattr = op_listxattr,
		.removexattr = op_removexattr,
		.open = op_open,
		.create = op_create,
		.tmpfile = op_tmpfile,
		.flush = op_flush,
		.release = op_release,
		.read = op_read,
		.write = op_write,
		.fsync = op_fsync,
		.fallocate = op_fallocate,
		.lseek = op_lseek,
		.copy_file_range = op_copy_file_range,
	};

	/* Without these operations the kernel keeps the locks itself. */
	if (m->flock)
		ops.flock = op_flock;
	return ops;
}

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static const char *mode_name(enum io_mode mode)
{
	static const char *const names[] = {
		[IO_PASSTHROUGH] = "passthrough",
		[IO_DIRECT] = "direct",
		[IO_CACHED] = "cached",
	};

	return names[mode];
}

static void print_granted(const struct session *s, const struct fuse_conn_info *conn)
{
	const struct mirror *m = &s->m;
	char source[256], mountpoint[256], depth[48] = "";

	log_line("%s on %s: mode %s, FUSE protocol %u.%u",
		 log_name(s->opts->source, source, sizeof(source)),
		 log_name(s->opts->mountpoint, mountpoint, sizeof(mountpoint)),
		 mode_name(m->policy.mode), conn->proto_major, conn->proto_minor);
	if (m->policy.mode == IO_PASSTHROUGH)
		snprintf(depth, sizeof(depth), " (max_stack_depth %d)", m->stack_depth + 1);
	/* Each file that the kernel knows holds a descriptor, and each open of it another one. */
	log_line("%zu descriptors: enough for %zu files that are open at the same time",
		 s->file_limit, s->file_limit / 2);
	log_line(
		"granted: passthrough %s%s, killpriv_v2 %s, access control lists %s, readdirplus %s, max_write %u; parallel direct writes %s; CAP_SYS_ADMIN %s",
		m->policy.mode == IO_PASSTHROUGH ? yes_no(m->granted_passthrough) : "not asked for",
		m->granted_passthrough ? depth : "",
		yes_no(conn->want_ext & FUSE_CAP_HANDLE_KILLPRIV_V2), yes_no(m->granted_acl),
		yes_no(conn->want_ext & FUSE_CAP_READDIRPLUS), conn->max_write,
		m->policy.parallel_writes && m->policy.mode != IO_CACHED ? "asked for"
									 : "not asked for",
		yes_no(creds_have_sys_admin()));
}

/* Leaves the terminal and lets the waiting parent go. */
static void go_background(struct session *s)
{
	const char *log = s->opts->log_file;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int log_fd = log ? log_open(log) : -1;

	if (log && log_fd < 0)
		log_failure(errno, "messages go to syslog", "opening the log file");
	if (log_fd < 0)
		log_to_syslog();
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(log_fd >= 0 ? log_fd : null, 2);
		close(null);
	}
	if (log_fd >= 0)
		close(log_fd);
	if (write(s->ready_fd, "", 1) < 0)
		log_failure(errno, NULL, "telling the parent process that the mount is live");
	close(s->ready_fd);
	s->ready_fd = -1;
}

static int give_up(struct session *s)
{
	s->failed = true;
	fuse_session_exit(s->se);
	return -1;
}

static int on_init(struct mirror *m, struct fuse_conn_info *conn)
{
	struct session *s = m->on_init_arg;

	if (m->policy.mode == IO_PASSTHROUGH && !m->granted_passthrough) {
		const char *hint = "it needs Linux 6.9 or later with CONFIG_FUSE_PASSTHROUGH=y";

		log_failure(0, hint, "this kernel does not grant FUSE passthrough%s",
			    m->policy.require_passthrough ? ""
							  : "; files are served in cached mode");
		if (m->policy.require_passthrough) {
			return give_up(s);
		}
	}
	if (acl_admit_source(m) != 0) {
		log_failure(
			0,
			"mount without allow_other: only the user who mounts can then use the mount",
			"the source has access control lists, or other rules, that can't be served to other users");
		return give_up(s);
	}
	print_granted(s, conn);
	if (s->ready_fd >= 0)
		go_background(s);
	log_start();
	return 0;
}

static void watched_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
}

/* This handler only interrupts the main thread's wait. */
static void on_wake(int sig)
{
}

/* How long the counters, or messages, may take at the end. */
#define REPORT_PATIENCE_S 2

static _Noreturn void end_at_once(const char *why)
{
	log_failure(0, NULL, "%s", why);
	log_end(REPORT_PATIENCE_S);
	_exit(1);
}

/* Some thread can't be ended: a user holds a lock in the source, or that of a directory. */
static void end_without_threads(const struct session *s)
{
	mount_abort(&s->mounted);
	end_at_once("a request is stuck: ending without it");
}

/* How long requests may still take when the loop ends: after one signal, after two, and those that wait. */
#define PATIENCE_S	  60
#define SECOND_PATIENCE_S 10

static void stop_loop(struct session *s, bool again)
{
	struct timespec now, start;

	/*
	 * Join this thread while there are still workers: it may wait for a lock that an answer of
	 * theirs releases.
	 */
	if (!again && !prune_end(&s->m))
		end_without_threads(s);
	fuse_session_exit(s->se);
	/*
	 * The loop may check the flag just before it begins to wait, so one wake-up is not enough.
	 */
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!atomic_load(&s->loop_ended)) {
		pthread_kill(s->main_thread, SIGUSR2);
		usleep(5000);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > (again ? SECOND_PATIENCE_S : PATIENCE_S))
			end_without_threads(s);
	}
}

/* Write-back has come to its end when there was none for so long. */
#define QUIET_MS 50

/*
 * syncfs(2) has the kernel send what stores to mappings left, but Linux 6.18 does not wait for the answers. Requests
 * that the daemon has not served at its end are lost.
 */
static void wait_for_write_back(struct session *s)
{
	const int pause_ms = 5;
	int quiet = fair_writes_back(&s->m.fair) ? 0 : QUIET_MS;

	for (int ms = 0; quiet < QUIET_MS && ms < PATIENCE_S * 1000; ms += pause_ms) {
		if (atomic_load(&s->loop_ended))
			return;
		usleep(pause_ms * 1000);
		quiet = fair_writes_back(&s->m.fair) ? 0 : quiet + pause_ms;
	}
}

/*
 * Detaches the mount while it is still served, so that dirty data get written. If no file is open,
 * this ends the connection and the loop; else stop_loop() does.
 */
static void *stop_main(void *arg)
{
	struct session *s = arg;

	mount_detach(&s->mounted);
	wait_for_write_back(s);
	stop_loop(s, false);
	return NULL;
}

/*
 * Only this thread takes signals, by waiting for them, so that their handling may use any function.
 */
static void *signal_main(void *arg)
{
	struct session *s = arg;
	sigset_t set;
	int sig;

	watched_signals(&set);
	for (;;) {
		if (sigwait(&set, &sig) != 0)
			continue;
		if (atomic_load(&s->loop_ended))
			return NULL;
		if (sig == SIGUSR1)
			report_ask(&s->report);
		else if (s->stopping || pthread_create(&s->stop_thread, NULL, stop_main, s) != 0)
			stop_loop(s, true); /* second signal: do not wait for write-back any more */
		else
			s->stopping = true;
	}
}

static int start_signals(struct session *s)
{
	struct sigaction wake = {.sa_handler = on_wake};
	sigset_t set;
	int err;

	/* Block the signals before any thread exists, so that only the waiting thread gets them. */
	watched_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGUSR2, &wake, NULL);
	signal(SIGPIPE, SIG_IGN);
	s->main_thread = pthread_self();
	err = pthread_create(&s->signal_thread, NULL, signal_main, s);
	if (err)
		log_failure(err, NULL, "starting the signal thread");
	return err ? -1 : 0;
}

/*
 * Cuts the connection but keeps the descriptor's number in use. All that wait for an answer,
 * including the stopping thread, get ENOTCONN or ECONNABORTED.
 */
static void sever(const struct session *s)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup3(null, s->mounted.dev, O_CLOEXEC) < 0)
		log_failure(errno, NULL, "closing the FUSE device");
	if (null >= 0)
		close(null);
}

static void end_signals(struct session *s)
{
	atomic_store(&s->loop_ended, true);
	pthread_kill(s->signal_thread, SIGTERM);
	pthread_join(s->signal_thread, NULL);
	sever(s);
	if (s->stopping)
		pthread_join(s->stop_thread, NULL);
}

static int serve(struct session *s)
{
	struct fuse_loop_config *config;
	int res;

	if (s->opts->threads == 1)
		return fuse_session_loop(s->se);
	config = fuse_loop_cfg_create();
	if (!config)
		return -ENOMEM;
	fuse_loop_cfg_set_clone_fd(config, s->opts->clone_fd);
	/* The limit for one user is in fair.h. With io_uring it is the limit for all. */
	fuse_loop_cfg_set_max_threads(config, s->opts->io_uring ? (unsigned int)s->opts->threads
								: s->m.workers);
	res = fuse_session_loop_mt(s->se, config);
	fuse_loop_cfg_destroy(config);
	return res;
}

static int mount_and_serve(struct session *s)
{
	struct fuse_lowlevel_ops ops = operations(&s->m);
	int res;

	s->se = fuse_session_new(&s->opts->fuse_args, &ops, sizeof(ops), &s->m);
	if (!s->se) {
		log_failure(0, "fuselens-passthroughd --help lists the options",
			    "the options were not understood");
		return 1;
	}
	if (mount_fuse(&s->mounted, s->opts->source, s->opts->mountpoint, s->opts->mountpoint_fd,
		       &s->opts->mount) != 0) {
		fuse_session_destroy(s->se);
		return 1;
	}
	if (s->opts->mount.auto_unmount && mount_watch(&s->mounted) != 0) {
		/* nobody serves the mount, so any request to it would hang */
		close(s->mounted.dev);
		mount_detach(&s->mounted);
		fuse_session_destroy(s->se);
		return 1;
	}
	s->m.dev = s->mounted.dev;
	res = device_set(s->se, &s->m, s->opts->io_uring);
	if (res == 0 && start_signals(s) == 0) {
		res = prune_start(&s->m, s->se, s->file_limit);
		if (res != 0)
			log_failure(res, NULL, "starting the thread that saves descriptors");
		res = serve(s);
		if (!later_stop(SECOND_PATIENCE_S) || !prune_end(&s->m))
			end_without_threads(s);
		end_signals(s);
		if (!report_end(&s->report, REPORT_PATIENCE_S))
			end_at_once("the counters cannot be written: ending without them");
		prune_join(&s->m);
		if (res != 0)
			log_failure(res < 0 ? -res : 0, NULL, "serving requests");
	} else {
		res = -1;
	}
	fuse_session_destroy(s->se);
	if (res != 0 || s->failed)
		mount_detach(&s->mounted);
	return res == 0 && !s->failed ? 0 : 1;
}

/* Waits until the child reports that the mount is live, or ends. Returns the exit code. */
static int wait_until_live(pid_t child, int from)
{
	char byte;
	int status;
	ssize_t n;

	do {
		n = read(from, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1)
		return 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		log_failure(0, NULL, "the daemon was killed by signal %d while starting",
			    WTERMSIG(status));
	return 1;
}

int session_run(struct options *opts)
{
	struct session *s;
	int ready[2] = {-1, -1}, code = 1;
	pid_t child;

	/*
	 * Do this before the pipe: a pipe on 0 or 1 would be closed when the child leaves the
	 * terminal.
	 */
	keep_standard_streams();
	s = calloc(1, sizeof(*s));
	if (!s) {
		log_failure(ENOMEM, NULL, "starting");
		return 1;
	}
	keep_standard_streams();
	s->opts = opts;
	s->ready_fd = -1;
	options_apply(opts, &s->m);
	s->report = (struct report){
		.stats = &s->m.stats,
		.table = &s->m.table,
		.path = opts->stats_file,
		.in_messages = opts->foreground || opts->log_file,
	};
	s->m.on_init = on_init;
	s->m.on_init_arg = s;

	if (!opts->foreground) {
		if (pipe2(ready, O_CLOEXEC) != 0 || (child = fork()) < 0) {
			log_failure(errno, NULL, "going into the background");
			goto out;
		}
		if (child > 0) {
			close(ready[1]);
			code = wait_until_live(child, ready[0]);
			close(ready[0]);
			goto out;
		}
		close(ready[0]);
		s->ready_fd = ready[1];
		setsid();
	}
	/* Do not keep the file system of the working directory busy. */
	if (chdir("/") != 0)
		log_failure(errno, NULL, "changing to /");
	umask(0);
	creds_init();
	s->file_limit = raise_file_limit();
	lift_size_limit();
	if (source_open(&s->m, s->opts->source, s->opts->source_fd, &s->opts->mount) != 0)
		goto out;
	if (mirror_start(&s->m) != 0) {
		log_failure(ENOMEM, NULL, "starting");
		goto out_source;
	}
	code = mount_and_serve(s);
	mirror_end(&s->m);
	log_end(REPORT_PATIENCE_S);
out_source:
	close(s->m.root.fd);
	close(s->m.proc_self);
out:
	free(s);
	return code;
}
