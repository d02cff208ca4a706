# SPDX-License-Identifier: GPL-2.0-only
# Processes write a file of a daemon that is stopped, one after the other: each holds the inode lock, or queues for it,
# before the next one begins. Then the daemon goes on.
#
# usage: queue_for_lock.py FUSECTL FILE DAEMON_PID FLAGS...    a process for each FLAGS, those of open(2) with | between;
#                                                              FUSECTL is where that file system is mounted
import mmap
import os
import signal
import sys
import time

fusectl, path, daemon = sys.argv[1], sys.argv[2], int(sys.argv[3])
block = mmap.mmap(-1, 4096)


def open_file(names):
    flags = os.O_WRONLY
    for name in names.split("|"):
        flags |= getattr(os, name)
    return os.open(path, flags)


def write(fd):
    pid = os.fork()
    if not pid:
        os._exit(os.write(fd, block) != 4096)
    return pid


def state(pid, directory="/proc"):
    with open(f"{directory}/{pid}/stat") as f:
        return f.read().rpartition(")")[2].split()[0]


def is_stopped(pid):
    threads = f"/proc/{pid}/task"
    return all(state(thread, threads) == "T" for thread in os.listdir(threads))


def wait_until(what):
    end = time.monotonic() + 600
    while not what():
        if time.monotonic() > end:
            os.kill(daemon, signal.SIGCONT)
            sys.exit("gave up waiting")
        time.sleep(0.005)


minor = os.minor(os.stat(path).st_dev)


def requests_waiting():
    with open(f"{fusectl}/{minor}/waiting") as f:
        return int(f.read())


def switches(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(line for line in f if line.startswith("voluntary_ctxt_switches:"))


# asleep for any other reason, it would wake up
def stays_asleep(pid):
    before = switches(pid)
    if state(pid) != "D":
        return False
    time.sleep(0.3)
    return state(pid) == "D" and switches(pid) == before


files = [open_file(flags) for flags in sys.argv[4:]]
# from the first write on the file's locks are known
os.pwrite(files[0], block, 0)
os.kill(daemon, signal.SIGSTOP)
# a thread that has not stopped yet would answer the write
wait_until(lambda: is_stopped(daemon))
pids = []
for fd in files:
    had = requests_waiting()
    pid = write(fd)
    pids.append(pid)
    wait_until(lambda: requests_waiting() > had or stays_asleep(pid))
time.sleep(0.3)
os.kill(daemon, signal.SIGCONT)
sys.exit(any([os.waitpid(pid, 0)[1] for pid in pids]))
