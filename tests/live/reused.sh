#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Files that get the inode number of a removed file: each is counted under its own name, and a file that is
# proved does not get the writes of the next file with its number.
set -u
# shellcheck source=tests/live/lib.sh disable=SC1091
. "$(dirname "$0")/lib.sh"
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
exit $((LIVE_FAILED > 0))
