/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tiny_kernel.h - a small image with patch tables, for tests of scan/ and patch/: 6.1 amd64, or
 * another of the kinds below.
 *
 * Starts with pv_ops (each slot a function of its own), the thunks and a few symbols, text full of
 * int3, and no table entries; a test adds calls and entries, or spoils the raw tables.  An i386
 * image has the low 32 bits of every address.
 *
 *	tiny_init(&t);
 *	tiny_pv_call(&t, TINY_TEXT + 0x10, 31);
 *	tiny_para(&t, TINY_TEXT + 0x10, 31, 6);
 *	err = tiny_open(&t, &image);
 */
#ifndef PVP_TINY_KERNEL_H
#define PVP_TINY_KERNEL_H

#include "image.h"

#define TINY_TEXT	 0xffffffff81000000
#define TINY_FUNCS	 (TINY_TEXT + 0x800) /* of pv_ops' slot i: + i * 16 */
#define TINY_NOP	 (TINY_TEXT + 0xe00) /* _paravirt_nop, nop_func */
#define TINY_BUG	 (TINY_TEXT + 0xe10) /* paravirt_BUG, BUG_func */
#define TINY_RETURN	 (TINY_TEXT + 0xe20) /* __x86_return_thunk */
#define TINY_ITS_RETURN	 (TINY_TEXT + 0xe40) /* its_return_thunk */
#define TINY_RETURN0	 (TINY_TEXT + 0xe60) /* __static_call_return0 */
#define TINY_IDENT	 (TINY_TEXT + 0xe70) /* 5.10: _paravirt_ident_64 */
#define TINY_DEFAULT	 (TINY_TEXT + 0xe80) /* 5.10: paravirt_patch_default; slot 0: native_patch */
#define TINY_THUNKS	 (TINY_TEXT + 0x1000) /* __x86_indirect_thunk_array: 16 of 32 bytes */
#define TINY_TEXT_LEN	 0x1200		      /* _etext is behind */
#define TINY_INIT	 0xffffffff81100000   /* .init.text, 0x100 bytes */
#define TINY_DATA	 0xffffffff82000000   /* pv_ops, then keys */
#define TINY_KEY(i)	 (TINY_DATA + 0x400 + (i)*16)
#define TINY_REPLACEMENT 0xffffffff82100000 /* .altinstr_replacement */
#define TINY_TABLES	 0xffffffff82200000 /* table i: + i * 0x1000 */

enum tiny_kind {
	TINY_6_1,
	TINY_5_10,
	TINY_6_1_I386,
	TINY_5_10_I386,
	TINY_6_12,
	TINY_7_2,
	TINY_6_12_I386,
	TINY_7_2_I386
};

enum tiny_table {
	TINY_PARA,
	TINY_ALTS,
	TINY_RETPOLINES,
	TINY_RETURNS,
	TINY_SEALS,
	TINY_LOCKS,
	TINY_BUGS,
	TINY_EX,
	TINY_STATIC_CALLS, /* in .rodata, found by symbols */
	TINY_JUMPS,	   /* likewise */
	TINY_CALLS,
	TINY_NR_TABLES
};

struct tiny {
	uint8_t text[TINY_TEXT_LEN], init[0x100], data[0x800], replacement[0x400];
	size_t replacement_len;
	struct {
		uint8_t v[0x800];
		size_t len; /* 0: no such section */
	} tables[TINY_NR_TABLES];
	struct {
		const char *name;
		uint64_t addr;
	} symbols[48];
	size_t nr_symbols;
	bool no_table_symbols; /* __start_.. and __stop_.. of the symbol-bounded tables */
	enum pvp_arch arch;
	bool absolute; /* 5.10 amd64: pv sites call *abs32 */
	bool new_alts; /* 6.12, 7.2: 14-byte entries, pv sites among them */
	bool cfi;      /* has .cfi_sites */
	unsigned nr_slots;
};

void tiny_init(struct tiny *t); /* TINY_6_1 */
void tiny_init_kind(struct tiny *t, enum tiny_kind kind);
unsigned tiny_ptr_len(const struct tiny *t);
/* Opens it as an image; the caller closes that. */
struct pvp_error *tiny_open(const struct tiny *t, struct pvp_image **ret) PVP_MUST_CHECK;

void tiny_symbol(struct tiny *t, const char *name, uint64_t addr);
/* Bytes into .text, .init.text or .data. */
void tiny_poke(struct tiny *t, uint64_t addr, const void *bytes, size_t len);
void tiny_poke64(struct tiny *t, uint64_t addr, uint64_t value);
void tiny_slot(struct tiny *t, unsigned slot, uint64_t func); /* of pv_ops */
/* opcode (1 or 2 bytes, the first in the low byte), then rel32 to target. */
void tiny_branch(struct tiny *t, uint64_t addr, unsigned opcode, uint64_t target);
void tiny_pv_call(struct tiny *t, uint64_t addr,
		  unsigned slot);				/* as the kind does; 6 or 7 bytes */
void tiny_pv_jmp(struct tiny *t, uint64_t addr, unsigned slot); /* ff 25 rel32 */
/* jmp to func, or to the return thunk (0), with the trampoline's signature behind. */
void tiny_trampoline(struct tiny *t, uint64_t addr, uint64_t func);

/* Entries. */
void tiny_para(struct tiny *t, uint64_t addr, unsigned type, unsigned len);
/* feature with 0x8000: when it is absent.  The replacement gets an address: the return value. */
uint64_t tiny_alt(struct tiny *t, uint64_t addr, unsigned len, unsigned feature,
		  const void *replacement, size_t replacement_len);
/* A call through the slot, and the entry that makes it a direct one (new_alts). */
void tiny_direct_call(struct tiny *t, uint64_t addr, unsigned slot);
void tiny_list(struct tiny *t, enum tiny_table table, uint64_t addr);
void tiny_static_call(struct tiny *t, uint64_t addr, uint64_t key_and_flags);
void tiny_bug(struct tiny *t, uint64_t addr, unsigned flags);
void tiny_ex(struct tiny *t, uint64_t addr, uint64_t fixup, uint32_t data);
void tiny_jump(struct tiny *t, uint64_t addr, uint64_t target, uint64_t key_and_flags);

#endif
