# SPDX-License-Identifier: GPL-2.0-only
# Each directory says in its module.mk what it builds; this file holds what they share and the
# commands people type.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
SHELL := /bin/bash

prefix  ?= /usr/local
DESTDIR ?=
B       ?= build

CC      ?= gcc
CLANG   ?= clang
CFLAGS  ?= -O2 -g
WARN    := -std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	   -Wno-unused-parameter -Wno-missing-field-initializers
DEPS     = -MMD -MP

include bpf/module.mk userspace/module.mk daemon/module.mk
-include profiles/module.mk lab/module.mk tests/unit/module.mk tests/live/module.mk \
	tests/lab/module.mk docs/module.mk

.PHONY: all
all: $(FUSELENS) $(DAEMON)
