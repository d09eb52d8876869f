// SPDX-License-Identifier: GPL-2.0-only
#include "traps.h"

#include <string.h>

#define MAX_INSN 15 /* bytes of an instruction */

static bool decode_at(const struct pvp_view *view, struct pvp_x86_decoder *decoder, uint64_t addr,
		      struct pvp_x86_insn *ret)
{
	const uint8_t *bytes = pvp_view_bytes(view, addr, MAX_INSN);

	if (bytes)
		pvp_x86_decode(decoder, bytes, MAX_INSN, addr, ret);
	return bytes && ret->len;
}

/* A WARN's instruction: ud2, from 7.2 on also a longer ud1, or the call that boot makes one of. */
static struct pvp_special warn_at(const struct pvp_view *view, struct pvp_x86_decoder *decoder,
				  uint64_t addr)
{
	struct pvp_x86_insn insn = {0};

	return (struct pvp_special){
		.addr = addr,
		.kind = PVP_SPECIAL_SKIP,
		.len = decode_at(view, decoder, addr, &insn) ? insn.len : 2,
	};
}

/*
 * 7.2's function that a WARN calls, a trap itself: boot makes the calls traps, but not all where
 * call depth is tracked.  0: there is none.
 */
static uint64_t warn_function(const struct pvp_image *image, const struct pvp_view *view,
			      struct pvp_x86_decoder *decoder)
{
	const struct pvp_symbol *const *symbol =
		pvp_image_symbols_named(image, "__WARN_trap", NULL);
	struct pvp_x86_insn insn = {0};

	if (!symbol || !decode_at(view, decoder, symbol[0]->addr, &insn))
		return 0;
	return insn.class == PVP_X86_UD ? symbol[0]->addr : 0;
}

size_t pvp_traps_warns(const struct pvp_image *image, const struct pvp_tables *tables,
		       const struct pvp_view *view, struct pvp_x86_decoder *decoder,
		       struct pvp_special *ret)
{
	uint64_t function = warn_function(image, view, decoder);
	size_t nr = 0;

	for (size_t i = 0; i < tables->nr_bugs; i++)
		if (tables->bugs[i].warn && tables->bugs[i].addr != function)
			ret[nr++] = warn_at(view, decoder, tables->bugs[i].addr);
	if (function)
		ret[nr++] = warn_at(view, decoder, function);
	return nr;
}

/* --- exception table --- */

enum answer { UNKNOWN, CONTINUE, SET_REGISTER };

/*
 * What handles an entry: a type in the lower byte of its data, and before 5.16 a function, whose
 * distance from the data's own place that is.  Types: register in bits 8-11, immediate in 16-31.
 * Source: asm/extable_fixup_types.h of 6.1 to 7.2; arch/x86/mm/extable.c of 5.10.
 */
static const struct {
	uint8_t type;
	const char *function;
	enum answer answer;
} handlers[] = {
	{1, "ex_handler_default", CONTINUE},
	{3, "ex_handler_uaccess", CONTINUE},
	{17, NULL, SET_REGISTER},
};

#define DATA_AT 8 /* in an entry */

static const char *handler_function(const struct pvp_image *image,
				    const struct pvp_ex_entry *entry)
{
	uint64_t addr = entry->entry + DATA_AT + (uint64_t)(int64_t)(int32_t)entry->data;
	const struct pvp_symbol *symbol;

	if (image->ptr_len == 4)
		addr &= UINT32_MAX;
	symbol = pvp_image_symbol_at(image, addr);
	return symbol && symbol->addr == addr && !strncmp(symbol->name, "ex_handler_", 11)
		       ? symbol->name
		       : NULL;
}

static enum answer answer_of(const struct pvp_image *image, const struct pvp_ex_entry *entry)
{
	const char *function = handler_function(image, entry);

	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
		if (function ? handlers[i].function && !strcmp(handlers[i].function, function)
			     : handlers[i].type == (entry->data & 0xff))
			return handlers[i].answer;
	return UNKNOWN;
}

uint64_t pvp_traps_fixup(const struct pvp_image *image, const struct pvp_tables *tables,
			 struct pvp_machine *machine, uint64_t addr)
{
	const struct pvp_ex_entry *entry = pvp_tables_ex_at(tables, addr);

	if (!entry)
		return 0;
	switch (answer_of(image, entry)) {
	case SET_REGISTER:
		pvp_machine_set_reg(machine, entry->data >> 8 & 15,
				    (uint64_t)(int64_t)(int16_t)(entry->data >> 16));
		return entry->fixup;
	case CONTINUE:
		return entry->fixup;
	default:
		return 0;
	}
}
