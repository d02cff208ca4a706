/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command in a process of its own, for commands that work on files which the user names: a file system that took up a
 * request and does not answer holds whoever asked it, and not even SIGKILL ends that process. The one that the user
 * started asks no file system anything, and so always ends when it is told to.
 */
#ifndef FL_APART_H
#define FL_APART_H

/*
 * Returns -1 in the new process, which goes on. In the old one it passes SIGINT, SIGTERM and SIGHUP on, and waits for
 * the new one's end; it returns the same exit code then, or ends by the same signal. When a signal came, and a file
 * system holds the new process for some seconds, it is killed, or left alone where that fails; then this is said, and
 * stuck is returned. Where no process can be made, the old one goes on. in_old is called in the old one, which needs no
 * privilege any more.
 */
int fl_apart(const char *command, int stuck, void (*in_old)(void));

#endif
