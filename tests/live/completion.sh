#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tier: default
# Completion in the shells themselves: bash, zsh and fish offer each option that --help lists, and values by name.
# Man pages have the same options.
# shellcheck disable=SC2034 # what bash's completion reads
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
live_begin
export PATH=${FUSELENS%/*}:$PATH FUSELENS_PROFILES=$LIVE_TOP/profiles
for shell in bash zsh fish; do
	name=fuselens
	[ $shell != zsh ] || name=_fuselens
	[ $shell != fish ] || name=fuselens.fish
	mkdir -p "$WORK/$shell"
	fuselens completion $shell >"$WORK/$shell/$name"
	check_eq "a script for $shell" "$?" 0
done
fuselens completion tcsh >"$WORK/out" 2>"$WORK/err"
check_eq "none for others" "$? $(grep -c '^hint: ' "$WORK/err")" "2 1"

# in_bash WORD... - what bash offers for the last word
in_bash()
{
	bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fuselens; printf "%s\n" "${COMPREPLY[@]}"' \
		- "$WORK/bash/fuselens" "$@" 2>/dev/null | sort -u
}

# in_fish LINE - what fish offers at its end
in_fish()
{
	HOME=$WORK fish -c "source '$WORK/fish/fuselens.fish'; complete -C '$1'" | cut -f1 | sort -u
}

# options COMMAND - as --help lists them
options()
{
	fuselens "$1" --help | grep -oE '^  (-[a-z],| -h,|   ) --[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u
}

commands=$(fuselens --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
check_eq "bash: commands" "$(in_bash fuselens "" | grep -v -e -- -e '^help$' -e '^completion$' | tr '\n' ' ')" \
	"$(sort <<<"$commands" | tr '\n' ' ')"
for command in $commands; do
	check_eq "bash: the options of $command are those of its help" "$(in_bash fuselens "$command" --)" \
		"$(options "$command")"
done
check_eq "bash: values" "$(in_bash fuselens report --format "" | tr '\n' ' ')" "csv html md text "
check_eq "bash: methods" "$(in_bash fuselens prove --evidence state | tr '\n' ' ')" "state state-fentry state-tp "
check_eq "bash: profiles" "$(in_bash fuselens bench randwrite-4k-p)" randwrite-4k-psync
check_eq "bash: cases" "$(in_bash fuselens verify --case o_)" o_append
check_eq "bash: forms" "$(in_bash fuselens live "" | tr '\n' ' ')" "load status unload "
check_eq "bash: what is a number has no list" "$(in_bash fuselens stat -c "")" ""

if command -v fish >/dev/null; then
	for command in $commands; do
		check_eq "fish: the options of $command are those of its help" \
			"$(in_fish "fuselens $command --" | grep -e '^--')" "$(options "$command")"
	done
	check_eq "fish: values" "$(in_fish 'fuselens report --format ' | tr '\n' ' ')" "csv html md text "
	check_eq "fish: profiles" "$(in_fish 'fuselens bench randwrite-4k-p')" randwrite-4k-psync
else
	echo "skip - completion in fish: no fish here"
fi

# Man pages know the same options.
for command in $commands; do
	page=$(echo "$LIVE_TOP"/docs/man/fuselens-"$command".[18])
	missing=
	for option in $(options "$command"); do
		[ "$option" = --help ] || grep -qF -- "${option//-/\\-}" "$page" || missing+=" $option"
	done
	check_eq "the man page of $command has each option of its help" "$missing" ""
done

# lacks PAGE WORD... - the words that a page does not have; or that there are none to look for
lacks()
{
	local text word
	text=$(sed 's/\\-/-/g' "$LIVE_TOP/docs/man/$1")
	shift
	[ -n "${1:-}" ] || echo "no words"
	for word; do
		grep -qwF -- "$word" <<<"$text" || printf '%s ' "$word"
	done
}

mapfile -t columns < <(in_bash fuselens stat --output "")
check_eq "stat: its help names the columns that --output takes" \
	"$(fuselens stat --help | tr '\n' ' ' | sed -n 's/.*Columns: \([^.]*\)\..*/\1/p' | tr -s ' ' '\n' | sort)" \
	"$(printf '%s\n' "${columns[@]}")"
check_eq "... and so does its man page" "$(lacks fuselens-stat.1 "${columns[@]}")" ""
mapfile -t cases < <(fuselens verify --list | grep -oE '^[a-z_]+')
check_eq "verify: the man page names each case" "$(lacks fuselens-verify.1 "${cases[@]}")" ""
mapfile -t daemon < <("$FUSELENS_DAEMON" --help | grep -oE '^    (-[a-z], )?-o [a-z_]+' | sed 's/.* //')
check_eq "the daemon's man page has each option of its help" "$(lacks fuselens-passthroughd.8 "${daemon[@]}")" ""

# zsh completes on a terminal only.
on_screen()
{
	tmux -L "fuselens-$$" capture-pane -p | grep -qF -- "$1"
}
if command -v zsh >/dev/null && command -v tmux >/dev/null; then
	tmux -L "fuselens-$$" -f /dev/null new-session -d -x 120 -y 60 "zsh -f"
	tmux -L "fuselens-$$" send-keys "fpath=($WORK/zsh \$fpath); autoload -Uz compinit; compinit -u -d $WORK/dump" Enter \
		"setopt auto_list no_auto_menu; clear; echo RE''ADY" Enter
	wait_until 60 on_screen READY
	tmux -L "fuselens-$$" send-keys "fuselens prove --" Tab
	wait_until 60 on_screen --writes
	tmux -L "fuselens-$$" capture-pane -p | grep -oE '^--[a-z-]+' | sort -u >"$WORK/zsh.options"
	check_eq "zsh: the options of prove are those of its help" "$(cat "$WORK/zsh.options")" "$(options prove)"
	tmux -L "fuselens-$$" send-keys C-u "clear" Enter "fuselens report --format " Tab
	check "zsh: values" wait_until 30 on_screen "csv"
	tmux -L "fuselens-$$" kill-server
else
	echo "skip - completion in zsh: no zsh, or no tmux, here"
fi
exit "$((LIVE_FAILED > 0))"
