/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decode.h - what an instruction of amd64 or i386 is to us: plain (the engine executes it),
 * sensitive (our rules do), or unmodelled.
 *
 * The classes are an allow list: an encoding that is neither plain nor sensitive is unmodelled,
 * never quietly executed, because the engine runs some encodings it does not know as something
 * else.  Capstone gives lengths and operands; its groups are not used.
 */
#ifndef PVP_X86_DECODE_H
#define PVP_X86_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "machine.h"
#include "regs.h"

/*
 * Sensitive classes: name, rule in ring 0, rule in ring 3, vector when the rule is FAULT.
 * ALLOW and EMULATE both run our handler; EMULATE says that a hypervisor does it for the kernel.
 * Source: Intel SDM vol. 2 and 3 (privilege); what Xen emulates for a PV kernel is the platform's.
 */
// clang-format off
#define PVP_X86_CLASSES(X)                                                                         \
	X(CLI,      "cli",      ALLOW, FAULT, GP)                                                  \
	X(STI,      "sti",      ALLOW, FAULT, GP)                                                  \
	X(HLT,      "hlt",      ALLOW, FAULT, GP)                                                  \
	X(POPF,     "popf",     ALLOW, ALLOW, GP) /* ring 3: IF and IOPL silently stay */          \
	X(MOV_CR,   "mov-cr",   ALLOW, FAULT, GP)                                                  \
	X(MOV_DR,   "mov-dr",   ALLOW, FAULT, GP)                                                  \
	X(CLTS,     "clts",     ALLOW, FAULT, GP)                                                  \
	X(LMSW,     "lmsw",     ALLOW, FAULT, GP)                                                  \
	X(SMSW,     "smsw",     ALLOW, ALLOW, GP)                                                  \
	X(RDMSR,    "rdmsr",    ALLOW, FAULT, GP)                                                  \
	X(WRMSR,    "wrmsr",    ALLOW, FAULT, GP)                                                  \
	X(WRMSRNS,  "wrmsrns",  ALLOW, FAULT, GP) /* nothing is out of order here */               \
	X(RDPMC,    "rdpmc",    ALLOW, FAULT, GP)                                                  \
	X(RDTSC,    "rdtsc",    ALLOW, ALLOW, GP) /* deterministic; CR4.TSD is clear */            \
	X(CPUID,    "cpuid",    ALLOW, ALLOW, GP)                                                  \
	X(XEN_CPUID,"xen-cpuid",FAULT, FAULT, UD) /* ud2 'x' 'e' 'n' cpuid */                      \
	X(IN,       "in",       ALLOW, FAULT, GP)                                                  \
	X(OUT,      "out",      ALLOW, FAULT, GP)                                                  \
	X(LGDT,     "lgdt",     ALLOW, FAULT, GP)                                                  \
	X(SGDT,     "sgdt",     ALLOW, ALLOW, GP)                                                  \
	X(LIDT,     "lidt",     ALLOW, FAULT, GP)                                                  \
	X(SIDT,     "sidt",     ALLOW, ALLOW, GP)                                                  \
	X(LLDT,     "lldt",     ALLOW, FAULT, GP)                                                  \
	X(SLDT,     "sldt",     ALLOW, ALLOW, GP)                                                  \
	X(LTR,      "ltr",      ALLOW, FAULT, GP)                                                  \
	X(STR,      "str",      ALLOW, ALLOW, GP)                                                  \
	X(INVLPG,   "invlpg",   ALLOW, FAULT, GP)                                                  \
	X(INVPCID,  "invpcid",  ALLOW, FAULT, GP)                                                  \
	X(WBINVD,   "wbinvd",   ALLOW, FAULT, GP) /* and wbnoinvd; not invd: it loses data */      \
	X(SWAPGS,   "swapgs",   ALLOW, FAULT, GP)                                                  \
	X(LKGS,     "lkgs",     ALLOW, FAULT, GP)                                                  \
	X(FSGSBASE, "fsgsbase", ALLOW, ALLOW, UD)                                                  \
	X(XGETBV,   "xgetbv",   ALLOW, ALLOW, GP)                                                  \
	X(XSETBV,   "xsetbv",   ALLOW, FAULT, GP)                                                  \
	X(CLAC,     "clac-stac",ALLOW, FAULT, UD)                                                  \
	X(VERW,     "verw",     ALLOW, ALLOW, GP) /* and verr */                                   \
	X(LSL,      "lsl-lar",  ALLOW, ALLOW, GP)                                                  \
	X(RDPID,    "rdpid",    ALLOW, ALLOW, UD)                                                  \
	X(MOV_SEG,  "mov-seg",  ALLOW, ALLOW, GP)                                                  \
	X(BIT_COUNT,"bit-count",ALLOW, ALLOW, UD) /* popcnt, tzcnt, lzcnt: not the engine's */     \
	X(PAUSE,    "pause",    ALLOW, ALLOW, UD) /* where the other CPUs get their turn */        \
	X(SERIALIZE,"serialize",ALLOW, ALLOW, UD) /* nothing is out of order here */               \
	X(RANDOM,   "rdrand",   ALLOW, ALLOW, UD) /* and rdseed: by the seed */                    \
	X(VECTOR,   "vector-read",ALLOW,ALLOW,UD) /* movmskps, pextrw, pmovmskb, movd to a register */ \
	X(FLUSH,    "cache-line",ALLOW,ALLOW, UD) /* clflush, clflushopt, clwb */                  \
	X(MONITOR,  "monitor",  ALLOW, FAULT, UD) /* and monitorx */                               \
	X(MWAIT,    "mwait",    ALLOW, FAULT, UD) /* and mwaitx */                                 \
	X(PKRU,     "pkru",     ALLOW, ALLOW, UD) /* rdpkru, wrpkru */                             \
	X(IRET,     "iret",     ALLOW, ALLOW, GP)                                                  \
	X(SYSRET,   "sysret",   ALLOW, FAULT, GP)                                                  \
	X(SYSCALL,  "syscall",  FAULT, FAULT, UD)                                                  \
	X(VMCALL,   "vmcall",   FAULT, FAULT, UD)                                                  \
	X(VMMCALL,  "vmmcall",  FAULT, FAULT, UD)                                                  \
	X(UD,       "ud",       FAULT, FAULT, UD) /* ud0, ud1, ud2; what is no instruction */       \
	X(INT3,     "int3",     FAULT, FAULT, BP)
// clang-format on

enum pvp_x86_class {
	PVP_X86_UNSEEN, /* not looked at yet */
	PVP_X86_PLAIN,
	PVP_X86_SPECIAL, /* the client named this address */
	PVP_X86_UNMODELLED,
	PVP_X86_AHEAD, /* plain, and a branch to text that the engine must not translate */
#define X(id, name, ring0, ring3, vector) PVP_X86_##id,
	PVP_X86_CLASSES(X)
#undef X
	PVP_X86_NR_CLASSES
};

enum pvp_x86_operand_kind { PVP_X86_NONE, PVP_X86_REG, PVP_X86_MEM, PVP_X86_IMM, PVP_X86_OTHER };

struct pvp_x86_operand {
	enum pvp_x86_operand_kind kind;
	uint8_t size;  /* bytes */
	uint8_t reg;   /* REG: enum pvp_x86_reg; a control, debug or segment register in `number` */
	uint8_t shift; /* REG: 8 for ah, ch, dh, bh */
	uint8_t number; /* OTHER: number of a control, debug or segment register */
	uint64_t imm;
	/* MEM: base and index are enum pvp_x86_reg, or PVP_X86_NR_STATE: none */
	uint8_t base, index, scale;
	uint8_t segment_base; /* PVP_X86_fs_base, PVP_X86_gs_base, or PVP_X86_NR_STATE */
	uint8_t address_size; /* bytes: what base, index and disp add up to */
	int64_t disp;
};

struct pvp_x86_insn {
	uint64_t addr;
	uint8_t len;
	uint8_t class;
	bool nop; /* does nothing, in any of its lengths */
	/* Its opcode is in a map that new instructions still go to: behind 0f, VEX, EVEX, REX2, XOP. */
	bool open_map;
	bool blank; /* .. but in a cell of that map in which there is nothing */
	/* UNMODELLED, yet certain to change what no pv operation does: x87, MMX or SSE state, the
	 * code segment, a port by a string instruction. */
	bool foreign;
	uint8_t operand_size; /* by prefixes: 2, 4 or 8 */
	uint8_t bytes[15];
	uint8_t opcode; /* the byte after 0f, or the only one */
	uint8_t digit;	/* of ModRM, where there is one: its bits 3 to 5 */
	struct pvp_x86_operand op[2];
	char text[48]; /* as disassembled, for messages */
};

struct pvp_x86_decoder;
struct pvp_error *pvp_x86_decoder_create(enum pvp_isa isa,
					 struct pvp_x86_decoder **ret) PVP_MUST_CHECK;
void pvp_x86_decoder_destroy(struct pvp_x86_decoder *decoder);
/* Decodes the instruction at bytes (nr available, at most 15 are looked at).  One that cannot be
 * decoded is UNMODELLED with len 0. */
void pvp_x86_decode(struct pvp_x86_decoder *decoder, const uint8_t *bytes, size_t nr, uint64_t addr,
		    struct pvp_x86_insn *ret);

const char *pvp_x86_class_name(enum pvp_x86_class class);

#endif
