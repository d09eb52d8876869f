/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * native_forms.h - what some operations of 5.10 are natively: type, length, code, and the only content of
 * the slot for which they are (NULL: any); part of patch.c.
 */
#define IS_JUMP(type) ((type) == TYPE(cpu, iret) || (type) == TYPE(cpu, usergs_sysret64))

// clang-format off
#define NATIVE_FORMS \
	{TYPE(irq, save_fl), 2, {0x9c, 0x58}, NULL},  /* pushf; pop %rax */ \
	{TYPE(irq, restore_fl), 2, {0x57, 0x9d}, NULL},  /* push %rdi; popf */ \
	{TYPE(irq, irq_disable), 1, {0xfa}, NULL},  /* cli */ \
	{TYPE(irq, irq_enable), 1, {0xfb}, NULL},  /* sti */ \
	{TYPE(mmu, read_cr2), 3, {0x0f, 0x20, 0xd0}, NULL},  /* mov %cr2, %rax */ \
	{TYPE(mmu, read_cr3), 3, {0x0f, 0x20, 0xd8}, NULL},  /* mov %cr3, %rax */ \
	{TYPE(mmu, write_cr3), 3, {0x0f, 0x22, 0xdf}, NULL},  /* mov %rdi, %cr3 */ \
	{TYPE(cpu, wbinvd), 2, {0x0f, 0x09}, NULL},  /* wbinvd */ \
	{TYPE(cpu, swapgs), 3, {0x0f, 0x01, 0xf8}, NULL},  /* swapgs */ \
	{TYPE(cpu, usergs_sysret64), 6, {0x0f, 0x01, 0xf8, 0x48, 0x0f, 0x07}, NULL}, /* and sysretq */ \
	{TYPE(lock, queued_spin_unlock), 3, {0xc6, 0x07, 0x00}, __raw_callee_save___native_queued_spin_unlock}, /* movb $0, (%rdi) */ \
	{TYPE(lock, vcpu_is_preempted), 2, {0x31, 0xc0}, __raw_callee_save___native_vcpu_is_preempted}, /* xor %eax, %eax */
// clang-format on
