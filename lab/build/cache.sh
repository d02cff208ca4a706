# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The content-addressed cache that everything slow in the lab goes through (sourced).
#
# An entry is a directory CACHE/NAME/KEY. KEY is a hash of all that went into it. An entry is built under
# CACHE/NAME/.tmp.KEY and renamed when it is complete, so an entry that exists is whole. One builder per NAME
# runs at a time (flock). A builder that gets the lock removes all temporary entries: they were left by
# builders that were interrupted.

# A contained command is process 1 of its own PID namespace. The kernel drops a signal to such a process unless
# it has a handler, and Ctrl-C has to end it.
[ $$ != 1 ] || trap 'exit 130' INT TERM

# cache_dir - where the entries live.
cache_dir()
{
	if [ -n "${FUSELENS_CACHE:-}" ]; then
		echo "$FUSELENS_CACHE"
	elif [ "$(id -u)" = 0 ]; then
		echo /var/cache/fuselens
	else
		echo "${XDG_CACHE_HOME:-$HOME/.cache}/fuselens"
	fi
}

# cache_key STRING... - the hash of the strings.
cache_key()
{
	printf '%s\0' "$@" | sha256sum | cut -c1-16
}

# cache_sum PATH... - one hash over the names and contents of files, and of all files under directories. Run it
# in a directory from which the names are the same on every machine.
cache_sum()
{
	find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum | sha256sum | cut -c1-16
}

# cache_hold ENTRY - keeps ENTRY from being pruned as long as this process or a child of it lives.
cache_hold()
{
	local fd
	exec {fd}<"$1"
	flock -s "$fd"
}

# cache_contain CMD... - runs CMD so that nothing of it outlives us. If we are root, it has its own process and
# mount namespaces, so that even kill -9 leaves no process and no mount behind.
cache_contain()
{
	if [ "$(id -u)" = 0 ]; then
		setpriv --pdeathsig KILL -- unshare --mount --propagation private --pid --fork \
			--kill-child --mount-proc -- "$@"
	else
		setpriv --pdeathsig KILL -- "$@"
	fi
}

# cache_prune NAME - removes entries of NAME that nobody holds. The four that were used last stay for a week
# without use, the others for an hour.
cache_prune()
{
	local dir age rank=0 entry fd
	dir=$(cache_dir)/$1
	while IFS=' ' read -r age entry; do
		rank=$((rank + 1))
		if [ "$age" -lt 3600 ] || { [ "$rank" -le 4 ] && [ "$age" -lt 604800 ]; }; then
			continue
		fi
		exec {fd}<"$entry" || continue
		if flock -n -x "$fd"; then
			mv "$entry" "$dir/.tmp.${entry##*/}"
			rm -rf --one-file-system "$dir/.tmp.${entry##*/}"
		fi
		exec {fd}<&-
	done < <(find "$dir" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%T@ %p\n' |
		sort -rn | awk -v now="$(date +%s)" '{ sub(/\..*/, "", $1); print now - $1, $2 }')
}

# cache_find NAME KEY - prints the entry's path and marks it as used. Returns 1 if there is none.
cache_find()
{
	local entry
	entry=$(cache_dir)/$1/$2
	[ -d "$entry" ] || return 1
	touch -c "$entry" 2>/dev/null || true
	echo "$entry"
}

# cache_entry NAME KEY CMD... - prints the path of entry NAME/KEY. If it does not exist yet, CMD makes it: CMD
# fills the directory $CACHE_OUT, and its stdout goes to stderr. CMD runs contained.
cache_entry()
{
	local name=$1 key=$2 dir lock tmp rc
	shift 2
	cache_find "$name" "$key" && return 0
	dir=$(cache_dir)/$name
	mkdir -p "$dir"
	exec {lock}>"$dir/.lock"
	if ! flock -n "$lock"; then
		echo "fuselens lab: another process is building $name; waiting for it" >&2
		flock "$lock"
	fi
	# Somebody else may have built it while we waited.
	if ! cache_find "$name" "$key"; then
		find "$dir" -mindepth 1 -maxdepth 1 -name '.tmp.*' \
			-exec rm -rf --one-file-system {} +
		tmp=$dir/.tmp.$key
		mkdir "$tmp"
		rc=0
		CACHE_OUT=$tmp cache_contain "$@" >&2 || rc=$?
		if [ "$rc" != 0 ]; then
			rm -rf --one-file-system "$tmp"
			exec {lock}>&-
			return "$rc"
		fi
		touch "$tmp"
		mv -T "$tmp" "$dir/$key"
		cache_prune "$name"
		echo "$dir/$key"
	fi
	exec {lock}>&-
}
