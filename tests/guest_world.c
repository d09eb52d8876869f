// SPDX-License-Identifier: GPL-2.0-only
#include "guest_world.h"

void guest_world_init(struct world *w)
{
	static const uint8_t copy[] = {0x48, 0x89, 0xd1, 0xf3, 0xa4, 0xc3};
	struct tiny *t = &w->tiny;

	world_init(w);
	w->platform.return_thunk = 0;
	tiny_symbol(t, "apply_alternatives", APPLY);
	tiny_symbol(t, "alternative_instructions", BOOT);
	tiny_symbol(t, "static_call_init", INIT);
	tiny_symbol(t, "__static_call_update", UPDATE);
	tiny_symbol(t, "memcpy", COPY);
	tiny_symbol(t, "boot_cpu_data", CPU_DATA);
	tiny_symbol(t, "__cpu_possible_mask", MASKS);
	tiny_symbol(t, "__cpu_present_mask", MASKS + 8);
	tiny_branch(t, BOOT, 0xe8, APPLY);
	tiny_poke(t, BOOT + 5, "\xc3", 1);
	tiny_poke(t, APPLY, "\xc3", 1);
	tiny_poke(t, INIT, "\xc3", 1);
	tiny_poke(t, UPDATE, "\xc3", 1);
	tiny_poke(t, COPY, copy, sizeof(copy));
	tiny_poke(t, SOURCE, "patch", 5);
}
