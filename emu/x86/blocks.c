// SPDX-License-Identifier: GPL-2.0-only
/*
 * blocks.c - a boot's plain text a block at a time: only instructions that are not plain, and the
 * client's special addresses, have a code hook.
 *
 * The engine announces each block that it begins.  One that is new is decoded as a whole; where it
 * has an instruction to be hooked, a hook goes there, and the block is translated again.
 */
#include <stdio.h>
#include <string.h>

#include "x86.h"

#define EXAMINED 1 /* flags of a byte in struct text_map: a block that begins here; .. */
#define HOOKED	 2 /* .. an instruction */

/* Longer blocks there are none: the engine ends one at its second page. */
#define MAX_BLOCK 4096

static uint8_t *flags_at(struct pvp_machine *m, uint64_t addr)
{
	for (size_t i = 0; i < m->nr_texts; i++)
		if (addr - m->texts[i].addr < m->texts[i].len)
			return &m->texts[i].blocks[addr - m->texts[i].addr];
	return NULL;
}

/* True: it had none. */
static bool hook(struct pvp_machine *m, uint64_t addr)
{
	uint8_t *flags = flags_at(m, addr);
	uc_hook handle;

	if (!flags || (*flags & HOOKED))
		return false;
	*flags |= HOOKED;
	if (uc_hook_add(m->uc, &handle, UC_HOOK_CODE, (void *)pvp_x86_on_code, m, addr, addr)) {
		snprintf(m->run->detail, sizeof(m->run->detail), "hook");
		pvp_x86_stop(m, PVP_STOP_ENGINE);
	}
	return true;
}

/* True: instructions of the block got hooks, which its translation lacks. */
static bool examine(struct pvp_machine *m, uint64_t addr, uint32_t size)
{
	bool hooked = false;
	unsigned len = 0;

	for (uint64_t at = addr; at < addr + size && !m->stopped; at += len) {
		uint8_t *class = pvp_x86_text_class(m, at);
		uint8_t kind;

		if (!class)
			break;
		kind = pvp_x86_text_see(m, at, PVP_X86_NO_LENGTH, &len);
		if (*class == PVP_X86_UNSEEN)
			*class = kind;
		if (*class != PVP_X86_PLAIN)
			hooked |= hook(m, at);
		if (!len || kind != PVP_X86_PLAIN) {
			/* One that the engine cannot do ends the block somewhere in the middle. */
			if (!len || at + len > addr + size)
				return hooked;
			continue;
		}
		if (at + len > addr + size && !m->stopped) {
			m->here = at;
			snprintf(m->run->detail, sizeof(m->run->detail), "%u bytes in a block",
				 len);
			pvp_x86_stop(m, PVP_STOP_DECODE);
		}
	}
	return hooked;
}

void pvp_x86_on_block(uc_engine *uc, uint64_t addr, uint32_t size, void *arg)
{
	struct pvp_machine *m = arg;
	struct pvp_run *run = m->run;
	uint8_t *flags;

	if (!run || m->stopped || m->resume)
		return;
	m->here = addr;
	m->here_log = m->memory.nr_log;
	run->insns += 1 + size / 4; /* near enough: none is counted */
	if (run->insns > m->request->max_insns) {
		pvp_x86_stop(m, PVP_STOP_BUDGET);
		return;
	}
	flags = flags_at(m, addr);
	if (!flags || (*flags & EXAMINED))
		return;
	*flags |= EXAMINED;
	if (!examine(m, addr, size) || m->stopped)
		return;
	m->resume = m->stale = true;
	m->resume_at = addr;
	m->stale_len = size;
	uc_emu_stop(uc);
}

void pvp_x86_blocks_forget(struct pvp_machine *m, uint64_t addr)
{
	for (size_t i = 0; i < m->nr_texts; i++) {
		struct text_map *text = &m->texts[i];
		uint64_t to = addr - text->addr;

		if (to >= text->len)
			continue;
		for (uint64_t at = to > MAX_BLOCK ? to - MAX_BLOCK : 0; at <= to; at++)
			text->blocks[at] &= ~EXAMINED;
	}
}

struct pvp_error *pvp_x86_blocks_add_hooks(struct pvp_machine *m)
{
	uint64_t landing = pvp_machine_landing(m);
	uc_hook handle;
	uc_err err;

	err = uc_hook_add(m->uc, &handle, UC_HOOK_BLOCK, (void *)pvp_x86_on_block, m, 1, 0);
	if (!err)
		err = uc_hook_add(m->uc, &handle, UC_HOOK_CODE, (void *)pvp_x86_on_code, m, landing,
				  landing);
	return err ? pvp_x86_engine_error(err, "hook") : NULL;
}
