# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Reading lines with a time limit (sourced).

# next_line FD SECONDS - sets line to the next whole line. If none is complete in time, line is empty and 1 is
# returned. When the time is over, bash's read hands out what it has, for example "star" of "started". This part is
# kept for the next call, so only one descriptor at a time can be read.
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
