// SPDX-License-Identifier: GPL-2.0-only
/* What the operations share: entries, reports, and the negotiation with the kernel at INIT. */
#include "mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "caller.h"
#include "creds.h"
#include "hash.h"
#include "hidden.h"
#include "log.h"
#include "prune.h"
#include "users.h"

_Thread_local struct wire_request current_request;

struct fd_path fd_path(int fd)
{
	struct fd_path path;

	snprintf(path.name, sizeof(path.name), "%d", fd);
	return path;
}

struct inode *inode_of(struct mirror *m, fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? &m->root : inode_of_node(ino);
}

int open_without_wait(struct mirror *m, int path_fd, int flags)
{
	int fd = openat(m->proc_self, fd_path(path_fd).name, flags | O_NONBLOCK);

	if (fd >= 0 && !(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags);
	return fd;
}

double attr_timeout_of(const struct mirror *m, const struct inode *inode, const struct stat *attr)
{
	if (atomic_load(&inode->mapped))
		return 0;
	if (S_ISREG(attr->st_mode) && attr->st_mode & (S_ISUID | S_ISGID))
		return 0;
	return m->attr_timeout;
}

static bool as_told(const struct inode *inode, const struct stat *st)
{
	return st->st_uid == atomic_load(&inode->told_owner) &&
	       st->st_gid == atomic_load(&inode->told_group) &&
	       st->st_mode == atomic_load(&inode->told_mode);
}

/* Keeps what the kernel is going to believe of the file. */
static void tell(struct inode *inode, const struct stat *st)
{
	append_told(&inode->append, st->st_size);
	if (as_told(inode, st))
		return;
	if (atomic_exchange(&inode->is_told, true))
		atomic_store(&inode->must_ask, true);
	atomic_store(&inode->told_owner, st->st_uid);
	atomic_store(&inode->told_group, st->st_gid);
	atomic_store(&inode->told_mode, st->st_mode);
}

/*
 * The kernel holds the lock of a directory while a name is looked up there, and others who make names wait for it. So
 * where something is mounted, it is not asked for attributes, since its server may not answer. These are those that the
 * source's kernel happens to know; see make_entry().
 */
static int stat_known(int fd, struct stat *st)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &stx) != 0)
		return errno;
	*st = (struct stat){
		.st_dev = makedev(stx.stx_dev_major, stx.stx_dev_minor),
		.st_ino = stx.stx_ino,
		.st_mode = stx.stx_mode,
		.st_nlink = stx.stx_nlink,
		.st_uid = stx.stx_uid,
		.st_gid = stx.stx_gid,
		.st_rdev = makedev(stx.stx_rdev_major, stx.stx_rdev_minor),
		.st_size = stx.stx_size,
		.st_blksize = stx.stx_blksize,
		.st_blocks = stx.stx_blocks,
		.st_atim = {stx.stx_atime.tv_sec, stx.stx_atime.tv_nsec},
		.st_mtim = {stx.stx_mtime.tv_sec, stx.stx_mtime.tv_nsec},
		.st_ctim = {stx.stx_ctime.tv_sec, stx.stx_ctime.tv_nsec},
	};
	return 0;
}

/*
 * Takes @fd over. What is @mounted at the name is neither asked nor admitted here. The kernel must not believe its
 * attributes, and asks for them, by stat_inode(), before it lets anybody use it.
 */
static int make_entry(struct mirror *m, int fd, fuse_ino_t parent, const char *name, bool mounted,
		      struct fuse_entry_param *entry)
{
	struct inode *inode;
	struct inode_key key;
	struct stat told;
	int err;

	*entry = (struct fuse_entry_param){.entry_timeout = m->entry_timeout};
	if (mounted)
		err = stat_known(fd, &entry->attr) ?: acl_admit_mount(m, fd, entry->attr.st_dev);
	else
		err = fstat(fd, &entry->attr) != 0 ? errno : acl_admit(m, fd, entry->attr.st_dev);
	key = (struct inode_key){entry->attr.st_dev, entry->attr.st_ino};
	if (!err)
		entry->attr.st_ino = number_of(&m->numbers, key.dev, key.ino);
	if (!err && !entry->attr.st_ino)
		err = ENOMEM;
	if (err) {
		close(fd);
		return err;
	}
	told = entry->attr;
	/* To look at the mount would ask, too. Only for a device it must be done now: the kernel never changes it. */
	if (mounted && S_ISREG(entry->attr.st_mode))
		entry->attr.st_mode &= ~(S_ISUID | S_ISGID);
	else
		hide(m, fd, &entry->attr);
	inode = inode_lookup(&m->table, key, fd, entry->attr.st_mode & S_IFMT, parent, name,
			     users_held(current_request.uid));
	if (!inode)
		return ENOMEM;
	entry->attr_timeout = mounted ? 0 : attr_timeout_of(m, inode, &entry->attr);
	tell(inode, &told);
	entry->ino = inode_node(inode);
	entry->generation = inode->generation;
	prune_if_needed(m);
	return 0;
}

int entry_from_fd(struct mirror *m, int fd, fuse_ino_t parent, const char *name,
		  struct fuse_entry_param *entry)
{
	return make_entry(m, fd, parent, name, false, entry);
}

int stat_inode(struct mirror *m, struct inode *inode, struct stat *st)
{
	int err;

	if (fstat(inode->fd, st) != 0)
		return errno;
	err = acl_admit(m, inode->fd, inode->key.dev);
	if (err)
		return err;
	tell(inode, st);
	hide(m, inode->fd, st);
	st->st_ino = number_of(&m->numbers, inode->key.dev, inode->key.ino);
	return st->st_ino ? 0 : ENOMEM;
}

/*
 * In these two, open the file first, then look it up in the table. While the file is open, no other file gets its inode
 * number. In the reverse order, the number could belong to another file by then.
 */
int entry_lookup_here(struct mirror *m, fuse_ino_t parent, const char *name,
		      struct fuse_entry_param *entry)
{
	int fd = open_name(fd_of(m, parent), name);

	return fd < 0 ? errno : make_entry(m, fd, parent, name, false, entry);
}

int entry_lookup(struct mirror *m, fuse_ino_t parent, const char *name,
		 struct fuse_entry_param *entry)
{
	int err = entry_lookup_here(m, parent, name, entry), fd;

	if (err != EXDEV)
		return err;
	fd = openat(fd_of(m, parent), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? errno : make_entry(m, fd, parent, name, true, entry);
}

void entry_undo(struct mirror *m, const struct fuse_entry_param *entry)
{
	if (entry->ino)
		inode_forget(&m->table, inode_of(m, entry->ino), 1);
}

void answer_entry(fuse_req_t req, const struct fuse_entry_param *entry)
{
	struct mirror *m = mirror_of(req);

	/*
	 * The request was interrupted and is gone. The kernel never learned of the inode, so it
	 * will send no FORGET.
	 */
	if (fuse_reply_entry(req, entry) != 0)
		entry_undo(m, entry);
	prune_pace(m);
}

void begin_change(fuse_req_t req, int fd, bool without_fsetid)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	gid_t gid = ctx->gid;
	struct stat st;

	if (!without_fsetid) {
		creds_as(ctx->uid, gid, 0);
		return;
	}
	/* Only for such files does the writer's group decide; see setattr_should_drop_sgid(). */
	if (fstat(fd, &st) == 0 && (st.st_mode & (S_ISGID | S_IXGRP)) == S_ISGID &&
	    caller_in_group(req, st.st_gid))
		gid = st.st_gid;
	creds_as(ctx->uid, gid, CREDS_NO_FSETID);
}

bool must_drop_suidgid(fuse_req_t req, int fd)
{
	struct stat st;

	if (current_request.seen)
		return current_request.kill_suidgid;
	if (fuse_req_ctx(req)->uid != 0)
		return true;
	return fstat(fd, &st) == 0 && st.st_mode & (S_ISUID | S_ISGID) &&
	       !caller_is_capable(req, CAP_FSETID);
}

/* Has the kernel ask for the attributes before it uses them again. */
static void invalidate(struct mirror *m, struct inode *inode)
{
	fuse_lowlevel_notify_inval_inode(
		m->pruner.se, inode == &m->root ? FUSE_ROOT_ID : inode_node(inode), -1, 0);
}

int check_owner(fuse_req_t req, struct inode *inode, int cap)
{
	uid_t caller = fuse_req_ctx(req)->uid;
	struct stat st;

	if (caller == 0)
		return 0;
	if (fstat(inode->fd, &st) != 0)
		return errno;
	if (st.st_uid == caller || caller_is_capable(req, cap))
		return 0;
	invalidate(mirror_of(req), inode);
	return EPERM;
}

int check_told(fuse_req_t req, struct inode *inode, int mask)
{
	struct stat st;

	if (fuse_req_ctx(req)->uid == 0)
		return 0;
	if (fstat(inode->fd, &st) != 0)
		return errno;
	if (as_told(inode, &st) &&
	    (!mask || !atomic_load(&inode->must_ask) || caller_may(req, inode->fd, mask)))
		return 0;
	invalidate(mirror_of(req), inode);
	return ESTALE;
}

int check_told_dir(fuse_req_t req, fuse_ino_t dir, int mask)
{
	return check_told(req, inode_of(mirror_of(req), dir), mask);
}

bool first_report(struct mirror *m, int err)
{
	uint_fast64_t bit = UINT64_C(1) << (err & 63);

	return !(atomic_fetch_or(&m->reported, bit) & bit);
}

int report_shortage(struct mirror *m, int err)
{
	const char *hint = NULL;

	if (err == EMFILE)
		hint = "every file that the kernel knows holds a descriptor, and every open file one more: raise the limit (ulimit -n, LimitNOFILE=, fs.nr_open)";
	else if (err == ENFILE)
		hint = "the system has no file table entry left: raise fs.file-max";
	else if (err == ENOMEM)
		hint = "the daemon got no memory";
	if (hint && first_report(m, err))
		log_failure(err, hint, "a file could not be looked up or opened");
	if (err == EMFILE)
		prune_now(m);
	return err;
}

bool refuse_more(fuse_req_t req)
{
	const atomic_size_t *held = users_held(fuse_req_ctx(req)->uid);

	if (!held || fuse_req_ctx(req)->uid == 0 || !prune_leaves_too_few(mirror_of(req), *held))
		return false;
	/* No report_shortage(): the kernel shall not forget for this what other users need. */
	fuse_reply_err(req, EMFILE);
	return true;
}

void handle_add(struct mirror *m, struct handle *handle)
{
	handle->held = users_held(handle->user);
	if (handle->held)
		atomic_fetch_add(handle->held, 1);
	pthread_mutex_lock(&m->handles_lock);
	handle->next = m->handles;
	handle->at = &m->handles;
	if (handle->next)
		handle->next->at = &handle->next;
	m->handles = handle;
	pthread_mutex_unlock(&m->handles_lock);
}

void handle_del(struct mirror *m, struct handle *handle)
{
	if (handle->held)
		atomic_fetch_sub(handle->held, 1);
	pthread_mutex_lock(&m->handles_lock);
	*handle->at = handle->next;
	if (handle->next)
		handle->next->at = handle->at;
	pthread_mutex_unlock(&m->handles_lock);
}

int mirror_start(struct mirror *m)
{
	if (hash_draw() != 0 || numbers_init(&m->numbers, m->root.key.dev) != 0)
		return -1;
	if (inode_hide_addresses() != 0 || inode_table_init(&m->table) != 0) {
		numbers_destroy(&m->numbers);
		return -1;
	}
	acl_init(&m->acl);
	users_read(USERS_FILE);
	fair_init(&m->fair, m->threads > 1 ? m->threads : 0, m->workers);
	pthread_mutex_init(&m->handles_lock, NULL);
	return 0;
}

void mirror_end(struct mirror *m)
{
	/* These files were open until the end. The mount is gone, and no RELEASE will come. */
	while (m->handles) {
		struct handle *handle = m->handles;

		handle_del(m, handle);
		handle->close(handle);
	}
	inode_table_destroy(&m->table);
	numbers_destroy(&m->numbers);
	acl_destroy(&m->acl);
	fair_destroy(&m->fair);
	pthread_mutex_destroy(&m->handles_lock);
}

static void ask_for(struct fuse_conn_info *conn, uint64_t cap)
{
	fuse_set_feature_flag(conn, cap);
}

#define MIRROR_MAX_BACKGROUND 65535

void mirror_init(void *userdata, struct fuse_conn_info *conn)
{
	struct mirror *m = userdata;

	m->max_write = conn->max_write;
	conn->max_read = m->max_read;
	/*
	 * With this the kernel does not apply the umask, so that the source's default ACLs take
	 * effect.
	 */
	ask_for(conn, FUSE_CAP_DONT_MASK);
	ask_for(conn, FUSE_CAP_PARALLEL_DIROPS);
	/* The kernel checks the source's access control lists. */
	m->granted_acl = fuse_set_feature_flag(conn, FUSE_CAP_POSIX_ACL);
	m->granted_setxattr_ext = fuse_set_feature_flag(conn, FUSE_CAP_SETXATTR_EXT);
	m->granted_prune = conn->proto_minor >= 45; /* FUSE_NOTIFY_PRUNE */
	/*
	 * A node's number is valid only while the kernel knows the node: file handles would go
	 * stale.
	 */
	fuse_unset_feature_flag(conn, FUSE_CAP_EXPORT_SUPPORT);
	ask_for(conn, FUSE_CAP_NO_EXPORT_SUPPORT);
	/* Without this each passthrough write asks for security.capability under the inode lock. */
	if (m->killpriv)
		m->granted_killpriv = fuse_set_feature_flag(conn, FUSE_CAP_HANDLE_KILLPRIV_V2);
	/* Allows shared mappings of files with direct I/O. */
	if (m->policy.mode == IO_DIRECT)
		ask_for(conn, FUSE_CAP_DIRECT_IO_ALLOW_MMAP);
	if (m->policy.mode == IO_PASSTHROUGH) {
		conn->max_backing_stack_depth = m->stack_depth;
		m->granted_passthrough = fuse_set_feature_flag(conn, FUSE_CAP_PASSTHROUGH);
		/* The kernel grants both or, silently, no passthrough. */
		fuse_unset_feature_flag(conn, FUSE_CAP_WRITEBACK_CACHE);
	}
	/*
	 * With more asynchronous requests than this, of all users, the kernel queues further ones. So they would
	 * wait for a user whose requests are stuck. The default is 12; the kernel's field has no room for more than
	 * this.
	 */
	conn->max_background = MIRROR_MAX_BACKGROUND;
	conn->congestion_threshold = MIRROR_MAX_BACKGROUND;

	if (m->on_init)
		m->on_init(m, conn);
}
