/* SPDX-License-Identifier: GPL-2.0-only */
/* The mirror file system: what its operations share. */
#ifndef FUSELENS_DAEMON_MIRROR_H
#define FUSELENS_DAEMON_MIRROR_H

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 17)
#include <fuse_lowlevel.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "acl.h"
#include "fair.h"
#include "inode.h"
#include "number.h"
#include "openflags.h"
#include "stats.h"
#include "wire.h"

struct handle;

/* See prune.h. */
struct pruner {
	struct fuse_session *se;
	pthread_t thread;
	bool running;
	size_t limit;	  /* of descriptors */
	size_t high, low; /* descriptors in use at which pruning begins, and ends */

	pthread_mutex_t lock; /* guards the rest; taken last, and held during no call */
	pthread_cond_t changed;
	bool wanted, shortage, ended;
	atomic_bool stop;
};

struct mirror {
	struct open_policy policy;
	int stack_depth; /* how many stacked file systems may lie below; 0 or 1 */
	bool xattr;
	bool flock;	       /* take flock() locks in the source */
	bool killpriv;	       /* ask for FUSE_HANDLE_KILLPRIV_V2 */
	bool others;	       /* users who did not mount it may use it */
	bool suid, devices;    /* the mount lets setuid bits and devices take effect */
	unsigned int max_read; /* bytes; 0: the kernel's choice */
	unsigned int threads;  /* of one user; 1: in all */
	unsigned int workers;  /* in all */
	double entry_timeout;
	double attr_timeout;

	int dev;       /* the FUSE device */
	int proc_self; /* /proc/self/fd, through which an O_PATH descriptor can be opened again */
	struct inode root;
	struct inode_table table;
	struct numbers numbers;
	struct acl_devices acl;
	struct stats stats;
	struct pruner pruner;
	struct fair fair;
	struct handle *handles;
	pthread_mutex_t handles_lock; /* taken last, and held during no call */

	unsigned int max_write; /* bytes, as granted */
	bool granted_passthrough;
	bool granted_killpriv;
	bool granted_acl;
	bool granted_setxattr_ext;
	bool granted_prune;
	/*
	 * Called once, from the INIT request, when the kernel's features are known. Returns 0, or
	 * -1 to end.
	 */
	int (*on_init)(struct mirror *m, struct fuse_conn_info *conn);
	void *on_init_arg;

	atomic_uint_fast64_t reported; /* bit n: a failure with errno n has been logged */
};

/*
 * The beginning of open files and directories: a link in the list of all of them, for the daemon's
 * end.
 */
struct handle {
	struct handle *next, **at;
	void (*close)(
		struct handle *handle); /* closes and frees; the inode and its backing id stay */
	uid_t user;			/* who opened it */
	atomic_size_t *held;		/* counts what that user holds; or NULL */
};

/* One open(2). Its address is the file handle. */
struct open_file {
	struct handle handle;
	struct inode *inode;
	int fd;
	atomic_uint holds; /* by the open itself, and by each lock that is waited for */
	bool writes;
	bool append_only; /* since before it was opened */
};

struct open_dir {
	struct handle handle;
	int fd;
	pthread_mutex_t lock; /* guards the rest; not held while a request is answered */
	off_t offset;	      /* the descriptor's; -1: not known */
};

/* "/proc/self/fd/N" as a path relative to mirror.proc_self. */
struct fd_path {
	char name[16];
};
struct fd_path fd_path(int fd);

static inline struct mirror *mirror_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

struct inode *inode_of(struct mirror *m, fuse_ino_t ino);

static inline int fd_of(struct mirror *m, fuse_ino_t ino)
{
	return inode_of(m, ino)->fd;
}

static inline struct open_file *file_of(const struct fuse_file_info *fi)
{
	return (struct open_file *)(uintptr_t)fi->fh;
}

static inline struct open_dir *dir_of(const struct fuse_file_info *fi)
{
	return (struct open_dir *)(uintptr_t)fi->fh;
}

/* Keeps the file's descriptor until file_put(), though the user may close the file. */
void file_hold(struct open_file *file);
void file_put(struct open_file *file);

/* The request this thread is working on, as it came from the kernel. */
extern _Thread_local struct wire_request current_request;

/*
 * Fills @entry for the file that is open (O_PATH) at @fd, and counts one lookup on its inode. Takes
 * @fd over. @name is the name under which it was found, or NULL. Returns 0 or an errno.
 */
int entry_from_fd(struct mirror *m, int fd, fuse_ino_t parent, const char *name,
		  struct fuse_entry_param *entry);

/* The same for a name in the directory @parent. */
int entry_lookup(struct mirror *m, fuse_ino_t parent, const char *name,
		 struct fuse_entry_param *entry);
/* The same, but returns EXDEV where something is mounted. */
int entry_lookup_here(struct mirror *m, fuse_ino_t parent, const char *name,
		      struct fuse_entry_param *entry);

/* Answers with @entry, and undoes its lookup if nobody wants the answer any more. */
void answer_entry(fuse_req_t req, const struct fuse_entry_param *entry);

/*
 * How long the kernel may believe @attr, the attributes of @inode. 0 while a setuid or setgid bit
 * is set: a write removes the bit in the source, and the kernel then drops size and times from its
 * cache, but not the mode. 0 also once the file may be mapped: a write through a passthrough
 * mapping changes the source's times without a request.
 */
double attr_timeout_of(const struct mirror *m, const struct inode *inode, const struct stat *attr);

/*
 * The file's attributes as the mirror shows them, for an answer to the kernel. Returns 0 or an
 * errno.
 */
int stat_inode(struct mirror *m, struct inode *inode, struct stat *st);

/*
 * Takes the caller's rights, for a change of the file that is open at @fd; creds_end() must follow.
 * If the caller has no CAP_FSETID, the thread drops it, too, and the source removes setuid and
 * setgid bits by its own rules.
 */
void begin_change(fuse_req_t req, int fd, bool without_fsetid);

/*
 * Whether a change of the file at @fd must remove its setuid and setgid bits: as the kernel asks, or, where
 * its request was not seen, unless the caller is root with CAP_FSETID.
 */
bool must_drop_suidgid(fuse_req_t req, int fd);

/* For a change of the content; the kernel's request says whether the caller has CAP_FSETID. */
static inline void begin_as_writer(fuse_req_t req, int fd)
{
	begin_change(req, fd, must_drop_suidgid(req, fd));
}

/*
 * Another user of the source may hold a lease on the file (fcntl(2), F_SETLEASE), and to open it then
 * takes as long as the kernel lets that user keep it: 45 seconds. So files are opened with O_NONBLOCK
 * here, which has the holder asked. Returns a descriptor without that flag, unless @flags has it, or
 * -1 with errno: EWOULDBLOCK while there is a lease.
 */
int open_without_wait(struct mirror *m, int path_fd, int flags);

/*
 * For a change that only a file's owner may make, and who has the capability @cap. The kernel has checked that by
 * an owner that it may have known for attr_timeout, and the request may have waited here since: the file may
 * belong to another user by now. Then returns EPERM, and the kernel asks for the owner again; else returns 0.
 */
int check_owner(fuse_req_t req, struct inode *inode, int cap);
/*
 * For what the kernel has allowed by a file's owner, group and mode, which has to give the rights @mask (R_OK, W_OK,
 * X_OK; 0 for others than these). If they are not what the kernel believes, returns ESTALE: the VFS then looks the
 * name up again and decides anew. Else returns 0.
 *
 * The kernel may have looked long before it sent the request, for what it asks in between can be made to wait; and it
 * may drop an answer, because it takes another one for newer (fuse_change_attributes_i()). So if these attributes have
 * ever changed, or the kernel has read an access control list, the source itself is asked for the caller's rights.
 */
int check_told(fuse_req_t req, struct inode *inode, int mask);
int check_told_dir(fuse_req_t req, fuse_ino_t dir, int mask);

/* Undoes the lookup of an entry that did not reach the kernel. */
void entry_undo(struct mirror *m, const struct fuse_entry_param *entry);

/* Logs a shortage (EMFILE, ENFILE, ENOMEM) once, and returns @err. */
int report_shortage(struct mirror *m, int err);

/*
 * Nearly all descriptors are held by the caller, and the rest is for others: answers with EMFILE, and returns true.
 * Root may use them up.
 */
bool refuse_more(fuse_req_t req);

/* True for the first call with this @err. */
bool first_report(struct mirror *m, int err);

int mirror_start(struct mirror *m);
/* Closes all files and directories that are still open. No request may be served any more. */
void mirror_end(struct mirror *m);

void handle_add(struct mirror *m, struct handle *handle);
void handle_del(struct mirror *m, struct handle *handle);

void mirror_init(void *userdata, struct fuse_conn_info *conn);

void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup);
void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets);
void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		struct fuse_file_info *fi);
void op_readlink(fuse_req_t req, fuse_ino_t ino);
void op_statfs(fuse_req_t req, fuse_ino_t ino);

void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name);
void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname);
void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
	       const char *newname, unsigned int flags);

void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi);
void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);

void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *fi);
void op_tmpfile(fuse_req_t req, fuse_ino_t parent, mode_t mode, struct fuse_file_info *fi);
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);

void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
	      struct fuse_file_info *fi);
void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);
void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t off, off_t len,
		  struct fuse_file_info *fi);
void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi);
void op_copy_file_range(fuse_req_t req, fuse_ino_t ino_in, off_t off_in,
			struct fuse_file_info *fi_in, fuse_ino_t ino_out, off_t off_out,
			struct fuse_file_info *fi_out, size_t len, int flags);
void op_flock(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, int op);

void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size,
		 int flags);
void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name);

#endif
