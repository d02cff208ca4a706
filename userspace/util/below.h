/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files below a directory that others can write to. Everything is reached from a descriptor, no link is
 * followed and no mount is crossed on the way, so that nobody can lead us elsewhere by renaming and
 * linking. Nothing else in the tree makes, opens or removes files in such places.
 */
#ifndef FL_BELOW_H
#define FL_BELOW_H

#include <stddef.h>
#include <sys/types.h>
#include "util/err.h"

/*
 * A file or directory below dir; path has no ".." and no link in it. With O_PATH it may be anything but a
 * link. Returns a descriptor, or -1 with errno set.
 */
int fl_below_open(int dir, const char *path, int flags, mode_t mode);
/* Makes the directory name in dir and opens it. -1 with errno set, EEXIST where there is one already. */
int fl_below_mkdir(int dir, const char *name, mode_t mode);
/*
 * Writes text to a new file, and to the disk; replaces a file that is there already. Returns 0, or -1 with err
 * set.
 */
int fl_below_write(int dir, const char *name, const char *text, struct fl_err *err);
/* As fl_read_file(), below dir. */
char *fl_below_read(int dir, const char *path, size_t *len, struct fl_err *err);
/*
 * Removes all that is in dir, directories too. What is mounted there stays, and what is below it. Returns 0
 * when dir is empty, otherwise -1 with errno set: EOVERFLOW after a million entries, since a hostile file
 * system can list without end.
 */
#define FL_BELOW_MOST 1000000
int fl_below_empty(int dir);
/* The same with another limit, as tests need it. */
int fl_below_empty_most(int dir, unsigned long most);
/* Removes the directory name in dir with all that is in it; returns as fl_below_empty(). */
int fl_below_remove(int dir, const char *name);

#define FL_OWN_NAME 48

/*
 * Makes a directory in base that is ours alone, called prefix and something nobody can guess, and puts its
 * name into name[FL_OWN_NAME]. Returns a descriptor to work in: where CAP_SYS_ADMIN allows, of a mount of its own that
 * follows no symbolic link, knows no devices and has nothing above it, so that a daemon that answers with
 * a link leads no program away either. -1 with err set.
 */
int fl_below_own(int base, const char *prefix, char *name, struct fl_err *err);
/* Empties it and removes it, if name in base still is what dir is. Returns 0, or -1 with errno set. */
int fl_below_own_remove(int base, const char *name, int dir);

#endif
