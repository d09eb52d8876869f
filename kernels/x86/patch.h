/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * patch.h - the kernel's own patcher: what boot makes of the patch tables, in Linux 6.1's order and
 * to the byte.
 *
 *	static_call_init();             early, before mitigations are chosen
 *	__static_call_update(&key, ..); what the platform changes
 *	static_key_enable(&key);
 *	alternative_instructions();     all tables, once capabilities and pv_ops are final
 *
 * Source of the rules: arch/x86/kernel/alternative.c and static_call.c of Linux 6.1.
 */
#ifndef PVK_PATCH_H
#define PVK_PATCH_H

#include "jump_label.h"
#include "static_call.h"
#include "types.h"

/* An entry: .parainstructions */
struct paravirt_patch_site {
	u64 instr;
	u8 type, len;
	u16 clobbers;
	u32 pad;
};

/* .altinstructions */
struct alt_instr {
	int instr, repl; /* each from its own field */
	u16 feature;	 /* bit 15: when it is absent */
	u8 len, repl_len;
} __packed;

/* Tables, from kernel.lds. */
extern const struct paravirt_patch_site __parainstructions[], __parainstructions_end[];
extern struct alt_instr __alt_instructions[], __alt_instructions_end[];
extern const int __retpoline_sites[], __retpoline_sites_end[];
extern const int __return_sites[], __return_sites_end[];
extern const int __smp_locks[], __smp_locks_end[];

void alternative_instructions(void);
void apply_paravirt(const struct paravirt_patch_site *start, const struct paravirt_patch_site *end);
void apply_retpolines(const int *start, const int *end);
void apply_returns(const int *start, const int *end);
void apply_alternatives(const struct alt_instr *start, const struct alt_instr *end);
void alternatives_smp_module_add(const int *start, const int *end);

void static_call_init(void);
void __static_call_update(struct static_call_key *key, void *trampoline, void *func);
/* site or trampoline may be NULL. */
void arch_static_call_transform(void *site, void *trampoline, void *func, bool tail);
/* A trampoline that the returns pass found: redone, now that thunks are chosen. */
bool static_call_fixup(void *trampoline);

void static_key_enable(struct static_key *key);

#define static_call_update(name, function)                                                         \
	__static_call_update(&__SCK__##name, __SCT__##name, (void *)(function))

/* --- text --- */

/* Bytes over bytes of text, nobody else about. */
void text_poke_early(void *addr, const void *code, u32 len);
/* opcode and a displacement from addr to target, 5 bytes. */
void make_branch(u8 *code, u8 opcode, const void *addr, const void *target);
/* n bytes of NOPs as long as they come. */
void add_nops(u8 *code, u32 len);
/* In place: runs of one-byte NOPs become long ones. */
void optimize_nops(u8 *code, u32 len);
const void *branch_target(const u8 *branch);
/* Counts, and says, what no rule covers. */
void patch_complaint(const char *what, const void *addr);
extern u32 nr_patch_complaints;

/* Bytes of the instruction, 0 when it is none that is known here. */
u32 insn_length(const u8 *code);

#define OP_CALL	     0xe8
#define OP_JMP	     0xe9
#define OP_JMP_SHORT 0xeb
#define OP_RET	     0xc3
#define OP_INT3	     0xcc
#define OP_NOP	     0x90
#define OP_CS	     0x2e

#endif
