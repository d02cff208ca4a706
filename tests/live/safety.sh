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
# The same without a second to wait for.
sed '/^time_based\|^runtime/d; s/RUNTIME, //' "$LIVE_TOP/profiles/randwrite-4k-psync.fio" >"$WORK/profiles/quick.fio"
export FUSELENS_PROFILES=$WORK/profiles

# part NAME - runs the function NAME beside the other parts, since each waits most of the time. It has a
# source $store with a mirror $top, whose writes are all its own, and $dir for its files.
parts=()
part()
{
	(
		dir=$WORK/$1 store=$src/$1 top=$WORK/$1/mnt
		mkdir "$dir" "$store"
		start_daemon "$store" "$top" allow_other >"$dir/said" || exit 1
		# an inherited variable tells our processes from all others
		export FL_SAFETY=$dir
		"$1" >"$dir/said" 2>&1
		stop_daemon
		exit $((LIVE_FAILED > 0))
	) &
	parts+=("$1:$!")
}

# ours COMM - the processes with this name that descend from this part, whatever their parents are now
ours()
{
	local pid
	for pid in $(pgrep -x "$1"); do
		! { tr '\0' '\n' <"/proc/$pid/environ"; } 2>/dev/null | grep -qx "FL_SAFETY=$dir" || echo "$pid"
	done
}
none_of()
{
	[ -z "$(ours "$1")" ]
}
nothing_on_the_mount()
{
	[ -z "$(find "$store" -mindepth 1 -name '*fuselens*')" ]
}

# bench ARG... - with code in $rc, stderr in $dir/err
bench()
{
	rc=0
	"$FUSELENS" bench "$@" >"$dir/out" 2>"$dir/err" || rc=$?
}
small=(--jobs 1 --repeat 1 --runtime 1 --size 4m -q)

# profile FILE LINES - one of the user's own
profile()
{
	printf '# fuselens: files=fresh\n[global]\nioengine=psync\nrw=write\nbs=4k\nsize=64k\nthread=1\n%b' "$2" >"$1"
}

# usurp PATTERN - as the directory's owner: moves away what root makes there, and puts a link in its place.
# It ends with this part.
usurp()
{
	exec setpriv --pdeathsig KILL --reuid 65534 --regid 65534 --clear-groups bash -c '
		cd "$1" || exit
		while :; do
			for d in $2; do
				if [ -d "$d" ] && [ ! -L "$d" ]; then
					mv -T "$d" "moved.$RANDOM" && ln -sT "$3" "$d"
				fi
			done
			sleep 0.01
		done' - "$store" "$1" "$dir/precious" 2>/dev/null
}
# Another user owns the directory that root works in. The precious file lies where that user may not go.
precious()
{
	(cd "$dir/precious" && find . | sort && cat -- * 2>/dev/null) | md5sum
}
theirs()
{
	chown 65534:65534 "$store"
	mkdir -m 700 "$dir/precious"
	echo mine >"$dir/precious/data.0"
	echo mine >"$dir/precious/hole"
	before=$(precious)
}

usurped_verify()
{
	theirs
	spawn usurp '.fuselens-verify-*'
	# on a busy machine verify may be done before the directory was moved
	for _ in {1..10}; do
		"$FUSELENS" verify "$top" --quick --case hole >"$dir/out" 2>"$dir/err"
		[ -z "$(find "$store" -name 'moved.*')" ] || break
	done
	kill "$SPAWNED"
	check "verify: its directory was moved away and a link put in its place" \
		test -n "$(find "$store" -name 'moved.*')"
	check_eq "... and root's directory elsewhere is untouched" "$(precious)" "$before"
	check_eq "... nor is anything left in the one that was moved" "$(find "$store"/moved.* -type f)" ""
}

usurped_bench()
{
	theirs
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		bash -c 'ln -s "$2" "$1/fuselens-bench.mount"; ln -s "$2" "$1/fuselens-bench.raw"' - "$store" "$dir/precious"
	spawn usurp 'fuselens-bench-*'
	bench randwrite-4k-psync --mount "$top" --raw "$store" "${small[@]}" -o "$dir/usurped"
	kill "$SPAWNED"
	check_eq "bench: links planted and put in its directory's place lead nowhere" "$(precious)" "$before"
	check_eq "... and nothing is left in what was moved" "$(find "$store"/moved.* -type f 2>/dev/null)" ""
}

# refuses NAME WAY - a command by this path, as refused
refuses()
{
	local name=$1 way=$2
	"$FUSELENS" verify "$way" --quick --case hole >"$dir/out" 2>"$dir/err"
	check_eq "verify by $name is refused, and why" \
		"$? $(grep -c 'a link of user 65534' "$dir/err") $(grep -c '^hint: .*without it' "$dir/err")" "2 1 1"
	bench quick --mount "$way" "${small[@]}" -o "$dir/way"
	check_eq "... bench --mount, too" "$rc $(grep -c 'a link of user 65534' "$dir/err")" "2 1"
	bench quick --raw "$way" "${small[@]}" -o "$dir/way"
	check_eq "... and bench --raw" "$rc $(grep -c 'a link of user 65534' "$dir/err")" "2 1"
	check_eq "... nothing was made" "$(daemon_stat upcall_MKDIR) $(ls -d "$dir/way" 2>/dev/null)" "0 "
}

# Links on the way to the directory that bench and verify work in.
ways()
{
	local way
	mkdir "$store/sub" "$dir/theirs"
	ln -s "$top" "$dir/theirs/link"
	chown -h 65534 "$dir/theirs" "$dir/theirs/link"
	ln -s theirs "$dir/dir"
	for way in theirs/link theirs/link/ theirs/link/sub dir/link; do
		refuses "$way, another user's link" "$dir/$way"
	done
	# Whose account it is that runs sudo makes no difference: see README, "What is guaranteed, and to whom".
	SUDO_UID=65534 SUDO_USER=nobody refuses "that user's own link, with sudo" "$dir/theirs/link"
	# A daemon of another user says that its link is root's.
	mount_lying_links "$dir/fuse" 65534 "$top"
	refuses "a link on another user's FUSE mount" "$dir/fuse/link"
	bench --resume -o "$dir/fuse" -q
	check_eq "a directory there is not root's either, to resume a bench in" "$rc $(grep -c 'belongs to another user' "$dir/err")" "2 1"
	umount_lying_links "$dir/fuse"
	chown -h 0 "$dir/theirs/link"
	for way in "$dir"/{theirs/link,theirs/link/sub,dir/link} "/proc/$$/root$dir/theirs/link"; do
		"$FUSELENS" verify "$way" --quick --case hole >"$dir/out" 2>"$dir/err"
		check_eq "verify by root's own link, ${way#"$dir"/}" $? 0
	done
	bench quick --mount "$dir/theirs/link" --raw "/proc/self/root/$store" "${small[@]}" -o "$dir/way"
	check_eq "... and bench" $rc 0
}

litter()
{
	theirs
	# A file system could show a link where fio made a file. A profile of the user stands in for it.
	profile "$dir/link.fio" "exec_prerun=ln -s $dir/precious/data.0 data.0\n[a]\nfilename=data.0\n"
	bench "$dir/link.fio" --mount "$top" "${small[@]}" -o "$dir/link"
	check_eq "a link in the working directory is not followed by fio either: exit code" "$rc" 2
	check_eq "... what it points at is untouched" "$(precious)" "$before"
	check "... and gone with the rest" nothing_on_the_mount

	# Files that a profile's programs and logs leave in the working directory are removed with it.
	profile "$dir/litter.fio" "exec_prerun=mkdir -p a/b; touch a/b/c .hidden; sleep 300 &\nwrite_lat_log=lat\n[a]\nfilename=data.0\n"
	bench "$dir/litter.fio" --mount "$top" "${small[@]}" -o "$dir/litter"
	check_eq "a profile that the user named may run programs; its log on the mount is writes that fio does not report" "$rc" 3
	check "... what they and logs leave is removed" nothing_on_the_mount
	check_eq "... and all of it is: the directory is as it was" "$(find "$store" -mindepth 1)" ""
	check "... what they left running is ended" none_of sleep
}

# resumed NAME JQ_FILTER WHY - resumes with bench.json changed by the filter; it must fail with WHY
resumed()
{
	local name=$1 filter=$2 why=$3
	shift 3
	rm -rf "$dir/tampered"
	cp -r "$dir/result" "$dir/tampered"
	jq "$filter" "$dir/result/bench.json" >"$dir/tampered/bench.json"
	bench "$@" --resume -o "$dir/tampered" -q
	check_eq "resumed with $name: refused, and why" "$rc $(grep -c "$why" "$dir/err")" "2 1"
	check "... and nothing was run" test ! -e "$dir/owned"
}

# A result directory is data: a resumed bench runs only a profile that is installed or given again.
results()
{
	bench quick --mount "$top" "${small[@]}" -o "$dir/result"
	check_eq "a bench to go on with" "$rc" 0
	rm -r "$dir/result/rows/mount-j1-r1"
	evil="exec_prerun=touch $dir/owned"
	profile "$dir/evil.fio" "$evil\n[a]\nfilename=data.0\n"
	resumed "a profile that runs a program" ".profile_text |= . + \"\n$evil\n\"" 'another text'
	resumed "a profile of another name" ".profile = \"evil\"" 'not installed here'
	resumed "a path for a profile" ".profile = \"$dir/evil\" | .profile_text = $(jq -Rs . "$dir/evil.fio")" 'not installed here'
	resumed "a path that ends as files do" ".profile = \"$dir/evil.fio\" | .profile_text = $(jq -Rs . "$dir/evil.fio")" \
		'not installed here'
	resumed "a variable that loads a library" '.variables += {"LD_PRELOAD": "x.so"}' 'does not use'
	resumed "a variable with a line break" ".variables.SIZE = \"4m\n$evil\"" 'not accepted from a file'
	resumed "a variable that a shell would compute" ".variables.BS = \"\$ncpus';touch $dir/owned'\"" 'not accepted from a file'
	rm -rf "$dir/tampered"
	cp -r "$dir/result" "$dir/tampered"
	chown -R 65534 "$dir/tampered"
	bench --resume -o "$dir/tampered" -q
	check_eq "resumed from another user's directory: refused, and why" "$rc $(grep -c 'another user' "$dir/err")" "2 1"
	bench --resume -o "$dir/result" -q
	check_eq "untouched, it is resumed" "$rc $(ls "$dir/result/rows")" "0 mount-j1-r1"
	# Its owner puts a link where the report goes.
	echo mine >"$dir/precious"
	ln -s ../precious "$dir/tampered/report.html"
	chown -h 65534 "$dir/tampered/report.html"
	"$FUSELENS" report "$dir/result" --format html -o "$dir/tampered/report.html" 2>"$dir/err"
	check_eq "a report is not written through another user's link" \
		"$? $(grep -c 'a link of user' "$dir/err") $(head -c 4 "$dir/precious")" "2 1 mine"
	chown -h 0 "$dir/tampered/report.html"
	"$FUSELENS" report "$dir/result" --format html -o "$dir/tampered/report.html"
	check_eq "... but through one's own" "$? $(head -c 9 "$dir/precious")" "0 <!DOCTYPE"
	mkdir -m 700 "$dir/private"
	ln -s ../private "$dir/tampered/way"
	chown -h 65534 "$dir/tampered/way"
	"$FUSELENS" report "$dir/result" --format html -o "$dir/tampered/way/report.html" 2>"$dir/err"
	check_eq "... nor through one on the way" "$? $(grep -c 'a link of user' "$dir/err") $(ls "$dir/private")" "2 1 "
	bench quick --mount "$top" "${small[@]}" -o "$dir/tampered/way/result"
	check_eq "... nor is a result made there" "$rc $(grep -c 'a link of user' "$dir/err") $(ls "$dir/private")" "2 1 "
	ln -s result "$dir/again"
	chown -h 65534 "$dir/again"
	rm -r "$dir/result/rows/mount-j1-r1"
	bench --resume -o "$dir/again" -q
	check_eq "... nor resumed" "$rc $(grep -c 'a link of user' "$dir/err") $(ls "$dir/result/rows")" "2 1 "
	chown -h 0 "$dir/again"
	bench --resume -o "$dir/again" -q
	check_eq "... but by one's own, and the path is the real one" "$rc $(cat "$dir/out")" "0 $dir/result"
	chown -h 0 "$dir/tampered/way"
	"$FUSELENS" report "$dir/result" --format html -o "$dir/tampered/way/report.html"
	check_eq "... but through one's own" "$? $(head -c 9 "$dir/private/report.html")" "0 <!DOCTYPE"
	"$FUSELENS" report "$dir/result" --format html -o /dev/stdout >"$dir/out"
	check_eq "... and through those of the system" "$? $(head -c 9 "$dir/out")" "0 <!DOCTYPE"
	# the text of this link is "/", whatever the root directory of that process is
	mkdir "$dir/far"
	spawn unshare --mount --propagation private bash -c 'mount --bind "$1/private" "$1/far" && exec sleep 100000' - "$dir"
	wait_until 20 eval '[ "$(ls "/proc/$SPAWNED/root$dir/far")" = report.html ]'
	"$FUSELENS" report "$dir/result" --format html -o "/proc/$SPAWNED/root$dir/far/far.html"
	check_eq "... and to what that process sees there" "$? $(cd "$dir/private" && echo *) $(ls "$dir/far")" "0 far.html report.html "
	kill "$SPAWNED"
	wait "$SPAWNED" 2>/dev/null
	escapes
}

no_escape()
{
	! grep -q $'\033' "$1"
}

# Text that comes from elsewhere must not control the terminal.
escapes()
{
	red='\u001b[31m'
	rm -rf "$dir/tampered"
	cp -r "$dir/result" "$dir/tampered"
	jq ".profile = \"$red\"" "$dir/result/bench.json" >"$dir/tampered/bench.json"
	bench --resume -o "$dir/tampered"
	check "escapes in a result's profile" no_escape "$dir/err"
	jq ".schema = \"$red\"" "$dir/result/bench.json" >"$dir/tampered/bench.json"
	"$FUSELENS" report "$dir/tampered" >"$dir/out" 2>"$dir/err"
	check_eq "escapes in a result's schema" "$? $(no_escape "$dir/err" && no_escape "$dir/out" && echo none)" "2 none"
	cp "$dir/result/bench.json" "$dir/tampered"
	mkdir "$dir/tampered/rows/"$'\033[31m'
	"$FUSELENS" report "$dir/tampered" >"$dir/out" 2>"$dir/err"
	check_eq "escapes in a row's name" "$? $(no_escape "$dir/err" && no_escape "$dir/out" && echo none)" "2 none"
	printf '#!/bin/sh\nprintf "fio-\\033[31m3.99\\n"\n' >"$dir/fio"
	chmod +x "$dir/fio"
	bench quick --mount "$top" "${small[@]}" -o "$dir/x" --fio "$dir/fio"
	check_eq "escapes in fio's version" "$rc $(no_escape "$dir/err" && echo none)" "2 none"
	printf '#!/bin/sh\ncase "$*" in *--version*) echo fio-3.39; exit;; esac\nprintf "\\033[31mno\\n" >&2; exit 1\n' >"$dir/fio"
	bench quick --mount "$top" "${small[@]}" -o "$dir/x" --fio "$dir/fio"
	check_eq "escapes in what fio says" "$rc $(no_escape "$dir/err" && echo none)" "2 none"
	"$FUSELENS" verify "$top" --quick --case overwrite --fio "$dir/fio" >"$dir/out" 2>"$dir/err"
	check "... to verify" eval 'no_escape "$dir/err" && no_escape "$dir/out" && grep -q "no" "$dir/out"'
}

# A profile with programs, found by its name.
by_name()
{
	evil="exec_prerun=touch $dir/owned"
	profile "$dir/evil.fio" "$evil\n[a]\nfilename=data.0\n"
	long=$(printf '%8189s' '' | tr ' ' x)
	for line in "$evil" "exec_postrun=touch $dir/owned" 'ioengine=external:/tmp/x.so' 'ioengine=exec' "include $dir/evil.fio" \
		'size=$mb_memory' "exec\${UNSET}_prerun=touch $dir/owned" 'io${UNSET}engine=exec' "include:$dir/evil.fio" "#$long$evil"; do
		profile "$WORK/profiles/sly.fio" "$line\n[a]\nfilename=data.0\n"
		bench sly --mount "$top" "${small[@]}" -o "$dir/sly"
		line=${line%%=*}
		check_eq "by name, '${line:0:40}' is not run" "$rc $(grep -c 'runs programs' "$dir/err") $(ls -d "$dir"/{owned,sly} 2>/dev/null)" "2 1 "
	done
	sed "\$a $evil" "$WORK/profiles/quick.fio" >"$dir/mine.fio"
	bench "$dir/mine.fio" --mount "$top" "${small[@]}" -o "$dir/mine"
	check "by its file, it is" test -e "$dir/owned"
	rm -rf "$dir/owned" "$dir/mine/rows/mount-j1-r1"
	bench --resume -o "$dir/mine" -q
	check_eq "resumed, the file has to be named again" "$rc $(ls "$dir/owned" 2>/dev/null)" "2 "
	bench "$dir/mine.fio" --resume -o "$dir/mine" -q
	check_eq "... and then it is run" "$rc $(ls "$dir/owned")" "0 $dir/owned"
}

# Root's programs are not looked for where a user's PATH points.
programs()
{
	mkdir "$dir/bin"
	for program in fio gnuplot; do
		printf '#!/bin/sh\ntouch "%s"\nexit 1\n' "$dir/owned" >"$dir/bin/$program"
		chmod +x "$dir/bin/$program"
	done
	PATH=$dir/bin:$PATH bench quick --mount "$top" "${small[@]}" -o "$dir/path"
	check_eq "another fio in PATH is not root's" "$rc $(ls "$dir/owned" 2>/dev/null)" "0 "
	PATH=$dir/bin:$PATH "$FUSELENS" verify "$top" --quick --case overwrite >/dev/null 2>&1
	check "... nor verify's" test ! -e "$dir/owned"
	PATH=$dir/bin:$PATH "$FUSELENS" report "$dir/path" --format html -o "$dir/path.html"
	check "another gnuplot in PATH is not root's" test ! -e "$dir/owned"
	echo "system \"touch $dir/owned\"" >"$dir/bin/.gnuplot"
	HOME=$dir/bin "$FUSELENS" report "$dir/path" --format html -o "$dir/path.html"
	check "gnuplot runs nobody's start file" test ! -e "$dir/owned"
	bench quick --mount "$top" "${small[@]}" -o "$dir/chosen" --fio "$dir/bin/fio"
	check "--fio names one" test -e "$dir/owned"
}

jobs_forked()
{
	[ "$(ours fio | wc -l)" -gt "$1" ]
}

# Interrupted while fio forks its jobs, which make their own sessions.
forks()
{
	local many pid fork=(bench forks --mount "$top" --jobs 40 --repeat 1 --runtime 60 --size 64k -q)
	profile "$WORK/profiles/forks.fio" 'time_based=1\nruntime=60\ndirect=1\nthread=0\nnumjobs=${JOBS}\n[a]\nfilename_format=data.$jobnum\n'
	sed -i '/^thread=1/d' "$WORK/profiles/forks.fio"
	for many in 0 1 20; do
		"$FUSELENS" "${fork[@]}" -o "$dir/forks.$many" >/dev/null 2>"$dir/err" &
		pid=$!
		wait_until 60 jobs_forked "$many"
		kill -INT $pid
		wait $pid
		check_eq "interrupted with more than $many of fio's processes: exit code" "$?" 3
		check "... none of them is left" none_of fio
		check "... nor a file" nothing_on_the_mount
	done
	"$FUSELENS" "${fork[@]}" -o "$dir/forks.kill" >/dev/null 2>&1 &
	pid=$!
	wait_until 60 jobs_forked 20
	kill -KILL $pid
	wait $pid 2>/dev/null
	check "killed outright: no fio is left" wait_until 60 none_of fio
	check "... nor a file" wait_until 60 nothing_on_the_mount
}

has_child()
{
	[ -n "$(pgrep -P "$1")" ]
}

# bench works in a process of its own, whose children are meant.
has_grandchild()
{
	local child
	child=$(pgrep -P "$1") && has_child "$child"
}

# has_child_named PID COMM
has_child_named()
{
	pgrep -x "$2" --parent "$1" >/dev/null
}

# Something is mounted over a FUSE mount: the path means the upper mount, and the message says so. And a daemon
# that does not answer hangs no command.
silent()
{
	local mnt=$top pid command verify live
	mount -t tmpfs none "$mnt"
	"$FUSELENS" prove "$mnt" -d 0.2 >"$dir/out" 2>"$dir/err"
	check_eq "a tmpfs over the mount: an error that says so" "$? $(grep -c 'tmpfs is mounted over it' "$dir/err")" "2 1"
	umount "$mnt"
	"$FUSELENS" prove "$mnt" -d 0.2 >"$dir/out" 2>"$dir/err"
	check_eq "... and without it, none" "$(grep -c 'mounted over' "$dir/err")" 0

	echo x >"$store/unseen"
	live_stop "$DAEMON_PID"
	for command in prove files stat; do
		"$FUSELENS" $command "$mnt/unseen" >"$dir/$command.out" 2>"$dir/$command.err" &
		eval "$command=\$!"
	done
	"$FUSELENS" verify "$mnt" --quick --fio "$mnt/unseen" >"$dir/verify.out" 2>"$dir/verify.err" &
	# shellcheck disable=SC2034
	verify=$!
	"$FUSELENS" live load --module "$mnt/unseen" >"$dir/live.out" 2>"$dir/live.err" &
	# shellcheck disable=SC2034
	live=$!
	"$FUSELENS" prove "$mnt/unseen" >"$dir/out" 2>&1 &
	pid=$!
	wait_until 20 has_child $pid
	kill -TERM $pid
	check "prove of a file that the kernel does not know, its daemon stopped, can be ended" wait_until 30 live_gone $pid
	wait $pid 2>/dev/null
	"$FUSELENS" bench quick --mount "$mnt" "${small[@]}" -o "$dir/stopped" >"$dir/out" 2>"$dir/err" &
	pid=$!
	wait_until 20 has_grandchild $pid
	kill -TERM $pid
	check "bench on a mount whose daemon is stopped can be ended" wait_until 30 live_gone $pid
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	check "... and made no result directory" test ! -e "$dir/stopped"
	for command in prove files stat verify live; do
		pid=${!command}
		check "$command ends by itself, too" wait_until 120 live_gone "$pid"
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		check_eq "... with an error that says why" "$? $(grep -c 'does not answer' "$dir/$command.err")" "2 1"
	done
	kill -CONT "$DAEMON_PID"
	check "... nor is anything left once the daemon goes on" wait_until 30 nothing_on_the_mount
}

# A mount below another one, whose daemon does not answer any more when prove comes to its end.
nested()
{
	local outer=$DAEMON_PID pid
	mkdir "$store/sub" "$src/inner" "$dir/away"
	start_daemon "$src/inner" "$top/sub" || return
	"$FUSELENS" prove "$top/sub" -- sleep 3 >"$dir/out" 2>"$dir/err" &
	pid=$!
	wait_until 60 has_child_named $pid sleep
	live_stop "$outer"
	check "prove on a mount below another one, whose daemon has stopped, ends" wait_until 30 live_gone $pid
	kill -CONT "$outer"
	wait $pid
	check_eq "... as without any writes" "$?" 3
	"$FUSELENS" stat "$top/sub" -i 0.1 >"$dir/out" 2>"$dir/err" &
	pid=$!
	wait_until 60 grep -q '^[0-9][0-9]:' "$dir/out"
	live_stop "$outer"
	sleep 1.5 # as long as the kernel remembers the way
	# a change among the mounts has it look at its own one
	mount -t tmpfs none "$dir/away"
	sleep 2
	kill -TERM $pid
	check "stat looks at the mount again, and can be ended" wait_until 30 live_gone $pid
	kill -CONT "$outer"
	wait $pid
	check_eq "... as at any time" $? 0
	umount "$dir/away"
	stop_daemon
	DAEMON_PID=$outer
}

writes_so_many()
{
	[ "$(daemon_stat upcall_WRITE)" -gt "$1" ]
}

# A daemon has taken requests and answers no more, since its own source does not, while a program of ours, or the
# user's command, writes.
stuck()
{
	local first=$DAEMON_PID command pid outer
	local commands=("bench randwrite-4k-psync --mount $dir/slow --jobs 1 --runtime 1000 --size 4m -q -o $dir/result"
		"prove $dir/slow -- dd if=/dev/zero of=$dir/slow/f bs=4k oflag=direct status=none")
	mkdir "$store/slow"
	start_daemon "$store/slow" "$dir/outer" direct || return
	outer=$DAEMON_PID
	for command in "${commands[@]}"; do
		start_daemon "$dir/outer" "$dir/slow" direct || return
		# shellcheck disable=SC2086
		"$FUSELENS" $command >"$dir/out" 2>"$dir/err" &
		pid=$!
		wait_until 60 writes_so_many 500
		live_stop "$outer"
		sleep 0.5
		kill -TERM $pid
		check "${command%% *} ends although what it runs is stuck in the kernel" wait_until 30 live_gone $pid
		kill -CONT "$outer"
		wait $pid
		check "... which goes when the daemon goes on" wait_until 30 eval 'none_of fio && none_of dd && none_of fuselens'
		check_eq "... with what it left" "$(find "$store" -name '*fuselens*')" ""
		stop_daemon
		rm -f "$store/slow/f"
	done
	DAEMON_PID=$outer
	stop_daemon
	DAEMON_PID=$first
}

# A daemon answers no more while a row of bench runs, and nobody interrupts bench.
unanswered()
{
	local pid ended
	stop_daemon
	start_daemon "$store" "$top" allow_other,direct || return
	# on a busy machine the row may be over before the daemon stops, or the first one take too long
	for _ in {1..10}; do
		rm -rf "$dir/result"
		"$FUSELENS" bench randwrite-4k-psync --mount "$top" --jobs 1,2 --repeat 1 --runtime 2 --size 4m -q --deadline 1 \
			-o "$dir/result" >"$dir/out" 2>"$dir/err" &
		pid=$!
		wait_until 60 eval 'ls -d "$dir/result/rows/.mount-j2-r1.partial" >/dev/null 2>&1 && [ -n "$(ours fio)" ]'
		live_stop "$DAEMON_PID"
		wait_until 60 live_gone $pid
		ended=$?
		wait $pid
		rc=$?
		[ "$(ls "$dir/result/rows")" != mount-j1-r1 ] || break
		kill -CONT "$DAEMON_PID"
	done
	check_eq "bench ends by itself when its I/O gets no answer" $ended 0
	check_eq "... with an error that says so" \
		"$rc $(grep -c 'got an answer' "$dir/err") $(grep -c '^hint: is the mount.s daemon stopped' "$dir/err")" "2 1 1"
	check "... fio is not left" none_of fio
	check_eq "... the result says which row it was" \
		"$(ls -A "$dir/result/rows") $(grep -c 'row mount-j2-r1 failed: fio was given up' "$dir/result/failed.log")" "mount-j1-r1 1"
	kill -CONT "$DAEMON_PID"
	check "... nor is anything left once the daemon goes on" wait_until 30 eval 'none_of fuselens && nothing_on_the_mount'
	bench --resume -o "$dir/result" -q
	check_eq "... and it can be resumed" "$rc $(ls "$dir/result/rows" | tr '\n' ' ')" "0 mount-j1-r1 mount-j2-r1 "
}

# The same where the daemon has taken the request, so that nothing ends the process that waits for the answer.
taken()
{
	local first=$DAEMON_PID outer pid
	mkdir "$store/slow"
	start_daemon "$store/slow" "$dir/outer" direct || return
	outer=$DAEMON_PID
	start_daemon "$dir/outer" "$dir/slow" direct || return
	live_stop "$outer"
	"$FUSELENS" report "$dir/result" -o "$dir/slow/page" >/dev/null 2>"$dir/err" &
	pid=$!
	check "report onto a mount whose daemon waits for another one" \
		wait_until 30 eval 'grep -qs fuse_simple_request /proc/$DAEMON_PID/task/*/stack'
	kill -TERM $pid
	check "... ends when it is told to" wait_until 30 live_gone $pid
	wait $pid
	check_eq "... and says why" "$? $(grep -c 'the kernel holds process' "$dir/err")" "2 1"
	kill -CONT "$outer"
	check "... nothing goes on when there is an answer" wait_until 30 none_of fuselens
	stop_daemon
	DAEMON_PID=$outer
	stop_daemon
	DAEMON_PID=$first
}

# What is written, and read, lies on a mount whose daemon does not answer.
outputs()
{
	local name pid
	local -A by pids=()
	bench quick --raw "$store" "${small[@]}" -o "$dir/result"
	check_eq "a result to report on" $rc 0
	cp -r "$dir/result" "$store/theirs"
	by=(["report -o FILE"]="report $dir/result -o $top/page"
		["report DIR"]="report $top/theirs"
		["bench -o DIR"]="bench quick --raw $dir ${small[*]} -o $top/result"
		["bench --resume -o DIR"]="bench --resume -o $top/theirs"
		["bench PROFILE"]="bench $top/profile.fio --raw $dir ${small[*]} -o $dir/none")
	live_stop "$DAEMON_PID"
	for name in "${!by[@]}"; do
		# shellcheck disable=SC2086
		"$FUSELENS" ${by[$name]} >"$dir/${name%% *}.out" 2>"$dir/$name.err" &
		pids[$name]=$!
	done
	for name in "${!by[@]}"; do
		pid=${pids[$name]}
		check "$name, its file system not answering: it waits" wait_until 30 eval 'child=$(pgrep -P $pid) &&
			grep -q fuse_simple_request "/proc/$child/stack"'
		kill -TERM "$pid"
	done
	for name in "${!by[@]}"; do
		pid=${pids[$name]}
		check "$name ends when it is told to" wait_until 30 live_gone "$pid"
		wait "$pid"
	done
	check_eq "... bench says why" "$(grep -c 'a file system that it used does not answer' "$dir/bench -o DIR.err")" 1
	check "... no process is left" wait_until 10 none_of fuselens
	kill -CONT "$DAEMON_PID"
	check_eq "... nor a file" "$(cd "$store" && echo *) $(ls -d "$dir"/fuselens-* 2>/dev/null)" "theirs "
	taken
}

made_late()
{
	[ "$(daemon_stat upcall_MKDIR)" = 1 ]
}

# Interrupted while the file system is at making the directory, which is then made after the command's end.
late()
{
	local first=$DAEMON_PID command pid
	local commands=("verify $dir/late --quick --case overwrite" "bench quick --mount $dir/late ${small[*]} -o $dir/result")
	for command in "${commands[@]}"; do
		start_daemon "$WORK/frozen" "$dir/late" || return
		fsfreeze -f "$WORK/frozen"
		# shellcheck disable=SC2086
		"$FUSELENS" $command >"$dir/out" 2>"$dir/err" &
		pid=$!
		wait_until 30 made_late
		kill -INT $pid
		check "${command%% *} can be interrupted while its directory is made" wait_until 30 live_gone $pid
		wait $pid
		fsfreeze -u "$WORK/frozen"
		check "... nothing goes on" wait_until 30 none_of fuselens
		check_eq "... and the directory is gone" "$(find "$WORK/frozen" -name '*fuselens*')" ""
		stop_daemon
	done
	DAEMON_PID=$first
}

# A file system that can be stopped by itself.
truncate -s 32M "$WORK/frozen.img"
mkdir "$WORK/frozen"
mkfs.ext4 -q "$WORK/frozen.img" && mount -o loop "$WORK/frozen.img" "$WORK/frozen" || exit 1
at_end fsfreeze -u "$WORK/frozen"

for name in late unanswered outputs forks silent nested stuck ways usurped_verify usurped_bench litter results by_name programs; do
	part $name
done
for one in "${parts[@]}"; do
	wait "${one#*:}" || LIVE_FAILED=1
	cat "$WORK/${one%:*}/said"
done
exit "$((LIVE_FAILED > 0))"
