# SPDX-License-Identifier: GPL-2.0-only
# The fuselens command.
FUSELENS := $(B)/fuselens
FUSELENS_SRCS := $(sort $(wildcard userspace/*.c userspace/*/*.c userspace/*/*/*.c))
FUSELENS_OBJS := $(FUSELENS_SRCS:userspace/%.c=$(B)/userspace/%.o)
FUSELENS_PKGS := libbpf json-c capstone libcap libmicrohttpd ncursesw
FUSELENS_CFLAGS = -D_GNU_SOURCE -I$(B)/bpf -Iuserspace -iquote . $$(pkg-config --cflags $(FUSELENS_PKGS))
FUSELENS_LIBS = $$(pkg-config --libs $(FUSELENS_PKGS)) -lelf -lz -lm

$(B)/userspace/%.o: userspace/%.c | $(BPF_SKELS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARN) $(DEPS) $(FUSELENS_CFLAGS) -c $< -o $@

$(FUSELENS): $(FUSELENS_OBJS)
	$(CC) $(LDFLAGS) $^ -o $@ $(FUSELENS_LIBS)

-include $(FUSELENS_OBJS:.o=.d)
