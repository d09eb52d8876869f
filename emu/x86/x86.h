/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86.h - inside of the amd64 and i386 machines, shared by their files only.
 */
#ifndef PVP_X86_H
#define PVP_X86_H

#include <unicorn/unicorn.h>

#include "decode.h"
#include "machine.h"

#define PVP_X86_PAGE 4096ull

struct pvp_x86_isa {
	uc_mode mode;
	unsigned word; /* bytes of an address, and of what push pushes */
	uint64_t last; /* address */
	/* Where the machine's own pages are: never an answer to anybody's pointer arithmetic. */
	uint64_t own;
	const int *regs;       /* Unicorn's names by enum pvp_x86_reg; UC_X86_REG_INVALID: shadow */
	uint64_t code_segment; /* descriptor of ring 0 */
	/* Selectors the engine runs with; those of ring 3 are 0 where there is none. */
	uint16_t ring0_cs, ring0_ss, ring3_cs, ring3_ss;
	uint8_t arg_regs[6], nr_arg_regs; /* of a call, in order */
};
extern const struct pvp_x86_isa pvp_x86_isas[]; /* by enum pvp_isa */

/* The machine's own pages, from own. */
#define PVP_X86_UNTIL	0x0ull	   /* `until`: mapped, never executed */
#define PVP_X86_LANDING 0x1000ull  /* executable; a run may end by returning here */
#define PVP_X86_GDT	0x10000ull /* 64 KiB */

#define PVP_X86_NR_ENGINE_REGS (PVP_X86_gs_base + 1) /* the first ones may be the engine's */

struct text_map { /* what each byte of an executable region begins, as far as it was seen */
	uint64_t addr, len;
	uint8_t *class; /* enum pvp_x86_class, one a byte */
	uint8_t *blocks; /* flags of blocks.c, one a byte; NULL: not used */
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
	const struct pvp_x86_isa *isa;
	const int *regs;			     /* the isa's */
	int engine_names[PVP_X86_NR_ENGINE_REGS];    /* of those that are the engine's, .. */
	uint8_t engine_regs[PVP_X86_NR_ENGINE_REGS]; /* .. in the state */
	unsigned nr_engine_regs;
	unsigned ring;
	bool boots, blocks; /* as in the configuration */
	struct pvp_run_trace *trace; /* NULL: none is kept */
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
	size_t here_log;	 /* writes logged before it */
	bool stopped;		 /* run->stop is decided */
	bool in_engine;		 /* the engine is in the middle of an instruction */
	bool faulted;		 /* and did not complete it */
	bool resume;		 /* the engine gave up, but execution goes on at resume_at */
	uint64_t resume_at;
	bool stale; /* the block there is to be translated again */
	uint32_t stale_len;
	uint64_t sti_shadow; /* address of the instruction behind a sti that enabled interrupts */
	unsigned pauses, tsc_reads, in_reads;
	unsigned *callee_calls; /* by the client's number */
	unsigned nr_callees;
	struct msr_value msrs[16];
	unsigned nr_msrs;
	struct stray strays[64];
	unsigned nr_strays;

	/* Where the engine must stop, so that it does not translate what is there.  Of the site that
	 * was looked at last: */
	uint64_t looked_at[2]; /* the site's first byte, and the one behind it */
	uint64_t until;
	/* Of the branches met last: */
	uint64_t ahead[4]; /* 0: none */
	unsigned next_ahead;
	bool exits_stale; /* the engine is still to be told */
};

/* --- machine.c --- */
uint64_t pvp_x86_get(struct pvp_machine *m, enum pvp_x86_reg reg);
void pvp_x86_set(struct pvp_machine *m, enum pvp_x86_reg reg, uint64_t value);
/* Execution continues at addr. */
void pvp_x86_jump(struct pvp_machine *m, uint64_t addr);
void pvp_x86_stop(struct pvp_machine *m, enum pvp_stop stop);
struct pvp_error *pvp_x86_add_hooks(struct pvp_machine *m) PVP_MUST_CHECK;
void pvp_x86_on_code(uc_engine *uc, uint64_t addr, uint32_t size, void *arg);
/* Which registers are the engine's, from the isa. */
void pvp_x86_name_registers(struct pvp_machine *m);

/* --- trace.c --- */
void pvp_x86_trace_insn(struct pvp_run_trace *trace, uint64_t addr);
void pvp_x86_on_read(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
		     void *arg);

/* --- blocks.c --- */
struct pvp_error *pvp_x86_blocks_add_hooks(struct pvp_machine *m) PVP_MUST_CHECK;
void pvp_x86_on_block(uc_engine *uc, uint64_t addr, uint32_t size, void *arg);
/* Text was rewritten: blocks that reach to addr are to be examined again. */
void pvp_x86_blocks_forget(struct pvp_machine *m, uint64_t addr);

/* --- setup.c --- */
struct pvp_error *pvp_x86_engine_error(uc_err err, const char *what) PVP_MUST_CHECK;

/* --- text.c --- */
void pvp_x86_text_add(struct pvp_machine *m, uint64_t addr, uint64_t len);
void pvp_x86_text_deinit(struct pvp_machine *m);
void pvp_x86_text_place_specials(struct pvp_machine *m, const struct pvp_special *specials,
				 size_t nr);
/* What begins at addr, or NULL where there is no text.  The caller stores what _see says. */
uint8_t *pvp_x86_text_class(struct pvp_machine *m, uint64_t addr);
/* Text was rewritten: what is there, and what reaches into it, is to be looked at again. */
void pvp_x86_text_forget(struct pvp_machine *m, uint64_t addr, unsigned len);
#define PVP_X86_NO_LENGTH 0xff /* above 15: the engine does not tell */
/* First visit: decodes.  PVP_X86_UNSEEN when it stopped the run.  len: may be NULL. */
uint8_t pvp_x86_text_see(struct pvp_machine *m, uint64_t addr, uint32_t engine_len, unsigned *len);
/* Whether what begins at addr does not end within `left` bytes; size is the engine's idea of it. */
bool pvp_x86_text_straddles(struct pvp_machine *m, uint64_t addr, uint32_t engine_len,
			    uint64_t left);
/* Where the blocks that a near branch leads to have what ends the engine: how many of ends[]. */
unsigned pvp_x86_text_ends_ahead(struct pvp_machine *m, const struct pvp_x86_insn *insn,
				 uint64_t ends[2]);
/* Whether the engine ends the process when it translates what begins at addr. */
bool pvp_x86_text_ends_engine(struct pvp_machine *m, uint64_t addr);
/*
 * Where in [lo, hi) a sweep from lo comes to text that the engine must not translate; 0: nowhere.
 * That is a far branch through a register, or an instruction that does not end before hi, behind
 * which the text is read out of step.
 */
uint64_t pvp_x86_text_untranslatable(struct pvp_machine *m, uint64_t lo, uint64_t hi);
/* The instruction at an address that was seen and is not plain; borrowed until the next _see. */
const struct pvp_x86_insn *pvp_x86_text_insn(struct pvp_machine *m, uint64_t addr);
const struct pvp_special *pvp_x86_text_special(struct pvp_machine *m, uint64_t addr);

/* --- access.c --- */
bool pvp_x86_canonical(uint64_t addr);
/* An exception at the instruction being executed: goes on at the client's fixup, or stops. */
void pvp_x86_fault(struct pvp_machine *m, unsigned vector, uint64_t addr, unsigned access);
/* False when the access faulted. */
bool pvp_x86_read(struct pvp_machine *m, uint64_t addr, void *buf, uint64_t len) PVP_MUST_CHECK;
bool pvp_x86_write(struct pvp_machine *m, uint64_t addr, const void *buf,
		   uint64_t len) PVP_MUST_CHECK;
void pvp_x86_drop_strays(struct pvp_machine *m);
bool pvp_x86_on_bad_access(uc_engine *uc, uc_mem_type type, uint64_t addr, int size, int64_t value,
			   void *arg);

/* --- operand.c --- */
uint64_t pvp_x86_size_mask(unsigned size);
uint64_t pvp_x86_operand_address(struct pvp_machine *m, const struct pvp_x86_insn *insn,
				 const struct pvp_x86_operand *op);
/* False when the access faulted, or the operand is of a kind nobody expects there. */
bool pvp_x86_read_operand(struct pvp_machine *m, const struct pvp_x86_insn *insn,
			  const struct pvp_x86_operand *op, unsigned size,
			  uint64_t *ret) PVP_MUST_CHECK;
/* A 32-bit register write clears the upper half; smaller ones keep it. */
bool pvp_x86_write_operand(struct pvp_machine *m, const struct pvp_x86_insn *insn,
			   const struct pvp_x86_operand *op, unsigned size,
			   uint64_t value) PVP_MUST_CHECK;

/* sldt, str, smsw: 16 bits to memory, operand size to a register. */
bool pvp_x86_store_word(struct pvp_machine *m, const struct pvp_x86_insn *insn,
			uint64_t value) PVP_MUST_CHECK;

/* --- sensitive.c --- */
/* Applies our rule for the sensitive instruction the run has come to. */
void pvp_x86_sensitive(struct pvp_machine *m, const struct pvp_x86_insn *insn);
/* Records an effect, in runs that have any. */
void pvp_x86_effect(struct pvp_machine *m, enum pvp_effect_kind kind, unsigned nr,
		    const uint64_t *args);
#define PVP_X86_EFFECT(m, kind, ...)                                                               \
	pvp_x86_effect(m, PVP_EFFECT_##kind,                                                       \
		       sizeof((uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t),                     \
		       (uint64_t[]){ __VA_ARGS__ })

/* --- msrs.c --- */
#define PVP_X86_MSR_TSC_AUX 0xc0000103 /* what rdtscp and rdpid give */
/* False: it faulted. */
bool pvp_x86_rdmsr(struct pvp_machine *m) PVP_MUST_CHECK;
bool pvp_x86_wrmsr(struct pvp_machine *m) PVP_MUST_CHECK;
uint64_t pvp_x86_msr_value(struct pvp_machine *m, uint32_t index);
void pvp_x86_keep_msr(struct pvp_machine *m, uint32_t index, uint64_t value);

/* --- others.c --- */
/* Does one of the classes RANDOM to PKRU.  False: a fault, else go on behind it. */
bool pvp_x86_do_other(struct pvp_machine *m, const struct pvp_x86_insn *insn) PVP_MUST_CHECK;

/* --- segments.c --- */
/* Does one of the classes that load, store or use segments and descriptor tables.  False: a fault
 * or a stop, else go on behind it. */
bool pvp_x86_do_segment(struct pvp_machine *m, const struct pvp_x86_insn *insn) PVP_MUST_CHECK;

#endif
