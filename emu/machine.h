/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine.h - the one interface to a machine: registers, a view of memory, runs, effects.
 *
 * A machine runs text from a start state until something the caller named happens, and says what
 * it did: how it stopped, the registers at entry (the first instruction outside the site) and at
 * the end, what it wrote, and its effects in order.  It knows instructions and state; it has never
 * heard of a kernel.  What a hypercall means or where a fault continues is asked of the client.
 *
 *	err = pvp_machine_create(&config, &machine);
 *	pvp_machine_run(machine, &request, &run);   ... compare; then
 *	pvp_machine_undo(machine);		    memory as before the run
 *	pvp_machine_destroy(machine);
 *
 * The engine's context is restored before every run, so that no run sees what another left.  A
 * machine belongs to the process that created it.
 */
#ifndef PVP_MACHINE_H
#define PVP_MACHINE_H

#include "error.h"
#include "memory.h"

#define PVP_NR_REGS 48

/*
 * What a machine executes.  Both have the one register table of x86/regs.h.
 *
 * AMD64: 64-bit mode, ring 0 or 3.
 *
 * I386: 32-bit protected mode, flat segments, ring 0; addresses and registers are below 4 GiB.
 * - rax..rdi, rip and rflags are eax..edi, eip and eflags.  The upper half of every register is 0,
 *   and has to be in a start state; r8..r15 stay what they were.
 * - fs_base and gs_base are what is behind %fs and %gs, as for AMD64: a per-CPU area is wherever
 *   the start state has the one that its text uses (Linux: %fs).  The selectors in es..gs are what
 *   the text reads and pushes; a start state's need not fit the bases.  A load of %fs or %gs takes
 *   the base from the descriptor in the text's own GDT, at gdt_base.
 */
enum pvp_isa { PVP_ISA_AMD64, PVP_ISA_I386 };

struct pvp_state {
	uint64_t reg[PVP_NR_REGS]; /* by the architecture's register table, e.g. enum pvp_x86_reg */
};

/* name, number of arguments that count, legend */
#define PVP_EFFECTS(X)                                                                             \
	X(STORE, "store", "address, bytes: ordered memory")                                        \
	X(INTERRUPTS, "interrupts", "0 off, 1 on: the interrupt flag changed")                     \
	X(HALT, "hlt", "interrupt flag, 1 right behind the sti that set it")                        \
	X(IN, "in", "port, bytes")                                                                 \
	X(OUT, "out", "port, bytes, value")                                                        \
	X(RDMSR, "rdmsr", "index")                                                                 \
	X(WRMSR, "wrmsr", "index, value")                                                          \
	X(RDPMC, "rdpmc", "counter")                                                               \
	X(WRITE_CR, "write-cr", "number, value")                                                   \
	X(WRITE_DR, "write-dr", "number, value")                                                   \
	X(XSETBV, "xsetbv", "index, value")                                                        \
	X(LGDT, "lgdt", "base, limit")                                                             \
	X(LIDT, "lidt", "base, limit")                                                             \
	X(LLDT, "lldt", "selector")                                                                \
	X(LTR, "ltr", "selector")                                                                  \
	X(SEGMENT, "segment", "number in ModRM order, selector")                                   \
	X(SWAPGS, "swapgs", "")                                                                    \
	X(INVLPG, "invlpg", "address")                                                             \
	X(INVPCID, "invpcid", "type, pcid, address")                                               \
	X(WBINVD, "wbinvd", "")                                                                    \
	X(WBNOINVD, "wbnoinvd", "")                                                                \
	X(MONITOR, "monitor", "address")                                                           \
	X(MWAIT, "mwait", "hints, extensions")                                                     \
	X(WRPKRU, "wrpkru", "value")                                                               \
	X(CPUID, "cpuid", "leaf, subleaf")                                                         \
	X(HYPERCALL, "hypercall", "number, arguments, argument memory")                            \
	X(WARN, "warn", "address")                                                                 \
	X(CALLEE, "callee", "index of the callee, arguments")

enum pvp_effect_kind {
#define X(id, name, legend) PVP_EFFECT_##id,
	PVP_EFFECTS(X)
#undef X
};
const char *pvp_effect_name(enum pvp_effect_kind kind);

#define PVP_EFFECT_MAX_ARGS 7

struct pvp_effect {
	enum pvp_effect_kind kind;
	unsigned nr_args;
	uint64_t arg[PVP_EFFECT_MAX_ARGS];
	size_t data, data_len; /* bytes [data, data+data_len) of the list's data */
};

struct pvp_effects {
	struct pvp_effect *v;
	size_t nr, cap;
	uint8_t *data;
	size_t nr_data, cap_data;
};

struct pvp_effect *pvp_effects_add(struct pvp_effects *effects, enum pvp_effect_kind kind,
				   unsigned nr_args, const uint64_t *args);
/* Appends bytes to the newest effect. */
void pvp_effects_add_data(struct pvp_effects *effects, const void *data, size_t len);
void pvp_effects_clear(struct pvp_effects *effects);
void pvp_effects_deinit(struct pvp_effects *effects);
bool pvp_effect_equal(const struct pvp_effects *a, size_t i, const struct pvp_effects *b, size_t j);

#define PVP_STOPS(X)                                                                               \
	X(END, "end", "the site's end, at the caller's stack depth")                               \
	X(OP_END, "op-end", "the operation's own end: iret, sysret")                               \
	X(OPAQUE, "opaque", "a callee that is not followed")                                       \
	X(FAULT, "fault", "an exception")                                                          \
	X(BUDGET, "budget", "the instruction budget ran out")                                      \
	X(UNMODELLED, "unmodelled", "an instruction no rule covers")                               \
	X(HYPERCALL, "hypercall", "a hypercall the client does not model")                         \
	X(DECODE, "decode", "disassembler and engine disagree on a length")                        \
	X(ENGINE, "engine", "the engine failed")                                                   \
	X(STRADDLE, "straddle", "an instruction begins inside the site and ends behind it")

enum pvp_stop {
#define X(id, name, what) PVP_STOP_##id,
	PVP_STOPS(X)
#undef X
};
const char *pvp_stop_name(enum pvp_stop stop);

/* Exception vectors, as numbered by the architecture. */
#define PVP_FAULT_DE 0
#define PVP_FAULT_DB 1
#define PVP_FAULT_BP 3
#define PVP_FAULT_UD 6
#define PVP_FAULT_GP 13
#define PVP_FAULT_PF 14

#define PVP_FAULT_FETCH 1u /* access bits of a page fault */
#define PVP_FAULT_WRITE 2u

struct pvp_run {
	enum pvp_stop stop;
	uint64_t stop_addr;  /* of the instruction at which it stopped */
	unsigned vector;     /* FAULT: which */
	uint64_t fault_addr; /* FAULT: accessed address of #PF and of a non-canonical #GP, else 0 */
	unsigned fault_access;
	bool meant; /* FAULT: one that the text raises on purpose; the caller's to say */
	char detail[64]; /* UNMODELLED, DECODE, ENGINE: which */
	bool foreign;	 /* UNMODELLED: but it changes what no operation does (x86/decode.h) */
	bool passed;	 /* the site's end was reached at another stack depth, and passed */
	bool entered;	 /* entry is valid: an instruction outside the site was reached */
	struct pvp_state entry;
	size_t entry_effects; /* effects and writes before entry */
	size_t entry_log;
	struct pvp_state end;
	struct pvp_effects effects;
	uint64_t insns;
	unsigned strays; /* pages mapped on the way */
};
void pvp_run_deinit(struct pvp_run *run);

/* What the other CPUs do: after the k-th spin-wait hint (pause), these bytes appear. */
struct pvp_script_row {
	unsigned pauses;
	uint64_t addr;
	uint8_t len; /* 1..8 */
	uint64_t value;
};

struct pvp_run_request {
	const struct pvp_state *start; /* its instruction pointer is the first instruction */
	struct {
		uint64_t lo, hi;
	} inside[2];		/* the site; other text that counts as part of it; lo == hi: none */
	uint64_t end;		/* where the run has reached its end, .. */
	uint64_t end_sp;	/* .. if the stack pointer is this */
	uint64_t max_insns;	/* budget */
	uint64_t seed;		/* of what devices, counters and MSRs answer, and of stray pages */
	const struct pvp_script_row *script;
	size_t nr_script;
	bool only_entry; /* OPAQUE at entry: nothing outside the site is executed */
};

enum pvp_special_kind {
	PVP_SPECIAL_SKIP,   /* record WARN, go on behind the instruction */
	/* Record CALLEE with its arguments, set the result (rax; on i386 its lower half, eax), and
	 * return.  Arguments: AMD64 rdi, rsi, rdx, rcx, r8, r9; I386 eax, edx, ecx, then the stack,
	 * where the caller drops them (as -mregparm=3 has it). */
	PVP_SPECIAL_CALLEE,
	PVP_SPECIAL_OPAQUE, /* stop */
	PVP_SPECIAL_WATCH,  /* tell the client, then execute it: one that the engine does itself */
};

struct pvp_special {
	uint64_t addr;
	enum pvp_special_kind kind;
	unsigned len;	  /* SKIP: bytes to skip */
	unsigned nr_args; /* CALLEE */
	bool stack_args;  /* CALLEE: none of them is in a register (I386: asmlinkage, variadic) */
	unsigned index;	  /* CALLEE, WATCH: the client's number for it */
};

/* What the last run executed, in order, and the memory that its plain instructions read. */
struct pvp_run_read {
	size_t insn; /* index of the instruction */
	uint64_t addr, value;
	uint8_t size; /* 1..8 */
};

struct pvp_run_trace {
	uint64_t *insns; /* addresses; replaced callees and skipped instructions are left out */
	size_t nr_insns, cap_insns;
	struct pvp_run_read *reads;
	size_t nr_reads, cap_reads;
};

struct pvp_machine;

struct pvp_machine_client {
	void *arg;
	/* A hypercall instruction was reached.  False: not modelled (the run stops). */
	bool (*hypercall)(void *arg, struct pvp_machine *machine);
	/* Result of replaced callee index, the nth time in this run.  Needed where there is one. */
	uint64_t (*callee_result)(void *arg, unsigned index, unsigned nth, uint64_t seed);
	/* Watched address index is about to be executed. */
	void (*watch)(void *arg, unsigned index);
	/* Content of a stray page: a function of seed and address, so that two views agree.
	 * NULL: there are no strays, such an access faults. */
	void (*fill)(void *arg, uint64_t seed, uint64_t addr, void *buf, size_t len);
	/* Where execution continues after a fault of the instruction at addr, or 0; may change
	 * registers.  Never asked when the fault is in fetching an instruction. */
	uint64_t (*fixup)(void *arg, struct pvp_machine *machine, uint64_t addr, unsigned vector);
	/* Whether the machine of this seed lacks an MSR, for reads or for writes: #GP.  Never asked of
	 * those that are registers of the state.  NULL: it has them all. */
	bool (*lacks_msr)(void *arg, uint64_t seed, uint32_t index, bool write);
	/* CPUID was executed: regs (eax, ebx, ecx, edx) are as the seed has them, and may be changed.
	 * prefixed: as Xen's guests do it.  NULL: they stay. */
	void (*cpuid)(void *arg, uint32_t leaf, uint32_t subleaf, bool prefixed, uint32_t regs[4]);
};

/*
 * ALLOW and EMULATE do what the instruction does, over the shadow state; FAULT raises its exception;
 * IGNORE passes it over; END stops the run: the op's own end on this platform.
 */
enum pvp_rule {
	PVP_RULE_ALLOW,
	PVP_RULE_EMULATE,
	PVP_RULE_FAULT,
	PVP_RULE_IGNORE,
	PVP_RULE_END,
};

struct pvp_machine_rule {
	const char *insn; /* name of an instruction class */
	enum pvp_rule rule;
};

struct pvp_machine_config {
	enum pvp_isa isa;
	unsigned ring; /* privilege the text runs with: 0 or 3 */
	const struct pvp_region *regions;
	size_t nr_regions;
	const struct pvp_machine_rule *rules; /* over the defaults of the ring */
	size_t nr_rules;
	const struct pvp_special *specials; /* at most one an address */
	size_t nr_specials;
	/*
	 * Runs build on each other, as a boot does: what they write stays (undo only drops stray
	 * pages), text with PVP_PROT_WRITE may rewrite itself, an iret that stays in its ring goes
	 * on where its frame says, and no effects are recorded.
	 */
	bool boots;
	/*
	 * A boot that only stops at what is not plain, several times as fast: a run ends nowhere
	 * but at the landing, a fault is at the beginning of its block, and insns is a guess.
	 */
	bool blocks;
	bool traces; /* keeps a trace of each run; not with boots */
	struct pvp_machine_client client;
};

struct pvp_error *pvp_machine_create(const struct pvp_machine_config *config,
				     struct pvp_machine **ret) PVP_MUST_CHECK;
void pvp_machine_destroy(struct pvp_machine *machine);

/*
 * Fills *run (zeroed at first use, reused afterwards).  What the caller has written to the view
 * since the last undo with pvp_memory_write is part of the start state.  Call pvp_machine_undo
 * before the next run.
 */
void pvp_machine_run(struct pvp_machine *machine, const struct pvp_run_request *request,
		     struct pvp_run *run);
void pvp_machine_undo(struct pvp_machine *machine);
/* The view, with what the last run wrote until undo. */
struct pvp_memory *pvp_machine_memory(struct pvp_machine *machine);

/* Of the last run; borrowed until the next.  Only of a machine that keeps one. */
const struct pvp_run_trace *pvp_machine_trace(const struct pvp_machine *machine);

/* An executable address in every view where nothing is: a run may end by returning there. */
uint64_t pvp_machine_landing(const struct pvp_machine *machine);

enum pvp_isa pvp_machine_isa(const struct pvp_machine *machine);
/* For clients, while a run is under way. */
uint64_t pvp_machine_reg(struct pvp_machine *machine, unsigned reg);
void pvp_machine_set_reg(struct pvp_machine *machine, unsigned reg, uint64_t value);
struct pvp_effects *pvp_machine_effects(struct pvp_machine *machine);
uint64_t pvp_machine_seed(struct pvp_machine *machine);

/* Whether name is an instruction class a rule can be given for. */
bool pvp_machine_rule_known(const char *name);

/* A 64-bit mix of two words; what random memory and device answers are made of. */
static inline uint64_t pvp_mix(uint64_t a, uint64_t b)
{
	uint64_t x = a * 0x9e3779b97f4a7c15ull ^ (b + 0x632be59bd9b4e019ull);

	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
	return x ^ x >> 32;
}

#endif
