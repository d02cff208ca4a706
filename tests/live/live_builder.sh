#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# What kernel-patches/live/build refuses before it compiles anything: another kernel's headers, another source. Headers
# and source are made up. tests/lab/live_build.sh has it build modules.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
live_begin
cd "$WORK" || exit
build=$LIVE_TOP/kernel-patches/live/build
for program in make gcc git python3 bpftool; do
	if ! PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null; then
		echo "skip - build: no $program here"
		exit 77
	fi
done
# It looks whether this is there, and does not come to calling it.
mkdir bin
printf '#!/bin/sh\nexit 1\n' >bin/pahole
chmod 755 bin/pahole

# refused PATTERN ARG... - build says PATTERN and fails, and leaves nothing. Who calls it has a user's PATH.
refused()
{
	local pattern=$1
	shift
	! PATH=/usr/bin:/bin:$WORK/bin "$build" --release 6.12.34+made-up --headers headers --source source -o out.ko "$@" \
		>said 2>&1 && grep -q -- "$pattern" said && [ ! -e out.ko ] && [ -z "$(ls -A "$TMPDIR")" ] || {
		sed 's/^/# /' said
		return 1
	}
}
mkdir -p headers/include/{config,generated} source/fs/fuse
echo 6.12.34+made-up >headers/include/config/kernel.release
echo '#define LINUX_PACKAGE_ID " Debian 6.12.34-2"' >headers/include/generated/package.h
printf 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 35\n' >source/Makefile
check "headers that are not there" refused '^livepatch: the headers of 6.12.34+made-up are not at headers'
check "... what to do" grep -q '^hint: apt install linux-headers-6.12.34+made-up$' said
touch headers/Module.symvers
check "headers without the kernel's types" refused '^livepatch: headers has no vmlinux'
touch headers/vmlinux
check "a source that is not there" refused '^hint: apt install linux-source-6.12$' --source nothing
check "headers of another kernel" refused 'are of kernel 6.12.34+made-up, not 6.12.34+other' --release 6.12.34+other
echo >headers/include/config/kernel.release
check "headers that do not say of which" refused 'are of kernel ?, not 6.12.34+made-up'
echo 6.12.34+made-up >headers/include/config/kernel.release
check "another of Debian's versions of the source" refused "^livepatch: the source is Debian's 6.12.34-1, the kernel was built from 6.12.34-2" \
	--source-version 6.12.34-1
check "... what to do" grep -q '^hint: apt install linux-source-6.12=6.12.34-2,' said
check "the source of a neighbour in the series" refused '^livepatch: the source is 6.12.35, the kernel 6.12.34$' \
	--source-version 6.12.34-2
check "... what to do" grep -q '^hint: apt install linux-source-6.12=6.12.34-1, or update the kernel to 6.12.35' said
sed -i s/35/34/ source/Makefile
check "a source without what the patches change" refused 'does not apply to the source of 6.12.34'
rm bin/pahole
if ! PATH=/usr/bin:/bin:/usr/sbin:/sbin command -v pahole >/dev/null; then
	check "a machine without pahole" refused '^livepatch: pahole is not installed'
else
	skip "a machine without pahole" "it is installed"
fi
check "an option that it does not know is an error" bash -c '"$1" --fast 1 2>said; [ $? = 2 ] && grep -q "^usage: build" said' - "$build"
live_end
