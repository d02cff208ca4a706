# SPDX-License-Identifier: GPL-2.0-only
"""Direct writes beside pages that a mapping keeps dirty, in the same folios: now and then XFS cannot drop
them from the page cache and writes through it instead.

usage: mmap_and_direct.py FILE WRITES      FILE has 1 MiB at least
"""
import mmap
import os
import sys

path, writes = sys.argv[1], int(sys.argv[2])
page = mmap.mmap(-1, 4096)
page.write(b"x" * 4096)
fd = os.open(path, os.O_RDWR | os.O_DIRECT)
mapping = mmap.mmap(fd, 1 << 20)
storer = os.fork()
if not storer:
    n = 0
    while os.getppid() != 1:
        mapping[(n % 128) * 8192] = n & 255
        n += 1
    os._exit(0)
for n in range(writes):
    os.pwrite(fd, page, (n % 128) * 8192 + 4096)
os.kill(storer, 9)
os.waitpid(storer, 0)
