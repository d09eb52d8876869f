/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check.h - decide sites: run the unpatched and the patched text from the same start states and
 * compare what the op's contract observes.
 *
 *	file -> image -> sites -> + platform -> patched text -> [outcomes -> verdicts] -> results
 *
 * One cell is one (site, platform).  A cell's verdict depends only on the inputs in struct
 * pvp_check_input and the seed, never on the number of jobs or on other cells.  The checker runs
 * the bytes it is given; it does not know what anybody predicted.
 */
#ifndef PVP_CHECK_H
#define PVP_CHECK_H

#include "transfer_sites.h"
#include "contract.h"
#include "entry_sites.h"
#include "patched.h"
#include "platform.h"
#include "sites.h"

#define PVP_VERDICTS(X)                                                                            \
	X(EQUIVALENT, "EQUIVALENT", "everything the contract observes agrees")                     \
	X(DIVERGENT, "DIVERGENT", "the outcomes differ; a witness is attached")                    \
	X(INCONCLUSIVE, "INCONCLUSIVE", "the site could not be decided; a reason is attached")     \
	X(SKIPPED, "SKIPPED", "not asked for")

enum pvp_verdict {
#define X(id, name, what) PVP_##id,
	PVP_VERDICTS(X)
#undef X
};
const char *pvp_verdict_name(enum pvp_verdict verdict);

#define PVP_EVIDENCE(X)                                                                            \
	X(NONE, "none", "no verdict was reached")                                                  \
	X(EXECUTED, "executed", "both sides ran to their end and agreed, at entry and at end")     \
	X(CONGRUENT, "congruent", "both sides enter the same callee in the same state")            \
	X(NULL_OP, "null-op", "the platform has no such operation: both sides trap, as prescribed")

enum pvp_evidence {
#define X(id, name, what) PVP_EVIDENCE_##id,
	PVP_EVIDENCE(X)
#undef X
};
const char *pvp_evidence_name(enum pvp_evidence evidence);

/* Why a cell is INCONCLUSIVE. */
#define PVP_REASONS(X)                                                                             \
	X(NONE, "none", "")                                                                        \
	X(NO_CONTRACT, "no-contract", "no contract row for the op")                                \
	X(ALL_FAULT, "all-fault", "fewer than 16 start states ran to the end")                     \
	X(BUDGET, "budget", "both sides ran out of the instruction budget")                        \
	X(UNMODELLED, "unmodelled-instruction", "an instruction no rule covers was reached")       \
	X(HYPERCALL, "unmodelled-hypercall", "a hypercall no row covers was reached")              \
	X(NESTED, "nested", "entry evidence needs every pv site of the callee to be EQUIVALENT")   \
	X(OPAQUE, "opaque", "a callee that is not followed was reached")                           \
	X(DECODE, "decode", "the disassembler and the emulator disagree on a length")              \
	X(ENGINE, "engine", "the emulator failed")                                                 \
	X(RUN_TIME_ADDRESS, "run-time-address", "it leads to memory that boot allocates, whose text the file given has not") \
	X(WORKER_DIED, "worker-died", "the process that ran the site died")

enum pvp_reason {
#define X(id, name, what) PVP_REASON_##id,
	PVP_REASONS(X)
#undef X
};
const char *pvp_reason_name(enum pvp_reason reason);

/* What K1 has at the site. */
#define PVP_FORMS(X)                                                                               \
	X(CALL, "call", "a direct call or jump to the op's function")                              \
	X(INLINE, "inline", "instructions in place of the call")                                   \
	X(NOP, "nop", "nothing but NOPs")                                                          \
	X(TRAP, "trap", "a trap: the op does not exist on this platform")                          \
	X(UNPATCHED, "unpatched", "the linked bytes")

enum pvp_form {
#define X(id, name, what) PVP_FORM_##id,
	PVP_FORMS(X)
#undef X
};
const char *pvp_form_name(enum pvp_form form);

#define PVP_X86_NR_REGS 18 /* rax rcx rdx rbx rsp rbp rsi rdi r8..r15 rip rflags */

struct pvp_start;
struct pvp_steering;

/* One start state that shows a divergence, and what differed. */
struct pvp_witness {
	uint64_t seed;
	unsigned state; /* index of the start state */
	/*
	 * The state made as plain as it can be while it still differs in the same way; NULL: it is
	 * the one drawn.  All fields below are of the run from it.
	 */
	struct pvp_start *shrunk; /* owned */
	char *matter; /* what of it cannot be plain, one a line: "rbx", "rflags.IF", .. */
	/* How each side gets to the first difference: instructions, the last one named first. */
	char *prefix_k0, *prefix_k1;
	char *what;	/* "end: rbx 0x.. != 0x.." */
	/*
	 * Text that has no unpatched side (entry code, trap rows, transfers): K1 alone was run, and
	 * compared with what it means.  There is no K0 then: its members are 0 and NULL.
	 */
	bool alone;
	char *meaning; /* alone: one line */
	uint64_t start[PVP_X86_NR_REGS];  /* rip as K0 and K1 begin: the site */
	uint64_t end_k0[PVP_X86_NR_REGS]; /* where each side stopped */
	uint64_t end_k1[PVP_X86_NR_REGS];
	char *stop_k0, *stop_k1; /* "end", "fault: #UD at symbol+0x3", .. */
	char *effects_k0, *effects_k1; /* one effect a line, as text; owned */
};
void pvp_witness_seen_deinit(struct pvp_witness *witness);

struct pvp_cell {
	const struct pvp_site *site;
	enum pvp_verdict verdict;
	enum pvp_evidence evidence;
	enum pvp_reason reason;
	enum pvp_form form;
	unsigned states;  /* start states of the op's domain that were run */
	/* States outside it that were run, and are counted nowhere else: with wild pointers, and
	 * searched for so that branches go the other way (steer.h). */
	unsigned wild, steered;
	unsigned entry;	  /* states that agreed at entry, the first instruction outside the site (for
			     text that stays inside it that is the end) */
	unsigned end;	  /* states that agreed at the end: the counted runs */
	unsigned faulted; /* states in which both sides faulted alike */
	unsigned bugs;	  /* of these, those that came to the same BUG() of the kernel */
	unsigned stray;	  /* pages that had to be mapped on the way, over all runs */
	char *detail;	  /* one line: what differed or what was missing; NULL */
	struct pvp_witness *witness; /* DIVERGENT only */
};

/* A conditional branch of a function that some op runs, and which ways any start state took it. */
struct pvp_branch {
	uint64_t addr;
	char name[8]; /* "je" */
	bool taken, passed;
	/* No path through its function leads to it: behind a static key that is off, in a fixup. */
	bool disabled;
};

/* A defect that equivalence cannot see. */
struct pvp_finding {
	char *kind; /* "contract-violation", .. */
	const struct pvp_site *site; /* the pv site at addr, or NULL: there is none */
	uint64_t addr;		     /* 0: no place */
	char *rule;		     /* one line, the same for all findings of one rule */
	char *detail;		     /* one line about this one; NULL: none */
	bool error;		     /* severity: error, else note */
};

#define PVP_FINDINGS(X)                                                                            \
	X("contract-violation", "both sides break the op's contract alike")                        \
	X("missing-patch", "a site that the tables say is patched has its linked bytes")           \
	X("byte-mismatch", "a site's text differs from the prediction; a note where it was shown " \
			   "EQUIVALENT all the same")                                      \
	X("predictor-disagreement", "model and guest predict different bytes")                     \
	X("predictor-stopped", "the image's own patching functions do not run to their end")      \
	X("mitigation-lost", "a bare return, a raw indirect branch or a call past its accounting " \
			     "pad, though the platform's features ask for better")                \
	X("sealed-endbr", "an indirect branch to a function without its ENDBR, while IBT is on")   \
	X("branch-into-site", "something leads into the middle of a pv site")                     \
	X("malformed-table", "a patch table's entry does not fit what is at its site, or another") \
	X("patcher-overflow", "the kernel's patcher writes past its buffer")                      \
	X("trap-row", "Xen's trap table lacks a row, or has two for one entry")                        \
	X("lock-missed", "a lock prefix that stays on one CPU (a note)")

struct pvp_check_input {
	const struct pvp_image *image;
	const struct pvp_tables *tables;
	const struct pvp_sites *sites;
	const struct pvp_entry_sites *entry; /* NULL: they are not judged */
	const struct pvp_transfer_sites *transfers; /* the same */
	const struct pvp_platform *platform;
	const struct pvp_contracts *contracts;
	/*
	 * Text after boot on this platform, from a predictor; K1 is it, with `given` (may be NULL)
	 * laid over.  K0 is K1 with every pv site put back to its linked bytes.  With `given`, what
	 * stands at a pv site and is not predicted is a finding too.
	 */
	const struct pvp_patched *patched, *given;
	unsigned nr_states; /* to be counted at each site: more are drawn for those that fault */
	uint64_t seed;
	const bool *wanted; /* one a site, or NULL: all; the others are SKIPPED */
	/* The same of entry->sites; NULL: all, unless `wanted` says what is. */
	const bool *entry_wanted;
	const bool *transfer_wanted; /* the same of transfers->sites */
	/*
	 * What is drawn depends on the names of rows, not on their places in lists: two images
	 * that have some rows alike are in the same states as far as those go.
	 */
	bool by_name;
	bool shrink;	    /* make witnesses small */
	bool steer;	    /* search for states that take what the drawn ones do not */
	/* What was found, for pvp_bench_decide: set by pvp_check and pvp_mutate, else NULL. */
	const struct pvp_steering *steering;
	unsigned jobs;	    /* worker processes, >= 1 */
	/* Called in the parent as cells come in (any order); may be NULL. */
	void (*progress)(void *arg, size_t done, size_t total);
	void *progress_arg;
};

/*
 * What the sites of one kind of transfer came to.  Sites that differ in nothing but their place are
 * one class: one of it is run, and one in a hundred of the others; when any of these is not
 * EQUIVALENT, all of the class are.
 */
struct pvp_transfer_tally {
	size_t sites;
	size_t in_full;	  /* run in every start state, or until one differs */
	size_t replaced;  /* an alternative that applies has other code there: not judged */
	size_t of_class;  /* EQUIVALENT because the one of its class that was run is */
	size_t classes;
	size_t verdicts[PVP_SKIPPED + 1];
};

struct pvp_check_result {
	struct pvp_cell *cells; /* one a site, in site order */
	size_t nr_cells;
	struct pvp_cell *entry_cells; /* one an entry-code site */
	size_t nr_entry_cells;
	struct pvp_transfer_tally transfers[PVP_NR_TRANSFER_KINDS]; /* kind - PVP_SITE_RETURN */
	/* Of the transfers that are not EQUIVALENT, or were asked for by name; in site order.  Of
	 * those of one class the first DIVERGENT one alone has a witness. */
	struct pvp_cell *transfer_cells;
	size_t nr_transfer_cells;
	struct pvp_finding *findings;
	size_t nr_findings;
	/* Branches of the functions that the ops run, ascending by address; none unless steered. */
	struct pvp_branch *branches;
	size_t nr_branches, nr_functions;
	uint64_t cases; /* runs of one text from one state; those of the search left out */
	uint64_t stray; /* pages mapped on the way */
};

/* Fails only when no verdict can be trusted (the engine's self-test) or a world cannot be built. */
struct pvp_error *pvp_check(const struct pvp_check_input *input, struct pvp_check_result *ret)
	PVP_MUST_CHECK;
void pvp_check_result_deinit(struct pvp_check_result *result);

/*
 * One site of input->sites, ->entry or ->transfers, one start state, by a worker process: what
 * `replay` does.  cell->witness is set when it diverges.
 */
struct pvp_error *pvp_check_one(const struct pvp_check_input *input, const struct pvp_site *site,
				unsigned state, struct pvp_cell *ret) PVP_MUST_CHECK;
/* The same of input->sites, from a state that is given; an error when no machine can be in it.  index is
 * what the witness says it was made from. */
struct pvp_error *pvp_check_start(const struct pvp_check_input *input, const struct pvp_site *site,
				  const struct pvp_start *start, unsigned index,
				  struct pvp_cell *ret) PVP_MUST_CHECK;
void pvp_cell_deinit(struct pvp_cell *cell);

#endif
