# SPDX-License-Identifier: GPL-2.0-only
# rules.mk - builds the bundled kernel again with one bug at a time; included by ../rules.mk.
#
# Image X is build/kernels/bugs/pvkernel-6.1-X: the bundled kernel (or that of another form), of which BUG_SOURCES_X are
# compiled anew, or added, with BUG_FLAGS_X.  Everything else is shared.  corpus/history/README.md
# says what each of them is.

# Right ones, to compare with: the callee-save functions compiled as the wrong ones are, behind whole
# thunks; a thunk that saves no register but those that its function uses.
THUNKED := lock.c lock_pv.c amd64/xen_mmu.c amd64/xen_smp.c
BUG_SOURCES_THUNKS_ZEROED  := $(THUNKED)
BUG_FLAGS_THUNKS_ZEROED    := -fzero-call-used-regs=all-gpr
BUG_SOURCES_THUNKS_GUARDED := $(THUNKED) bugs/stack_chk.S
BUG_FLAGS_THUNKS_GUARDED   := -fstack-protector-all
BUG_SOURCES_THUNKS_LEAN    := amd64/native.S
BUG_FLAGS_THUNKS_LEAN      := -DBUG_LEAN_THUNKS
BUG_SOURCES_NO_THUNK       := amd64/native.S bugs/no_thunk.c
BUG_FLAGS_NO_THUNK         := -DBUG_NO_THUNK
BUG_SOURCES_IDENT_IN_C     := amd64/native.S bugs/ident.c
BUG_FLAGS_IDENT_IN_C       := -DBUG_B15
BUG_SOURCES_SAVE_FL_IN_C   := amd64/native.S bugs/save_fl.c
BUG_FLAGS_SAVE_FL_IN_C     := -DBUG_B14
BUG_SOURCES_RARE           := bugs/rare.c bugs/rare.S
KERNELS_RIGHT := RARE THUNKS_ZEROED THUNKS_GUARDED THUNKS_LEAN NO_THUNK IDENT_IN_C SAVE_FL_IN_C

# And wrong ones.
BUG_SOURCES_B13            := amd64/retpoline.S
BUG_FLAGS_B13              := -DBUG_B13
BUG_SOURCES_B14            := $(BUG_SOURCES_SAVE_FL_IN_C) bugs/stack_chk.S
BUG_FLAGS_B14              := -DBUG_B14 -fstack-protector-all
BUG_SOURCES_B15            := $(BUG_SOURCES_IDENT_IN_C)
BUG_FLAGS_B15              := -DBUG_B15 -fzero-call-used-regs=used-gpr
BUG_SOURCES_B16            := amd64/xen.S
BUG_FLAGS_B16              := -DBUG_B16
BUG_SOURCES_B33            := amd64/native.S amd64/xen.S
BUG_FLAGS_B33              := -DBUG_B33
BUG_SOURCES_B7             := $(BUG_SOURCES_RARE) static_calls.c amd64/xen_smp.c
BUG_FLAGS_B7               := -DBUG_B7
BUG_SOURCES_B8             := $(BUG_SOURCES_RARE) alternative/patch.c
BUG_FLAGS_B8               := -DBUG_B8
BUG_SOURCES_B18            := $(BUG_SOURCES_RARE) patch_calls.c
BUG_FLAGS_B18              := -DBUG_B18
BUG_SOURCES_B20            := $(BUG_SOURCES_RARE) patch_calls.c
BUG_FLAGS_B20              := -DBUG_B20
BUG_SOURCES_B21            := $(BUG_SOURCES_RARE) patch_calls.c
BUG_FLAGS_B21              := -DBUG_B21
BUG_SOURCES_B23            := $(BUG_SOURCES_RARE) alternative/nops.c
BUG_FLAGS_B23              := -DBUG_B23
BUG_SOURCES_B24            := $(BUG_SOURCES_RARE) alternative/nops.c
BUG_FLAGS_B24              := -DBUG_B24
BUG_SOURCES_B12            := $(BUG_SOURCES_RARE)
BUG_FLAGS_B12              := -DBUG_B12
BUG_SOURCES_B22            := $(BUG_SOURCES_RARE)
BUG_FLAGS_B22              := -DBUG_B22
BUG_SOURCES_B25            := $(BUG_SOURCES_RARE)
BUG_FLAGS_B25              := -DBUG_B25
BUG_SOURCES_IDENT_GUARDED  := $(BUG_SOURCES_IDENT_IN_C) bugs/stack_chk.S
BUG_FLAGS_IDENT_GUARDED    := -DBUG_B15 -fstack-protector-all
BUG_SOURCES_NO_THUNK_ZEROED := $(BUG_SOURCES_NO_THUNK)
BUG_FLAGS_NO_THUNK_ZEROED  := -DBUG_NO_THUNK -fzero-call-used-regs=all-gpr
BUG_SOURCES_LEAN_ZEROED    := amd64/native.S $(THUNKED)
BUG_FLAGS_LEAN_ZEROED      := -DBUG_LEAN_THUNKS -fzero-call-used-regs=all-gpr
# Sensitive instructions outside pv sites, for `pvproof lint', in each form.
BUG_SOURCES_LINT           := bugs/lint.c
BUG_VERSION_LINT_CLASSIC   := 5.10
BUG_SOURCES_LINT_CLASSIC   := bugs/lint.c
BUG_VERSION_LINT_MERGED    := 6.12
BUG_SOURCES_LINT_MERGED    := bugs/lint.c
BUG_FLAGS_LINT_MERGED      := $(MARKED_CFLAGS)
BUG_VERSION_LINT_ONCE      := 7.2
BUG_SOURCES_LINT_ONCE      := bugs/lint.c
BUG_FLAGS_LINT_ONCE        := $(MARKED_CFLAGS)
KERNELS_LINT := LINT LINT_CLASSIC LINT_MERGED LINT_ONCE
# Two builds of one series, for `pvproof compare'.
BUG_SOURCES_AB_EARLIER     := bugs/ab.c
BUG_SOURCES_AB_LATER       := bugs/ab.c
BUG_FLAGS_AB_LATER         := -DAB_LATER
KERNELS_AB := AB_EARLIER AB_LATER
KERNELS_WRONG := B7 B8 B12 B13 B14 B15 B16 B18 B20 B21 B22 B23 B24 B25 B33 \
	 IDENT_GUARDED NO_THUNK_ZEROED LEAN_ZEROED

# Patchers of other forms that are wrong: BUG_VERSION_X is the image's.  tests/boot.sh finds them.
BUG_VERSION_ANY_SLOT       := 5.10
BUG_SOURCES_ANY_SLOT       := classic/patch.c
BUG_FLAGS_ANY_SLOT         := -DBUG_ANY_SLOT
BUG_VERSION_LONG_JUMPS     := 6.12
BUG_SOURCES_LONG_JUMPS     := merged/relocate.c
BUG_FLAGS_LONG_JUMPS       := -DBUG_LONG_JUMPS $(MARKED_CFLAGS)
BUG_VERSION_FIRST          := 7.2
BUG_SOURCES_FIRST          := once/patch_alternatives.c
BUG_FLAGS_FIRST            := -DBUG_FIRST $(MARKED_CFLAGS)
# Those of i386; what is behind a - in a name is not in the image's, whose version says it.
BUG_VERSION_ANY_SLOT-i386  := 5.10-i386
BUG_SOURCES_ANY_SLOT-i386  := classic/patch.c
BUG_FLAGS_ANY_SLOT-i386    := -DBUG_ANY_SLOT
BUG_VERSION_B8-i386        := 6.1-i386
BUG_SOURCES_B8-i386        := alternative/patch.c
BUG_FLAGS_B8-i386          := -DBUG_B8
BUG_VERSION_B23-i386       := 6.1-i386
BUG_SOURCES_B23-i386       := alternative/nops.c
BUG_FLAGS_B23-i386         := -DBUG_B23
BUG_VERSION_AS_64-i386     := 6.12-i386
BUG_SOURCES_AS_64-i386     := merged/relocate.c
BUG_FLAGS_AS_64-i386       := -DBUG_AS_64
BUG_VERSION_FIRST-i386     := 7.2-i386
BUG_SOURCES_FIRST-i386     := once/patch_alternatives.c
BUG_FLAGS_FIRST-i386       := -DBUG_FIRST
KERNELS_OF_FORMS := ANY_SLOT LONG_JUMPS FIRST ANY_SLOT-i386 B8-i386 B23-i386 AS_64-i386 FIRST-i386

BUG_B := build/kernels/bugs
bug-version = $(or $(BUG_VERSION_$(1)),6.1)
bug-image-of = $(BUG_B)/pvkernel-$(call bug-version,$(1))-$(1:-i386=)
bug-images = $(foreach name,$(1),$(call bug-image-of,$(name)))
BUG_KERNELS := $(call bug-images,$(KERNELS_RIGHT) $(KERNELS_WRONG) $(KERNELS_LINT) $(KERNELS_AB))
# Bugs of patchers, for check-boot.
BUG_BOOTS := $(call bug-images,B8 B18 B23 $(KERNELS_OF_FORMS))

# bug-image NAME VERSION
define bug-image
BUG_OBJS_$(1) := $$(addprefix $(BUG_B)/$(1)/,$$(addsuffix .o,$$(BUG_SOURCES_$(1))))
BUG_LDS_$(1) := $(if $(filter bugs/rare.S,$(BUG_SOURCES_$(1))),$(KERNEL_DIR)/bugs/far.lds)
BUG_ALL_OBJS_$(1) := $$(BUG_OBJS_$(1)) \
	$$(filter-out $$(patsubst %,$(KERNEL_B_$(2))/%.o,$$(BUG_SOURCES_$(1))),$(KERNEL_OBJS_$(2)))

$(call bug-image-of,$(1)): $$(BUG_ALL_OBJS_$(1)) $(KERNEL_B_$(2))/kernel.lds $$(BUG_LDS_$(1))
	$$(call say,LD)
	$$(Q)$(KERNEL_LD) $(call KERNEL_LDFLAGS,$(2)) $$(addprefix -T ,$$(BUG_LDS_$(1))) \
		-T $(KERNEL_B_$(2))/kernel.lds -o $$@ $$(BUG_ALL_OBJS_$(1))

$(BUG_B)/$(1)/%.o: $(KERNEL_DIR)/% $(KERNEL_HEADERS) $(KERNEL_DIR)/rules.mk $(KERNEL_DIR)/bugs/rules.mk
	@mkdir -p $$(@D)
	$$(call say,CC)
	$$(Q)$(KERNEL_CC) $(call KERNEL_CFLAGS,$(2)) $$(BUG_FLAGS_$(1)) $(call kernel-include,$(2)) -c -o $$@ $$<
endef
$(foreach name,$(KERNELS_RIGHT) $(KERNELS_WRONG) $(KERNELS_LINT) $(KERNELS_AB) $(KERNELS_OF_FORMS),\
	$(eval $(call bug-image,$(name),$(call bug-version,$(name)))))
