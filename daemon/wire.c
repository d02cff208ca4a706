// SPDX-License-Identifier: GPL-2.0-only
/* A look into raw FUSE requests; see wire.h. */
#include "wire.h"

#include <linux/fuse.h>
#include <string.h>

static const char *const opcode_names[WIRE_MAX_OPCODE] = {
	[FUSE_LOOKUP] = "LOOKUP",
	[FUSE_FORGET] = "FORGET",
	[FUSE_GETATTR] = "GETATTR",
	[FUSE_SETATTR] = "SETATTR",
	[FUSE_READLINK] = "READLINK",
	[FUSE_SYMLINK] = "SYMLINK",
	[FUSE_MKNOD] = "MKNOD",
	[FUSE_MKDIR] = "MKDIR",
	[FUSE_UNLINK] = "UNLINK",
	[FUSE_RMDIR] = "RMDIR",
	[FUSE_RENAME] = "RENAME",
	[FUSE_LINK] = "LINK",
	[FUSE_OPEN] = "OPEN",
	[FUSE_READ] = "READ",
	[FUSE_WRITE] = "WRITE",
	[FUSE_STATFS] = "STATFS",
	[FUSE_RELEASE] = "RELEASE",
	[FUSE_FSYNC] = "FSYNC",
	[FUSE_SETXATTR] = "SETXATTR",
	[FUSE_GETXATTR] = "GETXATTR",
	[FUSE_LISTXATTR] = "LISTXATTR",
	[FUSE_REMOVEXATTR] = "REMOVEXATTR",
	[FUSE_FLUSH] = "FLUSH",
	[FUSE_INIT] = "INIT",
	[FUSE_OPENDIR] = "OPENDIR",
	[FUSE_READDIR] = "READDIR",
	[FUSE_RELEASEDIR] = "RELEASEDIR",
	[FUSE_FSYNCDIR] = "FSYNCDIR",
	[FUSE_GETLK] = "GETLK",
	[FUSE_SETLK] = "SETLK",
	[FUSE_SETLKW] = "SETLKW",
	[FUSE_ACCESS] = "ACCESS",
	[FUSE_CREATE] = "CREATE",
	[FUSE_INTERRUPT] = "INTERRUPT",
	[FUSE_BMAP] = "BMAP",
	[FUSE_DESTROY] = "DESTROY",
	[FUSE_IOCTL] = "IOCTL",
	[FUSE_POLL] = "POLL",
	[FUSE_NOTIFY_REPLY] = "NOTIFY_REPLY",
	[FUSE_BATCH_FORGET] = "BATCH_FORGET",
	[FUSE_FALLOCATE] = "FALLOCATE",
	[FUSE_READDIRPLUS] = "READDIRPLUS",
	[FUSE_RENAME2] = "RENAME2",
	[FUSE_LSEEK] = "LSEEK",
	[FUSE_COPY_FILE_RANGE] = "COPY_FILE_RANGE",
	/* By number: older headers lack these names. */
	[48] = "SETUPMAPPING",
	[49] = "REMOVEMAPPING",
	[50] = "SYNCFS",
	[51] = "TMPFILE",
	[52] = "STATX",
	[53] = "COPY_FILE_RANGE_64",
};

const char *wire_opcode_name(uint32_t opcode)
{
	return opcode < WIRE_MAX_OPCODE ? opcode_names[opcode] : NULL;
}

/* Copies as much of the request's body as there is; the rest of @to stays zero. */
static void body(const void *buf, size_t len, void *to, size_t size)
{
	size_t have = len - sizeof(struct fuse_in_header);

	memset(to, 0, size);
	memcpy(to, (const char *)buf + sizeof(struct fuse_in_header), have < size ? have : size);
}

bool wire_peek(const void *buf, size_t len, struct wire_request *req)
{
	struct fuse_in_header head;

	if (len < sizeof(head))
		return false;
	memcpy(&head, buf, sizeof(head));
	*req = (struct wire_request){
		.seen = true,
		.opcode = head.opcode,
		.uid = head.uid,
		.node = head.nodeid,
		.unique = head.unique,
	};

	switch (head.opcode) {
	case FUSE_WRITE: {
		struct fuse_write_in in;

		body(buf, len, &in, sizeof(in));
		req->kill_suidgid = in.write_flags & FUSE_WRITE_KILL_SUIDGID;
		req->write_back = in.write_flags & FUSE_WRITE_CACHE;
		req->opener = req->write_back ? in.fh : 0;
		break;
	}
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR: {
		struct fuse_release_in in;

		body(buf, len, &in, sizeof(in));
		req->handle = in.fh;
		break;
	}
	case FUSE_INTERRUPT: {
		struct fuse_interrupt_in in;

		body(buf, len, &in, sizeof(in));
		req->interrupted = in.unique;
		break;
	}
	case FUSE_OPEN: {
		struct fuse_open_in in;

		body(buf, len, &in, sizeof(in));
		req->kill_suidgid = in.open_flags & FUSE_OPEN_KILL_SUIDGID;
		break;
	}
	case FUSE_CREATE: {
		struct fuse_create_in in;

		body(buf, len, &in, sizeof(in));
		req->kill_suidgid = in.open_flags & FUSE_OPEN_KILL_SUIDGID;
		break;
	}
	case FUSE_SETATTR: {
		struct fuse_setattr_in in;

		body(buf, len, &in, sizeof(in));
		req->kill_suidgid = in.valid & FATTR_KILL_SUIDGID;
		break;
	}
	case FUSE_SETXATTR: {
		/* With FUSE_SETXATTR_EXT. Without it the name begins where these flags are. */
		struct fuse_setxattr_in in;

		body(buf, len, &in, sizeof(in));
		req->kill_suidgid = in.setxattr_flags & FUSE_SETXATTR_ACL_KILL_SGID;
		break;
	}
	case FUSE_FALLOCATE:
	case FUSE_COPY_FILE_RANGE:
	case 53: /* COPY_FILE_RANGE_64 */
		/* The request has no such flag: assume that only root has CAP_FSETID. */
		req->kill_suidgid = head.uid != 0;
		break;
	}
	return true;
}
