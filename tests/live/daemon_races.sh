#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Root takes a file or a directory over, in the source, while its owner keeps the inode's lock there and makes a call
# through the mirror. Both wait for the lock, root first. So the daemon looks at the owner before the change, and its own
# call comes after it.
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs
# shellcheck source=tests/live/hold_lib.sh disable=SC1091
. "$(dirname "$0")/hold_lib.sh"
user=(setpriv --reuid 1000 --regid 1000 --clear-groups)

# race OPCODE TARGET CMD... - TARGET in the source becomes root's while the user makes the call CMD through the mirror
race()
{
	local op=$1 target=$2 before taking calling
	shift 2
	before=$(daemon_stat "upcall_$op")
	holds "$target" || return
	chown 0:0 "$target" &
	taking=$!
	wait_until 20 waits_in_kernel "$taking"
	"${user[@]}" "$@" 2>/dev/null &
	calling=$!
	wait_until 20 came "$op" $((before + 1))
	wait_until 20 waits_in_kernel "$DAEMON_PID"
	reached=$?
	kill "$holder"
	wait "$taking" "$calling" 2>/dev/null
	return "$reached"
}

state()
{
	stat -c '%a %u:%g %Y' "$1"
	getfacl -cp "$1" 2>/dev/null
	getfattr "$1" 2>/dev/null
}

echo text >"$src/try"
if ! holds "$src/try"; then
	skip "who holds a lock in the source" "$(cat "$WORK/held")"
	exit 0
fi
kill "$holder"
start_daemon "$src" "$mnt" allow_other,xattr,suid || exit 1

n=0
while read -r op cmd; do
	n=$((n + 1))
	file=$src/file.$n
	echo text >"$file"
	chmod 644 "$file"
	touch -d 2001-01-01 "$file"
	wanted=$(state "$file")
	chown 1000:1000 "$file"
	"${user[@]}" cat "$mnt/file.$n" >/dev/null
	# shellcheck disable=SC2086
	check "${cmd% *}: the call comes after root's" race "$op" "$file" $cmd "$mnt/file.$n"
	check_eq "... and who was the owner has no ${cmd%% *} for a file of root's" "$(state "$file")" "$wanted"
done <<-'END'
	SETATTR chmod 4777
	SETATTR chmod 2755
	SETATTR chown 1000
	SETATTR chgrp 1000
	SETATTR touch -d 2000-01-01
	SETXATTR setfacl -m u:1000:rw
	SETXATTR setfattr -n user.x -v y
END

n=0
while read -r op cmd; do
	n=$((n + 1))
	dir=$src/dir.$n
	mkdir -m 755 "$dir"
	echo text >"$dir/old"
	chown 1000:1000 "$dir" "$dir/old"
	# both caches learn the names: a lookup would wait for the lock before the call
	"${user[@]}" stat "$dir/old" "$dir/new" "$mnt/dir.$n/old" "$mnt/dir.$n/new" >/dev/null 2>&1
	# shellcheck disable=SC2086
	check "${cmd%% *}: the call comes after root's" race "$op" "$dir" ${cmd//DIR/"$mnt/dir.$n"}
	check_eq "... and who was the owner makes, moves and removes no name there" "$(find "$dir" -printf '%P %n %U,')" " 2 0,old 1 1000,"
done <<-'END'
	MKDIR mkdir DIR/new
	MKNOD mkfifo DIR/new
	SYMLINK ln -s x DIR/new
	LINK ln DIR/old DIR/new
	CREATE touch DIR/new
	UNLINK rm -f DIR/old
	RENAME2 mv -T DIR/old DIR/new
END
stop_daemon
exit "$((LIVE_FAILED > 0))"
