# SPDX-License-Identifier: GPL-2.0-only
# The oracle: a load that knows what it wrote. Not part of what ships.
ORACLE := $(B)/tests/oracle/oracle
ORACLE_SRCS := $(sort $(wildcard tests/oracle/*.c))

$(ORACLE): $(ORACLE_SRCS) $(wildcard tests/oracle/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARN) -D_GNU_SOURCE $$($(PKG_CONFIG) --cflags json-c) $(ORACLE_SRCS) -o $@ \
		$$($(PKG_CONFIG) --libs json-c) -pthread

.PHONY: oracle
oracle: $(ORACLE)
