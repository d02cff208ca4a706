# SPDX-License-Identifier: GPL-2.0-only
# Each directory says in its module.mk what it builds; this file holds what they share and the
# commands people type.
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
SHELL := /bin/bash

prefix  ?= /usr/local
bindir  ?= $(prefix)/bin
sbindir ?= $(prefix)/sbin
datadir ?= $(prefix)/share
mandir  ?= $(datadir)/man
docdir  ?= $(datadir)/doc/fuselens
unitdir ?= $(prefix)/lib/systemd/system
DESTDIR ?=
B       ?= build$(CROSS:%-=/%)

CC      ?= gcc
CLANG   ?= clang
PKG_CONFIG ?= pkg-config
STRIP   ?= strip
# CROSS=aarch64-linux-gnu- compiles for arm64, with that compiler and the libraries below SYSROOT: by default those
# of a Debian 13, which lab/build/rootfs unpacks.
CROSS   ?=
ifneq ($(CROSS),)
CROSS_TRIPLET := $(CROSS:%-=%)
SYSROOT ?= $(CROSS_SYSROOT)
CROSS_SYSROOT := $(shell lab/build/rootfs sysroot-arm64 --find)
ifeq ($(origin CC),default)
CC := $(CROSS)gcc --sysroot=$(SYSROOT)
endif
ifeq ($(origin AR),default)
AR := $(CROSS)ar
endif
STRIP := $(CROSS)strip
PKG_CONFIG := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT:/=) \
	PKG_CONFIG_LIBDIR=$(SYSROOT:/=)/usr/lib/$(CROSS_TRIPLET)/pkgconfig:$(SYSROOT:/=)/usr/share/pkgconfig pkg-config
endif
CFLAGS  ?= -O2 -g
# fuselens runs with privileges: hardened unless the packager says otherwise
CPPFLAGS ?= -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
LDFLAGS ?= -Wl,-z,relro,-z,now
WARN    := -std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	   -Wno-unused-parameter -Wno-missing-field-initializers
DEPS     = -MMD -MP

include bpf/module.mk userspace/module.mk daemon/module.mk tests/unit/module.mk tests/live/module.mk \
	tests/oracle/module.mk tests/fuzz/module.mk tests/bench/module.mk lab/module.mk deploy/module.mk

.PHONY: help all demo test test-full test-unit test-live test-lab test-programs lint install uninstall \
	clean host-build host-run host-test host-browser host-lint

# Each target that people type has a line '##@ make TARGET  WHAT' where it is made.
help:
	@sed -n 's/^##@ make \([^ ]*\) */\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r target what; do \
		printf 'make %-21s %s\n' "$$target" "$$what"; done

##@ make all  build fuselens and fuselens-passthroughd; with CROSS=aarch64-linux-gnu- for arm64
# The packages come first and in a make of their own: the rules ask pkg-config what is there.
all: host-build $(if $(CROSS),host-cross)
	@$(MAKE) -j$(shell nproc) --no-print-directory programs

.PHONY: programs
programs: $(FUSELENS) $(DAEMON)

host-build host-run host-lint: host-%:
	@lab/host-deps $*

# The compiler for another machine, and the libraries for it unless SYSROOT names others.
.PHONY: host-cross
host-cross:
	@lab/host-deps cross
	@$(if $(filter command line environment,$(origin SYSROOT)),true,lab/build/rootfs sysroot-arm64 >/dev/null)

host-test:
	@lab/host-deps test prometheus

host-browser:
	@lab/host-deps browser

##@ make demo  mount, write with fio, and show how the writes lock (root; minutes)
demo: host-build host-run
	@$(MAKE) -j$(shell nproc) --no-print-directory programs
	@lab/demo $(B)

##@ make test  every feature once: unit tests, this kernel, the lab VM (root; ten minutes)
test: test-programs
	@exec tests/all $(B)

##@ make test-full  every test (root; an hour)
test-full: test-programs host-browser
	@TIER=full exec tests/all $(B)

##@ make test-unit  unit tests (no root)
test-unit: host-build
	@$(MAKE) -j$(shell nproc) --no-print-directory unit-tests
	@tests/run $(UNIT_TESTS)

##@ make test-live  every test on this kernel (root)
test-live: test-programs host-browser
	@TESTS=live TIER=full exec tests/all $(B)

##@ make test-lab  every test in the lab VM, at full length (root; an hour)
test-lab: test-programs
	@TESTS=lab TIER=full LONG=1 exec tests/all $(B)

# What the tests need on this machine: packages and programs.
test-programs: host-build host-run host-test
	@$(MAKE) -j$(shell nproc) --no-print-directory programs daemon-tests oracle

##@ make lint  formatting, static checks, layers, man pages, schemas
lint: host-lint
	@tests/lint

##@ make clean  remove what was built here
clean:
	rm -rf $(B)
