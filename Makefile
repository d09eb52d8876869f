# SPDX-License-Identifier: GPL-2.0-only
# pvproof.  `make help` lists the verbs.  SAN=1: with sanitizers; CC=clang: with clang.

SAN     ?=
B       := build/$(if $(SAN),san,opt)$(if $(filter-out cc gcc,$(CC)),-$(notdir $(CC)))
comma   := ,
SANFLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined)
PKGS    := unicorn capstone libelf zlib liblzma libzstd liblz4 jansson libcyaml yaml-0.1 libmd
# What apt-get has to bring; README.md says what each is for.
DEBS    := gcc make pkg-config libc6-dev libunicorn-dev libcapstone-dev libelf-dev zlib1g-dev \
	   liblzma-dev libzstd-dev liblz4-dev libjansson-dev libcyaml-dev libyaml-dev libmd-dev check

CFLAGS  ?= -O2 -g
override CFLAGS += -std=gnu11 -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes $(SANFLAGS)
STAGES  := $(addprefix harness/,image scan platform patch patch/model check report cli)

objs     = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)))
MAIN    := $(B)/harness/cli/main.o
PARTS    = $(filter-out $(MAIN),$(call objs,emu/*.c emu/x86/*.c $(addsuffix /*.c,$(STAGES))))

pvproof: $(B)/pvproof ## build ./pvproof
	@ln -sf $< $@

include kernels/x86/rules.mk

$(B)/pvproof: $(MAIN) $(PARTS)
	$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(PKGS))
$(B)/check: $(PARTS) $(call objs,tests/*.c)
	$(CC) $(SANFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(PKGS) check)

# Dependencies point one way: emu has never heard of a kernel, the model never of the emulator.
$(B)/emu/%.o:            INC := -Iemu
$(B)/harness/image/%.o:  INC := -Iemu -Iharness/image
$(B)/harness/scan/%.o:   INC := -Iemu -Iharness/image -Iharness/scan
$(B)/harness/platform/%.o: INC := -Iemu -Iharness/image -Iharness/scan -Iharness/platform
$(B)/harness/patch/%.o:  INC := -Iemu $(addprefix -Iharness/,image scan platform patch patch/model)
$(B)/harness/check/%.o:  INC := -Iemu $(addprefix -Iharness/,image scan platform patch check)
$(B)/harness/report/%.o: INC := -Iemu $(addprefix -Iharness/,image scan platform patch check report)
$(B)/harness/cli/%.o:    INC := -Iemu $(addprefix -I,$(STAGES))
$(B)/tests/%.o:          INC := -Iemu $(addprefix -I,$(STAGES)) -Itests
$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(INC) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(B) -name '*.d' 2>/dev/null)
