# SPDX-License-Identifier: GPL-2.0-only
# The fuselens command. All of it but main.o is a library, so that tests link what ships.
FUSELENS := $(B)/fuselens
FUSELENS_LIB := $(B)/libfuselens.a
FUSELENS_SRCS := $(sort $(wildcard userspace/*.c userspace/*/*.c userspace/*/*/*.c))
FUSELENS_OBJS := $(FUSELENS_SRCS:userspace/%.c=$(B)/userspace/%.o)
FUSELENS_PKGS := libbpf json-c capstone libcap libmicrohttpd ncursesw
# -iquote . finds "bpf/abi.h"; -I. would also turn <bpf/libbpf.h> into a file of ours.
FUSELENS_INCLUDES := -I$(B)/bpf -Iuserspace -iquote .
FUSELENS_CFLAGS = -D_GNU_SOURCE $(FUSELENS_INCLUDES) $$($(PKG_CONFIG) --cflags $(FUSELENS_PKGS))
FUSELENS_LIBS = $$($(PKG_CONFIG) --libs $(FUSELENS_PKGS)) -lelf -lz -lm

$(B)/userspace/%.o: userspace/%.c | $(BPF_SKELS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(DEPS) $(FUSELENS_CFLAGS) -c $< -o $@

# Made anew, so that no object of a source that is gone stays in it.
$(FUSELENS_LIB): $(filter-out $(B)/userspace/main.o,$(FUSELENS_OBJS))
	@rm -f $@
	$(AR) rcs $@ $^

# What was built: a commit, or what a release says of itself. Written anew only when it is another.
.PHONY: FORCE
$(B)/build-id.h: FORCE
	@mkdir -p $(@D)
	@echo "#define FL_BUILD \"$$(git describe --always --dirty 2>/dev/null || cat .release 2>/dev/null || \
		echo unknown)\"" >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(B)/userspace/main.o: $(B)/build-id.h
$(B)/userspace/main.o: FUSELENS_INCLUDES += -iquote $(B)

$(FUSELENS): $(B)/userspace/main.o $(FUSELENS_LIB)
	$(CC) $(LDFLAGS) $^ -o $@ $(FUSELENS_LIBS)

-include $(FUSELENS_OBJS:.o=.d)
