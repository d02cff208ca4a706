// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that acts with another user's credentials, as nfsd and overlayfs do: an io_uring personality. The task is
 * root, in the groups that it was started with; it allocates the file's first block as user and group 1001, who is in
 * no other group. Prints "ok", or the error's name.
 *
 * usage: daemon_act FILE
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define USER 1001

static int say(long res)
{
	puts(res < 0 ? strerrorname_np(errno) : "ok");
	return res < 0;
}

/* The number of the personality, or -1. */
static int take_personality(int ring)
{
	gid_t groups[64];
	int n = getgroups(64, groups), id;

	if (n < 0 || setgroups(0, NULL) != 0)
		return -1;
	setfsgid(USER);
	setfsuid(USER);
	id = syscall(SYS_io_uring_register, ring, IORING_REGISTER_PERSONALITY, NULL, 0);
	setfsuid(0);
	setfsgid(0);
	return setgroups(n, groups) == 0 ? id : -1;
}

static void *map(int ring, size_t size, off_t what)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, what);
}

/* Returns as fallocate(2) does. */
static int allocate_as(int ring, const struct io_uring_params *p, int personality, int fd)
{
	size_t size = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	char *rings = map(ring, size, IORING_OFF_SQ_RING);
	struct io_uring_sqe *sqe = map(ring, p->sq_entries * sizeof(*sqe), IORING_OFF_SQES);
	const struct io_uring_cqe *cqe = (void *)(rings + p->cq_off.cqes);

	if (rings == MAP_FAILED || (void *)sqe == MAP_FAILED)
		return -1;
	*sqe = (struct io_uring_sqe){
		.opcode = IORING_OP_FALLOCATE,
		.fd = fd,
		.addr = 4096, /* the length */
		.personality = personality,
	};
	*(uint32_t *)(rings + p->sq_off.array) = 0;
	atomic_store((_Atomic uint32_t *)(rings + p->sq_off.tail), 1);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -1;
	errno = -cqe->res;
	return cqe->res < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct io_uring_params p = {0};
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;
	int ring = syscall(SYS_io_uring_setup, 1, &p), id;

	if (fd < 0 || ring < 0)
		return say(-1);
	id = take_personality(ring);
	return say(id < 0 ? -1 : allocate_as(ring, &p, id, fd));
}
