/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a write was exclusive, from the write itself, the open flags and what the kernel can do. Pure. */
#ifndef FL_REASON_H
#define FL_REASON_H

#include "snapshot/snapshot.h"

/* What the other writes of the same file showed. */
struct fl_file_seen {
	bool grew;		   /* some were past EOF */
	bool shared_without_nosec; /* some shared the lock although the inode was not IS_NOSEC */
	bool shared_with_nosec;	   /* some shared it while it was */
	bool shared_privileges;	   /* some shared it although it was setuid or setgid */
};

/*
 * The reason why a write of this nature took the lock exclusively. The kernel's ability on the route is
 * tested first, then the open flags, then the write itself.
 */
enum fl_reason fl_reason_of(enum fl_route route, enum fl_can can, enum fl_mode mode,
			    enum fl_nature nature, const struct fl_flag_knowledge *flag,
			    const struct fl_file_seen *seen);

/*
 * Whether the shared path would accept a write of this nature on this route. mode is how it held the lock: a
 * write that was exclusive because it had to look for privileges is not eligible where the file's other
 * writes show that the kernel looks.
 */
bool fl_is_eligible(enum fl_route route, enum fl_mode mode, enum fl_nature nature,
		    const struct fl_file_seen *seen);

#endif
