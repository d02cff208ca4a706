# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Reading lines with a time limit (sourced).

# next_line FD SECONDS - sets line to the next whole line, or to nothing if none is complete in time; 1 then.
# bash's read takes a byte at a time and hands out what it has when the time is over: on a busy machine that
# may be "star" of "started". It is kept for the next call here (for one descriptor at a time).
line_so_far=
next_line()
{
	if read -r -t "$2" line <&"$1"; then
		line=$line_so_far$line
		line_so_far=
		return 0
	fi
	line_so_far+=$line
	line=
	return 1
}
