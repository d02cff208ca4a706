#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: full
# The Debian packages: lintian has nothing to say, and autopkgtest's tests pass with what is installed in a bare
# root of this host's release. On this kernel, without a VM.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lab/build/cache.sh
. "$top/lab/build/cache.sh"
if [ "${1:-}" = --fill ]; then
	mmdebstrap --variant=apt --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io "$2" "$CACHE_OUT"
	exit
fi

# --run ROOT UPPER - contained: autopkgtest in a root that may be changed, with this kernel's devices
if [ "${1:-}" = --run ]; then
	root=$3/root
	mkdir "$3/upper" "$3/work" "$root"
	mount -t overlay overlay -o "lowerdir=$2,upperdir=$3/upper,workdir=$3/work" "$root"
	mount --rbind /dev "$root/dev"
	mount -t proc proc "$root/proc"
	mount -t sysfs sysfs "$root/sys"
	mount -t tmpfs tmpfs "$root/tmp"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	# the machine to which these tests are restricted is the one that runs this test
	exec autopkgtest --setup-commands='apt-get update -q' --ignore-restrictions=isolation-machine \
		-B "$B"/fuselens_*.deb "$B"/fuselens-passthroughd_*.deb "$B/deb/autopkgtest/" -- chroot "$root"
fi

"$top/lab/host-deps" packages || {
	echo "no autopkgtest here" >&2
	exit 77
}
cd "$top"
B=$(realpath "${B:-build}")
export B
check "the packages are made" bash -c 'deploy/make-deb "$1" >"$2" 2>&1' - "$B" "$tmp/err"
check "three of them" is "$(find "$B" -maxdepth 1 -name '*.deb' -newer "$tmp" | wc -l)" 3
sums=$(sha256sum "$B"/*.deb)
sleep 1.1
check "the same tree makes the same packages" bash -c 'deploy/make-deb "$1" >"$2" 2>&1 && sha256sum -c --quiet <<<"$3"' - \
	"$B" "$tmp/err" "$sums"
check "lintian has nothing to say" is "$(lintian --allow-root --info --pedantic --tag-display-limit 0 "$B"/*.deb 2>&1 | head -5)" ""
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
root=$(cache_entry root-packages "$(cache_key "$codename")" "$top/tests/lab/packages.sh" --fill "$codename")
cache_hold "$root"
cache_contain "$top/tests/lab/packages.sh" --run "$root" "$tmp" >"$tmp/err" 2>&1 || true
for name in commands mirror export; do
	check "autopkgtest: $name" is "$(awk -v t=$name '/@@ summary/ {on = 1} on && $1 == t {print $2}' "$tmp/err")" PASS
done
exit "$failed"
