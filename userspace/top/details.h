/* SPDX-License-Identifier: GPL-2.0-only */
/* top's page on one mount or file. */
#ifndef FL_TOP_DETAILS_H
#define FL_TOP_DETAILS_H

#include "top/screen.h"

void fl_top_draw_details(struct fl_top *t);

#endif
