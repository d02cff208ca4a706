#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# A user of the mount cannot mislead root: directories renamed and links planted under verify and bench,
# result directories that want to run programs, programs planted in PATH, escapes for the terminal. And
# nothing that a command started outlives it.
# shellcheck disable=SC2016 # inner shells expand
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs 600M
mkdir "$WORK/profiles"
cp "$LIVE_TOP"/profiles/*.fio "$WORK/profiles"
export FUSELENS_PROFILES=$WORK/profiles
# an inherited variable tells our processes from all others
export FL_SAFETY=$WORK
start_daemon "$src" "$mnt" allow_other || exit 1

# ours COMM - the processes with this name that descend from this test, whatever their parents are now
ours()
{
	local pid
	for pid in $(pgrep -x "$1"); do
		! { tr '\0' '\n' <"/proc/$pid/environ"; } 2>/dev/null | grep -qx "FL_SAFETY=$WORK" || echo "$pid"
	done
}
none_of()
{
	[ -z "$(ours "$1")" ]
}
some_of()
{
	! none_of "$1"
}
nothing_on_the_mount()
{
	[ -z "$(find "$src" -mindepth 1 -name '*fuselens*')" ]
}

# bench ARG... - with code in $rc, stderr in $WORK/err
bench()
{
	rc=0
	"$FUSELENS" bench "$@" >"$WORK/out" 2>"$WORK/err" || rc=$?
}
small=(--jobs 1 --repeat 1 --runtime 1 --size 4m -q)

# Another user owns the directory that root works in. The precious file lies where that user may not go.
install -d -m 755 -o 65534 -g 65534 "$src/theirs"
install -d -m 700 "$WORK/precious"
precious()
{
	(cd "$WORK/precious" && find . | sort && cat -- * 2>/dev/null) | md5sum
}
echo mine >"$WORK/precious/data.0"
echo mine >"$WORK/precious/hole"
before=$(precious)

# usurp PATTERN - as the directory's owner: moves away what root makes there, and puts a link in its place
usurp()
{
	exec setpriv --reuid 65534 --regid 65534 --clear-groups bash -c '
		cd "$1" || exit
		while :; do
			for d in $2; do
				if [ -d "$d" ] && [ ! -L "$d" ]; then
					mv -T "$d" "moved.$RANDOM" && ln -sT "$3" "$d"
				fi
			done
			sleep 0.01
		done' - "$src/theirs" "$1" "$WORK/precious" 2>/dev/null
}
spawn usurp '.fuselens-verify-*'
"$FUSELENS" verify "$mnt/theirs" --quick --case hole >"$WORK/out" 2>"$WORK/err"
kill "$SPAWNED"
check "verify: its directory was moved away and a link put in its place" \
	test -n "$(find "$src/theirs" -name 'moved.*')"
check_eq "... and root's directory elsewhere is untouched" "$(precious)" "$before"
check_eq "... nor is anything left in the one that was moved" "$(find "$src"/theirs/moved.* -type f)" ""
rm -rf "$src"/theirs/* "$src"/theirs/.fuselens*

setpriv --reuid 65534 --regid 65534 --clear-groups \
	bash -c 'ln -s "$2" "$1/fuselens-bench.mount"; ln -s "$2" "$1/fuselens-bench.raw"' - "$src/theirs" "$WORK/precious"
spawn usurp 'fuselens-bench-*'
bench randwrite-4k-psync --mount "$mnt/theirs" --raw "$src/theirs" "${small[@]}" -o "$WORK/usurped"
kill "$SPAWNED"
check_eq "bench: links planted and put in its directory's place lead nowhere" "$(precious)" "$before"
check_eq "... and nothing is left in what was moved" "$(find "$src"/theirs/moved.* -type f 2>/dev/null)" ""
rm -rf "$src"/theirs/* "$WORK/usurped"

# A file system could show a link where fio made a file. A profile of the user stands in for it.
profile()
{
	printf '# fuselens: files=fresh\n[global]\nioengine=psync\nrw=write\nbs=4k\nsize=64k\nthread=1\n%b' "$2" >"$1"
}
profile "$WORK/link.fio" "exec_prerun=ln -s $WORK/precious/data.0 data.0\n[a]\nfilename=data.0\n"
bench "$WORK/link.fio" --mount "$mnt/theirs" "${small[@]}" -o "$WORK/link"
check_eq "a link in the working directory is not followed by fio either: exit code" "$rc" 2
check_eq "... what it points at is untouched" "$(precious)" "$before"
check "... and gone with the rest" nothing_on_the_mount

# Files that a profile's programs and logs leave in the working directory are removed with it.
profile "$WORK/litter.fio" "exec_prerun=mkdir -p a/b; touch a/b/c .hidden; sleep 300 &\nwrite_lat_log=lat\n[a]\nfilename=data.0\n"
bench "$WORK/litter.fio" --mount "$mnt/theirs" "${small[@]}" -o "$WORK/litter"
check_eq "a profile that the user named may run programs; its log on the mount is writes that fio does not report" "$rc" 3
check "... what they and logs leave is removed" nothing_on_the_mount
check_eq "... and all of it is: the directory is as it was" "$(find "$src/theirs" -mindepth 1)" ""
check "... what they left running is ended" none_of sleep

# A result directory is data: a resumed bench runs only a profile that is installed or given again.
bench randwrite-4k-psync --mount "$mnt" "${small[@]}" -o "$WORK/result"
check_eq "a bench to go on with" "$rc" 0
rm -r "$WORK/result/rows/mount-j1-r1"
# resumed NAME JQ_FILTER WHY - resumes with bench.json changed by the filter; it must fail with WHY
resumed()
{
	local name=$1 filter=$2 why=$3
	shift 3
	rm -rf "$WORK/tampered"
	cp -r "$WORK/result" "$WORK/tampered"
	jq "$filter" "$WORK/result/bench.json" >"$WORK/tampered/bench.json"
	bench "$@" --resume -o "$WORK/tampered" -q
	check_eq "resumed with $name: refused, and why" "$rc $(grep -c "$why" "$WORK/err")" "2 1"
	check "... and nothing was run" test ! -e "$WORK/owned"
}
evil="exec_prerun=touch $WORK/owned"
profile "$WORK/evil.fio" "$evil\n[a]\nfilename=data.0\n"
resumed "a profile that runs a program" ".profile_text |= . + \"\n$evil\n\"" 'another text'
resumed "a profile of another name" ".profile = \"evil\"" 'not installed here'
resumed "a path for a profile" ".profile = \"$WORK/evil\" | .profile_text = $(jq -Rs . "$WORK/evil.fio")" 'not installed here'
resumed "a path that ends as files do" ".profile = \"$WORK/evil.fio\" | .profile_text = $(jq -Rs . "$WORK/evil.fio")" \
	'not installed here'
resumed "a variable that loads a library" '.variables += {"LD_PRELOAD": "x.so"}' 'does not use'
resumed "a variable with a line break" ".variables.SIZE = \"4m\n$evil\"" 'not accepted from a file'
resumed "a variable that a shell would compute" ".variables.BS = \"\$ncpus';touch $WORK/owned'\"" 'not accepted from a file'
rm -rf "$WORK/tampered"
cp -r "$WORK/result" "$WORK/tampered"
chown -R 65534 "$WORK/tampered"
bench --resume -o "$WORK/tampered" -q
check_eq "resumed from another user's directory: refused, and why" "$rc $(grep -c 'another user' "$WORK/err")" "2 1"
bench --resume -o "$WORK/result" -q
check_eq "untouched, it is resumed" "$rc $(ls "$WORK/result/rows")" "0 mount-j1-r1"

# A profile with programs, found by its name.
for line in "$evil" "exec_postrun=touch $WORK/owned" 'ioengine=external:/tmp/x.so' 'ioengine=exec' "include $WORK/evil.fio" \
	'size=$mb_memory'; do
	profile "$WORK/profiles/sly.fio" "$line\n[a]\nfilename=data.0\n"
	bench sly --mount "$mnt" "${small[@]}" -o "$WORK/sly"
	check_eq "by name, '${line%%=*}' is not run" "$rc $(grep -c 'runs programs' "$WORK/err") $(ls -d "$WORK"/{owned,sly} 2>/dev/null)" "2 1 "
done
rm "$WORK/profiles/sly.fio"
sed "\$a $evil" "$LIVE_TOP/profiles/randwrite-4k-psync.fio" >"$WORK/mine.fio"
bench "$WORK/mine.fio" --mount "$mnt" "${small[@]}" -o "$WORK/mine"
check "by its file, it is" test -e "$WORK/owned"
rm -rf "$WORK/owned" "$WORK/mine/rows/mount-j1-r1"
bench --resume -o "$WORK/mine" -q
check_eq "resumed, the file has to be named again" "$rc $(ls "$WORK/owned" 2>/dev/null)" "2 "
bench "$WORK/mine.fio" --resume -o "$WORK/mine" -q
check_eq "... and then it is run" "$rc $(ls "$WORK/owned")" "0 $WORK/owned"
rm -f "$WORK/owned"

# Root's programs are not looked for where a user's PATH points.
mkdir "$WORK/bin"
for program in fio gnuplot; do
	printf '#!/bin/sh\ntouch "%s"\nexit 1\n' "$WORK/owned" >"$WORK/bin/$program"
	chmod +x "$WORK/bin/$program"
done
PATH=$WORK/bin:$PATH bench randwrite-4k-psync --mount "$mnt" "${small[@]}" -o "$WORK/path"
check_eq "another fio in PATH is not root's" "$rc $(ls "$WORK/owned" 2>/dev/null)" "0 "
PATH=$WORK/bin:$PATH "$FUSELENS" verify "$mnt" --quick --case overwrite >/dev/null 2>&1
check "... nor verify's" test ! -e "$WORK/owned"
PATH=$WORK/bin:$PATH "$FUSELENS" report "$WORK/path" --format html -o "$WORK/path.html"
check "another gnuplot in PATH is not root's" test ! -e "$WORK/owned"
echo "system \"touch $WORK/owned\"" >"$WORK/bin/.gnuplot"
HOME=$WORK/bin "$FUSELENS" report "$WORK/path" --format html -o "$WORK/path.html"
check "gnuplot runs nobody's start file" test ! -e "$WORK/owned"
bench randwrite-4k-psync --mount "$mnt" "${small[@]}" -o "$WORK/chosen" --fio "$WORK/bin/fio"
check "--fio names one" test -e "$WORK/owned"
rm -f "$WORK/owned"

# Interrupted while fio forks its jobs, which make their own sessions.
profile "$WORK/profiles/forks.fio" 'time_based=1\nruntime=60\ndirect=1\nthread=0\nnumjobs=${JOBS}\n[a]\nfilename_format=data.$jobnum\n'
sed -i '/^thread=1/d' "$WORK/profiles/forks.fio"
jobs_forked()
{
	[ "$(ours fio | wc -l)" -gt "$1" ]
}
for many in 0 1 20; do
	"$FUSELENS" bench forks --mount "$mnt" --jobs 64 --repeat 1 --runtime 60 --size 64k -q -o "$WORK/forks.$many" \
		>/dev/null 2>"$WORK/err" &
	pid=$!
	wait_until 60 jobs_forked "$many"
	kill -INT $pid
	wait $pid
	check_eq "interrupted with more than $many of fio's processes: exit code" "$?" 3
	check "... none of them is left" none_of fio
	check "... nor a file" nothing_on_the_mount
done
"$FUSELENS" bench forks --mount "$mnt" --jobs 64 --repeat 1 --runtime 60 --size 64k -q -o "$WORK/forks.kill" \
	>/dev/null 2>&1 &
pid=$!
wait_until 60 jobs_forked 20
kill -KILL $pid
wait $pid 2>/dev/null
check "killed outright: no fio is left" wait_until 60 none_of fio
check "... nor a file" wait_until 60 nothing_on_the_mount

# Text that comes from elsewhere must not control the terminal.
no_escape()
{
	! grep -q $'\033' "$1"
}
red='\u001b[31m'
rm -rf "$WORK/tampered"
cp -r "$WORK/result" "$WORK/tampered"
jq ".profile = \"$red\"" "$WORK/result/bench.json" >"$WORK/tampered/bench.json"
bench --resume -o "$WORK/tampered"
check "escapes in a result's profile" no_escape "$WORK/err"
jq ".schema = \"$red\"" "$WORK/result/bench.json" >"$WORK/tampered/bench.json"
"$FUSELENS" report "$WORK/tampered" >"$WORK/out" 2>"$WORK/err"
check_eq "escapes in a result's schema" "$? $(no_escape "$WORK/err" && no_escape "$WORK/out" && echo none)" "2 none"
cp "$WORK/result/bench.json" "$WORK/tampered"
mkdir "$WORK/tampered/rows/"$'\033[31m'
"$FUSELENS" report "$WORK/tampered" >"$WORK/out" 2>"$WORK/err"
check_eq "escapes in a row's name" "$? $(no_escape "$WORK/err" && no_escape "$WORK/out" && echo none)" "2 none"
printf '#!/bin/sh\nprintf "fio-\\033[31m3.99\\n"\n' >"$WORK/bin/fio"
bench randwrite-4k-psync --mount "$mnt" "${small[@]}" -o "$WORK/x" --fio "$WORK/bin/fio"
check_eq "escapes in fio's version" "$rc $(no_escape "$WORK/err" && echo none)" "2 none"
printf '#!/bin/sh\ncase "$*" in *--version*) echo fio-3.39; exit;; esac\nprintf "\\033[31mno\\n" >&2; exit 1\n' >"$WORK/bin/fio"
bench randwrite-4k-psync --mount "$mnt" "${small[@]}" -o "$WORK/x" --fio "$WORK/bin/fio"
check_eq "escapes in what fio says" "$rc $(no_escape "$WORK/err" && echo none)" "2 none"
"$FUSELENS" verify "$mnt" --quick --case overwrite --fio "$WORK/bin/fio" >"$WORK/out" 2>"$WORK/err"
check "... to verify" eval 'no_escape "$WORK/err" && no_escape "$WORK/out" && grep -q "no" "$WORK/out"'

# Something is mounted over a FUSE mount: the path means the upper mount, and the message says so.
mount -t tmpfs none "$mnt"
"$FUSELENS" prove "$mnt" -d 0.2 >"$WORK/out" 2>"$WORK/err"
check_eq "a tmpfs over the mount: an error that says so" "$? $(grep -c 'tmpfs is mounted over it' "$WORK/err")" "2 1"
umount "$mnt"
"$FUSELENS" prove "$mnt" -d 0.2 >"$WORK/out" 2>"$WORK/err"
check_eq "... and without it, none" "$(grep -c 'mounted over' "$WORK/err")" 0

# A daemon that does not answer hangs nobody.
echo x >"$src/unseen"
kill -STOP "$DAEMON_PID"
for command in prove files stat; do
	"$FUSELENS" $command "$mnt/unseen" >"$WORK/out" 2>"$WORK/err" &
	pid=$!
	check "$command of a file that the kernel does not know, its daemon stopped: it ends" \
		wait_until 120 live_gone $pid
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	check_eq "... with an error that says why" "$? $(grep -c 'does not answer' "$WORK/err")" "2 1"
done
"$FUSELENS" prove "$mnt/unseen" >"$WORK/out" 2>&1 &
pid=$!
wait_until 20 eval '[ -n "$(pgrep -P $pid)" ]'
kill -TERM $pid
check "... and can be ended before" wait_until 30 live_gone $pid
wait $pid 2>/dev/null
"$FUSELENS" bench randwrite-4k-psync --mount "$mnt" "${small[@]}" -o "$WORK/stopped" >"$WORK/out" 2>"$WORK/err" &
pid=$!
asked()
{
	[ -n "$(pgrep -P $pid)" ]
}
wait_until 20 asked
kill -TERM $pid
check "bench on a mount whose daemon is stopped can be ended" wait_until 30 live_gone $pid
kill -KILL $pid 2>/dev/null
wait $pid 2>/dev/null
check "... and made no result directory" test ! -e "$WORK/stopped"
kill -CONT "$DAEMON_PID"
check "... nor is anything left once it goes on" wait_until 30 nothing_on_the_mount
stop_daemon
exit "$((LIVE_FAILED > 0))"
