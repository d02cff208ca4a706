#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# The trigger of the livepatch's package, which has DKMS build as root: only with headers that are root's alone. The
# kernels are made up, in a mount namespace; what is called there instead of dkms writes down how.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
live_begin
cd "$WORK" || exit
mkdir bin trees over
printf '#!/bin/sh\necho "$*" >>%s/calls\n' "$WORK" >bin/dkms
chmod 755 . bin bin/dkms
for kernel in roots theirs below makefile loose; do
	mkdir -p "trees/$kernel/include"
	touch "trees/$kernel/Makefile"
done
chown -R 65534 trees/theirs
chown 65534 trees/below/include trees/makefile/Makefile
chmod 777 trees/loose
ln -s roots trees/linked
chown -h 65534 trees/linked
export WORK
if ! unshare -m bash -ec '
	mount -t tmpfs tmpfs over
	mkdir over/upper over/work
	mount -t overlay -o "lowerdir=/usr/lib,upperdir=over/upper,workdir=over/work" overlay /usr/lib
	rm -rf /usr/lib/modules
	for kernel in trees/*; do
		mkdir -p "/usr/lib/modules/${kernel#*/}"
		ln -s "$WORK/$kernel" "/usr/lib/modules/${kernel#*/}/build"
	done
	PATH=$WORK/bin:$PATH sh "$1" triggered >said' - "$LIVE_TOP/deploy/dkms/postinst" 2>err; then
	sed 's/^/# /' err
	check "the trigger runs" false
fi
check_eq "headers that are root's alone are built with" "$(grep -c '^install .* -k roots$' calls)" 1
for kernel in theirs below makefile loose linked; do
	case $kernel in
	theirs) what="of another user" ;;
	below) what="with a directory of another user's" ;;
	makefile) what="with another user's Makefile" ;;
	loose) what="that everybody may write" ;;
	linked) what="behind another user's link" ;;
	esac
	check "those $what are not" bash -c "! grep -q 'install .* -k $kernel' calls && grep -q 'kernel $kernel is passed over' said"
done
live_end
