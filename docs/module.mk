# SPDX-License-Identifier: GPL-2.0-only
# Installing: commands, man pages, and whatever other directories add to INSTALL_FILES as
# SOURCE:DIRECTORY:MODE.
MAN_PAGES := $(sort $(wildcard docs/man/*.[18]))
INSTALL_FILES += $(FUSELENS):$(bindir):755 $(DAEMON):$(sbindir):755 \
	$(foreach m,$(MAN_PAGES),$(m):$(mandir)/man$(subst .,,$(suffix $(m))):644) \
	README.md:$(docdir):644 CHANGELOG.md:$(docdir):644 \
	$(foreach d,$(filter-out docs/README.md,$(wildcard docs/*.md)),$(d):$(docdir):644) \
	$(foreach s,$(wildcard docs/schemas/*.json),$(s):$(datadir)/fuselens/schemas:644) \
	$(foreach p,$(wildcard profiles/*.fio),$(p):$(datadir)/fuselens/profiles:644)

install: all
	@set -e; $(foreach f,$(INSTALL_FILES),$(call install_one,$(subst :, ,$(f))))
	@# mount -t fuse.fuselens looks for a helper of the file system's name
	@ln -sf fuselens-passthroughd $(DESTDIR)$(sbindir)/mount.fuse.fuselens
	@echo 'installed to $(DESTDIR)$(prefix)'

define install_one
install -D -m $(word 3,$(1)) $(word 1,$(1)) $(DESTDIR)$(word 2,$(1))/$(notdir $(word 1,$(1)));
endef

uninstall:
	@set -e; $(foreach f,$(INSTALL_FILES),$(call uninstall_one,$(subst :, ,$(f))))
	@rm -f $(DESTDIR)$(sbindir)/mount.fuse.fuselens
	@find $(DESTDIR)$(datadir)/fuselens $(DESTDIR)$(docdir) -depth -type d -empty -delete 2>/dev/null || true

define uninstall_one
rm -f $(DESTDIR)$(word 2,$(1))/$(notdir $(word 1,$(1)));
endef

##@ make dist         a source archive that builds without git, in the build directory
# What a release was made from stands in .release; "fuselens --version" says it.
VERSION := $(shell sed -n 's/^\#define FL_VERSION "\(.*\)"/\1/p' userspace/cmd.h)
.PHONY: dist
dist:
	@mkdir -p $(B)
	@git archive --prefix=fuselens-$(VERSION)/ \
		--add-virtual-file=fuselens-$(VERSION)/.release:"$$(git describe --always)" HEAD | \
		xz -9 >$(B)/fuselens-$(VERSION).tar.xz
	@echo $(B)/fuselens-$(VERSION).tar.xz
