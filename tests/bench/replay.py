#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Replays recorded scrapes as many exporters, for tests/bench/fleet.

usage: replay.py TARGETS PORT TURNOVER PAGE-1.txt PAGE-2.txt [PAGE-1.txt PAGE-2.txt]...

Each target has a loopback address of its own, and one of the recorded pages. Its counters rise as they did
between the two recorded scrapes, at a speed of its own; names of files have the target's number. Every TURNOVER
seconds (0: never) one of its series of a file goes to another file, as --keep and --files allow an exporter.
Port 9 above PORT of 127.0.0.1 takes what Prometheus writes remotely, and throws it away. Prints the targets, one a
line, and "ready"; ends with its standard input.
"""
import asyncio
import gzip
import re
import resource
import sys
import time

SECONDS = 10  # between the two scrapes


class Series:
    """A line of a page: its text up to the value, its value at first, what it gains in a second."""

    def __init__(self, text, first, second):
        self.text = text
        name = re.match(r"\w+", text)[0]
        rises = name.endswith(("_total", "_bucket", "_sum", "_count"))
        self.first = first if rises else second
        self.slope = max(0, second - first) / SECONDS if rises else 0
        self.whole = first == int(first) and second == int(second)
        self.of_file = name == "fuselens_file_writes_total" and 'file="(other)"' not in text


def read_page(first, second):
    """The lines of the second page: comments as text, samples as Series."""
    before = {}
    for line in open(first, encoding="utf-8"):
        if not line.startswith("#"):
            text, value = line.rstrip("\n").rsplit(" ", 1)
            before[text] = float(value)
    page = []
    for line in open(second, encoding="utf-8"):
        line = line.rstrip("\n")
        if line.startswith("#"):
            page.append(line)
            continue
        text, value = line.rsplit(" ", 1)
        page.append(Series(text, before.get(text, 0), float(value)))
    return page


class Target:
    def __init__(self, number, page, turnover):
        self.number = number
        self.page = page
        self.turnover = turnover
        self.speed = 0.5 + (number * 37 % 100) / 66.0
        self.began = time.monotonic()
        files = {re.search(r'inode="(\d+)"', s.text)[1]: None for s in page if not isinstance(s, str) and s.of_file}
        self.files = list(files)

    def address(self):
        return f"127.77.{self.number // 250}.{self.number % 250 + 1}"

    def generation(self, file, now):
        """How often this file's series has gone to another file, and since when it has been there."""
        if not self.turnover or not self.files:
            return 0, self.began
        # targets do not change at the same moment
        turns = int((now - self.began + self.number % self.turnover) / self.turnover)
        place = self.files.index(file)
        n = (turns + len(self.files) - 1 - place) // len(self.files)
        last = (n - 1) * len(self.files) + place + 1
        return n, self.began + max(0, last * self.turnover - self.number % self.turnover)

    def line(self, series, now):
        text, since, first = series.text, self.began, series.first
        if series.of_file:
            inode = re.search(r'inode="(\d+)"', text)[1]
            n, since = self.generation(inode, now)
            text = text.replace(f'inode="{inode}"', f'inode="{int(inode) + 1000 * n}"')
            text = re.sub(r'file="', f'file="h{self.number}-{n}-', text)
            first = 0 if n else first
        value = first + series.slope * self.speed * (now - since)
        return f"{text} {int(value)}" if series.whole else f"{text} {value:.9g}"

    def body(self):
        now = time.monotonic()
        lines = [s if isinstance(s, str) else self.line(s, now) for s in self.page]
        return ("\n".join(lines) + "\n").encode()

    async def serve(self, reader, writer):
        """Requests of one connection, until it is closed."""
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                body, extra = self.body(), b""
                if b"gzip" in request:
                    body, extra = gzip.compress(body, 1), b"Content-Encoding: gzip\r\n"
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0; "
                             b"charset=utf-8\r\n%bContent-Length: %d\r\n\r\n" % (extra, len(body)) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def sink(reader, writer):
    """A remote end that takes everything."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
            await reader.readexactly(length)
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main():
    if len(sys.argv) < 6 or len(sys.argv) % 2:
        sys.exit(__doc__)
    number, port, turnover = (int(a) for a in sys.argv[1:4])
    pages = [read_page(*pair) for pair in zip(sys.argv[4::2], sys.argv[5::2])]
    resource.setrlimit(resource.RLIMIT_NOFILE, [resource.getrlimit(resource.RLIMIT_NOFILE)[1]] * 2)
    servers = [await asyncio.start_server(sink, "127.0.0.1", port + 9)]
    for n in range(number):
        target = Target(n, pages[n % len(pages)], turnover)
        servers.append(await asyncio.start_server(target.serve, target.address(), port))
        print(f"{target.address()}:{port}")
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
