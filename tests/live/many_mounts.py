#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""many_mounts.py NUMBER CMD... - NUMBER FUSE mounts in a mount namespace of their own, each of which has answered a
request; then CMD runs, in the namespace of the caller. They are gone when it has ended."""
import ctypes
import os
import resource
import struct
import subprocess
import sys

CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, fstype, flags, options):
    if libc.mount(source.encode(), target.encode(), fstype.encode(), flags, options.encode()):
        raise OSError(ctypes.get_errno(), f"mount {fstype}")


def answer_init(fd):
    request = os.read(fd, 1 << 17)
    unique, = struct.unpack_from("=Q", request, 8)
    init = struct.pack("=IIIIHHIIHHI", 7, 31, 4096, 0, 12, 9, 4096, 1, 1, 0, 0)
    init += bytes(64 - len(init))
    os.write(fd, struct.pack("=IiQ", 16 + len(init), 0, unique) + init)


def main():
    number, command = int(sys.argv[1]), sys.argv[2:]
    resource.setrlimit(resource.RLIMIT_NOFILE, (number + 100, max(number + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    home = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    where = os.getcwd()
    if libc.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    mount("none", "/", "none", MS_REC | MS_PRIVATE, "")
    mount("places", "/mnt", "tmpfs", 0, "")
    fds = []
    for i in range(number):
        os.mkdir(f"/mnt/{i}")
        fd = os.open("/dev/fuse", os.O_RDWR)
        mount("many", f"/mnt/{i}", "fuse", 0, f"fd={fd},rootmode=40000,user_id=0,group_id=0")
        answer_init(fd)
        fds.append(fd)
    here = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    libc.setns(home, CLONE_NEWNS)
    os.chdir(where)
    code = subprocess.run(command).returncode
    os.close(here)
    sys.exit(code)


main()
