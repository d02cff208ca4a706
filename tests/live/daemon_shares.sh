#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# A user whose requests are stuck, and are as many as can be, takes nothing from others: no places for requests that
# nobody waits for, no turn to be written back, no workers by further user ids, no directory in which they mounted
# something. And what waited meanwhile gives no rights that the user has no more.
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs
# shellcheck source=tests/live/hold_lib.sh disable=SC1091
. "$(dirname "$0")/hold_lib.sh"
dd if=/dev/zero of="$src/locked" bs=1M count=1 status=none
chmod 666 "$src/locked"
echo other >"$src/other"
touch "$src/mine"
for i in {1..6}; do
	install -m 666 /dev/null "$src/copy.$i"
done
# --- a FUSE mount below the source whose daemon does not answer
# done_soon CMD... - in the background, since nothing may end a process that waits for a directory
done_soon()
{
	"$@" >"$WORK/done" 2>&1 &
	waiting+=($!)
	wait_until 20 live_gone "$!"
}

# silent_mount USER - mounts it on $src/common/silent, for the user
silent_mount()
{
	local device
	exec {device}<>/dev/fuse
	mount -i -t fuse none "$src/common/silent" -o "fd=$device,rootmode=40000,user_id=$1,group_id=$1,allow_other"
	spawn "$LIVE_TOP/tests/live/unnamed_file.py" "$device" "$1"
	server=$SPAWNED
	exec {device}>&-
	check_eq "user $1 mounts something below the source" "$(stat -c %h "$src/common/silent/gone")" 0
	live_stop "$server"
}
mkdir -m 1777 "$src/common" "$src/common/silent" "$src/common/beside"
silent_mount 0
start_daemon "$src" "$mnt" allow_other,threads=2 || exit 1
"${nobody[@]}" stat "$mnt/common/silent" >/dev/null &
waiting=($!)
check "when its daemon does not answer, who asks for it waits" wait_until 20 waits_for_daemon "$!"
check "... and others can make files beside it" done_soon touch "$mnt/common/new"
check "... and list the directory" done_soon ls "$mnt/common"
check_eq "... as a whole" "$(sort "$WORK/done" | tr '\n' ' ')" "beside new silent "
check "... and rename in it" done_soon mv "$mnt/common/new" "$mnt/common/newer"
kill -CONT "$server"
wait "${waiting[@]}"
check_eq "when it answers again, what is there is in the mirror" "$(stat -c %h "$mnt/common/silent/gone")" 0
stop_daemon
umount "$src/common/silent"

# A rename has the kernel look up the new name while nobody else can rename between directories.
silent_mount 65534
start_daemon "$src" "$mnt" allow_other,threads=2 || exit 1
"${nobody[@]}" touch "$mnt/common/own"
"${nobody[@]}" mv -T "$mnt/common/own" "$mnt/common/silent/own" 2>"$WORK/refused" &
waiting=($!)
check "who renames a file into a FUSE mount of his own does not wait" wait_until 20 live_gone "$!"
check_eq "... but is refused" "$(grep -c 'Permission denied' "$WORK/refused")" 1
check "... and others rename between directories" done_soon mv "$mnt/common/newer" "$mnt/common/beside/"
check "the log says that such mounts are refused" grep -q 'user 65534 has a FUSE mount below the source' "$DAEMON_LOG"
kill -KILL "$server"
wait "${waiting[@]}" "$server" 2>/dev/null
stop_daemon
umount "$src/common/silent"

if ! holds "$src/locked"; then
	skip "who holds a lock in the source" "$(cat "$WORK/held")"
	exit 0
fi
kill "$holder"

# stuck N [UID...] - so many requests that need the lock of $from, of user 65534 or of one of these each; adds them
# to $waiting
from=locked
waiting=()
stuck()
{
	local i n=$((${#waiting[@]} + $1)) uid
	shift
	for ((i = ${#waiting[@]} + 1; i <= n; i++)); do
		uid=${1:-65534}
		shift $(($# > 0))
		"${enter[@]}" setpriv --reuid "$uid" --regid "$uid" --clear-groups \
			"$WORK/try" copy "$mnt/$from" "$mnt/copy.$i" >/dev/null &
		waiting+=($!)
	done
}
enter=()

free_again()
{
	kill "$holder" "${waiting[@]}" 2>/dev/null
	wait "$holder" "${waiting[@]}" 2>/dev/null
	waiting=()
	stop_daemon
}

# --- asynchronous requests: the kernel has places for so many of all users
start_daemon "$src" "$mnt" allow_other,cached,threads=2 || exit 1
holds "$src/locked"
"${nobody[@]}" "$WORK/try" flood "$mnt/locked" 1100 >"$WORK/flood" &
waiting=($!)
check "a user has 1,100 writes under way that are stuck" wait_until 20 said_ok "$WORK/flood"
check "... and others are served" answers other
"$try" append "$mnt/mine" x 4096 aio >"$WORK/aio" &
pid=$!
check "... asynchronous requests of others, too" wait_until 20 live_gone "$pid"
check_eq "... whole" "$(cat "$WORK/aio")" 4096
waiting+=("$pid")
free_again

# --- stores to a shared mapping
install -o 65534 -m 600 /dev/null "$src/mapped"
truncate -s 64k "$src/mapped"
truncate -s 0 "$src/mine"
truncate -s 64k "$src/mine"
start_daemon "$src" "$mnt" allow_other,cached,threads=2 || exit 1
holds "$src/mapped"
"${nobody[@]}" "$WORK/try" dirty "$mnt/mapped" >/dev/null &
waiting=($!)
wait_until 20 came WRITE 2
"$try" dirty "$mnt/mine" >"$WORK/dirty" &
pid=$!
check "while the write-back of a user's file is stuck, that of others goes on" wait_until 20 live_gone "$pid"
check_eq "... and reaches the source" "$(cat "$WORK/dirty") $(tr -cd '!' <"$src/mine" | wc -c)" "ok 8"
waiting+=("$pid")
free_again

# --- descriptors, of which every open file and every known one takes one. Without CAP_SYS_RESOURCE the daemon keeps
# the limit.
mkdir "$src/many"
touch "$src"/many/{1..200}
printf '#!/bin/sh\nulimit -n 200; exec setpriv --bounding-set -sys_resource --inh-caps -sys_resource "%s" "$@"\n' \
	"$FUSELENS_DAEMON" >"$WORK/limited"
chmod 755 "$WORK/limited"
real=$FUSELENS_DAEMON FUSELENS_DAEMON=$WORK/limited
start_daemon "$src" "$mnt" allow_other || exit 1
FUSELENS_DAEMON=$real
# shellcheck disable=SC2016 # the inner shell expands
spawn "${nobody[@]}" bash -c 'n=0
	while [ $n -lt 200 ] && exec {fd}<"$1/$((n + 1))"; do n=$((n + 1)); done
	echo $n >&2; exec sleep 100000' - "$mnt/many" 2>"$WORK/opened"
opener=$SPAWNED
wait_until 20 grep -qx '[0-9]*' "$WORK/opened"
opened=$(tail -n 1 "$WORK/opened")
check "a user who opens all files can open many ($opened)" [ "$opened" -gt 60 ]
check_eq "... until there are too many" "$(grep -c 'Too many open files' "$WORK/opened")" 1
check "... and others can open theirs" answers other
check_eq "... and list" "$(find "$mnt/many" -type f | wc -l)" 200
kill "$opener"
wait "$opener" 2>/dev/null
check "... that user, too, when the files are closed" \
	wait_until 20 "${nobody[@]}" cmp -s "$mnt/other" "$src/other"
stop_daemon

# --- memory: directories that are open, and were read from
mkdir "$src/listed"
touch "$src"/listed/name-{1..1500}
start_daemon "$src" "$mnt" allow_other || exit 1
memory()
{
	awk '/^VmRSS:/ {print $2}' "/proc/$DAEMON_PID/status"
}
before=$(memory)
spawn python3 -c 'import os, resource, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
held = [os.scandir(os.open(sys.argv[1], os.O_RDONLY)) for _ in range(2000)]
for listing in held:
    next(listing)
print("ok", flush=True)
time.sleep(100000)' "$mnt/listed" >"$WORK/listing"
opener=$SPAWNED
wait_until 60 said_ok "$WORK/listing"
# 32 KiB each would be 64 MiB
check "2,000 directories that a user reads take little memory ($((($(memory) - before) / 2000)) KiB each)" \
	[ $(($(memory) - before)) -lt 16384 ]
kill "$opener"
wait "$opener" 2>/dev/null
stop_daemon

# --- who waits for a lock takes none of them
FUSELENS_DAEMON=$WORK/limited
start_daemon "$src" "$mnt" allow_other,flock || exit 1
FUSELENS_DAEMON=$real
exec 3<"$src/locked"
flock -x 3
# shellcheck disable=SC2016 # the inner shell expands
spawn "${nobody[@]}" bash -c 'exec 3<"$1"
	for ((i = 0; i < 250; i++)); do
		flock -x 3 &
	done
	wait' - "$mnt/locked"
opener=$SPAWNED
wait_until 60 came SETLKW 250
check "while a user waits for a lock 250 times, others can open files" answers other
exec 3<&-
wait "$opener" 2>/dev/null
check "... and no lock that was waited for is left" wait_until 20 flock -n "$mnt/locked" true
stop_daemon

# --- further ids of one user
if [ -e /etc/subuid ]; then
	printf 'somebody:200000:65536\n' >"$WORK/subuid"
	cat >"$WORK/daemon" <<-END
		#!/bin/sh
		exec unshare --mount sh -c 'mount --bind "$WORK/subuid" /etc/subuid && exec "$FUSELENS_DAEMON" "\$@"' - "\$@"
	END
	chmod 755 "$WORK/daemon"
	real=$FUSELENS_DAEMON FUSELENS_DAEMON=$WORK/daemon
	start_daemon "$src" "$mnt" allow_other,threads=2 || exit 1
	FUSELENS_DAEMON=$real
	enter=(nsenter --mount --target "$DAEMON_PID")
	"${enter[@]}" "$try" copy "$mnt/locked" "$mnt/copy.6" >/dev/null # as settle
	holds "$src/locked"
	stuck 6 200000 200001 200002 200003 300000 300001
	wait_until 20 waits_for_daemon "${waiting[@]}"
	wait_until 20 came COPY_FILE_RANGE 5
	check_eq "ids that are one user's by /etc/subuid have one share, and others one each" \
		"$(daemon_stat upcall_COPY_FILE_RANGE)" 5
	enter=()
	free_again
else
	skip "further ids of one user" "no /etc/subuid here"
fi

# --- what root does with a user's files, whose locks that user can hold: by a program that is setuid to root, too
chown 65534 "$src/locked"
start_daemon "$src" "$mnt" allow_other,threads=2 || exit 1
settle
holds "$src/locked"
waiting=()
for i in 1 2 3; do
	"$try" copy "$mnt/locked" "$mnt/copy.$i" >/dev/null &
	waiting+=($!)
done
wait_until 20 waits_for_daemon "${waiting[@]}"
check "while root's requests for a user's file are stuck, root's others are served" answers other
free_again

# --- root waits for leases of two users, and one of them then holds the lock of the file that root cuts
cp "$src/locked" "$src/cut"
chown 65534 "$src/cut"
echo text >"$src/leased"
chown 1001 "$src/leased"
start_daemon "$src" "$mnt" allow_other,threads=2 || exit 1
holds "$src/cut"
spawn "${nobody[@]}" "$WORK/try" read-lease "$src/cut" >"$WORK/lease.1"
first=$SPAWNED
spawn setpriv --reuid 1001 --regid 1001 --clear-groups "$WORK/try" lease "$src/leased" >"$WORK/lease.2"
second=$SPAWNED
wait_until 20 said_ok "$WORK/lease.1"
wait_until 20 said_ok "$WORK/lease.2"
(: >"$mnt/cut") &
waiting=($!)
cat "$mnt/leased" >"$WORK/leased" &
pid=$!
wait_until 20 came OPEN 2
kill "$first"
check "an open that cuts waits for the lease, and then for the lock" wait_until 20 waits_in_kernel "$DAEMON_PID"
kill "$second"
check "... and another user's lease is waited for apart from that" wait_until 20 live_gone "$pid"
check_eq "... as the file is read then" "$(cat "$WORK/leased")" text
free_again

# --- what waits while a file and a directory get another owner
mkdir "$src/given"
echo text | tee "$src/given/file" "$src/given/listed" "$src/given/tagged" >"$src/given/secret"
setfattr -n user.tag -v text "$src/given/tagged"
chown -R 65534 "$src/given"
# a list whose mask is the same when the user is denied
chown 0:0 "$src/given/listed"
chmod 600 "$src/given/listed"
setfacl -m u:65534:rw,u:1:rw "$src/given/listed"
# requests for one's own files and for those of others wait apart: both are made to
cp "$src/locked" "$src/roots"
chmod 644 "$src/roots"
start_daemon "$src" "$mnt" allow_other,xattr,threads=2,entry_timeout=600,attr_timeout=600 || exit 1
"${nobody[@]}" "$WORK/try" late "$mnt/given/file" chmod >"$WORK/chmod" &
late=($!)
"${nobody[@]}" "$WORK/try" late "$mnt/given/secret" open >"$WORK/open" &
late+=($!)
"${nobody[@]}" "$WORK/try" late "$mnt/given" make >"$WORK/make" &
late+=($!)
"${nobody[@]}" "$WORK/try" late "$mnt/given/listed" open >"$WORK/listed" &
late+=($!)
"${nobody[@]}" "$WORK/try" late "$mnt/given/tagged" tag >"$WORK/tag" &
late+=($!)
wait_until 20 said_ok "$WORK/chmod"
wait_until 20 said_ok "$WORK/open"
wait_until 20 said_ok "$WORK/make"
wait_until 20 said_ok "$WORK/listed"
wait_until 20 said_ok "$WORK/tag"
settle
holds "$src/locked"
first=$holder
stuck 2
from=roots
holds "$src/roots"
stuck 2
wait_until 20 came COPY_FILE_RANGE 5
kill -USR1 "${late[@]}"
check "requests wait for those that are stuck" wait_until 20 waits_for_daemon "${late[@]}"
chown 0:0 "$src/given" "$src/given/file"
chmod 600 "$src/given/secret"
chown 0:0 "$src/given/secret"
setfacl -m u:65534:--- "$src/given/listed"
chmod 600 "$src/given/tagged"
chown 0:0 "$src/given/tagged"
# the kernel hears of it before these requests are served
stat --cached=never "$mnt/given" "$mnt/given/file" "$mnt/given/secret" "$mnt/given/tagged" >/dev/null
kill "$first" "$holder"
wait "${waiting[@]}" "${late[@]}" 2>/dev/null
check_eq "who was a file's owner when the request was made has no chmod" "$(stat -c '%a %u' "$src/given/file")" "644 0"
check "... and makes no file where the directory has another owner by now" [ ! -e "$src/given/new" ]
check_eq "... and hears why not, and does not open the file" \
	"$(tail -n 1 "$WORK/chmod") $(tail -n 1 "$WORK/make") $(tail -n 1 "$WORK/open")" "EPERM EACCES EACCES"
check_eq "... nor one whose access control list denies it by now" "$(tail -n 1 "$WORK/listed")" EACCES
check_eq "... nor reads its attributes" "$(tail -n 1 "$WORK/tag")" EACCES
stop_daemon
exit "$((LIVE_FAILED > 0))"
