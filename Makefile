# SPDX-License-Identifier: GPL-2.0-only
# pvproof.  `make help` lists the verbs.  SAN=1 builds with sanitizers, CC=clang with clang, V=1
# shows the commands.

SAN     ?=
B       := build/$(if $(SAN),san,opt)$(if $(filter-out cc gcc,$(CC)),-$(notdir $(CC)))
comma   := ,
SANFLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined)
PKGS    := unicorn capstone libelf libbpf zlib liblzma libzstd liblz4 jansson libcyaml yaml-0.1 libmd
# What apt-get has to bring; README.md says what each is for.
DEBS    := gcc make libc6-dev pkg-config libunicorn-dev libcapstone-dev libelf-dev libbpf-dev \
	   zlib1g-dev liblzma-dev libzstd-dev liblz4-dev libjansson-dev libcyaml-dev libyaml-dev \
	   libmd-dev check $(if $(filter clang,$(CC)),clang) $(if $(SAN),$(if $(filter clang,$(CC)),libclang-rt-14-dev))

CFLAGS  ?= -O2 -g
override CFLAGS += -std=gnu11 -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes $(SANFLAGS)
STAGES  := $(addprefix harness/,image scan platform patch patch/model patch/guest check diff report mutate compare lint cli)
PLATFORMS := all

objs     = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)))
MAIN    := $(B)/harness/cli/main.o
PARTS    = $(filter-out $(MAIN),$(call objs,emu/*.c emu/x86/*.c $(addsuffix /*.c,$(STAGES))))
LIBS     = $(shell pkg-config --libs $(PKGS) $(1))

# "  CC     file", unless V=1.
Q       := $(if $(V),,@)
say      = $(if $(V),,@printf '  %-6s %s\n' $(1) $@)

.DEFAULT_GOAL := pvproof
pvproof: $(B)/pvproof ## build ./pvproof
	@ln -sfn $< $@

include kernels/x86/rules.mk
run-check golden: $(BUG_KERNELS) $(PVKERNELS) $(addsuffix -g,$(PVKERNELS))

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## install the Debian packages that are missing
	@sh tests/setup.sh $(DEBS)

verify: setup ## verify the bundled kernel on every platform, write reports/
	@$(MAKE) --no-print-directory pvproof $(PVKERNEL)
	./pvproof verify $(PVKERNEL) --platform $(PLATFORMS)

check: setup ## every test that needs nothing downloaded
	@$(MAKE) --no-print-directory run-check

# Suites are shared out to as many processes.
export PVPROOF_TEST_JOBS ?= $(shell nproc)
# Each command runs even after one that failed; then the last line counts the SKIPs of all.
run-tests = @export PVPROOF_SKIPS=$(abspath $(B))/skips; : >$$PVPROOF_SKIPS; status=0; \
	for test in $(1); do echo "$$test" && eval "$$test" || status=1; done; \
	echo "$$(wc -l <$$PVPROOF_SKIPS) SKIPs"; exit $$status

# Tags of Check's test cases, tests/check_helpers.h.
CHECK_NOT := kernels$(if $(SAN)$(filter clang,$(CC)), long)
CHECK_LONG := $(if $(findstring long,$(CHECK_NOT)),,yes)
# A process a test, and the leak sanitizer takes as long as the test: LEAKS=1 to have it there too.
CHECK_LEAKS := $(if $(SAN),$(if $(LEAKS),,ASAN_OPTIONS=detect_leaks=0))
run-check: $(B)/check $(B)/pvproof $(B)/bench $(PVKERNEL)
	$(call run-tests, \
		"$(CHECK_LEAKS) CK_EXCLUDE_TAGS='$(CHECK_NOT)' CK_DEFAULT_TIMEOUT=$(if $(SAN),60,20) $(B)/check" \
		"sh tests/predictors.sh $(B)" "sh tests/bench.sh $(B) $(PVKERNEL)" "PVPROOF=$(B)/pvproof sh tests/cli.sh" "PVPROOF=$(B)/pvproof sh tests/compare.sh" $(if $(CHECK_LONG),"PVPROOF=$(B)/pvproof sh tests/features.sh") "sh tests/fetch.sh --offline")

check-kernels: setup ## tests on Debian's kernels and recorded boots (PVPROOF_KERNELS, PVPROOF_GOLDENS)
	@$(MAKE) --no-print-directory $(B)/check
	$(call run-tests, "CK_INCLUDE_TAGS=kernels CK_DEFAULT_TIMEOUT=300 $(B)/check" "sh tests/fetch.sh")

# Ratios, not seconds; nothing is judged by them.
BENCH_KERNELS := $(PVKERNEL) $(or $(PVPROOF_KERNELS),../shared/kernels)/vmlinuz-6.1.176-amd64
bench: setup ## cases and checks a second, as ratios to a plain Unicorn loop and to the engine's limit
	@$(MAKE) --no-print-directory $(B)/bench $(B)/pvproof $(PVKERNEL)
	$(B)/bench $(BENCH) $(B)/pvproof $(BENCH_KERNELS)

check-boot: setup ## boot the bundled kernels in QEMU, compare their patching with the predictions
	@$(MAKE) --no-print-directory $(B)/pvproof $(PVKERNELS) $(BUG_BOOTS)
	$(call run-tests, "PVPROOF=$(B)/pvproof sh tests/boot.sh")

golden: $(B)/check $(B)/pvproof $(PVKERNEL) ## rewrite tests/golden from real output; read the diff
	GOLDEN=write PVPROOF_TEST_JOBS=1 CK_EXCLUDE_TAGS=kernels $(B)/check
	PVPROOF=$(B)/pvproof GOLDEN=write sh tests/cli.sh
	PVPROOF=$(B)/pvproof GOLDEN=write sh tests/compare.sh

format: ## clang-format over the C files
	clang-format -i $$(git ls-files '*.c' '*.h')

clean: ## remove everything that was built
	rm -rf build pvproof

.PHONY: help setup verify check run-check check-kernels check-boot bench golden format clean

$(B)/pvproof: $(MAIN) $(PARTS)
	$(call say,LD)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(B)/check: $(PARTS) $(call objs,tests/*.c)
	$(call say,LD)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(call LIBS,check)
$(B)/bench: $(PARTS) $(call objs,tests/bench/*.c)
	$(call say,LD)
	$(Q)$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Dependencies point one way: emu has never heard of a kernel, the model never of the emulator.
# (-iquote: our check.h is not the test library's.)
in = -iquote emu $(addprefix -iquote harness/,$(1))
$(B)/emu/%.o:              INC := -iquote emu
$(B)/harness/image/%.o:    INC := $(call in,image)
$(B)/harness/scan/%.o:     INC := $(call in,image scan)
$(B)/harness/platform/%.o: INC := $(call in,image scan platform)
$(B)/harness/patch/%.o:    INC := $(call in,image scan platform patch patch/model)
$(B)/harness/patch/guest/%.o: INC := $(call in,image scan platform patch patch/guest)
$(B)/harness/check/%.o:    INC := $(call in,image scan platform patch check)
$(B)/harness/diff/%.o:     INC := $(call in,image scan platform patch patch/model patch/guest diff)
$(B)/harness/report/%.o:   INC := $(call in,image scan platform patch check diff report)
$(B)/harness/mutate/%.o:   INC := $(call in,image scan platform patch check report mutate)
$(B)/harness/lint/%.o:     INC := $(call in,image scan platform patch lint)
$(B)/harness/compare/%.o:  INC := $(call in,image scan platform patch check diff report compare)
$(B)/harness/cli/%.o:      INC := $(call in,image scan platform patch patch/model patch/guest check diff report mutate compare lint cli)
$(B)/tests/%.o:            INC := $(call in,image scan platform patch patch/model patch/guest check diff report mutate compare lint cli) -iquote tests
$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(CPPFLAGS) $(INC) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(B) -name '*.d' 2>/dev/null)
