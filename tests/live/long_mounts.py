#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""long_mounts.py DIR NUMBER CMD... - runs CMD in a mount namespace of its own, with NUMBER more mounts: each a copy of a
directory below DIR whose name needs an escape for each byte, so that its line in mountinfo has 30 KiB and more."""
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
for _ in range(int(sys.argv[2])):
    call(libc.mount(b".", b".", None, MS_BIND, None), "mount")
os.chdir(where)
os.execvp(sys.argv[3], sys.argv[3:])
