// SPDX-License-Identifier: GPL-2.0-only
#include "change.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static const struct {
	const char *name, *what;
} changes[] = {
#define X(id, name, what) [PVP_CHANGE_##id] = {name, what},
	PVP_CHANGES(X)
#undef X
};

const char *pvp_change_name(enum pvp_change change)
{
	return changes[change].name;
}

const char *pvp_change_what(enum pvp_change change)
{
	return changes[change].what;
}

/* What a sequence is, from its first instruction that is no NOP. */
struct shape {
	enum pvp_insn_kind kind; /* NOP: there is no other; BAD: something does not decode */
	uint64_t target;	 /* of a direct call or jump, else 0 */
	bool more;		 /* instructions besides NOPs behind it */
};

static struct shape shape_of(struct pvp_disasm *disasm, uint64_t addr, const uint8_t *bytes,
			     size_t len)
{
	struct shape shape = {.kind = PVP_KIND_NOP};
	struct pvp_disasm_insn insn;

	for (size_t i = 0; i < len; i += insn.len) {
		pvp_disasm_one(disasm, bytes + i, len - i, addr + i, &insn);
		if (insn.kind == PVP_KIND_NOP)
			continue;
		if (shape.kind != PVP_KIND_NOP) {
			shape.more = true;
			if (insn.kind == PVP_KIND_BAD)
				shape.kind = PVP_KIND_BAD;
			break;
		}
		shape.kind = insn.kind;
		shape.target = insn.has_target ? insn.target : 0;
		/* What follows these is never reached from here. */
		if (insn.kind == PVP_KIND_BAD || insn.kind == PVP_KIND_JMP ||
		    insn.kind == PVP_KIND_RET || insn.kind == PVP_KIND_UD2)
			break;
	}
	return shape;
}

static enum pvp_change from_call(const struct shape *to, uint64_t trap)
{
	switch (to->kind) {
	case PVP_KIND_NOP:
		return PVP_CHANGE_CALL_NOP;
	case PVP_KIND_UD2:
		return PVP_CHANGE_CALL_UD2;
	case PVP_KIND_CALL:
		if (to->more)
			return PVP_CHANGE_CALL_INLINE;
		return trap && to->target == trap ? PVP_CHANGE_CALL_UD2 : PVP_CHANGE_CALL_CALL;
	case PVP_KIND_BAD:
		return PVP_CHANGE_OTHER;
	case PVP_KIND_JMP:
	case PVP_KIND_RET:
	case PVP_KIND_OTHER:
		break;
	}
	return PVP_CHANGE_CALL_INLINE;
}

enum pvp_change pvp_change_of(struct pvp_disasm *disasm, uint64_t addr, const uint8_t *linked,
			      const uint8_t *patched, size_t len, uint64_t trap)
{
	struct shape from, to;

	if (!memcmp(linked, patched, len))
		return PVP_CHANGE_UNPATCHED;
	from = shape_of(disasm, addr, linked, len);
	to = shape_of(disasm, addr, patched, len);
	if (from.kind == PVP_KIND_CALL)
		return from_call(&to, trap);
	if (from.kind == PVP_KIND_JMP && to.kind == PVP_KIND_JMP)
		return PVP_CHANGE_JMP_JMP;
	if (from.kind == PVP_KIND_JMP && to.kind == PVP_KIND_RET)
		return PVP_CHANGE_JMP_RET;
	return PVP_CHANGE_OTHER;
}

struct pvp_error *pvp_changes_of(const struct pvp_image *image, const struct pvp_sites *sites,
				 const struct pvp_platform *platform,
				 const struct pvp_patched *patched, const struct pvp_patched *given,
				 enum pvp_change *ret)
{
	struct pvp_disasm *disasm;
	struct pvp_error *err = pvp_disasm_create(image->arch, &disasm);

	if (err)
		return err;
	for (size_t i = 0; i < sites->nr; i++) {
		const struct pvp_site *site = &sites->v[i];
		uint8_t *bytes = memcpy(pvp_calloc(site->len, 1), site->linked, site->len);

		pvp_patched_lay(patched, site->addr, site->len, bytes);
		if (given)
			pvp_patched_lay(given, site->addr, site->len, bytes);
		ret[i] = pvp_change_of(disasm, site->addr, site->linked, bytes, site->len,
				       platform->null_target);
		free(bytes);
	}
	pvp_disasm_destroy(disasm);
	return NULL;
}
