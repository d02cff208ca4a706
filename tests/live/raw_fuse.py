# SPDX-License-Identifier: GPL-2.0-only
# What the tests' FUSE daemons that do without libfuse share.
import errno
import os
import struct
import sys

FORGET, BATCH_FORGET = 2, 42


def serve(fd, answer, keeps=lambda op, body: False):
    """Answers requests until the file system is unmounted. answer(opcode, node, body): what to reply, or an errno. Replies
    that are kept are sent after the next that is not, the last one first."""
    kept = []
    while True:
        try:
            request = os.read(fd, 1 << 17)
        except OSError as e:
            sys.exit(e.errno != errno.ENODEV)  # unmounted
        _, op, unique, node = struct.unpack_from("<IIQQ", request)
        if op in (FORGET, BATCH_FORGET):
            continue
        got = answer(op, node, request[40:])
        if isinstance(got, int):
            kept.append(struct.pack("<IiQ", 16, -got, unique))
        else:
            kept.append(struct.pack("<IiQ", 16 + len(got), 0, unique) + got)
        while kept and not keeps(op, request[40:]):
            os.write(fd, kept.pop())
