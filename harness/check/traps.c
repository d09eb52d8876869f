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

bool pvp_traps_is_bug(const struct pvp_tables *tables, const struct pvp_run *run)
{
	const struct pvp_bug_entry *bug;

	if (run->stop != PVP_STOP_FAULT || run->vector != PVP_FAULT_UD)
		return false;
	bug = pvp_tables_bug_at(tables, run->stop_addr);
	return bug && !bug->warn;
}

/* --- exception table --- */

/* What a handler does before execution goes on at the fixup. */
#define HANDLED	     1u
#define SETS_REG     2u /* register := immediate */
#define SETS_EIO     4u /* register := -EIO */
#define ZEROES	     8u /* rax, rdx := 0: what was to be read */
#define WARNS	     16u

/*
 * What handles an entry: a type in the lower byte of its data, and before 5.16 a function, whose
 * distance from the data's own place that is.  Types: register in bits 8-11, immediate in 16-31.
 * 5.10's rdmsr_safe and wrmsr_safe have ex_handler_default, and text that gives the error.  In a
 * machine check's handler a missing MSR is a panic: not here.
 * Source: asm/extable_fixup_types.h of 6.1 to 7.2, arch/x86/mm/extable.c of 5.10 to 7.2; the entries
 * of rdmsr and wrmsr in Debian's images.
 */
static const struct {
	uint8_t type;
	const char *function;
	unsigned does;
} handlers[] = {
	{1, "ex_handler_default", HANDLED},
	{3, "ex_handler_uaccess", HANDLED},
	{8, "ex_handler_wrmsr_unsafe", HANDLED | WARNS},
	{9, "ex_handler_rdmsr_unsafe", HANDLED | WARNS | ZEROES},
	{10, NULL, HANDLED | SETS_EIO},
	{11, NULL, HANDLED | SETS_EIO | ZEROES},
	{17, NULL, HANDLED | SETS_REG},
};

#define DATA_AT 8 /* in an entry */
#define EIO_ERROR (-5)

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

/* 0: we do not know. */
static unsigned handler_does(const struct pvp_image *image, const struct pvp_ex_entry *entry)
{
	const char *function = handler_function(image, entry);

	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++)
		if (function ? handlers[i].function && !strcmp(handlers[i].function, function)
			     : handlers[i].type == (entry->data & 0xff))
			return handlers[i].does;
	return 0;
}

uint64_t pvp_traps_fixup(const struct pvp_image *image, const struct pvp_tables *tables,
			 struct pvp_machine *machine, uint64_t addr)
{
	const struct pvp_ex_entry *entry = pvp_tables_ex_at(tables, addr);
	unsigned does = entry ? handler_does(image, entry) : 0;

	if (!does)
		return 0;
	/* Once a boot, of which a run is the beginning as well as any other part. */
	if (does & WARNS)
		pvp_effects_add(pvp_machine_effects(machine), PVP_EFFECT_WARN, 1, &addr);
	if (does & ZEROES) {
		pvp_machine_set_reg(machine, PVP_X86_rax, 0);
		pvp_machine_set_reg(machine, PVP_X86_rdx, 0);
	}
	if (does & (SETS_REG | SETS_EIO)) /* numbered as in an instruction, like ours */
		pvp_machine_set_reg(machine, entry->data >> 8 & 15,
				    does & SETS_EIO ? (uint64_t)EIO_ERROR
						    : (uint64_t)(int64_t)(int16_t)(entry->data >> 16));
	return entry->fixup;
}
