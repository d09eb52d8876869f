// SPDX-License-Identifier: GPL-2.0-only
#include "plan.h"

#include <assert.h>

static const struct pvp_plan amd64 = {
	.isa = PVP_ISA_AMD64,
	.word = 8,
	.last = UINT64_MAX,
	.page_offset = PVP_DIRECT_MAP,
	.direct = PVP_DIRECT_MAP,
	.direct_len = PVP_DIRECT_LEN,
	.vmemmap = PVP_VMEMMAP,
	.vmemmap_len = PVP_VMEMMAP_LEN,
	.shared_info = PVP_SHARED_INFO,
	.stack = PVP_STACK,
	.stack_len = PVP_STACK_LEN,
	.stack_top = PVP_STACK_TOP,
	.cpu_area = PVP_CPU_AREA,
	.cpu_area_len = PVP_CPU_AREA_LEN,
	.fixmap = PVP_FIXMAP,
	.fixmap_len = PVP_FIXMAP_LEN,
	.arena = PVP_ARENA(0),
	.arena_stride = PVP_ARENA(1) - PVP_ARENA(0),
	.zero_arena = PVP_ZERO_ARENA,
	.tables = PVP_TABLES,
	.text = 0xffffffff81000000,
	.cs = 0x10,
	.ss = 0x18,
};

/*
 * The image is where the direct map has it, so the map begins behind it here, and ends before
 * vmalloc's range: what follows are free places in that.  Source: asm/page_32_types.h,
 * asm/pgtable_32_areas.h, asm/segment.h.
 */
static const struct pvp_plan i386 = {
	.isa = PVP_ISA_I386,
	.word = 4,
	.last = UINT32_MAX,
	.page_offset = 0xc0000000,
	.direct = 0xd0000000,
	.direct_len = 0x10000000,
	.shared_info = 0xf8010000,
	.stack = 0xf8020000,
	.stack_len = PVP_STACK_LEN,
	.stack_top = 0xf802c000,
	.cpu_area = 0xfe000000,
	.cpu_area_len = 0x400000,
	.fixmap = 0xff000000,
	.fixmap_len = 0xfff000,
	.arena = 0xd8000000,
	.arena_stride = 0x100000,
	.zero_arena = 0xdc000000,
	.tables = 0xdd000000,
	.text = 0xc1000000,
	.cs = 0x60,
	.ss = 0x68,
	.percpu_selector = 0xd8,
};

const struct pvp_plan *pvp_plan_of_isa(enum pvp_isa isa)
{
	return isa == PVP_ISA_I386 ? &i386 : &amd64;
}

const struct pvp_plan *pvp_plan_of(const struct pvp_image *image)
{
	assert(image->arch != PVP_ARCH_IA64);
	return pvp_plan_of_isa(image->arch == PVP_ARCH_I386 ? PVP_ISA_I386 : PVP_ISA_AMD64);
}

uint64_t pvp_plan_arena(const struct pvp_plan *plan, unsigned i)
{
	return plan->arena + i * plan->arena_stride;
}
