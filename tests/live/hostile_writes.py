# SPDX-License-Identifier: GPL-2.0-only
"""Loads that are hard to count: each prints what it wrote as one line of JSON, {"writes", "bytes", "failed"},
where writes are calls that wrote, and failed those that did not.

usage: hostile_writes.py LOAD FILE [ARG]
  sizes SIZE OFFSET N      N direct writes of SIZE bytes, one after the other from OFFSET
  buffered SIZE OFFSET N   the same through the page cache
  unaligned N              N direct writes of 512 bytes, one in each block
  invalid                  direct writes that fail: EFAULT, EINVAL for the length and for the memory
  full SIZE                direct writes of SIZE bytes until the file system is full, then 20 more
  full-buffered SIZE       the same through the page cache
  full-spliced N           splices of 1.5 KiB in turns into FILE and N-1 more files until the file system is full. Of some
                           the kernel writes the part that lies in a block which is there, makes room, and goes on
  unreachable N            N direct writes of two pages, of which the second is memory of the kernel's that only a copy
                           can read: a file system may write the first directly and the second through the page cache
  partly SIZE              buffered writes of which the second half of the memory is not there
  unset N                  N direct writes of a page, and as many after O_DIRECT is taken away
  truncate N               libaio: truncate to 8192, write 512 bytes at 0, truncate to 512, write again
  turns N                  N writes of a page through the page cache, each where the last one ended: by libaio, pwrite(2),
                           splice(2), pwrite(2), and so on
  alike N                  two processes at once, whose PIDs differ by a multiple of 4096: each makes N writes of 3 MiB from
                           within a page, through the page cache, to a file of its own
  straddle N               libaio: N direct writes of two pages around the offset of 4 MiB
  parts HOW N              N times a direct write of 512 KiB to each MiB of 24, by HOW: aio, pwrite, or
                           cache (pwrite through the page cache)
  killed N DAEMON          N processes that write a page each are killed while the daemon is stopped, which is this process
  together N               libaio: N times 64 direct writes at once, the last eight from memory that is not there
  dropped N SOURCE         N writes of four pages through the page cache, which drops the first one while the third is on
                           its way: SOURCE, the file behind the daemon, changes
  interrupted N [within]   N asynchronous writes of a page through the page cache, each from memory of which the second page
                           is fetched meanwhile, and the file's attributes with it; "within": from the middle of a page that
                           the cache does not have, whose end ends a request
  read                     reads through the page cache until it is killed
  store                    stores through a mapping until it is killed
"""
import ctypes
import errno
import fcntl
import json
import mmap
import os
import platform
import signal
import struct
import sys
import threading
import time

PAGE = mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)


class Tally:
    def __init__(self):
        self.writes = self.bytes = self.failed = 0

    def of(self, result):
        if result > 0:
            self.writes += 1
            self.bytes += result
        else:
            self.failed += 1
        return result


def memory(size):
    page = mmap.mmap(-1, max(size, PAGE))
    page.write(b"x" * size)
    return page


def address(page):
    return ctypes.addressof(ctypes.c_char.from_buffer(page))


def pwrite(fd, where, size, offset):
    """pwrite(2) from an address that may be anything: what was written, or minus the errno."""
    libc.pwrite.restype = ctypes.c_ssize_t
    n = libc.pwrite(fd, ctypes.c_void_p(where), ctypes.c_size_t(size), ctypes.c_long(offset))
    return n if n >= 0 else -ctypes.get_errno()


def writes(tally, fd, size, offset, n, step=None):
    page = memory(size)
    for i in range(n):
        tally.of(pwrite(fd, address(page), size, offset + i * (step or size)))


def invalid(tally, fd):
    page = memory(2 * PAGE)
    for _ in range(100):
        tally.of(pwrite(fd, 8, PAGE, 0))
        tally.of(pwrite(fd, address(page), 100, 0))
        tally.of(pwrite(fd, address(page) + 1, PAGE, 0))
    tally.of(pwrite(fd, address(page), PAGE, 0))


def full(tally, fd, size):
    page = memory(size)
    offset = 0
    left = 20
    while left:
        n = tally.of(pwrite(fd, address(page), size, offset))
        if n > 0:
            offset += n
        else:
            assert n == -errno.ENOSPC, n
            left -= 1


def full_spliced(tally, path, n):
    size = 1536
    fds = [os.open(f"{path}{i}", os.O_RDWR | os.O_CREAT, 0o644) for i in range(n)]
    source, pipe = os.pipe()
    offsets = [0] * n
    i = 0
    while tally.failed < 20:
        os.write(pipe, b"x" * size)
        try:
            written = tally.of(os.splice(source, fds[i % n], size, offset_dst=offsets[i % n]))
        except OSError as e:
            assert e.errno == errno.ENOSPC, e
            written = tally.of(-e.errno)
        if written < size:
            os.read(source, size)
        offsets[i % n] += max(written, 0)
        i += 1


def unreachable(tally, fd, n):
    with open("/proc/self/maps") as maps:
        where = next(int(line.split("-")[0], 16) for line in maps if line.endswith("[vvar]\n"))
    page, kernels = memory(PAGE), (ctypes.c_char * PAGE).from_address(where)
    for i in range(n):
        try:
            tally.of(os.pwritev(fd, [page, kernels], 2 * i * PAGE))
        except OSError:
            tally.of(-1)


def partly(tally, fd, size):
    page = mmap.mmap(-1, 2 * size)
    where = address(page)
    assert libc.munmap(ctypes.c_void_p(where + size), ctypes.c_size_t(size)) == 0
    for i in range(50):
        tally.of(pwrite(fd, where + size // 2, size, i * size))
        tally.of(pwrite(fd, where + size, size, i * size))


class IoCb(ctypes.Structure):
    _fields_ = [("data", ctypes.c_uint64), ("key", ctypes.c_uint32), ("rw_flags", ctypes.c_int32),
                ("opcode", ctypes.c_uint16), ("prio", ctypes.c_int16), ("fd", ctypes.c_uint32),
                ("buf", ctypes.c_uint64), ("nbytes", ctypes.c_uint64), ("offset", ctypes.c_int64),
                ("reserved", ctypes.c_uint64), ("flags", ctypes.c_uint32), ("resfd", ctypes.c_uint32)]


class IoEvent(ctypes.Structure):
    _fields_ = [("data", ctypes.c_uint64), ("obj", ctypes.c_uint64), ("res", ctypes.c_int64),
                ("res2", ctypes.c_int64)]


# system calls
IO_SETUP, IO_GETEVENTS, IO_SUBMIT, UFFD = {"x86_64": (206, 208, 209, 323), "aarch64": (0, 4, 2, 282)}[platform.machine()]


def truncate(tally, fd, n):
    context = ctypes.c_uint64(0)
    assert libc.syscall(IO_SETUP, 1, ctypes.byref(context)) == 0
    page = memory(PAGE)
    cb = IoCb(opcode=1, fd=fd, buf=address(page), nbytes=512, offset=0)
    event = IoEvent()

    def write():
        pointer = ctypes.c_void_p(ctypes.addressof(cb))
        assert libc.syscall(IO_SUBMIT, context, 1, ctypes.byref(pointer)) == 1
        assert libc.syscall(IO_GETEVENTS, context, 1, 1, ctypes.byref(event), None) == 1
        tally.of(event.res)

    for _ in range(n):
        os.ftruncate(fd, 8192)
        write()
        os.ftruncate(fd, 512)
        write()


def turns(tally, fd, n):
    context = ctypes.c_uint64(0)
    assert libc.syscall(IO_SETUP, 1, ctypes.byref(context)) == 0
    page = memory(PAGE)
    event = IoEvent()
    source, pipe = os.pipe()
    for i in range(n):
        at = i * PAGE
        if i % 2:
            tally.of(pwrite(fd, address(page), PAGE, at))
        elif i % 4:
            os.write(pipe, page)
            tally.of(os.splice(source, fd, PAGE, offset_dst=at))
        else:
            cb = IoCb(opcode=1, fd=fd, buf=address(page), nbytes=PAGE, offset=at)
            pointer = ctypes.c_void_p(ctypes.addressof(cb))
            assert libc.syscall(IO_SUBMIT, context, 1, ctypes.byref(pointer)) == 1
            assert libc.syscall(IO_GETEVENTS, context, 1, 1, ctypes.byref(event), None) == 1
            tally.of(event.res)


def child_with_pid(pid, work):
    """Starts a process with this PID, or any if it is 0, that calls work(). Returns its PID."""
    for _ in range(1000):
        if pid:
            with open("/proc/sys/kernel/ns_last_pid", "w") as last:
                last.write(str(pid - 1))
        child = os.fork()
        if not child:
            # another process was faster
            if pid in (0, os.getpid()):
                work()
            os._exit(0)
        if pid in (0, child):
            return child
        os.waitpid(child, 0)
    raise OSError(errno.EBUSY, "PID %d" % pid)


def alike(tally, path, n):
    result, results = os.pipe()
    begin, begins = os.pipe()
    size = 3 << 20

    def work(name):
        fd = os.open(path + name, os.O_RDWR | os.O_CREAT, 0o644)
        page = memory(size)
        os.read(begin, 1)
        for _ in range(n):
            os.write(results, struct.pack("q", pwrite(fd, address(page), size, PAGE // 2)))

    one = child_with_pid(0, lambda: work("1"))
    child_with_pid(one + 4096 if one < 28000 else one - 4096, lambda: work("2"))
    os.write(begins, b"gg")
    for _ in range(2 * n):
        tally.of(struct.unpack("q", os.read(result, 8))[0])


def until(true):
    while not true():
        time.sleep(0.01)


def status(path):
    with open(path) as file:
        return file.read().rsplit(")")[-1].split()


def killed(tally, fd, n, daemon):
    PF_EXITING = 4
    begin, begins = os.pipe()
    page = memory(PAGE)

    def work():
        os.read(begin, 1)
        pwrite(fd, address(page), PAGE, 0)

    tasks = ["/proc/%d/task/%s/stat" % (daemon, task) for task in os.listdir("/proc/%d/task" % daemon)]
    children = [child_with_pid(0, work) for _ in range(n)]
    calls = ["/proc/%d/syscall" % child for child in children]
    until(lambda: all(status(call)[0].isdigit() for call in calls))
    waits = status(calls[0])[0]
    os.kill(daemon, signal.SIGSTOP)
    until(lambda: all(status(task)[0] == "T" for task in tasks))
    os.write(begins, b"g" * n)
    until(lambda: all(status(call)[0] not in (waits, "running") for call in calls))
    for child in children:
        os.kill(child, signal.SIGKILL)
    # one after the other where writes take the lock exclusively
    until(lambda: all(int(status("/proc/%d/stat" % child)[6]) & PF_EXITING for child in children))
    os.kill(daemon, signal.SIGCONT)
    for child in children:
        os.waitpid(child, 0)
        tally.of(-errno.EINTR)
    tally.of(pwrite(fd, address(page), PAGE, 0))


def straddle(tally, fd, n):
    context = ctypes.c_uint64(0)
    assert libc.syscall(IO_SETUP, 1, ctypes.byref(context)) == 0
    page = memory(2 * PAGE)
    cb = IoCb(opcode=1, fd=fd, buf=address(page), nbytes=2 * PAGE, offset=(4 << 20) - PAGE)
    pointer = ctypes.c_void_p(ctypes.addressof(cb))
    event = IoEvent()
    for _ in range(n):
        assert libc.syscall(IO_SUBMIT, context, 1, ctypes.byref(pointer)) == 1
        assert libc.syscall(IO_GETEVENTS, context, 1, 1, ctypes.byref(event), None) == 1
        tally.of(event.res)


def parts(tally, fd, how, n):
    context = ctypes.c_uint64(0)
    assert libc.syscall(IO_SETUP, 1, ctypes.byref(context)) == 0
    page = memory(1 << 19)
    cb = IoCb(opcode=1, fd=fd, buf=address(page), nbytes=1 << 19)
    pointer = ctypes.c_void_p(ctypes.addressof(cb))
    event = IoEvent()
    for i in range(24 * n):
        cb.offset = i % 24 << 20
        if how != "aio":
            tally.of(pwrite(fd, address(page), 1 << 19, cb.offset))
            continue
        assert libc.syscall(IO_SUBMIT, context, 1, ctypes.byref(pointer)) == 1
        assert libc.syscall(IO_GETEVENTS, context, 1, 1, ctypes.byref(event), None) == 1
        tally.of(event.res)


def together(tally, fd, n):
    context = ctypes.c_uint64(0)
    assert libc.syscall(IO_SETUP, 64, ctypes.byref(context)) == 0
    page = memory(PAGE)
    cbs = [IoCb(opcode=1, fd=fd, buf=address(page) if i < 56 else 8, nbytes=PAGE, offset=i * PAGE) for i in range(64)]
    pointers = (ctypes.c_void_p * 64)(*[ctypes.addressof(cb) for cb in cbs])
    events = (IoEvent * 64)()
    for _ in range(n):
        assert libc.syscall(IO_SUBMIT, context, 64, pointers) == 64
        assert libc.syscall(IO_GETEVENTS, context, 64, 64, events, None) == 64
        for event in events:
            tally.of(event.res)


UFFDIO_API, UFFDIO_REGISTER, UFFDIO_ZEROPAGE = 0xC018AA3F, 0xC020AA00, 0xC020AA04
STATX_FORCE_SYNC = 0x2000


def answer_faults(uffd, path, source):
    """At each fault the source changes, if there is one, and the kernel asks for attributes."""
    while True:
        fault = os.read(uffd, 32)
        where = struct.unpack_from("Q", fault, 16)[0] & -PAGE
        if source:
            os.utime(source)
        libc.statx(-100, path.encode(), STATX_FORCE_SYNC, 0x7FF, ctypes.create_string_buffer(256))
        fcntl.ioctl(uffd, UFFDIO_ZEROPAGE, bytearray(struct.pack("QQQq", where, PAGE, 0, 0)))


def memory_with_fault(pages, missing, path, source):
    uffd = libc.syscall(UFFD, os.O_CLOEXEC)
    if uffd < 0:
        raise OSError(ctypes.get_errno(), "userfaultfd")
    fcntl.ioctl(uffd, UFFDIO_API, bytearray(struct.pack("QQQ", 0xAA, 0, 0)))
    page = mmap.mmap(-1, pages * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    page.write(b"x" * pages * PAGE)
    where = address(page) + missing * PAGE
    fcntl.ioctl(uffd, UFFDIO_REGISTER, bytearray(struct.pack("QQQQ", where, PAGE, 1, 0)))
    threading.Thread(target=answer_faults, args=(uffd, path, source), daemon=True).start()
    return page


def dropped(tally, fd, n, path, source):
    page = memory_with_fault(4, 2, path, source)
    for i in range(n):
        page.madvise(mmap.MADV_DONTNEED, 2 * PAGE, PAGE)
        tally.of(pwrite(fd, address(page), 4 * PAGE, i * 4 * PAGE))


def interrupted(tally, fd, n, path, within):
    context = ctypes.c_uint64(0)
    assert libc.syscall(IO_SETUP, 1, ctypes.byref(context)) == 0
    page = memory_with_fault(2, 1, path, None)
    event = IoEvent()
    for i in range(n):
        at = 2 * i * PAGE + (PAGE // 2 if within else 0)
        if not within:
            os.pread(fd, PAGE, at)  # a page that is not filled would be a request of its own anyway
        page.madvise(mmap.MADV_DONTNEED, PAGE, PAGE)
        cb = IoCb(opcode=1, fd=fd, buf=address(page) + PAGE // 2, nbytes=PAGE, offset=at)
        pointer = ctypes.c_void_p(ctypes.addressof(cb))
        assert libc.syscall(IO_SUBMIT, context, 1, ctypes.byref(pointer)) == 1
        assert libc.syscall(IO_GETEVENTS, context, 1, 1, ctypes.byref(event), None) == 1
        tally.of(event.res)


def beside(load, path):
    fd = os.open(path, os.O_RDWR)
    size = os.fstat(fd).st_size
    mapping = mmap.mmap(fd, size) if load == "store" else None
    n = 0
    while os.getppid() != 1:
        at = n * 40503 * PAGE % size
        if mapping:
            mapping[at] = n & 255
        else:
            os.pread(fd, PAGE, at)
        n += 1


def main():
    load, path, args = sys.argv[1], sys.argv[2], [int(a) if a.isdigit() else a for a in sys.argv[3:]]
    if load in ("read", "store"):
        beside(load, path)
        return
    direct = load not in ("buffered", "full-buffered", "partly", "dropped", "interrupted", "turns", "killed")
    direct = direct and args[:1] != ["cache"]
    fd = os.open(path, os.O_RDWR | os.O_CREAT | (os.O_DIRECT if direct else 0), 0o644)
    tally = Tally()
    if load == "alike":
        alike(tally, path, *args)
    elif load in ("sizes", "buffered"):
        writes(tally, fd, *args)
    elif load == "unaligned":
        writes(tally, fd, 512, 512, args[0], PAGE)
    elif load == "unreachable":
        unreachable(tally, fd, args[0])
    elif load == "invalid":
        invalid(tally, fd)
    elif load in ("full", "full-buffered"):
        full(tally, fd, args[0])
    elif load == "full-spliced":
        full_spliced(tally, path, args[0])
    elif load == "unset":
        writes(tally, fd, PAGE, 0, *args)
        fcntl.fcntl(fd, fcntl.F_SETFL, os.O_RDWR)
        writes(tally, fd, PAGE, 0, *args)
    elif load == "partly":
        partly(tally, fd, args[0])
    elif load == "turns":
        turns(tally, fd, args[0])
    elif load == "killed":
        killed(tally, fd, *args)
    elif load == "straddle":
        straddle(tally, fd, args[0])
    elif load == "dropped":
        dropped(tally, fd, args[0], path, args[1])
    elif load == "interrupted":
        interrupted(tally, fd, args[0], path, "within" in args)
    elif load == "parts":
        parts(tally, fd, *args)
    elif load == "together":
        together(tally, fd, args[0])
    else:
        truncate(tally, fd, args[0])
    print(json.dumps(vars(tally)))


main()
