/* SPDX-License-Identifier: GPL-2.0-only */
/* Being asked to end: signals set a flag, and whoever waits looks at it. */
#ifndef FL_INTERRUPT_H
#define FL_INTERRUPT_H

#include <signal.h>

/* Set by SIGINT, SIGTERM and SIGHUP once fl_catch_signals() was called. */
extern volatile sig_atomic_t fl_interrupted;
void fl_catch_signals(void);

/* Sleeps, or returns early when interrupted. */
void fl_sleep_ms(unsigned int ms);

#endif
