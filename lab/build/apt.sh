# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Packages from trixie and trixie-backports, fetched inside a lab root without touching it (sourced; runs in the
# root, with /etc/resolv.conf bound in). The mirror is the one the root itself was made from.

# lab_apt_update - reads the package lists. Everything that apt writes goes to /tmp.
lab_apt_update()
{
	local mirror
	# mmdebstrap writes one-line sources. On a trixie host it may copy the host's own, which have either form.
	mirror=$(find /etc/apt \( -name '*.list' -o -name '*.sources' \) -exec sed -n \
		-e 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) trixie .*/\2/p' \
		-e 's/^URIs: *\([^ ]*\).*/\1/p' {} + | sed -n 1p)
	[ -n "$mirror" ] || { echo "lab: the root names no Debian mirror" >&2; return 1; }
	mkdir -p /tmp/apt/{lists/partial,cache/archives/partial}
	printf 'deb %s %s main\n' "$mirror" trixie "$mirror" trixie-backports >/tmp/apt/sources.list
	cat >/tmp/apt/conf <<-END
	Dir::Etc::sourcelist "/tmp/apt/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::State::lists "/tmp/apt/lists";
	Dir::Cache "/tmp/apt/cache";
	APT::Sandbox::User "root";
	END
	export APT_CONFIG=/tmp/apt/conf
	apt-get update -q >&2
}

# lab_apt_newest REGEX - of the packages whose name matches, the one with the highest version in its name.
lab_apt_newest()
{
	apt-cache search --names-only "$1" | cut -d' ' -f1 | sort -V | tail -n1
}

# lab_apt_unpack PACKAGE[=VERSION] DIR - unpacks the package's files into DIR.
lab_apt_unpack()
{
	(cd /tmp && apt-get download -q "$1" >&2)
	dpkg-deb -x /tmp/"${1%%=*}"_*.deb "$2"
	rm /tmp/"${1%%=*}"_*.deb
}
