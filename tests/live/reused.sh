#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Files that get the inode number of a removed file: each is counted under its own name, and a file that is
# proved does not get the writes of the next file with its number, nor of one on another file system. It keeps its own.
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/export_lib.sh disable=SC1091
. "$(dirname "$0")/export_lib.sh"
FILES=24

live_begin_on_xfs
start_daemon "$src" "$mnt" || exit 1

# Writes N blocks to the new file fN and removes it, for N from $1 to $FILES. Says each one's number.
cat >"$WORK/in_turn" <<-END
	for n in \$(seq \$1 $FILES); do
		dd if=/dev/zero of=$mnt/f\$n bs=4k count=\$n oflag=direct status=none
		stat -c '%i' $mnt/f\$n >>$WORK/numbers
		rm $mnt/f\$n
	done
END

"$FUSELENS" prove "$mnt" --json -- bash "$WORK/in_turn" 1 >"$WORK/all" 2>"$WORK/err"
given=$(sort "$WORK/numbers" | uniq -d | wc -l)
if [ "$given" = 0 ]; then
	skip "reused numbers" "none of $FILES files got the number of another"
	exit 0
fi
ok "$given inode numbers belonged to several files, one after the other"
check_eq "each file has an entry, under its own name" \
	"$(jq -r '[.snapshot.files[].name] | unique | length' "$WORK/all")" "$FILES"
for n in 1 7 $FILES; do
	check_eq "f$n: its writes, no more" "$(jq -r --arg n "f$n" '[.snapshot.files[] | select(.name == $n) | .bytes] | add / 4096' "$WORK/all")" "$n"
done
check_eq "all of them are counted" "$(jq .counts.writes "$WORK/all")" $((FILES * (FILES + 1) / 2))

# a file that is removed while it is proved; other files get its number
: >"$WORK/numbers"
dd if=/dev/zero of="$mnt/f1" bs=4k count=1 oflag=direct status=none
number=$(stat -c %i "$mnt/f1")
cat >"$WORK/remove" <<-END
	dd if=/dev/zero of=$mnt/f1 bs=4k count=9 oflag=direct conv=notrunc status=none
	rm $mnt/f1
	bash $WORK/in_turn 2
END
"$FUSELENS" prove "$mnt/f1" --json -- bash "$WORK/remove" >"$WORK/one" 2>"$WORK/err"
if grep -qx "$number" "$WORK/numbers"; then
	check_eq "a file that is proved: its writes, not those of the next with its number" "$(jq .counts.writes "$WORK/one")" 9
else
	skip "a file that is proved" "no other file got the number $number"
fi

# The kernel may forget a file that nobody has open, and finds it again as another node.
cat >"$WORK/forgotten" <<-END
	dd if=/dev/zero of=$mnt/kept bs=4k count=10 oflag=direct conv=notrunc status=none
	echo 2 >/proc/sys/vm/drop_caches
	dd if=/dev/zero of=$mnt/kept bs=4k count=10 oflag=direct conv=notrunc status=none
END
dd if=/dev/zero of="$mnt/kept" bs=4k count=1 oflag=direct status=none
"$FUSELENS" prove "$mnt/kept" --json -- bash "$WORK/forgotten" >"$WORK/one" 2>"$WORK/err"
check_eq "a file that the kernel would forget meanwhile: all its writes" "$(jq .counts.writes "$WORK/one")" 20
"$FUSELENS" prove "$mnt/kept" --json -- sh -c "rm $mnt/kept && umount $mnt" >"$WORK/one" 2>"$WORK/err"
check_eq "... it may be removed, and its mount may go" "$(jq .command_exit_code "$WORK/one")" 0
wait "$DAEMON_PID"
start_daemon "$src" "$mnt" || exit 1

# an exporter that gives each file a series: the first one with the number, then the next
start_export "$FUSELENS" export "$mnt" --listen 127.0.0.1:0 --files 50 || exit 1
: >"$WORK/numbers"
bash "$WORK/in_turn" 1
if [ -n "$(sort "$WORK/numbers" | uniq -d)" ]; then
	fresh >"$WORK/fresh"
	check_eq "export: each file has the writes that were made under its name" \
		"$(for n in $(seq $FILES); do sum "fuselens_file_writes_total.*file=\"f$n\"" <"$WORK/fresh"; done | xargs)" \
		"$(seq -s ' ' $FILES)"
else
	skip "export: reused numbers" "none of $FILES files got the number of another"
fi
kill "$EXPORT_PID"
wait "$EXPORT_PID" 2>/dev/null
stop_daemon

# two file systems under one source, in which files have equal numbers
mkdir "$src/a" "$src/b"
mount -t tmpfs tmpfs "$src/a"
mount -t tmpfs tmpfs "$src/b"
touch "$src/a/f" "$src/b/f"
check_eq "two file systems have files of one number" "$(stat -c %i "$src/a/f")" "$(stat -c %i "$src/b/f")"
start_daemon "$src" "$mnt" direct || exit 1
cat >"$WORK/both" <<-END
	dd if=/dev/zero of=$mnt/a/f bs=4k count=7 oflag=direct conv=notrunc status=none
	dd if=/dev/zero of=$mnt/b/f bs=4k count=70 oflag=direct conv=notrunc status=none
END
for file in a b; do
	"$FUSELENS" prove "$mnt/$file/f" --json -- bash "$WORK/both" >"$WORK/one" 2>"$WORK/err"
	check_eq "$file/f: its writes, not those of its namesake" "$(jq .counts.writes "$WORK/one")" \
		"$([ $file = a ] && echo 7 || echo 70)"
done
stop_daemon
umount "$src/a" "$src/b"
exit $((LIVE_FAILED > 0))
