/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * change.h - the class of a change: what boot made of the call at a site, by decoding its bytes.
 *
 *	err = pvp_changes_of(image, &sites, platform, &patched, NULL, changes);
 *	puts(pvp_change_name(changes[i]));
 */
#ifndef PVP_CHANGE_H
#define PVP_CHANGE_H

#include "disasm.h"
#include "patched.h"
#include "platform.h"
#include "sites.h"

#define PVP_CHANGES(X)                                                                             \
	X(CALL_CALL, "call>call", "a call, and besides it nothing but NOPs")                       \
	X(CALL_INLINE, "call>inline", "instructions in place of the call")                         \
	X(CALL_NOP, "call>nop", "nothing but NOPs")                                                \
	X(CALL_UD2, "call>ud2", "a call of the trap function, or ud2: the op is NULL here")        \
	X(JMP_JMP, "jmp>jmp", "a tail call stays one")                                             \
	X(JMP_RET, "jmp>ret", "a tail call of NULL returns")                                       \
	X(UNPATCHED, "unpatched", "the linked bytes")                                              \
	X(OTHER, "other", "no call or jump before, or what is there now does not decode")

enum pvp_change {
#define X(id, name, what) PVP_CHANGE_##id,
	PVP_CHANGES(X)
#undef X
};
#define PVP_COUNT_CHANGE(id, name, what) +1
enum { PVP_NR_CHANGES = 0 PVP_CHANGES(PVP_COUNT_CHANGE) };

const char *pvp_change_name(enum pvp_change change);
const char *pvp_change_what(enum pvp_change change);

/* Both have len bytes.  trap: the function that NULL ops call, 0: unknown. */
enum pvp_change pvp_change_of(struct pvp_disasm *disasm, uint64_t addr, const uint8_t *linked,
			      const uint8_t *patched, size_t len, uint64_t trap);

/* Of every site, in ret[sites->nr].  given: rows over patched, or NULL. */
struct pvp_error *pvp_changes_of(const struct pvp_image *image, const struct pvp_sites *sites,
				 const struct pvp_platform *platform,
				 const struct pvp_patched *patched, const struct pvp_patched *given,
				 enum pvp_change *ret) PVP_MUST_CHECK;

#endif
