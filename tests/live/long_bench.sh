#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# shellcheck disable=SC2016,SC2119 # inner shells expand; stop_daemon has a default
# bench at length: every profile with difference 0 in every row; bench's rights while fio runs; another writer on
# the mount; bench killed; fio too old, failing, killed; the disk full.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/live/bench_lib.sh
. "$(dirname "$0")/bench_lib.sh"
bench_begin

engine_works()
{
	(cd "$WORK" && fio --name=x --ioengine="$1" --rw=write --size=4k --output=/dev/null) &>/dev/null
}

for profile in "$FUSELENS_PROFILES"/*.fio; do
	name=$(basename "$profile" .fio)
	if [ "$name" = io_uring ] && ! engine_works io_uring; then
		skip "bench $name" "fio has no io_uring here"
		continue
	fi
	bench "$name" "${both[@]}" --jobs 1,3 --repeat 1 -o "$WORK/r-$name"
	check_eq "bench $name: exit code" "$rc" 0
	check_eq "bench $name: every difference is 0, raw rows are not counted" "$(rows "$WORK/r-$name")" \
		"mount-j1-r1 ok 0
mount-j3-r1 ok 0
raw-j1-r1 ok None
raw-j3-r1 ok None"
done
check_eq "nothing is left on the mount or behind it" "$(find "$WORK/raw" -name "fuselens-bench*" | wc -l)" 0

bench randwrite-4k-psync "${both[@]}" --jobs 2 --repeat 2 --self-cost -o "$WORK/cost"
check_eq "--self-cost runs each mount row without probes as well" "$(rows "$WORK/cost" | grep -c bare)" 2
check "... and report says what counting costs" \
	sh -c '"$1" report "$2" | grep -q "^What counting costs"' - "$FUSELENS" "$WORK/cost"

# caps PID - the capabilities in effect, by name
caps()
{
	capsh --decode="$(awk '/^CapEff/ {print $2}' "/proc/$1/status")" | sed 's/^[^=]*=//' | tr ',' '\n' |
		sort | tr '\n' ' '
}

# While fio runs, fio and bench have no more rights than they need, even in a directory of another user.
install -d -m 700 -o 65534 -g 65534 "$WORK/raw/theirs"
# Both stand still meanwhile; a busy machine may be late for the second row, and then it is done again.
second_fio()
{
	test -e "$WORK/caps/rows/raw-j1-r1" && worker=$(pgrep -P $pid) && pgrep -P "$worker" -x fio >"$WORK/fio" && kill -STOP "$(cat "$WORK/fio")"
}
for _ in {1..10}; do
	rm -rf "$WORK/caps" "$WORK/fio"
	"$FUSELENS" bench randwrite-4k-psync --mount "$WORK/mount/theirs" --raw "$WORK/raw/theirs" --runtime 3 \
		--size 8m --jobs 1 --repeat 1 -o "$WORK/caps" >"$WORK/out" 2>"$WORK/err" &
	pid=$!
	wait_until 30 eval 'second_fio || live_gone $pid'
	[ ! -s "$WORK/fio" ] || break
done
fio=$(cat "$WORK/fio")
check_eq "while fio runs, bench can attach again, list files and end fio" "$(caps "$worker")" \
	"cap_bpf cap_dac_override cap_kill cap_perfmon cap_sys_ptrace "
check_eq "... and fio can open the files, lock memory and set priorities" \
	"$(caps "$fio")" "cap_dac_override cap_ipc_lock cap_sys_nice "
check_eq "... and neither can get more" \
	"$(grep -h NoNewPrivs "/proc/$worker/status" "/proc/$fio/status" | tr -d '\t\n')" \
	"NoNewPrivs:1NoNewPrivs:1"
check_eq "... and the process that waits for bench has no rights" "$(awk '/^Cap(Eff|Prm)/ {print $2}' "/proc/$pid/status" | sort -u)" \
	0000000000000000
kill -CONT "$fio"
wait $pid
rc=$?
go_on
check_eq "... which is enough" "$rc $(rows "$WORK/caps" | tr '\n' ' ')" "0 mount-j1-r1 ok 0 raw-j1-r1 ok None "

# A time series adds up to what was counted.
sums()
{
	python3 - "$1" <<-'END'
	import json, sys
	row = json.load(open(sys.argv[1] + "/row.json"))
	s = json.load(open(sys.argv[1] + "/series.json"))
	begin = [s["start_ns"]] + s["end_ns"][:-1]
	def total(key):
	    return sum(v * (e - b) / 1e9 for v, b, e in zip(s[key], begin, s["end_ns"]))
	ios = row["fio"]["write"]["ios"]
	# fio logs rates of about 100 ms, and not of the last piece, which a busy machine makes longer: never exact
	print(abs(total("writes_per_s") - ios) / ios < 0.01, 0 < total("fio_writes_per_s") / ios < 1.2,
	      len(s["end_ns"]) >= 1, set(s["fi_lock_per_s"]) - {None} == set() or "told")
	END
}
check_eq "the series of a row adds up to its writes" "$(sums "$WORK/cost/rows/mount-j2-r1" | cut -d' ' -f1-3)" \
	"True True True"

# Writes of another process make a difference, and the row is marked.
(while :; do dd if=/dev/zero of="$WORK/mount/other" bs=4k count=64 oflag=direct conv=notrunc; done &>/dev/null) &
other=$!
bench randwrite-4k-psync --mount "$WORK/mount" --runtime 1 --size 8m --jobs 1 --repeat 1 -o "$WORK/missed"
kill $other
wait $other 2>/dev/null
check_eq "another writer on the mount: exit code" "$rc" 3
check "... the row is marked" sh -c '[ "$(echo "$1" | cut -d" " -f2)" = missed ]' - "$(rows "$WORK/missed")"
check "... and report leaves it out" \
	sh -c '"$1" report "$2" | grep -q "^NO VERDICT"' - "$FUSELENS" "$WORK/missed"

# Killed by SIGKILL: the next run resumes.
"$FUSELENS" bench randwrite-4k-psync "${both[@]}" --jobs 1,2 --repeat 1 -o "$WORK/killed" &>/dev/null &
pid=$!
wait_until 30 test -e "$WORK/killed/rows/raw-j1-r1"
kill -KILL $pid
wait $pid 2>/dev/null
bench --resume -o "$WORK/killed"
check_eq "killed and resumed: all rows" "$rc $(rows "$WORK/killed" | wc -l)" "0 4"

# fio that is too old, fails, or is killed.
mkdir "$WORK/bad"
fake_fio()
{
	printf '#!/bin/sh\n%s\n' "$1" >"$WORK/bad/fio"
	chmod +x "$WORK/bad/fio"
	bench randwrite-4k-psync "${both[@]}" --jobs 1 --repeat 1 -o "$2" --fio "$WORK/bad/fio"
}
fake_fio 'echo fio-3.28' "$WORK/x2"
check "fio too old is said" grep -q 'fio-3.28 is too old' "$WORK/err"
real=$(command -v fio)
fake_fio "case \"\$*\" in *--version*|*prefill*) exec $real \"\$@\";; esac; echo 'fio: oh dear' >&2; exit 7" "$WORK/x3"
check_eq "fio fails: exit code" "$rc" 2
check "... with its own words" grep -q 'fio failed with exit code 7: fio: oh dear' "$WORK/err"
check_eq "... no row is made of it" "$(rows "$WORK/x3" | wc -l)" 0
fake_fio "case \"\$*\" in *--version*|*prefill*) exec $real \"\$@\";; esac; kill -KILL \$\$" "$WORK/x4"
check "fio killed is said" grep -q 'fio was ended by signal 9' "$WORK/err"
fake_fio "case \"\$*\" in *--version*|*prefill*) exec $real \"\$@\";; esac
for a; do case \$a in --output=*) echo '{\"fio version\" : \"fio-3.33\", \"jobs\" : [' >\"\${a#--output=}\";; esac; done" \
	"$WORK/x5"
check "fio's output cut short is said" grep -q 'the JSON ends in the middle' "$WORK/err"
bench --resume -o "$WORK/x5"
check_eq "... and with a whole fio the bench goes on" "$rc $(rows "$WORK/x5" | wc -l)" "0 2"

# Rounds are added until the means are known, and not one more.
bench randwrite-4k-psync --mount "$WORK/mount" --runtime 1 --size 8m --jobs 1 --repeat 2 --until 30% -o "$WORK/until"
check_eq "--until: exit code" "$rc" 0
rounds=$(rows "$WORK/until" | wc -l)
check "... as many rounds as it says" test "$(($(grep -c 'one more round' "$WORK/err") + 2))" = "$rounds"
known=$("$FUSELENS" report "$WORK/until" | sed -n 's,.*+/- \([0-9.]*\) %.*,\1,p')
check "... after which the mean is known to 30 %, unless it gave up after 30 rounds" \
	test "$rounds" = 30 -o "${known%.*}" -le 30

# Profiles that cannot be counted: what is wrong, and what to do.
odd()
{
	sed "s/^group_reporting=1/&\\n$1/" "$LIVE_TOP/profiles/randwrite-4k-psync.fio" >"$WORK/odd.fio"
	bench "$WORK/odd.fio" "${both[@]}" --jobs 1 --repeat 1 -o "$WORK/odd.$2"
}
odd unified_rw_reporting=1 1
check_eq "unified_rw_reporting is refused" "$rc $(grep -c '^hint: take unified_rw_reporting out' "$WORK/err")" "2 1"
odd exec_prerun=false 2
check_eq "an exec_prerun that fails is thought of" "$rc $(grep -c '^hint: .*exec_prerun fails' "$WORK/err")" "2 1"

# The disk is full: for the data, and for the result.
bench file-per-job "${both[@]}" --size 10g --jobs 1 -o "$WORK/full"
check_eq "data that does not fit: exit code" "$rc" 2
check "... is said, with a way out" grep -q '^hint: make room' "$WORK/err"
mkdir "$WORK/tiny"
mount -t tmpfs -o size=64k,nr_inodes=64 tmpfs "$WORK/tiny"
bench randwrite-4k-psync "${both[@]}" --jobs 1 --repeat 8 -o "$WORK/tiny/r"
check_eq "a full disk under the result: exit code" "$rc" 2
check "... earlier rows can be read" \
	sh -c '"$1" report "$2" >/dev/null' - "$FUSELENS" "$WORK/tiny/r"
umount "$WORK/tiny"

"$FUSELENS" report "$WORK/cost" --reference "$LIVE_TOP/docs/published.csv" >"$WORK/out"
check_eq "a report with a published table keeps to 80 columns" "$(grep -vc '^.\{0,80\}$' "$WORK/out")" 0
exit "$((LIVE_FAILED > 0))"
