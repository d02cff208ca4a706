#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0-only
# A FUSE daemon that shows whatever owner it likes: its file system has two names, "link", a symbolic link, and "file", with
# the link's text in it, that it says are root's. FD is the device.
#
# usage: lying_links.py FD TARGET
import errno
import stat
import struct
import sys

from raw_fuse import serve

LOOKUP, GETATTR, READLINK, OPEN, READ, STATFS, RELEASE, INIT = 1, 3, 5, 14, 15, 17, 18, 26
ROOT, LINK, FILE = 1, 2, 3
fd = int(sys.argv[1])
target = sys.argv[2].encode()


def attr(node):
    mode = {ROOT: stat.S_IFDIR | 0o755, LINK: stat.S_IFLNK | 0o777, FILE: stat.S_IFREG | 0o644}[node]
    size = 0 if node == ROOT else len(target)
    # struct fuse_attr: the owner is root
    return struct.pack("<6Q10I", node, size, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def answer(op, node, body):
    if op == INIT:
        return struct.pack("<4I2H5I", 7, 31, 65536, 0, 12, 9, 65536, 1, 1, 0, 0) + bytes(24)
    name = body.rstrip(b"\0")
    if op == LOOKUP and name in (b"link", b"file"):
        found = LINK if name == b"link" else FILE
        return struct.pack("<4Q2I", found, 0, 60, 60, 0, 0) + attr(found)
    if op == LOOKUP:
        return errno.ENOENT
    if op == GETATTR:
        return struct.pack("<Q2I", 60, 0, 0) + attr(node)
    if op == READLINK:
        return target
    if op == OPEN:
        return bytes(16)
    if op == READ:
        return target
    if op == RELEASE:
        return b""
    if op == STATFS:
        return bytes(80)
    return errno.ENOSYS


serve(fd, answer)
