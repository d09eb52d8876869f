/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * branch_insns.h - inside check/: what the search for states has to know of an instruction: whether
 * it branches, what it compares with, where it leads.  Each is decoded once.
 */
#ifndef PVP_BRANCH_INSNS_H
#define PVP_BRANCH_INSNS_H

#include "world.h"
#include "x86/decode.h"

struct pvp_branch_insn {
	uint64_t addr; /* 0: a free place */
	uint8_t len;
	bool branch, goes_there, sets_flags, has_imm;
	bool ends;	 /* what stands behind it is not reached from it */
	uint64_t target; /* of a direct jump, branches included; 0: none */
	uint64_t imm;
	char name[8];
};

struct pvp_branch_insns {
	const struct pvp_view *view;	 /* borrowed: whose text it is */
	struct pvp_x86_decoder *decoder; /* borrowed */
	struct pvp_branch_insn *v;	 /* open addressing by address */
	size_t nr, cap;
};

/* Valid until the next call. */
const struct pvp_branch_insn *pvp_branch_insn(struct pvp_branch_insns *insns, uint64_t addr);
/*
 * Where paths through the function [begin, begin+len) lead that start at its beginning: a byte per
 * byte, 1 where an instruction of one begins; owned by the caller.  _from: marks those from there too.
 */
uint8_t *pvp_branch_paths(struct pvp_branch_insns *insns, uint64_t begin, uint64_t len);
void pvp_branch_paths_from(struct pvp_branch_insns *insns, uint64_t begin, uint64_t len,
			   uint64_t from, uint8_t *led);
void pvp_branch_insns_deinit(struct pvp_branch_insns *insns);

#endif
