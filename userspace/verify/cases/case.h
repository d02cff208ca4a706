/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the correctness cases share: a case as a table entry, and the page of memory through which the
 * process that runs one and the process that judges it talk. Everything that touches the mount runs in
 * that first process, so that a file system that hangs never hangs the judge.
 */
#ifndef FL_VERIFY_CASE_H
#define FL_VERIFY_CASE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#define FL_VERIFY_LEGS	  6
#define FL_VERIFY_WORKERS 8

/* How a case, or one leg of it, ended; in the order of gravity. */
enum fl_outcome {
	FL_OUTCOME_PASS,
	FL_OUTCOME_INCONCLUSIVE,
	FL_OUTCOME_FAIL,
	FL_OUTCOMES,
};

/* What the writes of a leg are by their own nature, and so how they have to lock. */
enum fl_want {
	FL_WANT_WITHIN,	  /* O_DIRECT and inside EOF, every one */
	FL_WANT_BUFFERED, /* not O_DIRECT */
	FL_WANT_APPEND,	  /* O_DIRECT and O_APPEND */
	FL_WANT_GROWING,  /* O_DIRECT; some past EOF when they are made, the others inside */
	FL_WANT_SPLICE,	  /* splice(2) into the file */
	FL_WANT_MAPPED,	  /* O_DIRECT and inside EOF, while the file is mapped shared */
	FL_WANT_EITHER,	  /* depends on rules that kernels differ in: both are right */
};

/* One file of a case, and the writes to it. */
struct fl_leg {
	char name[24];
	__u64 ino;
	enum fl_want want;
	__u64 done;	    /* writes that returned a count; workers add to it atomically */
	__u64 min_past_eof; /* FL_WANT_GROWING: at least so many were past EOF */
	__u32 writers;	    /* tasks that write at the same time */
	/*
	 * The FUSE file's flags and the backing file's differ, so what kind of write it was depends on
	 * whom one asks: only the lock is judged.
	 */
	bool flags_differ;
	/* the remark where writes to a backing file ran shared, which breaks a locking rule of the VFS */
	char lax_if_shared[160];
	/* what the kernel does wrong if the data came out wrong and writes ran shared */
	char defect_if_shared[288];
};

/* Shared by the judge, the case's process and its workers. */
struct fl_case_page {
	struct fl_leg leg[FL_VERIFY_LEGS];
	__u32 nlegs;
	enum fl_outcome data;	/* what the workload itself found */
	char data_text[384];	/* why data is not a pass */
	__u64 size, want_size;	/* of the file whose size matters most */
	bool has_size, size_ok; /* size_ok: every size that was checked was right */
	char note[768];		/* one a line */
	char kept[96];		/* the file to look at after a failure */
	bool no_mapping;	/* mmap_mixed: the mount refuses shared mappings */
	__u32 sync_eio; /* mmap_mixed: the kernel said that direct I/O and stores collided */
	/* between workers */
	pthread_barrier_t barrier;
	__u32 stop;
	__u32 failed; /* workers that did */
};

struct fl_verify_opts {
	bool quick;
	bool keep;
	bool strict;	 /* what breaks the VFS's locking rules without harm fails too */
	__u64 size;	 /* of the files written all over, in bytes */
	double seconds;	 /* how long timed workloads run */
	double deadline; /* seconds for one case */
	const char *fio; /* its file; NULL where there is none */
};

/* A case's process. */
struct fl_case_env {
	const struct fl_verify_opts *opts;
	struct fl_case_page *page;
	const char *name;
	int dir;		/* working directory on the mount, which is also the process's */
	int fd[FL_VERIFY_LEGS]; /* held open from set-up to the end, so that flags can be read */
};

/* A hook returns 0, or -1 once it has said why with fl_case_fail() or one of its like. */
struct fl_verify_case {
	const char *name;
	const char *what; /* one line for people: set-up and workload */
	const char *why;  /* why the lock path has to be what it is */
	int (*setup)(struct fl_case_env *e);
	int (*work)(struct fl_case_env *e); /* counted */
	int (*check)(struct fl_case_env *e);
	/* must show upgrades where writes share the lock, and needs evidence that counts them */
	bool wants_upgrades;
};

extern const struct fl_verify_case *const fl_verify_cases[];
extern const size_t fl_verify_ncases;
const struct fl_verify_case *fl_verify_find(const char *name);

#endif
