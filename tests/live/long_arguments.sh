#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The task that waits for a request may go on and free the request's arguments while a program reads them. This happens
# too rarely to wait for it, so here it is made to happen always, by changes of the programs. The report must say what
# is not known then.
set -u
# shellcheck source=tests/oracle/lib.sh
. "$(dirname "$0")/../oracle/lib.sh"
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/counts_lib.sh disable=SC1091
. "$(dirname "$0")/counts_lib.sh"
trap - EXIT
live_begin_on_xfs 300M
at_end rm -rf "$oracle_dir"
out=$WORK/out
mkdir "$src/many"
touch "$src"/many/{1..400}
prefill "$src/data" 1

# listed - a listing with attributes and some writes; sets $state and $unread
listed()
{
	start_daemon "$src" "$mnt" || exit 1
	"$FUSELENS" prove "$mnt" --json --evidence state-tp -- sh -c "ls -l '$mnt/many' >'$out.ls'
		dd if=/dev/zero of='$mnt/data' bs=4k count=50 oflag=direct conv=notrunc status=none" >"$out" 2>"$out.err"
	state=$(report "$out" '.snapshot.mounts[].cross_check')
	unread=$(report "$out" '.snapshot.mounts[].unread_replies')
	check_eq "$1: the writes are counted" "$(report "$out" .counts.writes)" 50
	"$FUSELENS" prove "$mnt" --evidence state-tp -- sh -c "ls -l '$mnt/many' >'$out.ls'
		dd if=/dev/zero of='$mnt/data' bs=4k count=50 oflag=direct conv=notrunc status=none" >"$out" 2>"$out.err"
	stop_daemon
}

# failed_writes NAME - three at once, as the daemon is stopped until all are sent, and it fails them all; sets $lost
failed_writes()
{
	start_daemon "$src" "$mnt" direct || exit 1
	"$FUSELENS" prove "$mnt" --json --evidence state-tp -- python3 -c "$load" "$DAEMON_PID" "$mnt"/sparse.{0..3} \
		>"$out" 2>"$out.err"
	check_eq "$1: the writes failed" "$(report "$out" .command_exit_code)" 0
	stop_daemon
	lost=$(report "$out" .snapshot.losses.no_inode)
}
load='if True:
	import os, signal, sys, time
	daemon, paths = int(sys.argv[1]), sys.argv[2:]
	fds = [os.open(path, os.O_RDWR) for path in paths]
	# what room is left
	try:
		while True:
			os.write(fds[0], bytes(1 << 16))
	except OSError:
		pass
	os.kill(daemon, signal.SIGSTOP)
	# a thread that is busy stops later
	def stopped(task):
		try:
			with open("/proc/%d/task/%s/stat" % (daemon, task)) as f:
				return f.read().rsplit(")", 1)[1].split()[0] == "T"
		except OSError:
			return False  # it has ended
	while not all([stopped(task) for task in os.listdir("/proc/%d/task" % daemon)]):
		time.sleep(0.01)
	writers = []
	for fd in fds[1:]:
		pid = os.fork()
		if not pid:
			try:
				os.write(fd, bytes(1 << 16))
			except OSError:
				os._exit(0)
			os._exit(1)
		writers.append(pid)
	# until each is in write(2)
	for pid in writers:
		while open("/proc/%d/syscall" % pid).read().split()[0] != "1":
			time.sleep(0.01)
	os.kill(daemon, signal.SIGCONT)
	sys.exit(any([os.waitpid(pid, 0)[1] for pid in writers]))'

truncate -s 16M "$src"/sparse.{0..3}
fallocate -l "$(($(df -B1 --output=avail "$src" | tail -n 1) - (1 << 20)))" "$src/rest"
listed "as it is"
check_eq "a listing of known size is checked against attr_version" "$state $unread" "done 0"
failed_writes "as it is"
check_eq "the file of each failed request is known" "$lost" 0

# The compiler must not see that something is always so: it would leave out what the verifier asks for.
changed()
{
	local tree=$oracle_dir/tree
	mkdir "$tree"
	tar -C "$top" --exclude=./.git --exclude=./build -cf - . | tar -C "$tree" -xf -
	sed -i 's/return is_background(req) || \(.*\) > 1;/return \1 > 1000000;/
		s/^\treturn bpf_core_enum_value_exists(enum fuse_req_flag, FR_URING).*/\treturn req->flags ||/' \
		"$tree/bpf/request_origin.bpf.h"
	sed -i 's/return &counted_requests\[place_of.*/return \&counted_requests[place_of(req, COUNTED_BITS) \& 1];/' \
		"$tree/bpf/write_requests.bpf.h"
	[ "$(diff -r "$top/bpf" "$tree/bpf" | grep -c '^>')" = 3 ] &&
		make -s -C "$tree" -j"$(nproc)" B=build build/fuselens
}
check "a program that never finds arguments is built" changed
export FUSELENS=$oracle_dir/tree/build/fuselens
listed "arguments gone"
check_eq "there is no cross-check" "$state" replies
check "as replies could not be read" test "$unread" -gt 0
check "the text says why" grep -q 'no cross-check of .*: the size of a reply to READDIRPLUS' <(tr -s ' \n' ' ' <"$out")
failed_writes "arguments gone"
check "failed requests of unknown files are a loss" test "$lost" -gt 0
