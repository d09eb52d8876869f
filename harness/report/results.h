/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * results.h - the record of one `verify`: what was asked, of which images and platforms, and what
 * every site came to.
 *
 * It is the only source of every output format, and owns all it holds: images, platforms and check
 * results may go once they are added.  Strings from an image are clean (clean.h).  Nothing in it
 * depends on the clock, on pointers, on the number of jobs or on where files lie, so identical
 * input gives a byte-identical results.json (its schema is results.md).
 *
 *	pvp_results_init(&results, engine, seed, states);
 *	image = pvp_results_add_image(&results, image, &tables, &sites, NULL);
 *	pvp_results_add_platform(image, &input, &overrides, changes, &check_result);
 *	pvp_expect_apply(&expect, &results);			(expect.h; optional)
 *	pvp_results_judge(&results, PVP_FAIL_DEFAULT);
 *	text = pvp_results_json(&results);
 *	pvp_results_deinit(&results);
 */
#ifndef PVP_RESULTS_H
#define PVP_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "branches.h"
#include "change.h"
#include "check.h"

#define PVP_VERSION	   "0.1.0"
#define PVP_RESULTS_SCHEMA 1

#define PVP_COUNT(...) +1
enum {
	PVP_NR_VERDICTS = 0 PVP_VERDICTS(PVP_COUNT),
	PVP_NR_EVIDENCE = 0 PVP_EVIDENCE(PVP_COUNT),
	PVP_NR_REASONS = 0 PVP_REASONS(PVP_COUNT),
	PVP_NR_FORMS = 0 PVP_FORMS(PVP_COUNT),
	PVP_NR_SITE_KINDS = 0 PVP_SITE_KINDS(PVP_COUNT),
};

/* What makes a run fail. */
#define PVP_FAILURES(X)                                                                            \
	X(DIVERGENT, "divergent", "a DIVERGENT cell")                                              \
	X(INCONCLUSIVE, "inconclusive", "an INCONCLUSIVE cell")                                    \
	X(FINDING, "finding", "a finding of severity error, or an expectation that matches nothing")

enum pvp_failure {
#define X(id, name, what) PVP_FAILURE_##id,
	PVP_FAILURES(X)
#undef X
		PVP_NR_FAILURES
};
const char *pvp_failure_name(enum pvp_failure failure);
#define PVP_FAIL_ON(failure) (1u << (failure))
#define PVP_FAIL_DEFAULT     (PVP_FAIL_ON(PVP_NR_FAILURES) - 1)

struct pvp_results_cell {
	uint64_t addr;
	uint32_t len;
	enum pvp_site_kind kind;
	char *op;
	uint32_t ordinal;
	char *symbol; /* "symbol+0x1c" */
	enum pvp_verdict verdict;
	enum pvp_evidence evidence;
	enum pvp_reason reason;
	enum pvp_form form;
	enum pvp_change change;
	unsigned states, wild, steered, entry, end, faulted, bugs, stray;
	unsigned group; /* of DIVERGENT cells of one cause, from 1 on each platform; else 0 */
	char *detail;	/* NULL: none */
	char *witness;	/* file name in OUT/witnesses, NULL: none */
	char *expected; /* why --expect excuses it, NULL: it does not */
	bool failed;
};

struct pvp_results_finding {
	char *kind, *rule;
	char *detail; /* NULL: none */
	bool error;
	bool has_addr;
	uint64_t addr;
	char *symbol; /* NULL without an address */
	char *op;     /* of the pv site at that address; NULL: there is none */
	char *expected;
	bool failed;
};

struct pvp_results_counts {
	size_t sites;
	size_t verdicts[PVP_NR_VERDICTS];
	size_t evidence[PVP_NR_EVIDENCE]; /* of EQUIVALENT cells */
	size_t reasons[PVP_NR_REASONS];	  /* of INCONCLUSIVE cells */
	size_t forms[PVP_NR_FORMS];	  /* of cells that were run */
	size_t changes[PVP_NR_CHANGES];	  /* likewise */
	size_t failed, expected;
	uint64_t entry, end; /* start states that agreed there, summed */
	unsigned min_end;    /* fewest of any cell with evidence `executed`; 0: there is none */
};

/*
 * Sites of one kind of transfer (transfer_sites.h): most have no cell, and none is among the counts
 * above.
 */
struct pvp_results_transfers {
	struct pvp_transfer_tally tally;
	/* Of the cells there are, set by pvp_results_judge. */
	size_t reasons[PVP_NR_REASONS];
	size_t failed, expected;
};

struct pvp_results_platform {
	char *name, *description;
	/* What its bytes depended on. */
	unsigned ring, cpus;
	uint32_t caps[PVP_CAP_WORDS];
	char **overrides; /* in the user's words, "--feature=+xenpv" */
	size_t nr_overrides;
	/* Ascending by address; of transfers, those that are not EQUIVALENT or were asked for. */
	struct pvp_results_cell *cells;
	size_t nr_cells;
	struct pvp_results_finding *findings;
	size_t nr_findings;
	struct pvp_results_branches branches;
	struct pvp_results_transfers transfers[PVP_NR_TRANSFER_KINDS]; /* kind - PVP_SITE_RETURN */
	char **transfer_ops; /* owned: ops of transfers that were skipped; NULL: none was */
	size_t nr_transfer_ops;
	uint64_t cases, stray;
	/* Set by pvp_results_judge.  Cells of transfers are not counted here. */
	struct pvp_results_counts counts, kinds[PVP_NR_SITE_KINDS];
	size_t failed_transfers;
	size_t failed_findings;
};

struct pvp_results_image {
	char *name, *sha256, *elf_sha256, *arch, *generation, *container, *symbols;
	size_t sites[PVP_NR_SITE_KINDS];
	size_t index, of; /* its place among the command's images, from 0; how many those are */
	struct pvp_results_platform *platforms;
	size_t nr_platforms, cap_platforms;
};

/* An entry of the --expect file and what became of it. */
struct pvp_results_expectation {
	unsigned line;
	char *op, *site, *platform, *verdict, *reason, *finding, *rule; /* patterns; NULL: not given */
	char *why;
	size_t matched, excused;
	bool unused;  /* matches nothing although what it names was run: fails */
	bool expired; /* not part of the record: depends on the day */
};

struct pvp_results {
	char *engine; /* versions of the libraries that execute and decode */
	uint64_t seed;
	unsigned states;
	unsigned fail_on; /* PVP_FAIL_ON bits */
	struct pvp_results_image *images;
	size_t nr_images, cap_images;
	struct pvp_results_expectation *expectations;
	size_t nr_expectations;
	/* Set by pvp_results_judge. */
	struct pvp_results_counts counts;
	struct pvp_results_transfers transfers; /* of all kinds */
	size_t failed_findings, unused_expectations;
	bool failed;
};

/* nr_images: how many images the command has. */
void pvp_results_init(struct pvp_results *ret, const char *engine, uint64_t seed, unsigned states,
		      size_t nr_images);
void pvp_results_deinit(struct pvp_results *results);

/* Borrowed: valid until deinit.  entry, transfers: NULL when they are not judged. */
struct pvp_results_image *pvp_results_add_image(struct pvp_results *results,
						const struct pvp_image *image,
						const struct pvp_tables *tables,
						const struct pvp_sites *sites,
						const struct pvp_entry_sites *entry,
						const struct pvp_transfer_sites *transfers);
/* changes: one a site, of the text that was run (pvp_changes_of). */
void pvp_results_add_platform(struct pvp_results_image *image, const struct pvp_check_input *input,
			      const struct pvp_overrides *overrides, const enum pvp_change *changes,
			      const struct pvp_check_result *result);

/* The witness's file name: "native-ffffffff81000123.json", "2-native-.." where the command had
 * several images. */
char *pvp_results_witness_name(const struct pvp_results_image *image, const char *platform,
			       uint64_t addr);

/* Adds one cell to counts that begin as zero. */
void pvp_results_count(struct pvp_results_counts *counts, const struct pvp_results_cell *cell);
/* Counts everything and decides what fails. */
void pvp_results_judge(struct pvp_results *results, unsigned fail_on);

/* Whether it is of the same rule, judged alike: such findings are shown together. */
bool pvp_results_finding_alike(const struct pvp_results_finding *a,
			       const struct pvp_results_finding *b);

/* The text of results.json, owned by the caller. */
char *pvp_results_json(const struct pvp_results *results);

#endif
