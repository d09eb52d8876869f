/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * patch.h - the kernel's own patcher: what boot makes of the patch tables, in Linux's order and to
 * the byte.  Each form has its patch.c, with the order of the passes, and what else differs.
 *
 *	static_call_init();             early, before mitigations are chosen
 *	__static_call_update(&key, ..); what the platform changes
 *	static_key_enable(&key);
 *	alternative_instructions();     all tables, once capabilities and pv_ops are final
 *
 * Source of the rules: arch/x86/kernel/alternative.c and static_call.c of Linux 5.10 to 7.2.
 */
#ifndef PVK_PATCH_H
#define PVK_PATCH_H

#include "alt_entry.h"
#include "generation.h"
#include "jump_label.h"
#include "static_call.h"
#include "types.h"

bool has_cap(u32 feature);

/* Tables, from kernel.lds. */
extern struct alt_instr __alt_instructions[], __alt_instructions_end[];
extern const int __retpoline_sites[], __retpoline_sites_end[];
extern const int __return_sites[], __return_sites_end[];
extern const int __smp_locks[], __smp_locks_end[];

void alternative_instructions(void);
void apply_retpolines(const int *start, const int *end);
void apply_returns(const int *start, const int *end);
void apply_alternatives(const struct alt_instr *start, const struct alt_instr *end);
void alternatives_smp_module_add(const int *start, const int *end);
/* Two features say what a slot of pv_ops holds (6.1 and later). */
void paravirt_set_cap(void);

/* Of 6.12 and later. */
void apply_seal_endbr(const int *start, const int *end);
extern const int __ibt_endbr_seal[], __ibt_endbr_seal_end[];

void static_call_init(void);
/* The next static_call_init() goes through all sites again (6.12 and later). */
void static_call_force_reinit(void);
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
/* Fills with NOPs; which, and how many, is the generation's. */
void add_nops(u8 *code, u32 len);
/* Runs of NOPs become long ones: in text up to 6.1, in a buffer later. */
void optimize_nops(u8 *code, u32 len);
/* Up to 6.1: of 1 to 8 bytes. */
extern const u8 (*ideal_nops)[8];
/* 5.10: chosen by the CPU; a single one of 5 bytes. */
void arch_init_ideal_nops(void);
extern const u8 *ideal_nop5;
const void *branch_target(const u8 *branch);
/* Counts, and says, what no rule covers. */
void patch_complaint(const char *what, const void *addr);
extern u32 nr_patch_complaints;

/* False: none that is known here. */
struct insn {
	u8 len, opcode, modrm; /* modrm: where it is, 0: there is none */
};
bool insn_decode(const u8 *code, struct insn *ret);
/* Bytes of the instruction, or 0. */
u32 insn_length(const u8 *code);

#define OP_CALL	     0xe8
#define OP_JMP	     0xe9
#define OP_JMP_SHORT 0xeb
#define OP_RET	     0xc3
#define OP_INT3	     0xcc
#define OP_NOP	     0x90
#define OP_CS	     0x2e

#endif
