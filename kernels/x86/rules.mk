# SPDX-License-Identifier: GPL-2.0-only
# rules.mk - builds the bundled kernels; variables and rules only, included by the top Makefile.
#
# One source, an image for each form: build/kernels/pvkernel-VERSION, of i386 where VERSION ends with
# -i386, and pvkernel-VERSION-g, the same with debug information.  $(PVKERNEL) is the one in Linux
# 6.1's formats.  What a form, or an architecture, has of its own is in folders: a file there stands in
# for one of its name further on in FORM_VERSION.
#
# KERNEL_CC is gcc whatever CC is: one input, one kernel, the same bytes (KERNEL_CC=clang builds one
# too, with other bytes).

KERNEL_CC ?= gcc
KERNEL_LD ?= ld
KERNEL_DIR := kernels/x86
PVKERNEL := build/kernels/pvkernel-6.1

KERNEL_VERSIONS := 5.10 6.1 6.12 7.2 6.1-i386 5.10-i386 6.12-i386 7.2-i386
FORM_5.10 := amd64/classic/ classic/ alternative/ amd64/
FORM_6.1  := alternative/ amd64/
FORM_6.12 := amd64/merged/ merged/ amd64/
FORM_7.2  := amd64/once/ once/ amd64/merged/ merged/ amd64/
FORM_5.10-i386 := i386/classic/ classic/ alternative/ i386/
FORM_6.1-i386  := alternative/ i386/
FORM_6.12-i386 := merged/ i386/
FORM_7.2-i386  := i386/once/ once/ merged/ i386/
GEN_5.10  := 510
GEN_6.1   := 601
GEN_6.12  := 612
GEN_7.2   := 702
# Forms whose compiled code is marked as objtool would: calls and returns listed, room for call accounting
# in front of functions, landing places for indirect branches.
MARKED_6.12 := y
MARKED_7.2  := y
MARKED_CFLAGS = -fpatchable-function-entry=16,16 -fcf-protection=branch
PVKERNELS := $(addprefix build/kernels/pvkernel-,$(KERNEL_VERSIONS))

# KERNEL_CFLAGS and KERNEL_LDFLAGS are called with VERSION: what gcc and ld are told of the architecture.
AMD64_CFLAGS := -mcmodel=kernel -mno-red-zone
AMD64_STACK := $(if $(findstring clang,$(KERNEL_CC)),-mstack-alignment=8 \
	-Wno-unused-command-line-argument -Wno-unused-value,-mpreferred-stack-boundary=3)
I386_CFLAGS := -m32 -march=i686 -mregparm=3
I386_STACK := -mpreferred-stack-boundary=2 -mindirect-branch=thunk-extern -mindirect-branch-register
kernel-arch = $(if $(filter %-i386,$(1)),I386,AMD64)
KERNEL_CFLAGS = -std=gnu11 -O2 -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes \
	-ffreestanding -fno-builtin $($(call kernel-arch,$(1))_CFLAGS) -mgeneral-regs-only -fno-pic \
	-fcf-protection=none -fno-stack-protector -fno-asynchronous-unwind-tables -fno-jump-tables \
	-fno-strict-aliasing -fno-common -fno-ident -fomit-frame-pointer \
	$($(call kernel-arch,$(1))_STACK)
KERNEL_LDFLAGS = $(if $(filter %-i386,$(1)),-m elf_i386 )-nostdlib -static --build-id=none \
	-z max-page-size=4096 -z noexecstack \
	--no-warn-rwx-segments --orphan-handling=error

# kernel-include VERSION: options of a form; kernel-sources VERSION: files, in the order of their names,
# wherever they are; the first of a name.
kernel-include = -DPVKERNEL_GEN=$(GEN_$(1:-i386=)) $(addprefix -I$(KERNEL_DIR)/,$(FORM_$(1))) -I$(KERNEL_DIR)
kernel-files = $(foreach dir,$(FORM_$(1)) ./,$(notdir $(wildcard $(KERNEL_DIR)/$(dir)*.c $(KERNEL_DIR)/$(dir)*.S)))
kernel-sources = $(foreach name,$(sort $(call kernel-files,$(1))),$(patsubst ./%,%,$(firstword \
	$(foreach dir,$(FORM_$(1)) ./,$(if $(wildcard $(KERNEL_DIR)/$(dir)$(name)),$(dir)$(name))))))
KERNEL_HEADERS := $(wildcard $(KERNEL_DIR)/*.h $(KERNEL_DIR)/*/*.h $(KERNEL_DIR)/*/*/*.h $(KERNEL_DIR)/*.def)

# kernel-image VERSION SUFFIX MORE-FLAGS
define kernel-image
KERNEL_B_$(1)$(2) := build/kernels/x86/$(1)$(2)
KERNEL_OBJS_$(1)$(2) := $$(patsubst %,build/kernels/x86/$(1)$(2)/%.o,$(call kernel-sources,$(1)))

build/kernels/pvkernel-$(1)$(2): $$(KERNEL_OBJS_$(1)$(2)) build/kernels/x86/$(1)$(2)/kernel.lds
	$$(call say,LD)
	$$(Q)$(KERNEL_LD) $(call KERNEL_LDFLAGS,$(1)) -T build/kernels/x86/$(1)$(2)/kernel.lds -o $$@ $$(KERNEL_OBJS_$(1)$(2))

build/kernels/x86/$(1)$(2)/%.o: $(KERNEL_DIR)/% $(KERNEL_HEADERS) $(KERNEL_DIR)/rules.mk
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$(KERNEL_CC) $(call KERNEL_CFLAGS,$(1)) $(3) $(call kernel-include,$(1)) -c -o $$@ $$<
$(if $(MARKED_$(1)),
build/kernels/x86/$(1)$(2)/%.c.o: $(KERNEL_DIR)/%.c $(KERNEL_HEADERS) $(KERNEL_DIR)/mark.sed $(KERNEL_DIR)/rules.mk
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$(KERNEL_CC) $(call KERNEL_CFLAGS,$(1)) $(MARKED_CFLAGS) $(3) $(call kernel-include,$(1)) -S -o $$(@:.o=.s) $$<
	$$(Q)sed -E -f $(KERNEL_DIR)/mark.sed $$(@:.o=.s) >$$(@:.o=.marked.s)
	$$(Q)$(KERNEL_CC) -c -o $$@ $$(@:.o=.marked.s)
)
build/kernels/x86/$(1)$(2)/kernel.lds: $(KERNEL_DIR)/kernel.lds $(KERNEL_DIR)/generation.h $(KERNEL_DIR)/rules.mk
	@mkdir -p $$(@D)
	$$(call say,CPP)
	$$(Q)$(KERNEL_CC) $(if $(filter %-i386,$(1)),-m32 -Ui386 )-E -P -x c $(call kernel-include,$(1)) -o $$@ $$<
endef
$(foreach version,$(KERNEL_VERSIONS),$(eval $(call kernel-image,$(version),,)))
$(foreach version,$(KERNEL_VERSIONS),$(eval $(call kernel-image,$(version),-g,-g)))

include $(KERNEL_DIR)/bugs/rules.mk
