# SPDX-License-Identifier: GPL-2.0-only
# What operators install beside the commands: the units, rules and dashboard; as examples a unit for a mirror and
# a web server's part for the exporter; completion.
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

install: $(UNITS) completion

# Completion comes from the tables that --help is printed from.
.PHONY: completion
completion: $(B)/deploy/completion/fuselens $(B)/deploy/completion/_fuselens \
	$(B)/deploy/completion/fuselens.fish
$(B)/deploy/completion/fuselens: SHELL_NAME = bash
$(B)/deploy/completion/_fuselens: SHELL_NAME = zsh
$(B)/deploy/completion/fuselens.fish: SHELL_NAME = fish
$(B)/deploy/completion/fuselens $(B)/deploy/completion/_fuselens $(B)/deploy/completion/fuselens.fish: $(FUSELENS)
	@mkdir -p $(@D)
	@$(FUSELENS) completion $(SHELL_NAME) >$@

# The prefix is a matter of the command line, not of the sources.
.PHONY: FORCE
$(B)/deploy/%.service: deploy/systemd/%.service FORCE
	@mkdir -p $(@D)
	@sed 's,/usr/bin/,$(bindir)/,' $< >$@

##@ make deb          Debian packages, in the build directory (fakeroot is not needed)
.PHONY: deb
deb: all
	@deploy/make-deb $(B)

##@ make soak         an hour of kills, attaching, comings and goings under load (root)
.PHONY: soak
soak: host-build host-run host-test
	@$(MAKE) --no-print-directory programs
	@SOAK_SECONDS=$${SOAK_SECONDS:-3600} B=$(abspath $(B)) tests/run --timeout 7200 tests/live/long_soak.sh

##@ make bench-scale  how long watching takes with 1,000 mounts and 10,000 open files (root; two minutes)
.PHONY: bench-scale
bench-scale: host-build host-run host-test
	@$(MAKE) --no-print-directory programs
	@B=$(abspath $(B)) tests/bench/scale

##@ make bench-overhead  instructions per write with and without watchers, in the lab (root; a quarter of an hour)
.PHONY: bench-overhead
bench-overhead:
	@lab/overhead
