# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Included by the Makefile: bench is the table of what tcpwhy costs, soak a host
# that is never quiet. check-soak is a shorter one, under ASan and UBSan.

BENCH_OBJECTS = $(filter-out %/bench.o %/soak.o,\
		  $(patsubst %.c,$(O)/%.o,$(wildcard bench/cost/*.c)))
BENCH         = $(O)/bench/cost/bench $(O)/bench/cost/soak
BENCH_PEERS   = libbpf-tools bpftrace

SOAK_CHECK_S  = 20

# What is freed ASan keeps for a while, and memory would grow by that.
ASAN_NO_HOARD = quarantine_size_mb=1:thread_local_quarantine_size_kb=64

.PHONY: bench bench-cost soak check-soak

# Lines are told apart by tcpwhy's own parts.
$(BENCH): $(O)/bench/cost/%: $(O)/bench/cost/%.o $(BENCH_OBJECTS) $(PARTS)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -lm -o $@

bench:
	@$(MAKE) --no-print-directory deps PACKAGES='$(PACKAGES) $(BENCH_PEERS)'
	@$(MAKE) --no-print-directory -k bench-cost \
	  $(if $(WORKLOADS),,bench-replay REPLAY_ROUNDS=3)

bench-cost: $(O)/tcpwhy $(BENCH)
	TCPWHY=$(O)/tcpwhy $(O)/bench/cost/bench

soak: $(O)/tcpwhy $(BENCH)
	TCPWHY=$(O)/tcpwhy $(O)/bench/cost/soak

check-soak: $(BENCH)
	@$(MAKE) --no-print-directory O=$(O)/asan SAN=1 all
	TCPWHY=$(O)/asan/tcpwhy TIME=$(SOAK_CHECK_S) \
	ASAN_OPTIONS=$(ASAN_NO_HOARD) $(O)/bench/cost/soak
