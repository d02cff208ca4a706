/* SPDX-License-Identifier: GPL-2.0-only */
/* The cases, one entry each; cases.c puts them in order. */
#ifndef FL_VERIFY_CASES_H
#define FL_VERIFY_CASES_H

#include "verify/cases/case.h"

extern const struct fl_verify_case fl_case_overwrite, fl_case_read_write, fl_case_append,
	fl_case_o_append, fl_case_extend, fl_case_extend_race, fl_case_buffered, fl_case_suid,
	fl_case_splice, fl_case_setfl, fl_case_truncate_race, fl_case_unaligned, fl_case_hole,
	fl_case_io_uring, fl_case_mmap_mixed;

#endif
