/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verify.h - the parts of the verify command: its options, what it collects, what it publishes.
 */
#ifndef PVP_VERIFY_H
#define PVP_VERIFY_H

#include <stdint.h>

#include "expect.h"
#include "options.h"
#include "results.h"
#include "subject.h"
#include "witness.h"

#define PVP_FORMATS(X)                                                                             \
	X(TABLE, "table")                                                                          \
	X(JSON, "json")                                                                            \
	X(KTAP, "ktap")

enum pvp_format {
#define X(id, name) PVP_FORMAT_##id,
	PVP_FORMATS(X)
#undef X
};

struct pvp_rendering {
	enum pvp_format format;
	const char *path; /* NULL: standard output */
};

struct pvp_verify_options {
	struct pvp_options common;
	uint64_t states, seed, jobs;
	struct pvp_words_list sites;
	const char *patched, *expect, *today, *out;
	struct pvp_rendering *renderings; /* owned */
	size_t nr_renderings, cap_renderings;
	unsigned fail_on;
	bool by_op;
	bool branches;
};

/* A witness file to be written: its name in OUT/witnesses; its text, NULL until it is finished. */
struct pvp_verify_witness {
	char *name, *text;
	struct pvp_witness_file file;
	size_t platform; /* its index in the image's results */
};

struct pvp_verify_witnesses {
	struct pvp_verify_witness *v; /* owned */
	size_t nr, cap;
};

struct pvp_error *pvp_verify_options_parse(int argc, char **argv, struct pvp_verify_options *ret,
					   enum pvp_exit *status) PVP_MUST_CHECK;
void pvp_verify_options_deinit(struct pvp_verify_options *options);

/*
 * Adds a witness for every divergent cell of the result.  given: rows that make the prediction the
 * text of --patched, or NULL.  An
 * error when the --caps file cannot be read.
 */
struct pvp_error *pvp_verify_add_witnesses(struct pvp_verify_witnesses *witnesses,
					   const struct pvp_verify_options *options,
					   const struct pvp_subject *subject,
					   const struct pvp_boot *boot,
					   const struct pvp_patched *given,
					   const struct pvp_results_image *image,
					   const struct pvp_check_result *result) PVP_MUST_CHECK;
/* Behind the last platform of an image: its witnesses say where else their sites diverge. */
void pvp_verify_finish_witnesses(struct pvp_verify_witnesses *witnesses,
				 const struct pvp_results_image *image);
void pvp_verify_witnesses_deinit(struct pvp_verify_witnesses *witnesses);

/* Writes the report and the --format files, all or none, then removes witnesses of earlier runs,
 * then prints what goes to standard output. */
struct pvp_error *pvp_verify_publish(const struct pvp_cli *cli,
				     const struct pvp_verify_options *options,
				     const struct pvp_results *results,
				     const struct pvp_verify_witnesses *witnesses) PVP_MUST_CHECK;

#endif
