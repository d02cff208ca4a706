/* SPDX-License-Identifier: GPL-2.0-only */
/* What doctor found, as text and as JSON. Pure. */
#ifndef FL_DOCTOR_PRINT_H
#define FL_DOCTOR_PRINT_H

#include <stdio.h>
#include "doctor/examine.h"

void fl_doctor_text(const struct fl_doctor *d, FILE *out);
void fl_doctor_json(const struct fl_doctor *d, FILE *out);

#endif
