/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * native_forms.h - what some operations of 5.10 are natively: type, length, code, and the only content of
 * the slot for which they are (NULL: any); part of patch.c.
 */
#define IS_JUMP(type) false

// clang-format off
#define NATIVE_FORMS \
	{TYPE(lock, queued_spin_unlock), 3, {0xc6, 0x00, 0x00}, __raw_callee_save___native_queued_spin_unlock}, /* movb $0, (%eax) */ \
	{TYPE(lock, vcpu_is_preempted), 2, {0x31, 0xc0}, __raw_callee_save___native_vcpu_is_preempted},         /* xor %eax, %eax */
// clang-format on
