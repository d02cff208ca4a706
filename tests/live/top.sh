#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# top, with real keys on a real (tmux) terminal.
set -u
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"

command -v tmux >/dev/null || {
	echo "no tmux here" >&2
	exit 77
}
live_begin_on_xfs
mkdir "$WORK/xfs/a" "$WORK/xfs/b"
start_daemon "$WORK/xfs/a" "$WORK/ma" || exit 1
start_daemon "$WORK/xfs/b" "$WORK/mb" || exit 1
# Each terminal has its own server: a server that is ending takes no new session.
terminals=0
mux()
{
	tmux -S "$WORK/tmux.$terminals" -f /dev/null "$@"
}
at_end mux kill-server
export LC_ALL=C.UTF-8

# start_top ENV COLUMNS LINES ARG... - top on a new terminal; its exit code ends up in $WORK/code
start_top()
{
	local env=$1 columns=$2 lines=$3
	shift 3
	rm -f "$WORK/code"
	mux kill-server 2>/dev/null
	terminals=$((terminals + 1))
	mux new-session -d -x "$columns" -y "$lines" \
		"env $env '$FUSELENS' top $* 2>'$WORK/top.err'; echo \$? >'$WORK/code'; sleep 3600"
}

screen()
{
	mux capture-pane -p 2>/dev/null
}

shows()
{
	screen | grep -q -- "$1"
}

lacks()
{
	! screen | grep -q -- "$1"
}

keys()
{
	mux send-keys "$@"
}

# Writers that keep their files open, the two on ma together faster than the one on mb.
for f in "ma/busy 300" "ma/b_usy2 200" "mb/calm 100"; do
	spawn fio --name=w --filename="$WORK/${f% *}" --size=1m --bs=4k --rw=randwrite --direct=1 \
		--ioengine=psync --norandommap --time_based --runtime=3600 --rate_iops="${f#* }" \
		--output=/dev/null
done
# The machine may have other mounts, and other tests their own.
ours=$(basename "$WORK")

start_top TERM=screen 80 24 -i 0.3
keys / "$ours" Enter
check "mounts are listed" wait_until 20 shows "^ .*$WORK/ma\|\.\.\..*/ma"
check "the busier one comes first" wait_until 10 eval \
	'[ "$(screen | grep -n "/ma$" | cut -d: -f1)" -lt "$(screen | grep -n "/mb$" | cut -d: -f1)" ]'
check_eq "no line is wider than the terminal" "$(screen | awk 'length > 80' | wc -l)" 0
check_eq "it fills the terminal and no more" "$(screen | wc -l)" 24
check "the method's name is there" shows 'state-\|callsite\|global'
check "columns that the method can't fill are not" \
	eval 'if shows state-tp; then lacks "wt p99"; else shows "wt p99"; fi'
check "a verdict is there" wait_until 10 eval 'shows EXCLUSIVE || shows SHARED || shows MIXED'

keys f Enter
check "a file tells who writes it" wait_until 20 shows "written by"
check "... and how fast it is written now" wait_until 20 shows "^now [0-9.]*k* writes/s, [0-9.]* MB/s"
keys Escape
check "Esc leads back to the list" wait_until 5 lacks "written by"
keys m
keys / / m b
check "the filter is typed on the screen" wait_until 5 shows "filter: $ours/mb_"
check "and leaves what matches" wait_until 5 lacks '/ma$'
keys BSpace BSpace
check "it can be corrected" wait_until 5 shows '/ma$'
keys m b Enter
check "and stays" wait_until 5 shows "filter: $ours/mb"
check "one mount is called one" wait_until 5 shows '^1 mount, by'
keys Escape
check "until it is dropped" wait_until 5 shows '/ma$'
keys / "$ours" Enter

keys s
check "s sorts by the next column" wait_until 5 shows 'by exclusive/s'
keys r
check "r reverses" wait_until 5 shows 'reversed'
keys r S

keys Home
keys Enter
check "Enter shows a mount's files" wait_until 5 shows 'files of one mount'
check "its files" wait_until 5 shows '/ma/busy$'
check "and only its" lacks calm
keys Enter
check "Enter shows a file" wait_until 5 shows '^inode [0-9]'
check "with its reasons" wait_until 5 eval 'shows "why exclusive" || shows " 100.0 %"'
check "and with who has it open" wait_until 5 shows '^open by'
check "which is fio" wait_until 5 shows ' fio .*rdwr|direct'
keys Escape
keys m
check "m leads back to the mounts" wait_until 5 shows 'mounts, by'
keys f
check "f lists the files of all" wait_until 5 shows 'calm'

keys p
check "p pauses" wait_until 5 shows PAUSED
one=$(screen)
sleep 1
check_eq "and the screen stands still" "$(screen)" "$one"
keys p
check "and goes on" wait_until 5 lacks PAUSED
keys h
check "h helps" wait_until 5 shows octave
keys h

mux resize-window -x 140 -y 40
check "a larger window is used" wait_until 5 eval '[ "$(screen | wc -l)" = 40 ] && shows "writes/s"'
check "a wide one has a curve a row" wait_until 5 eval 'mux resize-window -x 200 -y 40 && shows "so far" && shows "▁\|▄\|▇\|█"'
# calm_writers - what stands below the title "writers" in its row
calm_writers()
{
	screen | awk '/ writers /{at = index($0, "writers")} /calm/ && at {print substr($0, at, 7) + 0}'
}
# the most that eight screens show
most_calm_writers()
{
	local most=0 now _
	for _ in 1 2 3 4 5 6 7 8; do
		now=$(calm_writers)
		[ "${now:-0}" -le "$most" ] || most=$now
		sleep 0.3
	done
	echo "$most"
}
check "and says how many processes write a file" wait_until 5 eval '[ "$(calm_writers)" = 1 ]'
check_eq "not how many have it open" "$(most_calm_writers)" 1
mux resize-window -x 60 -y 20
check "a narrow one cuts no word" wait_until 5 eval 'shows "excl%" && shows " exclusive" && lacks "eli$\|eligib$\|Ent$"'
mux resize-window -x 40 -y 8
check "one too small says so, and what suffices" wait_until 5 eval 'shows "too small" && shows "50x10 will do"'
mux resize-window -x 80 -y 24
check "and all is well again" wait_until 5 shows 'writes/s .*excl%'

# A name that would control the terminal, or fill the line.
hostile=$WORK/mb/$'\033]0;owned\a\033[31mx\u202e\n'
dd if=/dev/zero of="$hostile" bs=4k count=8 oflag=direct status=none
keys Escape / x 1 b Enter
check "a hostile name is shown harmless" wait_until 10 shows 'x1b\[31mx'
check_eq "and does not become the title" "$(mux display-message -p '#{pane_title}' | grep -c owned)" 0

# A daemon that dies leaves its mount behind.
keys Escape m / "$ours" Enter
kill -KILL "$DAEMON_PID"
check "a mount that lost its daemon is shown as such" wait_until 10 shows 'no daemon.*/mb$'
check "and no other" lacks 'no daemon.*/ma$'
keys q
check "q quits" wait_until 5 test -s "$WORK/code"
check_eq "with success" "$(cat "$WORK/code")" 0
check_eq "and without a word" "$(cat "$WORK/top.err")" ""

start_top 'TERM=screen NO_COLOR=1' 80 24 "$WORK/ma" -i 0.3
wait_until 20 shows 'EXCLUSIVE\|SHARED\|MIXED'
check_eq "NO_COLOR: no colour" "$(mux capture-pane -p -e | grep -c $'\033\[[0-9;]*3[1-7]m')" 0
keys C-c
check "Ctrl-C quits as well" wait_until 5 test -s "$WORK/code"
start_top TERM=screen 80 24 "$WORK/ma" -i 0.3
wait_until 20 shows 'EXCLUSIVE\|SHARED\|MIXED'
check "with colour there is some" eval "mux capture-pane -p -e | grep -q $'\033\[[0-9;]*3[1-7]m'"
keys q
wait_until 5 test -s "$WORK/code"

start_top 'TERM=screen LC_ALL=C' 80 24 "$WORK/ma" -f -i 0.3
check "a locale that is not UTF-8" wait_until 20 shows 'busy'
keys q
wait_until 5 test -s "$WORK/code"
start_top TERM=dumb 80 24
wait_until 5 test -s "$WORK/code"
check_eq "a dumb terminal is told what to use instead" \
	"$(cat "$WORK/code") $(grep -c "hint:.*fuselens stat" "$WORK/top.err")" "2 1"
start_top TERM=no-such-terminal 80 24
wait_until 5 test -s "$WORK/code"
check_eq "so is one nobody knows" "$(cat "$WORK/code") $(grep -c hint: "$WORK/top.err")" "2 1"
"$FUSELENS" top </dev/null >"$WORK/out" 2>&1
check_eq "and a pipe" "$? $(grep -c 'hint:.*stat' "$WORK/out")" "2 1"

# A file that gets the inode number of a removed one. Its writes stand under its own name.
# row_rate NAME - the writes a second in the file's row; nothing if it has none
row_rate()
{
	screen | awk -v name="/$1" '{n = $NF; sub(/^/, "/", n); sub(/.*\//, "/", n)} n == name {print $1}'
}
# writes_now NAME - writes the new file now, and keeps on; sets $writing and $number
writes_now()
{
	spawn fio --name=w --filename="$WORK/ma/$1" --size=64k --bs=4k --rw=randwrite --direct=1 --ioengine=psync \
		--norandommap --time_based --runtime=3600 --rate_iops=200 --output=/dev/null
	writing=$SPAWNED
	wait_until 10 test -e "$WORK/ma/$1"
	number=$(stat -c %i "$WORK/ma/$1")
}
start_top TERM=screen 160 30 "$WORK/ma" -f -i 0.3
writes_now old
old_number=$number
check "a file is listed under its name" wait_until 20 eval '[ "0$(row_rate old)" -gt 0 ]'
kill "$writing"
wait_until 10 eval '! kill -0 "$writing" 2>/dev/null'
rm "$WORK/ma/old"
for new in $(seq -f new%g 10); do
	writes_now "$new"
	[ "$number" != "$old_number" ] || break
	kill "$writing"
done
if [ "$number" = "$old_number" ]; then
	check "the next one with its number, under its own" wait_until 20 eval '[ "0$(row_rate "$new")" -gt 0 ]'
	check_eq "and the old name gets none of its writes" "$(($(row_rate old) + 0))" 0
else
	skip "the next one with its number" "none of ten files got the number $old_number"
fi
keys q
wait_until 5 test -s "$WORK/code"
