# SPDX-License-Identifier: GPL-2.0-only
# BPF objects and their skeletons: $(B)/bpf/NAME.skel.h, whose first part is the object itself.
BPF_NAMES := state_tp state_fentry files callsite global opens family waits
BPF_SKELS := $(BPF_NAMES:%=$(B)/bpf/%.skel.h)
# The programs' own machine decides where their probes find a call's arguments.
BPF_ARCH  := $(shell $(CC) -dumpmachine | sed 's/-.*//; s/x86_64/x86/; s/aarch64/arm64/')
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) -Wall -Werror -Ibpf
# Debian keeps bpftool out of a user's PATH
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)

$(B)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $*_bpf > $@

# make would take both for intermediate files, and build them anew each time
.PRECIOUS: $(B)/bpf/%.bpf.o $(B)/bpf/%.skel.h

-include $(BPF_NAMES:%=$(B)/bpf/%.bpf.d)
