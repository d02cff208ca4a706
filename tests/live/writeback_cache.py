#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0-only
# A FUSE daemon with a writeback cache, and two files of 1 MiB, "a" and "b", that are what was last written, or zeroes. FD
# is the device.
#
# usage: writeback_cache.py FD
import errno
import stat
import struct
import sys

from raw_fuse import serve

LOOKUP, GETATTR, SETATTR, OPEN, READ, WRITE, STATFS, RELEASE, FSYNC, FLUSH, INIT = 1, 3, 4, 14, 15, 16, 17, 18, 20, 25, 26
ASYNC_READ, BIG_WRITES, WRITEBACK_CACHE = 1, 1 << 5, 1 << 16
ROOT, NODES = 1, {b"a": 2, b"b": 3}
SIZE = 1 << 20
fd = int(sys.argv[1])
data = {node: bytearray(SIZE) for node in NODES.values()}


def attr(node):
    mode = stat.S_IFDIR | 0o755 if node == ROOT else stat.S_IFREG | 0o644
    # struct fuse_attr
    return struct.pack("<6Q10I", node, 0 if node == ROOT else SIZE, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def answer(op, node, body):
    if op == INIT:
        flags = ASYNC_READ | BIG_WRITES | WRITEBACK_CACHE
        return struct.pack("<4I2H5I", 7, 31, 65536, flags, 12, 9, 65536, 1, 1, 0, 0) + bytes(24)
    if op == LOOKUP:
        found = NODES.get(body.rstrip(b"\0"))
        return struct.pack("<4Q2I", found, 0, 60, 60, 0, 0) + attr(found) if found else errno.ENOENT
    if op in (GETATTR, SETATTR):
        return struct.pack("<Q2I", 60, 0, 0) + attr(node)
    if op == OPEN:
        return bytes(16)
    if op in (READ, WRITE):
        _, offset, size = struct.unpack_from("<QQI", body)
        if op == READ:
            return bytes(data[node][offset:offset + size])
        data[node][offset:offset + size] = body[40:40 + size]
        return struct.pack("<2I", size, 0)
    if op == STATFS:
        return bytes(80)
    return b"" if op in (RELEASE, FLUSH, FSYNC) else errno.ENOSYS


serve(fd, answer)
