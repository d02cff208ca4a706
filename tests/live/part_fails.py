#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0-only
# A FUSE daemon with one file of 32 MiB, "f", which takes requests of up to 64 KiB. Of each of the first MiB some 64 KiB
# cannot be written: of MiB 0 to 7 the first to the eighth; of MiB 8 to 15 half of the first to the eighth; then the first
# and the fourth, the second and the eighth, and all. Of the third in MiB 19 it says that it wrote more than it was asked
# to. FD is the device. BACKGROUND is how many asynchronous requests the kernel sends at a time; with "last-first" the
# replies to eight neighbours are sent in this order.
#
# usage: part_fails.py FD direct|cached BACKGROUND [last-first]
import errno
import stat
import struct
import sys

from raw_fuse import serve

LOOKUP, GETATTR, SETATTR, OPEN, READ, WRITE, STATFS, RELEASE, FLUSH, INIT = 1, 3, 4, 14, 15, 16, 17, 18, 25, 26
ASYNC_READ, BIG_WRITES, ASYNC_DIO = 1, 1 << 5, 1 << 15
ROOT, FILE = 1, 2
SIZE, MOST = 32 << 20, 1 << 16
FAIL = {16: (0, 3), 17: (1, 7), 18: range(8)}
fd, direct, background, last_first = int(sys.argv[1]), sys.argv[2] == "direct", int(sys.argv[3]), len(sys.argv) > 4


def attr(node):
    mode = stat.S_IFDIR | 0o755 if node == ROOT else stat.S_IFREG | 0o644
    # struct fuse_attr
    return struct.pack("<6Q10I", node, 0 if node == ROOT else SIZE, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def write(offset, size):
    mib, part = offset >> 20, offset // MOST & 7
    if part in FAIL.get(mib, (mib,)):
        return errno.ENOSPC
    if part == mib - 8:
        size //= 2
    return struct.pack("<2I", size + (mib == 19 and part == 2), 0)


def answer(op, node, body):
    if op == INIT:
        flags = ASYNC_READ | BIG_WRITES | ASYNC_DIO
        return struct.pack("<4I2H5I", 7, 31, 65536, flags, background, background, MOST, 1, MOST // 4096, 0, 0) + bytes(24)
    if op == LOOKUP:
        if body != b"f\0":
            return errno.ENOENT
        return struct.pack("<4Q2I", FILE, 0, 60, 60, 0, 0) + attr(FILE)
    if op in (GETATTR, SETATTR):
        return struct.pack("<Q2I", 60, 0, 0) + attr(node)
    if op == OPEN:
        return struct.pack("<Q2I", 0, 1 if direct else 0, 0)
    if op in (READ, WRITE):
        _, offset, size = struct.unpack_from("<QQI", body)
        return bytes(size) if op == READ else write(offset, size)
    if op == STATFS:
        return bytes(80)
    return b"" if op in (RELEASE, FLUSH) else errno.ENOSYS


def keeps(op, body):
    return last_first and op == WRITE and struct.unpack_from("<Q", body, 8)[0] // MOST & 7 != 7


serve(fd, answer, keeps)
