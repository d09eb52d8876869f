/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compare.h - two runs from one start state: do they agree on all that a contract observes, and
 * does each keep the contract by itself?
 */
#ifndef PVP_COMPARE_H
#define PVP_COMPARE_H

#include "accounting.h"
#include "contract.h"
#include "machine.h"

/* One side of a comparison: its run, and the memory as the run left it. */
struct pvp_side {
	const struct pvp_run *run;
	struct pvp_memory *memory;
};

enum pvp_agreement {
	PVP_AGREE_END,	   /* both reached the end and agree: a counted run */
	PVP_AGREE_FAULT,   /* both faulted alike */
	PVP_DISAGREE,	   /* what differs is in `what` */
	PVP_UNDECIDED_RUN, /* one could not be followed to its end: reason, what */
};

struct pvp_comparison {
	enum pvp_agreement agreement;
	bool entry;    /* both sides were compared at entry, and agreed */
	char what[200];
};

struct pvp_compare_input {
	const struct pvp_contract *contract;
	const struct pvp_state *start;
	uint64_t site, len;	  /* the site: return addresses into it are nobody's business */
	uint64_t end_sp; /* stack below it is dead */
	uint64_t max_insns;
	bool compare_entry;	  /* K1 leaves the site by a call or jump: entries must be congruent */
	const uint8_t *entry_text; /* bytes at K0's entry, at least 4, for endbr64; or NULL */
	const struct pvp_accounting *accounting; /* or NULL: none */
	const uint8_t *pad_text; /* PVP_PAD_LEN bytes at K1's entry; or NULL */
};

void pvp_compare(const struct pvp_compare_input *input, const struct pvp_side *k0,
		 const struct pvp_side *k1, struct pvp_comparison *ret);

/*
 * Whether a run that reached the end keeps the contract: callee-saved registers and DF as the class
 * promises.  False: what is broken is in `what`.
 */
bool pvp_contract_kept(const struct pvp_contract *contract, const struct pvp_state *start,
		       const struct pvp_run *run, char *what, size_t len);

/*
 * Which bits of a register count when a run has come to its end: of the result, of what the class
 * keeps, flags that outlive a call, system registers.  op_end: the end is the operation's own, where
 * everything may be an operand.
 */
uint64_t pvp_contract_observes(const struct pvp_contract *contract, unsigned reg, bool op_end);
/* Whether it leaves that argument of an effect out. */
bool pvp_contract_ignores(const struct pvp_contract *contract, enum pvp_effect_kind kind,
			  unsigned arg);

/* One line about an effect, about how a run stopped. */
void pvp_effect_print(const struct pvp_effects *effects, size_t i, char *buf, size_t len);
void pvp_describe_stop(const struct pvp_run *run, char *buf, size_t len);

/* Name of an amd64 register of struct pvp_state. */
const char *pvp_x86_reg_name(unsigned reg);

#endif
