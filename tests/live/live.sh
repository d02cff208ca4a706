#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# fuselens live without a loaded livepatch of ours: it says so, refuses files that are no module of ours,
# and changes nothing. tests/lab/live.sh patches a kernel.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
live_begin_on_xfs
out=$WORK

# says CODE PATTERN ARG... - fuselens live ARG... exits with CODE and prints PATTERN on stdout or stderr.
says()
{
	local code=$1 pattern=$2 rc=0
	shift 2
	"$FUSELENS" live "$@" >"$out/out" 2>&1 || rc=$?
	[ "$rc" = "$code" ] && grep -q -- "$pattern" "$out/out" || {
		echo "# exit $rc: $(head -n 3 "$out/out" | tr '\n' ' ')"
		return 1
	}
}

if [ -e /sys/kernel/livepatch/fuselens_live ]; then
	echo "skip - fuselens live: the livepatch is loaded on this machine"
	exit 0
fi
check "status says that it is not loaded" says 1 '^not loaded' status
check "... as JSON, too" test "$("$FUSELENS" live --json | jq -r '.schema + " " + .state + " " + (.functions | length | tostring)')" \
	= "fuselens.live/1 not loaded 0"
check_eq "... with the keys that docs/schema.md names" \
	"$("$FUSELENS" live --json | jq -r 'keys[]' | tr '\n' ' ')" \
	"$(sed -n '/^### live$/,/^## /s/^| `\([a-z_]*\)`.*/\1/p' "$LIVE_TOP/docs/schema.md" | sort | tr '\n' ' ')"
check "a file that is not there is an error" says 2 'cannot read /nonexistent' load --module /nonexistent
cp "$FUSELENS" "$out/no.ko"
check "so is one that is no module" says 2 'not a module of fuselens' load --module "$out/no.ko"

# A file that looks like a module of ours, for a kernel that nobody here runs.
cat >"$out/made_up.c" <<-'END'
	#define SAYS(n, text) static const char says##n[] __attribute__((section(".modinfo"), used)) = text
	SAYS(1, "vermagic=1.2.3-made-up SMP");
	SAYS(2, "fuselens_build=none");
	SAYS(3, "fuselens_series=next");
	SAYS(4, "fuselens_replaces=fuse_passthrough_write_iter");
	SAYS(5, "fuselens_btf=none");
END
gcc -c -o "$out/made_up.ko" "$out/made_up.c"
sed '/fuselens_btf/d' "$out/made_up.c" >"$out/early.c"
gcc -c -o "$out/early.ko" "$out/early.c"
check "a module that does not say for which types it was built" says 2 'not a module of fuselens' load --module "$out/early.ko"
not_for_us='is for kernel 1.2.3-made-up\|cannot be patched while it runs'
check "a module for another kernel" says 2 "$not_for_us" load --module "$out/made_up.ko"
for by in xz:xz gzip:gz zstd:zst; do
	if command -v "${by%:*}" >/dev/null; then
		"${by%:*}" -c "$out/made_up.ko" >"$out/made_up.ko.${by#*:}"
		check "... packed by ${by%:*}, the same" says 2 "$not_for_us" load --module "$out/made_up.ko.${by#*:}"
	else
		skip "... packed by ${by%:*}" "not installed"
	fi
done

# Only root decides what the kernel runs.
cp "$out/made_up.ko" "$out/theirs.ko"
chown 65534 "$out/theirs.ko"
check "another user's file is refused" says 2 'theirs.ko belongs to user 65534' load --module "$out/theirs.ko"
check "... and by a link, too" eval 'ln -s theirs.ko "$out/link.ko" && says 2 "link.ko belongs to user 65534" load --module "$out/link.ko"'
check "... unless it is theirs who called sudo" env SUDO_UID=65534 bash -c '"$1" live load --module "$2" 2>&1 | grep -q "$3"' - \
	"$FUSELENS" "$out/theirs.ko" "$not_for_us"
check "... and sudo says so in figures" env SUDO_UID=65534x bash -c '"$1" live load --module "$2" 2>&1 | grep -q belongs' - \
	"$FUSELENS" "$out/theirs.ko"
mount_lying_links "$out/fuse" 65534 module
check "a file that another user's FUSE daemon shows as root's is refused" says 2 'is on a FUSE mount of user 65534' load --module "$out/fuse/file"
mkdir "$out/long"
"$LIVE_TOP/tests/live/long_mounts.py" "$out/long" 2600 "$FUSELENS" live load --module "$out/fuse/file" 2>"$out/err"
check_eq "... also where users' mounts fill mountinfo" "$? $(grep -c 'is on a FUSE mount of user 65534' "$out/err")" "2 1"
umount_lying_links "$out/fuse"
cp "$out/made_up.ko" "$out/ours.ko"
ln -sf ours.ko "$out/link.ko"
check "a link of root's is followed" says 2 "$not_for_us" load --module "$out/link.ko"
chown -h 65534 "$out/link.ko"
check "another user's link leads to no file of root's either" says 2 'a link of user 65534' load --module "$out/link.ko"
cp "$out/made_up.ko" "$out/shared.ko"
chmod 664 "$out/shared.ko"
check "one that others may write is refused" says 2 'can be written by others' load --module "$out/shared.ko"
mkfifo "$out/fifo.ko"
check "a FIFO is no module, and holds nobody up" timeout 600 bash -c '"$1" live load --module "$2" 2>&1 | grep -q "not a regular file"' - \
	"$FUSELENS" "$out/fifo.ko"
if command -v strace >/dev/null && command -v xz >/dev/null; then
	strace -f -qq -o "$out/calls" -e trace=open,openat,openat2,execve,stat,access,newfstatat \
		"$FUSELENS" live load --module "$out/made_up.ko" 2>"$out/err"
	check_eq "its name is resolved once, so that what was looked at is what is loaded" \
		"$(grep 'made_up.ko' "$out/calls" | grep -vc 'execve(.*"live"')" 1
	# xz since 5.6 is in a Landlock domain and may not look into other processes
	strace -f -qq -o "$out/calls" -e trace=openat,execve "$FUSELENS" live load --module "$out/made_up.ko.xz" 2>"$out/err"
	check_eq "what unpacks it is handed the file, and opens none of our process's" \
		"$(grep -c 'execve(.*/xz"' "$out/calls") $(grep -c '/proc/[0-9]*/fd' "$out/calls")" "1 0"
else
	skip "its name is resolved once" "no strace, or no xz"
fi
check "unload of what is not loaded is none" says 0 unloaded unload
check "a word that it does not know is an error" says 2 'status, load or unload' fly
check "nothing was loaded" test ! -e /sys/module/fuselens_live

# What a kernel is in for moments only, or where another livepatch is loaded, is made up: what the command reads of it.
# livepatch NAME ENABLED TRANSITION FUNCTION... - in $out/kernel
livepatch()
{
	local dir=$out/kernel/livepatch/$1
	mkdir -p "$dir"
	echo "$2" >"$dir/enabled"
	echo "$3" >"$dir/transition"
	shift 3
	mkdir -p "${@/#/"$dir"/vmlinux/}"
}

# there CODE PATTERN ARG... - says, on that kernel
there()
{
	local pattern=$2 rc=0
	# shellcheck disable=SC2016 # the inner shell expands
	unshare -m bash -c 'mount --bind "$1" /sys/kernel && shift && exec "$@"' - "$out/kernel" "$FUSELENS" live "${@:3}" \
		>"$out/out" 2>&1 || rc=$?
	[ "$rc" = "$1" ] && grep -q -- "$pattern" "$out/out" || {
		echo "# exit $rc: $(head -n 5 "$out/out" | tr '\n' ' ')"
		return 1
	}
}

key()
{
	jq -c "$1" "$out/out"
}
# where inodes have numbers in the order of their making, as in sysfs
mkdir "$out/kernel"
mount -t tmpfs tmpfs "$out/kernel"
mkdir "$out/kernel/livepatch"
check "on a kernel with livepatches: not loaded" there 1 '^not loaded' status
check "... and a module for another kernel is refused as that" there 2 'the module is for kernel 1.2.3-made-up' load --module "$out/made_up.ko"
livepatch fuselens_live 1 0 fuse_a,1 fuse_b,1
check "loaded: status is 0" there 0 '^loaded' status
check "... with its functions" there 0 '^  replaces  fuse_[ab]$' status
check "... and with what becomes of files that were open" grep -q '^  opens     those from before' "$out/out"
check "... a load of it is done" there 0 'it is loaded already$' load --module "$out/made_up.ko"
livepatch somebody 1 0 fuse_b,1 tcp_sendmsg,1
check "another livepatch that was loaded later: its code runs, so status is 1" \
	there 1 'fuse_b, but what runs is that of livepatch somebody$' status
check "... nothing is said of files that were open" bash -c '! grep -q "^  opens" "$1"' - "$out/out"
check "... the other function is ours" grep -q ' fuse_a$' "$out/out"
check "... as JSON" eval 'there 1 covered status --json && [ "$(key .state) $(key .covered) $(key .other_livepatches)" = \
	"\"loaded\" [\"fuse_b\"] [\"somebody\"]" ]'
check "... a load says so" there 0 'it is loaded already, but another livepatch is over it' load --module "$out/made_up.ko"
rm -r "$out/kernel/livepatch/fuselens_live"
livepatch fuselens_live 1 0 fuse_a,1 fuse_b,1
check "... if ours is the later one, it runs" there 0 '^loaded' status
rm -r "$out/kernel/livepatch/somebody"
livepatch fuselens_live 1 1 fuse_a,1
check "half loaded: status is 1" there 1 '^loading' status
livepatch fuselens_live 0 1 fuse_a,1
check "half unloaded: status is 1" there 1 '^unloading' status
check "... and a load is refused" there 2 'it is being unloaded' load --module "$out/made_up.ko"
# an unload that another command reverses
# shellcheck disable=SC2016
unshare -m bash -c 'mount --bind "$1" /sys/kernel && exec "$2" live unload --timeout 600' - "$out/kernel" "$FUSELENS" \
	>"$out/unload" 2>&1 &
unload=$!
wait_until 60 grep -qs nanosleep "/proc/$unload/wchan"
livepatch fuselens_live 1 0 fuse_a,1
rc=0
wait $unload || rc=$?
check "an unload that somebody else reverses does not wait for its time to be up" \
	test "$rc $(grep -c 'loaded again meanwhile, but not by this command' "$out/unload")" = "2 1"

# The service that loads it, as far as it can be tested without a service manager.
if command -v systemd-analyze >/dev/null; then
	sed "s,/usr/bin/fuselens,$FUSELENS," "$LIVE_TOP/deploy/systemd/fuselens-live.service" >"$out/fuselens-live.service"
	check_eq "the unit is sound" \
		"$(systemd-analyze verify --man=no "$out/fuselens-live.service" 2>&1 | grep -c fuselens-live.service)" 0
else
	skip "the unit" "no systemd here"
fi

# What a livepatch goes by: the daemon's answer, of which a kernel without it takes the flag.
start_daemon "$src" "$mnt"
echo >"$src/f"
exec 9<>"$mnt/f"
json=$("$FUSELENS" files "$mnt/f" --json)
if jq -e '.files[0].open_flag_names | index("PARALLEL_DIRECT_WRITES")' <<<"$json" >/dev/null; then
	skip "an answer of which the kernel took a flag" "this kernel takes none"
elif ! printf '6.11\n%s\n' "$(uname -r)" | sort -CV; then
	skip "an answer of which the kernel took a flag" "kernels before 6.11 do not keep it"
else
	check_eq "the daemon's answer has the flag that the kernel took" \
		"$(jq '.files[0] | .answered_flags - .open_flags' <<<"$json")" $((1 << 6))
	check "... as text, too" grep -q 'the daemon also asked for PARALLEL_DIRECT_WRITES' \
		<("$FUSELENS" files "$mnt/f" -v)
fi
exec 9>&-
live_end
