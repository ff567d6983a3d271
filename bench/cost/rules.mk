# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Included by the Makefile: bench is the table of what tcpwhy costs.

BENCH_SOURCES = $(wildcard bench/cost/*.c)
BENCH         = $(O)/bench/cost/bench
BENCH_PEERS   = libbpf-tools bpftrace

.PHONY: bench

# History is written with tcpwhy's own recorder.
$(BENCH): $(BENCH_SOURCES:%.c=$(O)/%.o) $(PARTS)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

bench:
	@$(MAKE) --no-print-directory deps PACKAGES='$(PACKAGES) $(BENCH_PEERS)'
	@$(MAKE) --no-print-directory $(O)/tcpwhy $(BENCH)
	TCPWHY=$(O)/tcpwhy $(BENCH)
