// SPDX-License-Identifier: GPL-2.0-only
#include "util/in_time.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "util/clock.h"
#include "util/file.h"
#include "util/interrupt.h"
#include "util/pass_fds.h"
#include "util/processes.h"

static void answer_in_child(int line, fl_question *ask, const char *path, void *answer, size_t size)
{
	int fds[FL_PASS_FDS] = {-1, -1}, n = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	memset(answer, 0, size);
	ask(path, answer, fds);
	while (n < FL_PASS_FDS && fds[n] >= 0)
		n++;
	_exit(fl_pass_fds(line, answer, size, fds, n) < 0);
}

int fl_ask_in_time(fl_question *ask, const char *path, double seconds, void *answer, size_t size,
		   int fds[FL_PASS_FDS])
{
	__u64 end = fl_now_ns() + (__u64)(seconds * 1e9);
	struct pollfd p = {.events = POLLIN};
	int line[2], ready = 0, why;
	pid_t pid;

	for (int i = 0; i < FL_PASS_FDS; i++)
		fds[i] = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line))
		return -1;
	pid = fork();
	if (!pid) {
		close(line[0]);
		answer_in_child(line[1], ask, path, answer, size);
	}
	why = errno;
	close(line[1]);
	p.fd = line[0];
	while (pid > 0 && !ready && !fl_interrupted && fl_now_ns() < end)
		ready = poll(&p, 1, 50) > 0;
	if (ready)
		why = fl_receive_fds(line[0], answer, size, fds, FL_PASS_FDS) ? EIO : 0;
	else if (pid > 0)
		why = fl_interrupted ? EINTR : ETIMEDOUT;
	close(line[0]);
	if (pid > 0)
		fl_process_end_child(pid);
	errno = why;
	return why ? -1 : 0;
}

static void open_path(const char *path, void *answer, int fds[FL_PASS_FDS])
{
	int *why = answer;

	fds[0] = open(path, O_PATH | O_CLOEXEC);
	*why = fds[0] < 0 ? errno : 0;
}

int fl_open_in_time(const char *path, double seconds)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_CACHED};
	int fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	int fds[FL_PASS_FDS], why;

	if (fd >= 0 || (errno != EAGAIN && errno != EINVAL && errno != ENOSYS))
		return fd;
	if (!fl_ask_in_time(open_path, path, seconds, &why, sizeof(why), fds))
		errno = why;
	return fds[0];
}

struct bytes {
	size_t len;
	char text[FL_READ_IN_TIME];
};

static void read_proc(const char *path, void *answer, int fds[FL_PASS_FDS])
{
	struct bytes *b = answer;

	b->len = fl_read_proc(path, b->text, sizeof(b->text));
}

size_t fl_read_proc_in_time(const char *path, char *buf, size_t len, double seconds)
{
	int none[FL_PASS_FDS];
	struct bytes b;

	buf[0] = '\0';
	if (fl_ask_in_time(read_proc, path, seconds, &b, sizeof(b), none))
		return 0;
	if (b.len > len - 1)
		b.len = len - 1;
	memcpy(buf, b.text, b.len);
	buf[b.len] = '\0';
	return b.len;
}
