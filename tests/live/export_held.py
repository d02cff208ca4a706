#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""export_held.py pipe|terminal SPEAK EXPORT... - starts EXPORT with a pipe or a terminal for its messages, that
takes no more of them once it has said where it listens. Then SPEAK, by the shell, makes it say something, three times.
Prints what a scrape after that gets, 'nothing' if none comes in 20 s, and whether a signal ends it."""
import os
import re
import signal
import subprocess
import sys
import termios
import time
import urllib.request

kind, speak, command = sys.argv[1], sys.argv[2], sys.argv[3:]
reader, writer = os.openpty() if kind == "terminal" else os.pipe()
export = subprocess.Popen(command, stderr=writer)
said = b""
while not re.search(rb"http://[^/\s]*/", said):
    said += os.read(reader, 4096)
url = re.search(rb"http://[^/\s]*/", said)[0].decode()
if kind == "terminal":
    termios.tcflow(writer, termios.TCOOFF)
else:
    mine = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK)
    try:
        while True:
            os.write(mine, b"x")
    except BlockingIOError:
        pass
status = "200"
for _ in range(3):
    subprocess.run(speak, shell=True, check=True)
    time.sleep(0.3)
    try:
        with urllib.request.urlopen(url + "metrics", timeout=20) as page:
            status = page.status if b"fuselens" in page.read() else "empty"
    except OSError:
        status = "nothing"
        break
export.send_signal(signal.SIGTERM)
try:
    ended = export.wait(20)
except subprocess.TimeoutExpired:
    export.kill()
    ended = "killed"
print(status, ended)
