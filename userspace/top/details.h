/* SPDX-License-Identifier: GPL-2.0-only */
/* top's page on one mount or file, and the primitives it draws with. */
#ifndef FL_TOP_DETAILS_H
#define FL_TOP_DETAILS_H

#include "top/screen.h"

void fl_top_draw_details(struct fl_top *t);

/* Text that is harmless already, cut to width columns. */
void fl_top_put(int y, int x, int width, const char *text);
/* A name from the system, made harmless; cut at its front. */
void fl_top_put_name(int y, int x, int width, const char *name);

#endif
