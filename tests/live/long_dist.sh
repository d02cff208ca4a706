#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# A source release builds where there is no git, installs to the directories it is given, and goes again whole.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
git -C "$LIVE_TOP" rev-parse HEAD >/dev/null 2>&1 || { echo "this tree is a release itself" >&2; exit 77; }
live_begin
make -s -C "$LIVE_TOP" dist B="$WORK/dist" >"$WORK/archive"
check_eq "make dist" "$?" 0
tar -xf "$(cat "$WORK/archive")" -C "$WORK"
tree=$(echo "$WORK"/fuselens-*/)
tree=${tree%/}
# a git that fails is no git
mkdir "$WORK/bin"
printf '#!/bin/sh\nexit 128\n' >"$WORK/bin/git"
chmod +x "$WORK/bin/git"
PATH=$WORK/bin:$PATH make -s -j2 -C "$tree" B=build programs >"$WORK/log" 2>&1
check_eq "it builds without git" "$?" 0
check_eq "it says what it was made from" "$("$tree/build/fuselens" --version | sed -n 's/^build *\([^,]*\),.*/\1/p')" \
	"$(git -C "$LIVE_TOP" describe --always)"

put=(DESTDIR="$WORK/root" prefix=/opt/x bindir=/opt/x/libexec mandir=/opt/x/man unitdir=/etc/systemd/system)
PATH=$WORK/bin:$PATH make -s -C "$tree" B=build install "${put[@]}" >"$WORK/log" 2>&1
check_eq "make install" "$?" 0
for file in opt/x/libexec/fuselens opt/x/sbin/fuselens-passthroughd opt/x/sbin/mount.fuse.fuselens \
	opt/x/man/man1/fuselens.1 etc/systemd/system/fuselens-export.service opt/x/share/fuselens/profiles/append.fio \
	opt/x/share/fuselens/schemas/fuselens.prove-1.schema.json opt/x/share/bash-completion/completions/fuselens; do
	check "... $file" test -e "$WORK/root/$file"
done
check "the unit runs what was installed" \
	grep -q '^ExecStart=/opt/x/libexec/fuselens export' "$WORK/root/etc/systemd/system/fuselens-export.service"
PATH=$WORK/bin:$PATH make -s -C "$tree" B=build uninstall "${put[@]}" >"$WORK/log" 2>&1
check_eq "make uninstall leaves no file" "$(find "$WORK/root" ! -type d | head -3)" ""
exit "$((LIVE_FAILED > 0))"
