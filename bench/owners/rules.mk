# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Included by the Makefile: bench-owners is the accuracy table, bench-owners-cost
# what it costs. The live tests play the same scenes.

OWNERS_SOURCES = $(wildcard bench/owners/*.c)
OWNERS_OBJECTS = $(OWNERS_SOURCES:%.c=$(O)/%.o)
OWNERS         = $(O)/bench/owners/scenes $(O)/bench/owners/cost-host \
		 $(O)/bench/owners/cost-load

.PHONY: bench-owners bench-owners-cost

$(O)/bench/owners/scenes: $(OWNERS_OBJECTS)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -luring -lpthread -o $@

$(O)/bench/owners/cost-%: $(O)/bench/owners/cost/%.o
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -o $@

bench-owners:
	@$(MAKE) --no-print-directory deps PACKAGES='$(PACKAGES) libbpf-tools'
	@$(MAKE) --no-print-directory $(O)/tcpwhy $(OWNERS)
	TCPWHY=$(O)/tcpwhy OWNERS=$(O)/bench/owners bench/owners/run

bench-owners-cost: $(O)/tcpwhy $(OWNERS)
	TCPWHY=$(O)/tcpwhy OWNERS=$(O)/bench/owners bench/owners/cost/run

-include $(shell find $(O)/bench -name '*.d' 2>/dev/null)
