/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * entry_rules.h - inside check/: what entry code means, by platform, whatever its bytes are.
 *
 * No function pointer stands behind these sites, so there is nothing to compare the text with but
 * the meaning that the kernel gives it: from where it begins, in a start state drawn for its kind,
 * it has to arrive somewhere, and hand on what it was given.
 */
#ifndef PVP_ENTRY_RULES_H
#define PVP_ENTRY_RULES_H

#include "check.h"
#include "machine.h"
#include "start.h"
#include "x86/regs.h"

/* Words of struct pt_regs, asm/ptrace.h; the last five are what the CPU pushes. */
enum pvp_pt_reg {
	PVP_PT_R15,
	PVP_PT_R14,
	PVP_PT_R13,
	PVP_PT_R12,
	PVP_PT_RBP,
	PVP_PT_RBX,
	PVP_PT_R11,
	PVP_PT_R10,
	PVP_PT_R9,
	PVP_PT_R8,
	PVP_PT_RAX,
	PVP_PT_RCX,
	PVP_PT_RDX,
	PVP_PT_RSI,
	PVP_PT_RDI,
	PVP_PT_ORIG_RAX,
	PVP_PT_RIP,
	PVP_PT_CS,
	PVP_PT_RFLAGS,
	PVP_PT_RSP,
	PVP_PT_SS,
	PVP_NR_PT
};

/* The register that a word of pt_regs below PVP_PT_ORIG_RAX keeps. */
extern const uint8_t pvp_pt_register[PVP_PT_ORIG_RAX];

/* Where a run has to arrive. */
enum pvp_arrival {
	PVP_ARRIVE_BEHIND,   /* at the site's end, with nothing changed */
	PVP_ARRIVE_SAVED,    /* at the site's end, with pt_regs on the stack */
	PVP_ARRIVE_HANDLER,  /* at a handler in C, with pt_regs as its argument */
	PVP_ARRIVE_PARANOID, /* at paranoid_entry, called by the native entry, with the CPU's frame
			      */
	PVP_ARRIVE_LDT,	     /* at what gets the upper half of esp right, with the frame */
	PVP_ARRIVE_USER, /* where the frame says, with the registers of pt_regs or as they are */
};

/* One line, "goes on at ..". */
const char *pvp_arrival_text(enum pvp_arrival arrival);

/* What one start state has to come to. */
struct pvp_entry_case {
	enum pvp_arrival arrival;
	uint64_t begin;		/* first instruction */
	uint64_t through;	/* first function outside the site; 0: not asked */
	bool jumps;		/* it is jumped to, not called */
	uint64_t end;		/* BEHIND, SAVED: of the site; HANDLER: the handler */
	uint64_t pt[PVP_NR_PT]; /* what is handed on */
	uint32_t matter;	/* bit set of enum pvp_pt_reg: the words that have to be right */
	bool narrow;		/* 32-bit user code: the lower half of them */
	bool swaps_known;
	unsigned swaps; /* swapgs, how many */
	bool has_error; /* the handler's second argument is error */
	uint64_t error;
	uint64_t place;	 /* where pt_regs has to be; 0: anywhere */
	uint64_t caller; /* PARANOID: the native entry */
	bool copies;	 /* PARANOID: it has parts with names of their own */
};

struct pvp_entry_facts {
	const struct pvp_check_input *input;
	const struct pvp_trap_row *rows; /* as boot leaves them; as many as input->entry has */
	bool xen; /* the kernel runs in ring 3, and Xen takes its iret */
	/* Handlers and helpers of this image, 0: none. */
	uint64_t error_entry, paranoid_entry, int80, ldt;
	/* The slow way back to user mode, and Xen PV's. */
	uint64_t slow_return, xen_return;
};

void pvp_entry_facts_init(struct pvp_entry_facts *facts, const struct pvp_check_input *input);

/*
 * Start state index of a site, over `start`, which is one for the contract of `entry`; what it has
 * to come to.  An error line when the site can have no meaning here (NULL: it has one); the caller
 * frees it.
 */
char *pvp_entry_case_make(const struct pvp_entry_facts *facts, const struct pvp_site *site,
			  unsigned index, struct pvp_start *start, struct pvp_entry_case *ret);

/* Handler in C of a row of the trap table on Xen PV, 0: the image has none. */
uint64_t pvp_entry_handler(const struct pvp_check_input *input, int vector, bool xen);

/* NULL, or what is wrong with the run; the caller frees it. */
char *pvp_entry_case_judge(const struct pvp_entry_case *want, const struct pvp_entry_facts *facts,
			   const struct pvp_site *site, const struct pvp_start *start, const struct pvp_run *run,
			   struct pvp_memory *memory);

/* Its part that looks at effects, registers that are nobody's to change, and memory. */
char *pvp_entry_effects_judge(const struct pvp_entry_case *want,
			      const struct pvp_entry_facts *facts, const struct pvp_site *site,
			      const struct pvp_start *start, const struct pvp_run *run,
			      const struct pvp_memory *memory);

#endif
