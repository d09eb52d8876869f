/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * witness.h - a witness file: everything `replay` needs to run one start state of one site again,
 * and what was seen.
 *
 * The schema is witness.md.  A file is data from outside: reading checks every field, and an error
 * names file and field.
 *
 *	text = pvp_witness_json(&file);
 *	err = pvp_witness_read("reports/witnesses/native-ffffffff81000123.json", &file);
 *	pvp_witness_deinit(&file);
 */
#ifndef PVP_WITNESS_H
#define PVP_WITNESS_H

#include "check.h"
#include "patched.h"

#define PVP_WITNESS_SCHEMA     1
#define PVP_WITNESS_MAX_SITE   256  /* bytes; a site's length is 8 bits in its table */
#define PVP_WITNESS_MAX_ROW    4096 /* bytes; longer rows of --patched are split */
#define PVP_WITNESS_MAX_STATES (1u << 20)

/* Strings in the user's words; each list is NULL-terminated and owned, NULL when empty. */
struct pvp_witness_overrides {
	char **caps; /* words of the --caps file */
	char **features, **pv_ops, **static_calls, **static_keys;
	char *return_thunk, *cpu_model;
	unsigned cpus;
	unsigned initcalls; /* 0, 1 */
};

struct pvp_witness_file {
	char *image;	/* path as the user typed it */
	char *sha256;	/* of that file */
	char *symbols;	/* path of --symbols as typed, or NULL */
	char *platform; /* name or path as typed */
	struct pvp_witness_overrides overrides;
	uint64_t addr; /* of the site */
	char *op, *symbol;
	uint32_t len;
	uint8_t k0[PVP_WITNESS_MAX_SITE], k1[PVP_WITNESS_MAX_SITE]; /* its bytes */
	struct pvp_patched given; /* rows of --patched that differ from the prediction */
	unsigned left_out;	  /* how many such rows are not in the file: too many elsewhere */
	unsigned states;	  /* of the run that found it */
	struct pvp_witness seen;  /* seed, state, registers, stops, effects */
	char **also; /* other platforms of the run on which the site diverges; NULL: none */
};

void pvp_witness_deinit(struct pvp_witness_file *file);

/* The text of the file, owned by the caller. */
char *pvp_witness_json(const struct pvp_witness_file *file);
struct pvp_error *pvp_witness_read(const char *path, struct pvp_witness_file *ret) PVP_MUST_CHECK;

/* A deep copy, to outlive the cell it came from. */
void pvp_witness_copy(const struct pvp_witness *from, struct pvp_witness *ret);

/* "rax" .. "rip", "rflags", in the order of struct pvp_witness. */
const char *pvp_witness_register(unsigned i);

#endif
