#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# How opens are passed through: one backing id per file, a fall-back for single files, no write upcalls, and
# setuid and setgid bits that follow the credentials of the thread that registered the file.
# shellcheck disable=SC2119,SC2094
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs

user()
{
	setpriv --reuid=1000 --regid=1000 --clear-groups -- "$@"
}

# --- one id for all opens of a file, by any name and in any mode
start_daemon "$src" "$mnt" allow_other || exit 1
if grep -q 'passthrough no' "$DAEMON_LOG"; then
	echo "this kernel grants no FUSE passthrough" >&2
	exit 77
fi
check "the log says what was granted" grep -q 'granted: passthrough yes (max_stack_depth 1), killpriv_v2 yes' "$DAEMON_LOG"
echo text >"$mnt/f"
ln "$mnt/f" "$mnt/g"
check "first close gives the id back" wait_until 5 daemon_reaches backing_live 0
exec 3<"$mnt/f" 4<>"$mnt/g" 5>>"$mnt/f" 6<"$mnt/g"
check_eq "four opens by two names share one backing id" "$(daemon_stat backing_live)" 1
echo more >&5
check_eq "they see one file" "$(cat <&3) $(cat <&6)" "text
more text
more"
exec 3<&- 4<&- 5<&-
echo again >>"$mnt/f"
check_eq "the id lives until the last release" "$(daemon_stat backing_live)" 1
rm "$mnt/f" "$mnt/g"
check_eq "a file without a name keeps its id" "$(cat <&6 | wc -l) $(daemon_stat backing_live)" "1 1"
exec 6<&-
check "and gives it back" wait_until 5 daemon_reaches backing_live 0

for _ in $(seq 50); do
	exec 3>"$mnt/churn" 4<"$mnt/churn"
	exec 3>&- 4<&-
done 2>"$WORK/churn"
check_eq "50 open and close pairs meet no error" "$(cat "$WORK/churn")" ""

before=$(daemon_stat upcall_GETXATTR)
dd if=/dev/zero of="$mnt/big" bs=64k count=100 conv=fsync 2>/dev/null
dd if=/dev/zero of="$mnt/big" bs=4k count=100 oflag=direct conv=notrunc 2>/dev/null
echo x >>"$mnt/big"
cat "$mnt/big" >/dev/null
check_eq "no write upcall" "$(daemon_stat upcall_WRITE)" 0
check_eq "no read upcall" "$(daemon_stat upcall_READ)" 0
check "201 writes by three opens: at most one GETXATTR upcall an open" \
	[ $(($(daemon_stat upcall_GETXATTR) - before)) -le 3 ]
check_eq "the size is true at once" "$(stat -c %s "$mnt/big")" "$(stat -c %s "$src/big")"
stop_daemon
check_eq "SIGTERM: exit 0" "$DAEMON_CODE" 0

# --- the other modes do make upcalls
for mode in direct cached; do
	start_daemon "$src" "$mnt" "$mode" || exit 1
	dd if=/dev/zero of="$mnt/big" bs=4k count=10 conv=notrunc 2>/dev/null
	check_eq "$mode: every write is an upcall" "$(daemon_stat upcall_WRITE)" 10
	check_eq "$mode: no backing id" "$(daemon_stat backing_opened)" 0
	check_eq "$mode: counted as such" "$(daemon_stat "opens_$mode")" 1
	: >"$mnt/log"
	exec 3>>"$mnt/log"
	echo mirror >&3
	echo source >>"$src/log"
	echo mirror >&3
	exec 3>&-
	check_eq "$mode: O_APPEND appends to what the source has become" "$(tr '\n' ' ' <"$src/log")" "mirror source mirror "
	stop_daemon
done

# --- setuid and setgid bits after another user changed the file: as on the plain file
bits_after()
{
	local file=$1 mode=$2 what=$3
	: >"$file"
	chmod 0666 "$file"
	chgrp 3000 "$file" # no group of the daemon's
	echo 0123456789 >"$file"
	chmod "$mode" "$file"
	case $what in
	write) user dd if=/dev/zero of="$file" bs=1 count=1 conv=notrunc ;;
	append) user dd if=/dev/zero of="$file" bs=1 count=1 conv=notrunc oflag=append ;;
	direct) user dd if=/dev/zero of="$file" bs=4096 count=1 conv=notrunc oflag=direct ;;
	truncate) user truncate -s 3 "$file" ;;
	O_TRUNC) user dd if=/dev/null of="$file" ;;
	fallocate) user fallocate -l 8192 "$file" ;;
	chgrp) chgrp 2000 "$file" ;;
	esac >/dev/null 2>&1
	stat -c %a "$file"
	rm "$file"
}

mkdir "$WORK/xfs/plain"
chmod 1777 "$WORK/xfs/plain" "$src"
for options in passthrough direct cached no_killpriv; do
	start_daemon "$src" "$mnt" "allow_other,suid,$options" || exit 1
	for what in write append direct truncate O_TRUNC fallocate chgrp; do
		for mode in 4777 2777 6777 2767 1777; do
			check_eq "$options: $mode after $what" "$(bits_after "$mnt/bits" $mode $what)" \
				"$(bits_after "$WORK/xfs/plain/bits" $mode $what)"
		done
	done
	check_eq "$options: 4777 becomes 777" "$(bits_after "$mnt/bits" 4777 write)" 777
	check_eq "$options: 2777 becomes 777" "$(bits_after "$mnt/bits" 2777 write)" 777
	stop_daemon
done

# --- a source with a stacked file system inside: one refusal, and only that file falls back
mkdir -p "$src/stacked" "$WORK"/xfs/{lower,upper,work}
echo below >"$WORK/xfs/lower/f"
if mount -t overlay overlay -o "lowerdir=$WORK/xfs/lower,upperdir=$WORK/xfs/upper,workdir=$WORK/xfs/work" "$src/stacked"; then
	start_daemon "$src" "$mnt" || exit 1
	exec 3<>"$mnt/stacked/f"
	check_eq "a file on overlayfs falls back" "$(cat <&3) $(daemon_stat opens_cached)" "below 1"
	check "and the log names the reason" grep -q 'Too many levels of symbolic links' "$DAEMON_LOG"
	check "and the remedy" grep -q 'hint: .*stack_depth=1' "$DAEMON_LOG"
	echo text >"$mnt/f"
	check_eq "others are still passed through" "$(daemon_stat opens_passthrough)" 1
	exec 4>>"$mnt/stacked/f"
	echo above >&4
	check_eq "the fall-back sticks" "$(daemon_stat opens_cached) $(daemon_stat backing_failed)" "2 1"
	check_eq "and works" "$(cat "$src/stacked/f")" "below
above"
	exec 3<&- 4<&-
	stop_daemon

	start_daemon "$src" "$mnt" require_passthrough || exit 1
	cat "$mnt/stacked/f" 2>"$WORK/err"
	check "require_passthrough: the open fails with the true error" grep -q 'Too many levels' "$WORK/err"
	touch "$mnt/stacked/new" 2>"$WORK/err"
	check "require_passthrough: a create too" grep -q 'Too many levels' "$WORK/err"
	check_eq "and leaves no file behind" "$(ls "$src/stacked")" f
	check_eq "others open" "$(cat "$mnt/f")" text
	stop_daemon

	start_daemon "$src" "$mnt" require_passthrough,stack_depth=1 || exit 1
	check_eq "stack_depth=1 passes it through" "$(wc -l <"$mnt/stacked/f") $(daemon_stat upcall_READ)" "2 0"
	stop_daemon
	umount "$src/stacked"
else
	skip "a stacked source" "no overlayfs here"
fi

# --- registering that fails now and then: some files are passed through and some are not, but never one file both
# ways: the kernel would answer with EIO
if command -v strace >/dev/null && [ -x "$LIVE_BUILD/tests/live/daemon_load" ]; then
	# failing_ioctls WHEN - of the last daemon; BACKING_OPEN and BACKING_CLOSE are all it makes
	failing_ioctls()
	{
		spawn strace -f -qq -p "$DAEMON_PID" -o "$WORK/strace" -e trace=ioctl \
			-e "inject=ioctl:error=ENOMEM:when=$1"
		wait_until 10 grep -qE '^TracerPid:[[:space:]]*[1-9]' "/proc/$DAEMON_PID/status"
	}

	start_daemon "$src" "$mnt" threads=1 || exit 1
	echo text >"$src/mixed"
	failing_ioctls 1
	exec 3<>"$mnt/mixed"
	exec 4<"$mnt/mixed" 5>>"$mnt/mixed"
	check_eq "registering fails once: its file falls back, as do further opens of it" \
		"$(daemon_stat opens_cached) $(daemon_stat backing_failed)" "3 1"
	check_eq "they can be read, appended to, and opened with O_DIRECT" \
		"$(cat <&4) $(echo more >&5 && tail -n 1 "$src/mixed") $(dd if="$mnt/mixed" iflag=direct bs=4096 status=none | wc -l)" \
		"text more 2"
	echo text >"$mnt/other"
	check_eq "other files are passed through" "$(daemon_stat opens_passthrough)" 1
	exec 3<&- 4<&- 5<&-
	check "once it is closed" wait_until 5 daemon_reaches open_files 0
	check_eq "it is passed through as well" "$(cat "$mnt/mixed" | wc -l) $(daemon_stat opens_passthrough)" "2 2"
	kill "$SPAWNED"
	wait "$SPAWNED" 2>/dev/null
	stop_daemon

	start_daemon "$src" "$mnt" || exit 1
	failing_ioctls 1+3
	timeout 600 "$LIVE_BUILD/tests/live/daemon_load" stress "$mnt" 6 5 >"$WORK/out"
	check_eq "6 processes, a third of the registrations failing: no EIO, nothing unexpected" \
		"$? $(grep -v '^#' "$WORK/out")" "0 "
	check "files were opened both ways ($(daemon_stat opens_passthrough) passed through, $(daemon_stat opens_cached) not)" \
		eval '[ "$(daemon_stat opens_passthrough)" -gt 0 ] && [ "$(daemon_stat opens_cached)" -gt 0 ]'
	kill "$SPAWNED"
	wait "$SPAWNED" 2>/dev/null
	stop_daemon
	check_eq "ends with 0" "$DAEMON_CODE" 0
	rm -rf "${src:?}"/*
	echo text >"$src/f"
else
	skip "registering that fails now and then" "no strace"
fi

# --- locks that the source's users see
start_daemon "$src" "$mnt" flock || exit 1
exec 3<"$src/f"
flock -x 3
check_eq "-o flock: a lock in the source is seen" "$(flock -n "$mnt/f" true; echo $?)" 1
spawn flock "$mnt/f" touch "$WORK/locked"
sleep 0.2
check "and waited for" [ ! -e "$WORK/locked" ]
for _ in $(seq 12); do spawn flock "$mnt/f" true 2>/dev/null; done
check_eq "12 waiters leave workers for the rest" "$(timeout 600 cat "$mnt/f")" text
exec 3<&-
check "and had when it is free" wait_until 5 [ -e "$WORK/locked" ]
exec 3<"$src/f"
wait_until 5 flock -n -x 3
timeout 0.3 flock "$mnt/f" true
check_eq "a waiter can be interrupted" $? 124
exec 3<&-
spawn flock --no-fork "$mnt/f" sleep 60
sleep 0.1
spawn flock "$mnt/f" true 2>/dev/null
sleep 0.1
stop_daemon
check_eq "a waiter does not hold up SIGTERM" "$DAEMON_CODE" 0
