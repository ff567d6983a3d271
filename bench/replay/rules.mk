# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Included by the Makefile: bench-replay says how fast recordings are replayed.

REPLAY_SOURCES = $(wildcard bench/replay/*.c)
REPLAY_OBJECTS = $(REPLAY_SOURCES:%.c=$(O)/%.o)
REPLAY_ROUNDS  ?= 5

.PHONY: bench-replay

$(REPLAY_OBJECTS): INCLUDES += -I.

$(O)/bench/replay/replay: $(REPLAY_OBJECTS) $(PARTS) \
	$(O)/bench/cost/goal.o $(O)/bench/cost/tool.o
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

bench-replay: $(O)/tcpwhy $(O)/bench/replay/replay
	dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	$(O)/bench/replay/replay $(O)/tcpwhy "$$dir" $(REPLAY_ROUNDS)
