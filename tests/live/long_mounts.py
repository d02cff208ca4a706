#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""long_mounts.py DIR CMD... - runs CMD in a mount namespace of its own, with more than 64 MiB of mounts in mountinfo: so
many copies of a directory below DIR whose name needs an escape for each byte."""
import ctypes
import os
import sys

CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 4096, 0x4000, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)


def call(result, what):
    if result:
        raise OSError(ctypes.get_errno(), what)


where = os.getcwd()
call(libc.unshare(CLONE_NEWNS), "unshare")
call(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount")
os.chdir(sys.argv[1])
for _ in range(14):
    os.mkdir("\n" * 255)
    os.chdir("\n" * 255)
for _ in range(2600):
    call(libc.mount(b".", b".", None, MS_BIND, None), "mount")
os.chdir(where)
os.execv(sys.argv[2], sys.argv[2:])
