// SPDX-License-Identifier: GPL-2.0-only
#include "verify/cases/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "verify/cases/blocks.h"

/* Workers may find faults at the same time; the text of the first one is kept. */
static int found(struct fl_case_env *e, enum fl_outcome result, const char *fmt, va_list ap)
{
	struct fl_case_page *p = e->page;
	char text[sizeof(p->data_text)];

	vsnprintf(text, sizeof(text), fmt, ap);
	if (result > p->data) {
		p->data = result;
		memcpy(p->data_text, text, sizeof(text));
	}
	return -1;
}

int fl_case_fail(struct fl_case_env *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	found(e, FL_OUTCOME_FAIL, fmt, ap);
	va_end(ap);
	return -1;
}

int fl_case_inconclusive(struct fl_case_env *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	found(e, FL_OUTCOME_INCONCLUSIVE, fmt, ap);
	va_end(ap);
	return -1;
}

void fl_case_note(struct fl_case_env *e, const char *fmt, ...)
{
	struct fl_case_page *p = e->page;
	size_t used = strlen(p->note);
	va_list ap;

	if (used && used + 1 < sizeof(p->note)) {
		p->note[used++] = '\n';
		p->note[used] = '\0';
	}
	va_start(ap, fmt);
	vsnprintf(p->note + used, sizeof(p->note) - used, fmt, ap);
	va_end(ap);
}

int fl_case_errno(struct fl_case_env *e, const char *what)
{
	int saved = errno;

	switch (saved) {
	case ENOSPC:
	case EDQUOT:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EPERM:
	case EACCES:
	case EROFS:
	case ENOSYS:
	case EOPNOTSUPP:
	case EINVAL: /* a daemon without direct I/O refuses aligned direct writes with this errno */
		return fl_case_inconclusive(e, "%s: %s", what, strerror(saved));
	default:
		return fl_case_fail(e, "%s: %s", what, strerror(saved));
	}
}

int fl_case_open(struct fl_case_env *e, const char *file, int flags)
{
	int fd = openat(e->dir, file, flags | O_CLOEXEC, 0644);
	char what[96];

	if (fd < 0) {
		snprintf(what, sizeof(what), "opening %s", file);
		fl_case_errno(e, what);
	}
	return fd;
}

struct fl_leg *fl_case_leg(struct fl_case_env *e, const char *file, int flags, enum fl_want want,
			   unsigned int writers)
{
	struct fl_leg *leg = &e->page->leg[e->page->nlegs];
	int fd = fl_case_open(e, file, flags);
	struct stat st;

	if (fd < 0)
		return NULL;
	e->fd[e->page->nlegs] = fd;
	if (fstat(fd, &st)) {
		fl_case_errno(e, "fstat");
		return NULL;
	}
	snprintf(leg->name, sizeof(leg->name), "%s", file);
	leg->ino = st.st_ino;
	leg->want = want;
	leg->writers = writers;
	e->page->nlegs++;
	return leg;
}

void *fl_case_buffer(size_t len)
{
	void *p;

	if (posix_memalign(&p, 4096, len))
		abort();
	memset(p, 0, len);
	return p;
}

static pid_t start_worker(struct fl_case_env *e, int i, int (*fn)(struct fl_case_env *e, int i))
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	pthread_barrier_wait(&e->page->barrier);
	if (fn(e, i)) {
		__atomic_add_fetch(&e->page->failed, 1, __ATOMIC_RELAXED);
		_exit(1);
	}
	_exit(0);
}

int fl_case_workers(struct fl_case_env *e, int n, int (*fn)(struct fl_case_env *e, int i))
{
	pthread_barrierattr_t shared;
	pid_t pid[FL_VERIFY_WORKERS];
	int status, bad = 0;

	pthread_barrierattr_init(&shared);
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&e->page->barrier, &shared, n);
	pthread_barrierattr_destroy(&shared);
	for (int i = 0; i < n; i++) {
		pid[i] = start_worker(e, i, fn);
		/* the other workers wait at the barrier for ever, and die with us */
		if (pid[i] < 0)
			return fl_case_inconclusive(e, "fork: %s", strerror(errno));
	}
	for (int i = 0; i < n; i++) {
		if (waitpid(pid[i], &status, 0) != pid[i])
			continue;
		if (WIFSIGNALED(status))
			fl_case_fail(e, "worker %d was killed by signal %d", i, WTERMSIG(status));
		bad |= status;
	}
	if (bad && e->page->data == FL_OUTCOME_PASS)
		fl_case_fail(e, "a worker failed without saying why");
	return bad ? -1 : 0;
}

static int count_write(struct fl_case_env *e, int leg, ssize_t n, size_t len, const char *what)
{
	if (n < 0)
		return fl_case_errno(e, what);
	__atomic_add_fetch(&e->page->leg[leg].done, 1, __ATOMIC_RELAXED);
	if ((size_t)n != len)
		return fl_case_fail(e, "%s: %zd of %zu bytes", what, n, len);
	return 0;
}

int fl_case_pwrite(struct fl_case_env *e, int leg, int fd, const void *buf, size_t len, off_t off)
{
	return count_write(e, leg, pwrite(fd, buf, len, off), len, "pwrite");
}

int fl_case_write(struct fl_case_env *e, int leg, int fd, const void *buf, size_t len)
{
	return count_write(e, leg, write(fd, buf, len), len, "write");
}

int fl_case_prefill(struct fl_case_env *e, int fd, off_t size)
{
	const size_t chunk = 1u << 20;
	char *buf = fl_case_buffer(chunk);
	int ret = 0;

	for (off_t off = 0; off < size && !ret; off += chunk) {
		size_t len = size - off < (off_t)chunk ? (size_t)(size - off) : chunk;

		for (size_t at = 0; at < len; at += FL_BLOCK)
			fl_stamp_fill(buf + at, FL_BLOCK, 0, 0, off + at);
		if (pwrite(fd, buf, len, off) != (ssize_t)len)
			ret = fl_case_errno(e, "filling the file");
	}
	free(buf);
	if (!ret && fsync(fd))
		ret = fl_case_errno(e, "fsync");
	return ret;
}

#define CHUNK (1u << 20)

static int read_back(struct fl_case_env *e, int fd, void *buf, size_t len, __u64 off)
{
	ssize_t n = pread(fd, buf, len, off);

	if (n == (ssize_t)len)
		return 0;
	if (n < 0)
		return fl_case_errno(e, "reading back");
	return fl_case_fail(e, "reading back: %zd of %zu bytes at %llu", n, len,
			    (unsigned long long)off);
}

static int check_block(struct fl_case_env *e, const void *buf, __u32 len, __u64 off,
		       enum fl_zero zero)
{
	static const char *const what[] = {
		[FL_BLOCK_ZERO] = "empty",
		[FL_BLOCK_TORN] = "torn",
		[FL_BLOCK_MISPLACED] = "another place's",
		[FL_BLOCK_FOREIGN] = "not one that was written",
	};
	enum fl_block_state state;
	struct fl_stamp st;
	size_t bad_at;

	state = fl_stamp_check(buf, len, off, &st, &bad_at);
	if (state == FL_BLOCK_WHOLE || (zero == FL_ZERO_OK && state == FL_BLOCK_ZERO))
		return 0;
	return fl_case_fail(e, "the block at %llu is %s (byte %zu)", (unsigned long long)off,
			    what[state], bad_at);
}

int fl_case_check_blocks(struct fl_case_env *e, int fd, __u64 from, __u64 to, __u32 len,
			 enum fl_zero zero)
{
	size_t chunk = len < CHUNK ? CHUNK - CHUNK % len : len;
	char *buf = fl_case_buffer(chunk);
	int ret = 0;

	for (__u64 off = from; off < to && !ret; off += chunk) {
		if (to - off < chunk)
			chunk = to - off;
		ret = read_back(e, fd, buf, chunk, off);
		for (size_t at = 0; at + len <= chunk && !ret; at += len)
			ret = check_block(e, buf + at, len, off + at, zero);
	}
	free(buf);
	return ret;
}

int fl_case_check_zeros(struct fl_case_env *e, int fd, __u64 to)
{
	char *buf = fl_case_buffer(CHUNK);
	int ret = 0;

	for (__u64 off = 0; off < to && !ret; off += CHUNK) {
		size_t len = to - off < CHUNK ? to - off : CHUNK;

		ret = read_back(e, fd, buf, len, off);
		if (!ret && (buf[0] || memcmp(buf, buf + 1, len - 1)))
			ret = fl_case_fail(e, "the hole at %llu is not empty",
					   (unsigned long long)off);
	}
	free(buf);
	return ret;
}

int fl_case_size(struct fl_case_env *e, int fd, __u64 want)
{
	struct fl_case_page *p = e->page;
	struct statx now, fresh;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_SIZE, &now) ||
	    statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_SIZE, &fresh))
		return fl_case_errno(e, "statx");
	/* show the size that is wrong */
	if (!p->has_size || p->size_ok) {
		p->size = now.stx_size != want ? now.stx_size : fresh.stx_size;
		p->want_size = want;
		p->size_ok = now.stx_size == want && fresh.stx_size == want;
		p->has_size = true;
	}
	if (p->size_ok)
		return 0;
	return fl_case_fail(e, "the size is %llu (afresh from the daemon: %llu), not %llu",
			    (unsigned long long)now.stx_size, (unsigned long long)fresh.stx_size,
			    (unsigned long long)want);
}

double fl_case_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

bool fl_case_time_left(double since, double seconds)
{
	return fl_case_now() - since < seconds;
}
