/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * contract.h - what a pv operation promises its caller: which arguments it takes and from which
 * domain, which result bits count, which registers and flags hold.
 *
 * A contract is a row of a file in corpus/contracts (schema: README.md there), never an
 * `if`.  Pokes are resolved on the image and filtered by platform when the file is loaded, so a
 * struct pvp_contracts belongs to one image and one platform.
 */
#ifndef PVP_CONTRACT_H
#define PVP_CONTRACT_H

#include "machine.h"
#include "platform.h"

#define PVP_MAX_ARGS 6

/* Which registers a call class lets change, besides its result.  Source: the PVOP_*CALL and
 * ALT_* macros, asm/paravirt_types.h. */
#define PVP_CALL_CLASSES(X)                                                                        \
	X(CALL, "call", "ordinary callee, returns a value")                                        \
	X(VCALL, "vcall", "ordinary callee, void")                                                 \
	X(CALLEE, "callee", "callee-save: only the result changes")                                \
	X(VCALLEE, "vcallee", "callee-save, void: only rax may change")

enum pvp_call_class {
#define X(id, name, what) PVP_CLASS_##id,
	PVP_CALL_CLASSES(X)
#undef X
};
const char *pvp_call_class_name(enum pvp_call_class class);

/* What a contract may leave out of the comparison, by name. */
#define PVP_IGNORED(X)                                                                             \
	X("out-value", "the value written to a port: io_delay writes whatever al holds")

struct pvp_contract {
	char *op; /* "irq.save_fl", "static_call.xen_hypercall" */
	enum pvp_isa isa; /* whose registers, and whose calling convention */
	enum pvp_call_class class;
	unsigned nr_args;
	/* In order: rdi rsi rdx rcx r8 r9; on i386 eax edx ecx, then the stack.  Other
	 * registers are random. */
	enum pvp_domain args[PVP_MAX_ARGS];
	bool has_rax; /* the op takes an argument in rax too (xen_hypercall: its number) */
	enum pvp_domain rax;
	bool has_result;
	uint64_t result_mask;	/* bits of rax that are the result; 0: void */
	struct pvp_poke *pokes; /* memory this op needs besides the platform's */
	size_t nr_pokes;
	char *congruent; /* reason why entry evidence alone is asked for on this platform, or NULL
			  */
	char **ignored;	 /* what is not compared, by name: see PVP_IGNORED */
	size_t nr_ignored;
};

struct pvp_contracts {
	struct pvp_contract *v; /* ascending by op */
	size_t nr;
};

/*
 * All *.yaml of dir, and over them, row by row, those of dir/GENERATION and dir/ARCHITECTURE where
 * there are such folders (dir/7.2, dir/i386).  Errors name file and line; two rows for one op in a
 * folder are an error.
 */
struct pvp_error *pvp_contracts_load(const char *dir, const struct pvp_image *image,
				     const struct pvp_tables *tables,
				     const struct pvp_platform *platform,
				     struct pvp_contracts *ret) PVP_MUST_CHECK;
void pvp_contracts_deinit(struct pvp_contracts *contracts);
const struct pvp_contract *pvp_contracts_find(const struct pvp_contracts *contracts,
					      const char *op);

/* The register of argument i (enum pvp_x86_reg), or PVP_X86_NR_STATE: it is on the stack, the first
 * such one where the stack pointer points when the site is reached. */
unsigned pvp_contract_arg_reg(enum pvp_isa isa, unsigned i);

#endif
