# SPDX-License-Identifier: GPL-2.0-only
# rules.mk - builds the bundled kernels; variables and rules only, included by the top Makefile.
#
# $(PVKERNEL) is the kernel in Linux 6.1's formats.  KERNEL_CC is gcc whatever CC is: one input,
# one kernel, the same bytes (KERNEL_CC=clang builds one too, with other bytes).

KERNEL_CC ?= gcc
KERNEL_LD ?= ld
KERNEL_DIR := kernels/x86
KERNEL_B := build/kernels/x86
PVKERNEL := build/kernels/pvkernel-6.1

KERNEL_CFLAGS := -std=gnu11 -O2 -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes \
	-ffreestanding -fno-builtin -mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-pic \
	-fcf-protection=none -fno-stack-protector -fno-asynchronous-unwind-tables -fno-jump-tables \
	-fno-strict-aliasing -fno-common -fno-ident -fomit-frame-pointer \
	$(if $(findstring clang,$(KERNEL_CC)),-mstack-alignment=8 \
	-Wno-unused-command-line-argument -Wno-unused-value,-mpreferred-stack-boundary=3)
KERNEL_LDFLAGS := -nostdlib -static --build-id=none -z max-page-size=4096 -z noexecstack \
	--no-warn-rwx-segments --orphan-handling=error

KERNEL_HEADERS := $(wildcard $(KERNEL_DIR)/*.h $(KERNEL_DIR)/*.def)
KERNEL_OBJS := $(patsubst $(KERNEL_DIR)/%,$(KERNEL_B)/%.o,\
	$(sort $(wildcard $(KERNEL_DIR)/*.c $(KERNEL_DIR)/*.S)))

$(PVKERNEL): $(KERNEL_OBJS) $(KERNEL_DIR)/kernel.lds
	$(call say,LD)
	$(Q)$(KERNEL_LD) $(KERNEL_LDFLAGS) -T $(KERNEL_DIR)/kernel.lds -o $@ $(KERNEL_OBJS)

$(KERNEL_B)/%.o: $(KERNEL_DIR)/% $(KERNEL_HEADERS) $(KERNEL_DIR)/rules.mk
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(KERNEL_CC) $(KERNEL_CFLAGS) -I$(KERNEL_DIR) -c -o $@ $<
include $(KERNEL_DIR)/bugs/rules.mk
