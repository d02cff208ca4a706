# SPDX-License-Identifier: GPL-2.0-only
# Installing, and packages. What is installed: the commands, their man pages, schemas and profiles; and what
# operators want beside them: the units, rules and dashboard; as examples a unit for a mirror and a web server's
# part for the exporter; completion. An entry of INSTALL_FILES is SOURCE:DIRECTORY:MODE.
MAN_PAGES := $(sort $(wildcard docs/man/*.[18]))
INSTALL_FILES := $(FUSELENS):$(bindir):755 $(DAEMON):$(sbindir):755 \
	$(foreach m,$(MAN_PAGES),$(m):$(mandir)/man$(subst .,,$(suffix $(m))):644) \
	README.md:$(docdir):644 CHANGELOG.md:$(docdir):644 \
	$(foreach d,$(filter-out docs/README.md,$(wildcard docs/*.md)),$(d):$(docdir):644) \
	$(foreach s,$(wildcard docs/schemas/*.json),$(s):$(datadir)/fuselens/schemas:644) \
	$(foreach p,$(wildcard profiles/*.fio),$(p):$(datadir)/fuselens/profiles:644)
UNITS := $(patsubst deploy/systemd/%,$(B)/deploy/%,$(wildcard deploy/systemd/*.service))
INSTALL_FILES += $(foreach u,$(UNITS),$(u):$(unitdir):644) \
	deploy/systemd/fuselens-export.default:$(datadir)/fuselens/default:644 \
	deploy/systemd/mnt-mirror.mount:$(datadir)/fuselens/systemd:644 \
	deploy/nginx/fuselens-export.conf:$(datadir)/fuselens/nginx:644 \
	deploy/prometheus/fuselens.rules.yml:$(datadir)/fuselens/prometheus:644 \
	deploy/grafana/fuselens.json:$(datadir)/fuselens/grafana:644 \
	$(B)/deploy/completion/fuselens:$(datadir)/bash-completion/completions:644 \
	$(B)/deploy/completion/_fuselens:$(datadir)/zsh/site-functions:644 \
	$(B)/deploy/completion/fuselens.fish:$(datadir)/fish/vendor_completions.d:644

##@ make install  to DESTDIR, prefix (/usr/local) and the usual directories; make uninstall removes it
install: all $(UNITS) completion
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

# Completion comes from the tables that --help is printed from. Where the programs are another machine's, those that
# this machine runs are built for it.
COMPLETION_FROM := $(if $(CROSS),build/fuselens,$(FUSELENS))
ifneq ($(CROSS),)
.PHONY: FORCE
$(COMPLETION_FROM): FORCE
	@$(MAKE) --no-print-directory -s CROSS= B=build $@ >/dev/null
endif
.PHONY: completion
completion: $(B)/deploy/completion/fuselens $(B)/deploy/completion/_fuselens \
	$(B)/deploy/completion/fuselens.fish
$(B)/deploy/completion/fuselens: SHELL_NAME = bash
$(B)/deploy/completion/_fuselens: SHELL_NAME = zsh
$(B)/deploy/completion/fuselens.fish: SHELL_NAME = fish
$(B)/deploy/completion/fuselens $(B)/deploy/completion/_fuselens $(B)/deploy/completion/fuselens.fish: $(COMPLETION_FROM)
	@mkdir -p $(@D)
	@$(COMPLETION_FROM) completion $(SHELL_NAME) >$@

# The prefix is a matter of the command line, not of the sources.
.PHONY: FORCE
$(B)/deploy/%.service: deploy/systemd/%.service FORCE
	@mkdir -p $(@D)
	@sed 's,/usr/bin/,$(bindir)/,' $< >$@

##@ make dist         a source archive that builds without git, in the build directory
# What a release was made from stands in .release; "fuselens --version" says it.
VERSION := $(shell sed -n 's/^\#define FL_VERSION "\(.*\)"/\1/p' userspace/cmd.h)
.PHONY: dist
dist:
	@mkdir -p $(B)
	@git diff --quiet HEAD || echo 'make dist: what is not committed is not in the archive' >&2
	@git archive --prefix=fuselens-$(VERSION)/ \
		--add-virtual-file=fuselens-$(VERSION)/.release:"$$(git describe --always)" HEAD | \
		xz -9 >$(B)/fuselens-$(VERSION).tar.xz
	@echo $(B)/fuselens-$(VERSION).tar.xz

##@ make deb          Debian packages, in the build directory (fakeroot is not needed)
.PHONY: deb
deb: all
	@CROSS='$(CROSS)' SYSROOT='$(SYSROOT)' deploy/make-deb $(B)
