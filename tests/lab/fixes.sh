#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The bugs of stock kernels that kernel-patches/fixes is about: each shows, and the two that are mended in fs/fuse do not
# with fixes. The others are mended in parts of the kernel that the lab does not build anew for a variant. One needs a
# window that is made wide; this affects a task called "asker" only.
# shellcheck source=tests/lab/next_lib.sh
. "$(dirname "$0")/next_lib.sh"

# told NAME - what the guest's program said of it
told()
{
	sed -n "s/^$1 //p" "$tmp/out"
}

delay=tests/lab/mutants/stat-delay.patch
vm --variant stock+$delay -- tests/lab/guest/fixes
check "stock: the guest came to its end" is "$rc" 0
check "stock: a write after F_SETFL cleared O_APPEND appends" is "$(told F_SETFL)" oldnew
check "stock: a write with RWF_NOAPPEND appends" is "$(told RWF_NOAPPEND)" oldnew
check "stock: a splice from an empty pipe stops all who write the file" is "$(told splice)" "stops others"
check "stock: while a reply is applied, stat(2) tells the time before the task's own write" is "$(told stat)" before
vm --variant fixes+$delay -- tests/lab/guest/fixes
check "fixes: the guest came to its end" is "$rc" 0
check "fixes: a splice from an empty pipe does not" is "$(told splice)" "lets others write"
check "fixes: what comes through the pipe is written" is "$(told spliced)" "from the pipe"
check "fixes: a splice that may not wait does not" is "$(told nonblock)" EAGAIN
check "fixes: a splice from a pipe that nobody writes ends" is "$(told closed)" 0
check "fixes: while a reply is applied, stat(2) tells the time of the write" is "$(told stat)" after

mkdir -p "$tmp/o"
calls=$(calls_per_write stock)
check "stock: io_uring makes many calls for each write ($calls)" awk -v a="$calls" 'BEGIN { exit !(a > 2.1) }'

exit "$failed"
