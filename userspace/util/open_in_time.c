// SPDX-License-Identifier: GPL-2.0-only
#include "util/open_in_time.h"

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
#include <sys/wait.h>

#include "util/clock.h"
#include "util/interrupt.h"
#include "util/pass_fds.h"

/* Answers with the descriptor, or with the errno that explains why there is none. */
static void open_in_child(int line, const char *path)
{
	int fd, why;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open(path, O_PATH | O_CLOEXEC);
	why = fd < 0 ? errno : 0;
	_exit(fl_pass_fds(line, &why, sizeof(why), &fd, fd >= 0) < 0);
}

static int receive(int line)
{
	int fd = -1, why;

	if (fl_receive_fds(line, &why, sizeof(why), &fd, 1))
		why = EIO;
	errno = why;
	return fd;
}

static int ask(const char *path, double seconds)
{
	__u64 end = fl_now_ns() + (__u64)(seconds * 1e9);
	struct pollfd p = {.events = POLLIN};
	int line[2], fd = -1, ready = 0, why;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line))
		return -1;
	pid = fork();
	if (!pid) {
		close(line[0]);
		open_in_child(line[1], path);
	}
	why = errno;
	close(line[1]);
	p.fd = line[0];
	while (pid > 0 && !ready && !fl_interrupted && fl_now_ns() < end)
		ready = poll(&p, 1, 50) > 0;
	if (ready)
		fd = receive(line[0]);
	if (pid > 0)
		why = ready ? errno : fl_interrupted ? EINTR : ETIMEDOUT;
	close(line[0]);
	if (pid > 0) {
		/*
		 * a process that waits for a daemon can be killed, but the kernel may take a while
		 */
		kill(pid, SIGKILL);
		for (int i = 0; i < 50 && waitpid(pid, NULL, WNOHANG) == 0; i++)
			usleep(2000);
	}
	errno = why;
	return fd;
}

int fl_open_in_time(const char *path, double seconds)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_CACHED};
	int fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd >= 0 || (errno != EAGAIN && errno != EINVAL && errno != ENOSYS))
		return fd;
	return ask(path, seconds);
}
