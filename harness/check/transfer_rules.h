/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * transfer_rules.h - inside check/: what a branch of the kernel's own means, whatever its bytes are.
 *
 * A return goes to the address on top of the stack and drops it; a retpoline goes where its
 * register says; a static call goes to its key's function on this platform, and does nothing where
 * that is NULL.  A call pushes an address that leads to the site's end, a conditional branch is
 * taken exactly when its condition holds.  Nothing else changes: no register, no flag, no memory at
 * or above the stack pointer, no effect.
 */
#ifndef PVP_TRANSFER_RULES_H
#define PVP_TRANSFER_RULES_H

#include "accounting.h"
#include "check.h"
#include "machine.h"
#include "start.h"
#include "x86/decode.h"
#include "x86/regs.h"

/* Text that nothing but a run's arrival leads to: all int3. */
#define PVP_ARRIVALS_LEN 0x10000ull
uint64_t pvp_arrivals_of(const struct pvp_plan *plan);

/* What a branch does when it is taken. */
// clang-format off
#define PVP_TRANSFER_MEANINGS(X)                                                                     \
	X(RETURNS,  "goes where the stack says")                                                   \
	X(INDIRECT, "goes where the register says")                                                \
	X(REACHES,  "enters the key's function")                                                   \
	X(PASSES,   "does nothing")                                                                \
	X(ZERO,     "makes the result 0, or enters the function that does")                        \
	X(TRAPS,    "traps at once, or enters the function that does")                             \
	X(UNKNOWN,  "its table's entry fits nothing that is known")
// clang-format on

enum pvp_transfer_meaning {
#define X(id, what) PVP_TRANSFER_##id,
	PVP_TRANSFER_MEANINGS(X)
#undef X
};

const char *pvp_transfer_meaning_text(enum pvp_transfer_meaning meaning);

struct pvp_transfer_facts {
	const struct pvp_check_input *input;
	const struct pvp_view *view; /* borrowed: K1 before any run */
	const struct pvp_plan *plan;
	struct pvp_x86_decoder *decoder; /* owned */
	struct pvp_accounting accounting;
	uint64_t percpu_base;
	uint64_t zero, trap; /* __static_call_return0, __WARN_trap; 0: none */
	struct pvp_transfer_range {
		uint64_t lo, hi;
	} *replaced; /* owned, ascending: text of alternatives that apply */
	size_t nr_replaced;
};

struct pvp_error *pvp_transfer_facts_init(struct pvp_transfer_facts *facts,
					const struct pvp_check_input *input,
					const struct pvp_view *view) PVP_MUST_CHECK;
void pvp_transfer_facts_deinit(struct pvp_transfer_facts *facts);

/*
 * Whether an alternative that applies on this platform has other code there, which decides what it
 * means.  (The returns in the retpolines' own thunks are in .return_sites, and where RETPOLINE is
 * off the thunks are other code.)
 */
bool pvp_transfer_is_replaced(const struct pvp_transfer_facts *facts, const struct pvp_site *site);
enum pvp_transfer_meaning pvp_transfer_meaning_of(const struct pvp_transfer_facts *facts,
					      const struct pvp_site *site,
					      const struct pvp_transfer *branch);
/* The function behind its key on this platform; 0: NULL, or it has none. */
uint64_t pvp_transfer_function(const struct pvp_check_input *input, const struct pvp_transfer *branch);

/* A start state of a site, and what it has to come to. */
struct pvp_transfer_case {
	const struct pvp_site *site;
	const struct pvp_transfer *branch;
	enum pvp_transfer_meaning meaning;
	uint64_t function; /* REACHES, ZERO, TRAPS */
	bool taken;	   /* its condition holds; else it has to pass */
	uint64_t to;	   /* RETURNS, INDIRECT: where it has to arrive */
	struct pvp_state start;
	struct {
		uint64_t addr, value;
		uint8_t size;
	} pokes[8];
	unsigned nr_pokes;
	bool only_entry; /* how it is run */
};

/* State index of a seed: the flags that arithmetic sets have another combination in each 64. */
void pvp_transfer_case_make(const struct pvp_transfer_facts *facts, const struct pvp_site *site,
			  const struct pvp_transfer *branch, enum pvp_transfer_meaning meaning,
			  uint64_t seed, unsigned index, struct pvp_transfer_case *ret);

/* NULL, or what is wrong with the run; the caller frees it.  *reason: why that decides nothing, or
 * NONE. */
char *pvp_transfer_case_judge(const struct pvp_transfer_case *want,
			    const struct pvp_transfer_facts *facts, const struct pvp_run *run,
			    struct pvp_memory *memory, enum pvp_reason *reason);

#endif
