/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mutate.h - is the checker worth something?  Spoils good patches by kind and counts how many of
 * the spoiled ones a verdict refuses.
 *
 *	.. patched text -> [mutants -> verdicts -> score]
 *
 * A mutant is one pv site, entry-code site or trap row with other bytes than boot leaves there.
 * It is judged like a file given to `verify --patched`, except that nothing compares bytes: a
 * verdict kills it, or a finding about the text that is there.  Mutants run each on a K1 engine that
 * has run nothing before, because text is never rewritten under a live engine, in a process that it
 * may end.
 *
 *	err = pvp_mutate(&input, &score);
 *	pvp_mutate_score_deinit(&score);
 *
 * The result depends on the inputs, never on the number of jobs.
 */
#ifndef PVP_MUTATE_H
#define PVP_MUTATE_H

#include "check.h"
#include "equivalent.h"

enum pvp_mutant_sites {
	PVP_ON_CALL = 1,
	PVP_ON_ENTRY = 2,
	PVP_ON_BOTH = PVP_ON_CALL | PVP_ON_ENTRY,
	PVP_ON_ROW = 4,
};

/*
 * X(id, name, which sites, variants a site, what is done, what mistake it stands for).  Sites:
 * CALL, pv calls and static calls; ENTRY, entry code; BOTH of them; ROW, Xen's trap table.
 */
// clang-format off
#define PVP_MUTANT_KINDS(X)                                                                        \
	X(NEIGHBOUR, "neighbour", PVP_ON_BOTH, 2,                                                  \
	  "the call goes to the function before or behind",                                        \
	  "a relocation against the wrong symbol")                                                 \
	X(OFF_BY, "off-by-one", PVP_ON_BOTH, 3,                                                    \
	  "the call goes one or two bytes beside its function",                                    \
	  "rel32 made from the wrong end of the instruction")                                      \
	X(MIDDLE, "into-middle", PVP_ON_BOTH, 3,                                                   \
	  "a jump or call behind an instruction that should have been executed",                   \
	  "a call past the prologue of its function, a jump into the site")                        \
	X(WRONG_SLOT, "wrong-slot", PVP_ON_BOTH, 4,                                                \
	  "the call goes to another operation's function",                                         \
	  "an op number that is off by some in one of two tables")                                 \
	X(INDIRECT, "wrong-indirect", PVP_ON_CALL, 2,                                              \
	  "an indirect call through the slot before or behind",                                    \
	  "pv_ops members moved in one compilation unit only")                                     \
	X(INLINE, "wrong-inline", PVP_ON_CALL, 4, "another operation's instructions",              \
	  "a row of the native table swapped with another")                                        \
	X(REGISTER, "wrong-register", PVP_ON_CALL, 6, "another register in an instruction",        \
	  "an inline form written for another calling convention")                                 \
	X(DIRECTION, "wrong-direction", PVP_ON_CALL, 1,                                            \
	  "a move the other way round, popf for pushf",                                            \
	  "AT&T and Intel operand order mixed up")                                                 \
	X(BYTES, "swapped-bytes", PVP_ON_BOTH, 4,                                                  \
	  "two bytes exchanged, or rel32 in the other order",                                      \
	  "bytes written by halves, or for another byte order")                                    \
	X(IMMEDIATE, "wrong-immediate", PVP_ON_CALL, 2, "another immediate operand",               \
	  "an unlock that stores another byte than 0")                                             \
	X(DISPLACEMENT, "wrong-displacement", PVP_ON_CALL, 4, "another place in a memory operand", \
	  "a member of a structure that moved")                                                    \
	X(SEGMENT, "segment-prefix", PVP_ON_CALL, 2,                                               \
	  "a segment prefix that is too much, or missing",                                         \
	  "a per-CPU access without its gs, or with one that is not per-CPU")                      \
	X(LOST_OP, "lost-op", PVP_ON_BOTH, 1, "NOPs alone",                                        \
	  "an empty inline form, as 4-byte NULL ops once got")                                     \
	X(LOST_FLAG, "lost-cli-sti", PVP_ON_CALL, 1, "cli, sti or popf replaced by NOPs",          \
	  "an interrupt flag operation taken for a no-op")                                         \
	X(SWAPGS, "lost-swapgs", PVP_ON_ENTRY, 2, "swapgs lost, or executed once more",            \
	  "the alternative of a swapgs with its feature the other way round")                      \
	X(SWAPPED, "swapped-cli-sti", PVP_ON_CALL, 1,                                              \
	  "enable for disable and the other way round",                                            \
	  "irq_disable and irq_enable swapped in the table")                                       \
	X(POPF, "popf-for-sti", PVP_ON_CALL, 2, "push and popf where interrupts are enabled",      \
	  "popf that silently leaves IF alone in ring 3")                                          \
	X(STACK, "missing-push-pop", PVP_ON_CALL, 2, "one push or pop of a pair is gone",          \
	  "a pair of instructions cut by the length of the site")                                  \
	X(CLOBBER, "clobbered", PVP_ON_CALL, 8, "a register the callee must keep is changed",      \
	  "an inline form that needs a scratch register")                                          \
	X(THUNK, "clobbered-thunk", PVP_ON_CALL, 9,                                                \
	  "a register a callee-save thunk must keep is changed",                                   \
	  "a thunk compiled with -fzero-call-used-regs, or a plain callee in its place")           \
	X(ARGUMENT, "spoiled-argument", PVP_ON_CALL, 4, "an argument is changed before the call",  \
	  "code that was moved into the site in front of the call")                                \
	X(STORE_WIDTH, "store-width", PVP_ON_CALL, 2, "a store of more or fewer bytes",            \
	  "movl for movb in queued_spin_unlock")                                                   \
	X(RESULT_WIDTH, "result-width", PVP_ON_CALL, 7, "a result of fewer bits",                  \
	  "movl for movq in an identity of page-table entries")                                    \
	X(PREFIX, "size-prefix", PVP_ON_CALL, 2,                                                   \
	  "an operand-size or address-size prefix in front",                                       \
	  "a length made right with the wrong prefix")                                             \
	X(RUNS_ON, "runs-on", PVP_ON_BOTH, 4,                                                      \
	  "the last byte begins an instruction behind the site",                                   \
	  "a replacement padded with what is no NOP")                                              \
	X(CUT_NOP, "cut-nop", PVP_ON_BOTH, 3, "the padding is a longer NOP, cut off",              \
	  "NOPs of the wrong length table")                                                        \
	X(TORN, "torn", PVP_ON_BOTH, 8, "half of the new bytes, half of the old",                  \
	  "a site patched while it is executed, or a copy of the wrong length")                    \
	X(BREAKPOINT, "breakpoint", PVP_ON_BOTH, 2, "an int3 or ud2 is left",                      \
	  "text_poke_bp() that did not finish")                                                    \
	X(MISSING, "missing-patch", PVP_ON_BOTH, 1, "the linked bytes",                            \
	  "a table entry that was dropped")                                                        \
	X(BACKEND, "other-backend", PVP_ON_BOTH, 1, "what boot leaves on another platform",        \
	  "native text under Xen PV: the site is patched before the hypervisor is known")          \
	X(STALE, "stale-feature", PVP_ON_BOTH, 3,                                                  \
	  "what boot leaves where a feature bit is missing",                                       \
	  "a feature that is set after the kernel has patched itself")                             \
	X(RETURN, "naked-ret", PVP_ON_BOTH, 2, "a return inside the site",                         \
	  "a function's body copied with its ret")                                                 \
	X(DF, "direction-flag", PVP_ON_BOTH, 2, "the direction flag is left set",                  \
	  "a callee that does not clear it again")                                                 \
	X(IF, "interrupt-flag", PVP_ON_BOTH, 2, "the interrupt flag is changed besides",           \
	  "an operation that comes back with interrupts off")                                      \
	X(FLAGS, "flags", PVP_ON_BOTH, 9, "AC, TF, NT, IOPL or ID is changed besides",             \
	  "a popf of a word that was not pushed there")                                            \
	X(JUMP, "call-jump", PVP_ON_BOTH, 1, "jmp for call, call for jmp",                         \
	  "a tail call patched as a call: early static_call_transform()")                          \
	X(EXTRA, "extra-instruction", PVP_ON_BOTH, 5, "one more push or pop behind the call",      \
	  "old bytes that survive behind a shorter replacement")                                   \
	X(ROW, "trap-row", PVP_ON_ROW, 6, "a row of Xen's trap table leads elsewhere",             \
	  "the trap table when #DF and #MC got entries of their own")
// clang-format on

enum pvp_mutant_kind {
#define X(id, name, on, variants, what, stands_for) PVP_MUTANT_##id,
	PVP_MUTANT_KINDS(X)
#undef X
		PVP_NR_MUTANT_KINDS
};

struct pvp_mutant_kind_text {
	const char *name, *what, *stands_for;
	unsigned on; /* bit set of enum pvp_mutant_sites */
	unsigned variants;
};
extern const struct pvp_mutant_kind_text pvp_mutant_kinds[PVP_NR_MUTANT_KINDS];

/* What became of a mutant; which of them kill it. */
#define PVP_MUTANT_FATES(X)                                                                        \
	X(EXECUTION, "execution", true, "DIVERGENT: the outcomes differ")                          \
	X(CONGRUENCE, "congruence", true, "the site's evidence is congruence, and it is lost")     \
	X(NULL_OP, "null-op", true, "not the prescribed trap of an operation that does not exist") \
	X(FINDING, "finding", true, "EQUIVALENT, but an error finding names the site")             \
	X(UNDECIDED, "undecided", false, "INCONCLUSIVE: verify fails, but does not say why")       \
	X(EQUIVALENT, "equivalent", false, "EQUIVALENT, and an argument says that it is")          \
	X(HOLE, "hole", false, "EQUIVALENT, and nobody says why")

enum pvp_mutant_fate {
#define X(id, name, kills, what) PVP_FATE_##id,
	PVP_MUTANT_FATES(X)
#undef X
		PVP_NR_FATES
};
const char *pvp_mutant_fate_name(enum pvp_mutant_fate fate);
bool pvp_mutant_fate_kills(enum pvp_mutant_fate fate);

#define PVP_MUTANT_MAX_LEN 256 /* a table's length of a site is a byte */

struct pvp_mutant {
	enum pvp_mutant_kind kind;
	const struct pvp_site *site;
	uint8_t bytes[PVP_MUTANT_MAX_LEN]; /* site->len of them */
	char *text;			   /* disassembled up to its padding, "cli; ret" */
	enum pvp_mutant_fate fate;
	char *seen;	 /* what killed it, or why it is undecided; NULL: nothing */
	const char *why; /* EQUIVALENT: the rule's argument; borrowed from the rules */
};

struct pvp_mutate_kind_score {
	size_t candidates; /* that exist */
	size_t mutants;	   /* that were judged */
	size_t fates[PVP_NR_FATES];
	double score; /* killed, in per cent of those that are not equivalent; 100 where there are
			 none */
};

/* Features that decide what stands at a pv site: XENPV, PVUNLOCK, VCPUPREEMPT. */
#define PVP_MUTATE_NR_STALE 3
extern const char *const pvp_mutate_stale_features[PVP_MUTATE_NR_STALE];

struct pvp_mutate_input {
	/* entry, patched, nr_states, seed, jobs, progress as for pvp_check(); given and wanted are
	 * not used. */
	struct pvp_check_input check;
	const struct pvp_patched
		*other; /* what another platform's boot leaves; NULL: there is none */
	/* .. and this platform's without some feature; NULL: it does not have that one. */
	const struct pvp_patched *stale[PVP_MUTATE_NR_STALE];
	unsigned max;	/* mutants a kind */
	bool kinds[PVP_NR_MUTANT_KINDS]; /* which are asked for */
	const struct pvp_equivalent_rules *rules;
};

struct pvp_mutate_score {
	struct pvp_mutant *mutants; /* by site, then kind */
	size_t nr, cap;
	size_t nr_sites; /* that have mutants; the good text of each was EQUIVALENT */
	struct pvp_mutate_kind_score kinds[PVP_NR_MUTANT_KINDS];
	/* Of each rule: candidates it matches; mutants it matches and a verdict killed; whether it
	 * speaks of this image, platform and kinds at all. */
	struct pvp_equivalent_use *uses;
};

/* What the rules are asked about a mutant of that kind there. */
struct pvp_equivalent_case pvp_mutant_case(const struct pvp_mutate_input *input,
					   enum pvp_mutant_kind kind, const struct pvp_site *site);

/* Sites in one numbering: pv sites, then entry-code sites and trap rows. */
size_t pvp_mutate_nr_sites(const struct pvp_mutate_input *input);
const struct pvp_site *pvp_mutate_site(const struct pvp_mutate_input *input, size_t i);

/* An error, too, when the good text of a site is not EQUIVALENT: nothing is proved by a checker
 * that always says no. */
struct pvp_error *pvp_mutate(const struct pvp_mutate_input *input,
			     struct pvp_mutate_score *ret) PVP_MUST_CHECK;
void pvp_mutate_score_deinit(struct pvp_mutate_score *score);

#endif
