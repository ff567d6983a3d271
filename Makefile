# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tcpwhy: "make help" lists the targets. From top to bottom: settings, the
# BPF side, the user side, samples, tests, checks of style, installation.

# --- settings ------------------------------------------------------------------

O       ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
V       ?= 0
SAN     ?= 0
COV     ?= 0

CC      ?= gcc
CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)

ifeq ($(V),0)
  Q = @
  say = @printf '  %-8s %s\n' '$(1)' '$(2)';
else
  Q =
  say =
endif

WARNINGS  = -Wall -Wextra -Werror
CFLAGS   ?= -O2 -g
INCLUDES  = -Ibpf -Iuser -Iuser/source -Iuser/model -Iuser/why -Iuser/show
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARNINGS) $(CFLAGS) $(INCLUDES) -I$(O)
LIBS      = -lbpf -lyajl -ldeflate

ifeq ($(SAN),1)
  ALL_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all \
		-fno-omit-frame-pointer
endif
ifeq ($(COV),1)
  ALL_CFLAGS += --coverage -O0
endif

# All packages, by their names in Debian: to build, to test, to check style,
# and what the lab's scenarios and the tests use.
PACKAGES = gcc clang llvm libc6-dev make bpftool libbpf-dev libelf-dev zlib1g-dev libdeflate-dev \
	   libyajl-dev uthash-dev libcmocka-dev liburing-dev \
	   clang-format clang-tidy shellcheck libclang-rt-dev \
	   iproute2 tcpdump netcat-openbsd nftables iptables jq procps \
	   nginx-light haproxy redis-server redis-tools openssh-server \
	   openssh-client curl python3

CROSS_PACKAGES  = gcc-aarch64-linux-gnu libc6-dev-arm64-cross
KERNEL_PACKAGES = qemu-system-x86 busybox-static cpio kmod

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: static all deps lab check check-unit check-replay check-live check-kernels \
	check-arm64 check-toolchains lint help \
	install clean samples format docs

all: $(O)/tcpwhy

# --- packages ------------------------------------------------------------------

deps:
	@tests/install-packages $(PACKAGES)

# --- the BPF side: several objects, linked into one, made a skeleton ------------

BPF_SOURCES = $(wildcard bpf/*.bpf.c)
BPF_OBJECTS = $(BPF_SOURCES:bpf/%.c=$(O)/bpf/%.o)
BPF_ARCH    = $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
# BPF_PROG() unpacks arguments that not every program uses.
BPF_CFLAGS  = -g -O2 -mcpu=v3 -target bpf $(WARNINGS) -Wno-unused-parameter \
	      -D__TARGET_ARCH_$(BPF_ARCH) -Ivmlinux -Ibpf

$(O)/bpf/%.bpf.o: bpf/%.bpf.c Makefile
	$(call say,BPF,$<)mkdir -p $(@D) && \
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

$(O)/tcpwhy.bpf.o: $(BPF_OBJECTS)
	$(call say,LINK,$@)$(BPFTOOL) gen object $@ $(BPF_OBJECTS)

$(O)/tcpwhy.skel.h: $(O)/tcpwhy.bpf.o
	$(call say,SKEL,$@)$(BPFTOOL) gen skeleton $< name tcpwhy_bpf > $@

# --- the user side ---------------------------------------------------------------

SOURCES = $(wildcard user/*.c user/*/*.c)
OBJECTS = $(SOURCES:%.c=$(O)/%.o)

# All but main: what the unit tests link.
PARTS   = $(filter-out $(O)/user/main.o $(O)/user/cmd_%.o,$(OBJECTS))

$(patsubst %,$(O)/user/source/%.o,balance kernel_filter live loading): $(O)/tcpwhy.skel.h

$(O)/%.o: %.c Makefile
	$(call say,CC,$<)mkdir -p $(@D) && \
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(O)/tcpwhy: $(OBJECTS)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

# --- one file that needs no library: make static, make static ARCH=arm64 ----------

STATIC_LIBS = -lbpf -lelf -lyajl_s -ldeflate -lz
ARCH ?=

static: deps
ifeq ($(ARCH),)
	@$(MAKE) --no-print-directory O=$(O)/static LDFLAGS=-static \
	  LIBS='$(STATIC_LIBS)' all
else ifeq ($(ARCH),arm64)
	@tests/install-packages $(CROSS_PACKAGES)
	@sysroot=$$(tests/kernels/sysroot arm64) && \
	$(MAKE) --no-print-directory O=$(O)/static-arm64 BPF_ARCH=arm64 \
	  CC='aarch64-linux-gnu-gcc -idirafter '$$sysroot/usr/include \
	  LDFLAGS="-static -L$$sysroot/usr/lib/aarch64-linux-gnu" \
	  LIBS='$(STATIC_LIBS)' all \
	  $(patsubst %,$(O)/static-arm64/samples/sample%,1 2 3)
else
	$(error make static builds for this machine, or for ARCH=arm64)
endif

# --- samples ----------------------------------------------------------------------

SAMPLE_SHARED  = $(patsubst %,samples/%.c,stage socket sysctl unseen)
SAMPLE_SOURCES = $(filter-out $(SAMPLE_SHARED),$(wildcard samples/*.c))
SAMPLES        = $(SAMPLE_SOURCES:samples/%.c=$(O)/samples/%)

samples: $(SAMPLES)

# These make segments by hand, too.
$(O)/samples/raw-reset $(O)/samples/forwarded-reset: samples/remote/segment.c
$(O)/samples/forwarded-reset $(O)/samples/local-drop: samples/remote/tun.c

# A sample is one file, or a file and a directory of its name.
.SECONDEXPANSION:
$(SAMPLES): $(O)/samples/%: $(O)/samples/%.o $(SAMPLE_SHARED:%.c=$(O)/%.o) \
	$$(patsubst %.c,$(O)/%.o,$$(wildcard samples/$$*/*.c))
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(SAMPLE_LIBS) -o $@

$(O)/samples/bpf-destroyed: SAMPLE_LIBS = -lbpf -lelf -lz

# This one changes its network namespace, too.
$(O)/samples/mptcp: samples/remote/tun.c

# This one brings a BPF program of its own.
$(O)/samples/bpf-destroyed.o: $(O)/samples/bpf/destroy.skel.h

$(O)/samples/%.skel.h: $(O)/samples/%.bpf.o
	$(call say,SKEL,$@)$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf > $@

$(O)/samples/%.bpf.o: samples/%.bpf.c Makefile
	$(call say,BPF,$<)mkdir -p $(@D) && \
	$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

lab: deps
	@$(MAKE) --no-print-directory all samples
	TCPWHY=$(O)/tcpwhy SAMPLES=$(O)/samples samples/tcpstates-lab all --fast

# --- benchmarks ------------------------------------------------------------------------

include bench/owners/rules.mk
include bench/cost/rules.mk
include bench/replay/rules.mk

# --- tests -------------------------------------------------------------------------

UNIT_TESTS = $(patsubst tests/unit/%.c,$(O)/tests/unit/%,\
	       $(wildcard tests/unit/test_*.c))
LIVE_SHARED = $(filter-out tests/live/test_%.c,$(wildcard tests/live/*.c))
LIVE_TESTS  = $(patsubst tests/live/%.c,$(O)/tests/live/%,\
		$(wildcard tests/live/test_*.c))

$(O)/tests/unit/%: $(O)/tests/unit/%.o $(PARTS)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -lcmocka -o $@

$(O)/tests/live/%: $(O)/tests/live/%.o $(LIVE_SHARED:%.c=$(O)/%.o) \
	$(O)/samples/unseen.o
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ $(LIBS) -lcmocka -o $@

check: deps
	@$(MAKE) --no-print-directory check-unit
	@$(MAKE) --no-print-directory check-replay
	@$(MAKE) --no-print-directory check-live
	@$(MAKE) --no-print-directory check-soak

check-unit: $(UNIT_TESTS)
	tests/run $(UNIT_TESTS)

check-replay: $(O)/tcpwhy
	TCPWHY=$(O)/tcpwhy tests/replay/run

check-live: $(O)/tcpwhy $(SAMPLES) $(LIVE_TESTS) $(OWNERS)
	TCPWHY=$(O)/tcpwhy SAMPLES=$(O)/samples tests/run $(LIVE_TESTS)

# Debian's kernels, emulated: each cause of the lab, and live tests, on each of
# KERNELS (all of tests/kernels/kernels.txt), and the documents' samples on arm64.
KERNELS ?=

check-kernels: deps
	@tests/install-packages $(KERNEL_PACKAGES)
	@$(MAKE) --no-print-directory samples $(LIVE_TESTS) \
	  $(O)/bench/owners/scenes
	@$(MAKE) --no-print-directory static
	O=$(O) tests/kernels/ability
	O=$(O) tests/kernels/run $(KERNELS)

check-arm64: deps
	@tests/install-packages $(KERNEL_PACKAGES) qemu-system-arm
	@$(MAKE) --no-print-directory static ARCH=arm64
	O=$(O) tests/kernels/arm64

# Debian's default and newest clang, its libbpf and that of the next Debian.
check-toolchains: deps
	@$(MAKE) --no-print-directory samples
	O=$(O) tests/toolchains

# --- style -----------------------------------------------------------------------------

C_FILES  = $(wildcard bpf/*.[ch] user/*.[ch] user/*/*.[ch] samples/*.[ch] samples/*/*.[ch] \
	     tests/*/*.[ch] bench/*/*.[ch])
SH_FILES = $(shell grep -lE '^\#!.*sh$$' samples/* samples/*/* tests/* \
	     tests/*/* bench/*/* bench/*/*/* .ci/run 2>/dev/null)

lint: $(O)/tcpwhy
	$(call say,DOCS,docs/causes.md)$(O)/tcpwhy explain --markdown | diff - docs/causes.md
	$(call say,FORMAT,$(words $(C_FILES)) files)clang-format --dry-run --Werror $(C_FILES)
	$(call say,TIDY,$(words $(SOURCES)) files)clang-tidy --quiet $(SOURCES) -- $(ALL_CFLAGS) 2>/dev/null
	@$(MAKE) --no-print-directory O=$(O)/clang CC=clang all
	$(call say,SHELL,$(words $(SH_FILES)) scripts)shellcheck $(SH_FILES)

format:
	@clang-format -i $(C_FILES)

# docs/causes.md comes from the catalogue in the code; lint sees that it does.
docs: $(O)/tcpwhy
	$(O)/tcpwhy explain --markdown > docs/causes.md

# --- the rest ----------------------------------------------------------------------------

install: $(O)/tcpwhy
	install -D -m 0755 $(O)/tcpwhy $(DESTDIR)$(PREFIX)/bin/tcpwhy

clean:
	rm -rf $(O)

help:
	@echo 'make             build $(O)/tcpwhy'
	@echo 'make deps        install the Debian packages that are missing (root)'
	@echo 'make lab         build and run the samples, watched and explained (root)'
	@echo 'make check       build and run every test (root)'
	@echo '     check-unit, check-replay: need no root;  check-live: on this kernel'
	@echo '     check-soak: under ASan on a host that is never quiet, 20 s'
	@echo 'make check-kernels        causes and tests on other kernels, emulated; KERNELS="6.1 newest"'
	@echo 'make check-arm64          the samples on arm64, emulated'
	@echo 'make check-toolchains     built with other compilers, with another libbpf (root)'
	@echo 'make static               one file that needs no library;  ARCH=arm64'
	@echo 'make lint        clang-format, clang-tidy, shellcheck;  make format, make docs'
	@echo 'make install     PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)'
	@echo 'make bench       what tcpwhy costs: a table; ROUNDS=N WORKLOADS=A,B OBSERVERS=A,B (root)'
	@echo 'make soak        on a host that is never quiet, read by who stalls; TIME=60 (root)'
	@echo 'make bench-owners        who names the right process: a table (root)'
	@echo 'make bench-owners-cost   what that costs (root)'
	@echo 'make bench-replay        how fast recordings are replayed, in how much memory'
	@echo 'make clean'
	@echo 'V=1 shows commands, O=dir builds elsewhere, SAN=1 adds ASan and UBSan,'
	@echo 'COV=1 coverage; CC=clang builds with clang'

-include $(BPF_OBJECTS:.o=.d) $(OBJECTS:.o=.d) $(shell find $(O)/samples \
	   $(O)/tests -name '*.d' 2>/dev/null)
