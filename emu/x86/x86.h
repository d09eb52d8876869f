/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86.h - inside of the amd64 machine, shared by its files only.
 */
#ifndef PVP_X86_H
#define PVP_X86_H

#include <unicorn/unicorn.h>

#include "decode.h"
#include "machine.h"

/* Addresses the machine itself maps: never an answer to anybody's pointer arithmetic. */
#define PVP_X86_UNTIL	0xffff900000000000ull /* `until`: mapped, never executed */
#define PVP_X86_LANDING 0xffff900000001000ull /* executable; a run may end by returning here */
#define PVP_X86_GDT	0xffff900000010000ull /* 64 KiB */

/* Selectors that the engine runs with.  Source: Linux asm/segment.h values; Xen's public
 * arch-x86/xen-x86_64.h for ring 3. */
#define PVP_X86_RING0_CS 0x10
#define PVP_X86_RING0_SS 0x18
#define PVP_X86_RING3_CS 0xe033
#define PVP_X86_RING3_SS 0xe02b

struct text_map { /* what each byte of an executable region begins, as far as it was seen */
	uint64_t addr, len;
	uint8_t *class; /* enum pvp_x86_class, one a byte */
};

struct msr_value {
	uint32_t index;
	uint64_t value;
};

struct stray {
	uint64_t addr;
	uint8_t *host;
};

struct pvp_machine {
	uc_engine *uc;
	uc_context *ready; /* before any run: privilege and segments as they must be */
	struct pvp_x86_decoder *decoder;
	struct pvp_memory memory;
	unsigned ring;
	enum pvp_rule rules[PVP_X86_NR_CLASSES];
	struct pvp_machine_client client;
	struct pvp_special *specials; /* ascending by address */
	size_t nr_specials;
	struct text_map *texts;
	size_t nr_texts;
	struct pvp_x86_insn *insns; /* sensitive instructions seen: open addressing by address */
	size_t nr_insns, cap_insns;
	uint8_t *own; /* host memory of the machine's own regions */

	/* The run under way. */
	const struct pvp_run_request *request;
	struct pvp_run *run;
	struct pvp_state shadow; /* SHADOW registers */
	uint64_t here;		 /* address of the instruction being executed */
	bool stopped;		 /* run->stop is decided */
	bool in_memory_hook;
	bool resume;		 /* the engine gave up, but execution goes on at resume_at */
	uint64_t resume_at;
	unsigned pauses, tsc_reads, in_reads;
	unsigned *callee_calls; /* per special */
	struct msr_value msrs[16];
	unsigned nr_msrs;
	struct stray strays[64];
	unsigned nr_strays;
};

uint64_t pvp_x86_get(struct pvp_machine *m, enum pvp_x86_reg reg);
void pvp_x86_set(struct pvp_machine *m, enum pvp_x86_reg reg, uint64_t value);
/* Execution continues at addr. */
void pvp_x86_jump(struct pvp_machine *m, uint64_t addr);
void pvp_x86_stop(struct pvp_machine *m, enum pvp_stop stop);
void pvp_x86_fault(struct pvp_machine *m, unsigned vector, uint64_t addr, unsigned access);
bool pvp_x86_canonical(uint64_t addr);

/* Applies our rule for the sensitive instruction the run has come to. */
void pvp_x86_sensitive(struct pvp_machine *m, const struct pvp_x86_insn *insn);

#endif
