# SPDX-License-Identifier: GPL-2.0-only
# The daemon: natively where libfuse is 3.17 or later, else as a static program from a Debian 13 root.
DAEMON := $(B)/fuselens-passthroughd
DAEMON_SRCS := $(sort $(wildcard daemon/*.c))
DAEMON_DEPS := $(DAEMON_SRCS) $(sort $(wildcard daemon/*.h)) daemon/module.mk
DAEMON_FUSE ?= $(shell $(PKG_CONFIG) --atleast-version=3.17 fuse3 2>/dev/null && echo native || echo root)

.PHONY: daemon daemon-asan
daemon: $(DAEMON)
daemon-asan: $(B)/fuselens-passthroughd-asan

ifeq ($(DAEMON_FUSE),native)
DAEMON_CC = $(CC) $(CPPFLAGS) $(WARN) -D_GNU_SOURCE $(CFLAGS) $$($(PKG_CONFIG) --cflags fuse3)

$(DAEMON): $(DAEMON_DEPS)
	@mkdir -p $(@D)
	$(DAEMON_CC) $(DAEMON_SRCS) -o $@ $(LDFLAGS) $$($(PKG_CONFIG) --libs fuse3) -pthread

$(B)/fuselens-passthroughd-asan: $(DAEMON_DEPS)
	@mkdir -p $(@D)
	$(DAEMON_CC) -O1 -fno-omit-frame-pointer -fsanitize=address,undefined $(DAEMON_SRCS) -o $@ \
		$$($(PKG_CONFIG) --libs fuse3) -pthread
else ifneq ($(CROSS),)
$(DAEMON): $(DAEMON_DEPS)
	@echo 'the libraries in $(SYSROOT) have no libfuse 3.17 or later, which the daemon needs' >&2
	@echo 'hint: leave SYSROOT out, and those of a Debian 13 are taken' >&2
	@exit 1
else
$(DAEMON): $(DAEMON_DEPS) daemon/build-in-root
	daemon/build-in-root static $@

$(B)/fuselens-passthroughd-asan: $(DAEMON_DEPS) daemon/build-in-root
	daemon/build-in-root asan $@
endif
