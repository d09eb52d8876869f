// SPDX-License-Identifier: GPL-2.0-only
/*
 * entry_effects.c - what entry code may do on its way, beside what it hands on.
 *
 * Measured on Debian's 5.10, 6.1, 6.12 and 7.2: swapgs, and with mitigations a switch of page
 * tables and two MSRs; it writes stacks and per-CPU data.
 */
#include "entry_rules.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "compare.h"
#include "entry_sites.h"

/* User's page tables, ASIDs and "do not flush": arch/x86/entry/calling.h. */
#define CR3_BITS (1ull << 63 | 3ull << 11)

static bool is_page_table_switch(const struct pvp_effect *effect, const struct pvp_start *start)
{
	return effect->arg[0] == 3 &&
	       !((effect->arg[1] ^ start->state.reg[PVP_X86_cr3]) & ~CR3_BITS);
}

/* IA32_SPEC_CTRL, IA32_PRED_CMD: what indirect branches may be predicted from. */
static bool is_speculation_msr(uint64_t index)
{
	return index == 0x48 || index == 0x49;
}

static bool may_happen(const struct pvp_entry_facts *facts, const struct pvp_effect *effect,
		       const struct pvp_start *start)
{
	switch ((enum pvp_effect_kind)effect->kind) {
	case PVP_EFFECT_SWAPGS:
		return true;
	case PVP_EFFECT_INTERRUPTS: /* on: half of a frame would be found */
		return !effect->arg[0];
	case PVP_EFFECT_WRITE_CR:
		return is_page_table_switch(effect, start);
	case PVP_EFFECT_RDMSR:
	case PVP_EFFECT_WRMSR:
		return is_speculation_msr(effect->arg[0]);
	case PVP_EFFECT_HYPERCALL: /* where it ends has been judged */
		return facts->xen;
	default:
		return false;
	}
}

static char *judge_registers(const struct pvp_start *start, const struct pvp_run *run,
			     unsigned swaps)
{
	struct pvp_state should = start->state;

	if (swaps & 1) {
		should.reg[PVP_X86_gs_base] = start->state.reg[PVP_X86_kernel_gs_base];
		should.reg[PVP_X86_kernel_gs_base] = start->state.reg[PVP_X86_gs_base];
	}
	for (unsigned i = PVP_X86_rflags + 1; i < PVP_X86_NR_STATE; i++)
		if (i != PVP_X86_cr3 && run->end.reg[i] != should.reg[i])
			return pvp_asprintf("end: %s %#" PRIx64 ", not %#" PRIx64,
					    pvp_x86_reg_name(i), run->end.reg[i], should.reg[i]);
	return NULL;
}

static bool is_in_image(const struct pvp_image *image, uint64_t addr)
{
	if (addr - image->percpu_base - image->percpu_from < image->percpu_len)
		return false;
	for (size_t i = 0; i < image->nr_segments; i++)
		if (addr - image->segments[i].vaddr < image->segments[i].memsz)
			return true;
	return false;
}

/* An iret or a swapgs has no business above the stack pointer either. */
static char *judge_memory(const struct pvp_entry_facts *facts, const struct pvp_site *site,
			  const struct pvp_start *start, const struct pvp_memory *memory)
{
	const bool single = site->kind == PVP_SITE_ENTRY &&
			    (site->slot == PVP_ENTRY_IRET || site->slot == PVP_ENTRY_SWAPGS);
	const uint64_t sp = start->state.reg[PVP_X86_rsp];

	for (size_t i = 0; i < memory->nr_log; i++) {
		const struct pvp_write *write = &memory->log[i];

		if (write->writer == PVP_WRITER_SCRIPT)
			continue;
		if ((single && sp - write->addr - 1 >= 0x1000) ||
		    is_in_image(facts->input->image, write->addr))
			return pvp_asprintf("end: memory at %#" PRIx64 " written", write->addr);
	}
	return NULL;
}

char *pvp_entry_effects_judge(const struct pvp_entry_case *want,
			      const struct pvp_entry_facts *facts, const struct pvp_site *site,
			      const struct pvp_start *start, const struct pvp_run *run,
			      const struct pvp_memory *memory)
{
	unsigned swaps = 0;
	char *wrong;

	for (size_t i = 0; i < run->effects.nr; i++) {
		const struct pvp_effect *effect = &run->effects.v[i];
		char text[160];

		swaps += effect->kind == PVP_EFFECT_SWAPGS;
		if (may_happen(facts, effect, start))
			continue;
		pvp_effect_print(&run->effects, i, text, sizeof(text));
		return pvp_asprintf("effects: %s, which is not entry code's to do here", text);
	}
	if (want->swaps_known && swaps != want->swaps)
		return pvp_asprintf("%u swapgs executed, not %u", swaps, want->swaps);
	wrong = judge_registers(start, run, swaps);
	return wrong ? wrong : judge_memory(facts, site, start, memory);
}
