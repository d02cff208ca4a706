// SPDX-License-Identifier: GPL-2.0-only
#include "verify/cases/cases.h"

#include <string.h>

/* The seven published cases come first, in their order. */
const struct fl_verify_case *const fl_verify_cases[] = {
	&fl_case_overwrite, &fl_case_read_write,  &fl_case_append,	  &fl_case_o_append,
	&fl_case_extend,    &fl_case_extend_race, &fl_case_buffered,	  &fl_case_suid,
	&fl_case_splice,    &fl_case_setfl,	  &fl_case_truncate_race, &fl_case_unaligned,
	&fl_case_hole,	    &fl_case_io_uring,	  &fl_case_mmap_mixed,
};
const size_t fl_verify_ncases = sizeof(fl_verify_cases) / sizeof(fl_verify_cases[0]);

const struct fl_verify_case *fl_verify_find(const char *name)
{
	for (size_t i = 0; i < fl_verify_ncases; i++)
		if (!strcmp(fl_verify_cases[i]->name, name))
			return fl_verify_cases[i];
	return NULL;
}
