#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0-only
# A FUSE daemon of USER's whose file system has one file, "gone", that has no name, as it says; and nobody may believe
# its names or attributes for any time. FD is the device.
#
# usage: unnamed_file.py FD USER
import errno
import os
import stat
import struct
import sys

from raw_fuse import serve

LOOKUP, GETATTR, STATFS, INIT = 1, 3, 17, 26
ROOT, GONE = 1, 2
fd = int(sys.argv[1])
os.setuid(int(sys.argv[2]))


def attr(node):
    mode, links = (stat.S_IFDIR | 0o755, 2) if node == ROOT else (stat.S_IFREG | 0o644, 0)
    # struct fuse_attr
    return struct.pack("<6Q10I", node, 0, 0, 0, 0, 0, 0, 0, 0, mode, links, 0, 0, 0, 4096, 0)


def answer(op, node, body):
    if op == INIT:
        return struct.pack("<4I2H5I", 7, 31, 65536, 0, 12, 9, 65536, 1, 1, 0, 0) + bytes(24)
    if op == LOOKUP:
        return struct.pack("<4Q2I", GONE, 0, 0, 0, 0, 0) + attr(GONE) if body.rstrip(b"\0") == b"gone" else errno.ENOENT
    if op == GETATTR:
        return struct.pack("<Q2I", 0, 0, 0) + attr(node)
    return bytes(80) if op == STATFS else errno.ENOSYS


serve(fd, answer)
