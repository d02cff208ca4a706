# SPDX-License-Identifier: GPL-2.0-only
# Installing: commands, man pages, and whatever other directories add to INSTALL_FILES as
# SOURCE:DIRECTORY:MODE, the directory below prefix.
MAN_PAGES := $(sort $(wildcard docs/man/*.[18]))
INSTALL_FILES += $(FUSELENS):bin:755 $(DAEMON):sbin:755 \
	$(foreach m,$(MAN_PAGES),$(m):share/man/man$(subst .,,$(suffix $(m))):644) \
	README.md:share/doc/fuselens:644 \
	$(foreach d,$(wildcard docs/*.md),$(d):share/doc/fuselens:644) \
	$(foreach p,$(wildcard profiles/*.fio),$(p):share/fuselens/profiles:644)

install: all
	@set -e; $(foreach f,$(INSTALL_FILES),$(call install_one,$(subst :, ,$(f))))
	@# mount -t fuse.fuselens looks for a helper of the file system's name
	@ln -sf fuselens-passthroughd $(DESTDIR)$(prefix)/sbin/mount.fuse.fuselens
	@echo 'installed to $(DESTDIR)$(prefix)'

define install_one
install -D -m $(word 3,$(1)) $(word 1,$(1)) $(DESTDIR)$(prefix)/$(word 2,$(1))/$(notdir $(word 1,$(1)));
endef

uninstall:
	@set -e; $(foreach f,$(INSTALL_FILES),$(call uninstall_one,$(subst :, ,$(f))))
	@rm -f $(DESTDIR)$(prefix)/sbin/mount.fuse.fuselens
	@rmdir --ignore-fail-on-non-empty -p $(DESTDIR)$(prefix)/share/doc/fuselens \
		$(DESTDIR)$(prefix)/share/fuselens/profiles 2>/dev/null || true

define uninstall_one
rm -f $(DESTDIR)$(prefix)/$(word 2,$(1))/$(notdir $(word 1,$(1)));
endef
