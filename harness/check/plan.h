/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan.h - where things are in the memory a kernel would find: one row an architecture.
 *
 * What exists under Xen PV alone has no row: there is no such i386 kernel any more.
 */
#ifndef PVP_PLAN_H
#define PVP_PLAN_H

#include "image.h"
#include "machine.h"

// clang-format off
/*
 * amd64's.  Sources: Documentation/arch/x86/x86_64/mm.rst for the bases (as the image links them:
 * page_offset_base, vmemmap_base without randomisation); the rest are free places in the vmalloc
 * range.
 */
#define PVP_DIRECT_MAP  0xffff888000000000ull /* 1 GiB: physical address + this */
#define PVP_DIRECT_LEN  0x0000000040000000ull
#define PVP_VMEMMAP     0xffffea0000000000ull /* 64-byte struct page of each page of it */
#define PVP_VMEMMAP_LEN (PVP_DIRECT_LEN / 4096 * 64)
#define PVP_P2M         0xffffc90000000000ull /* machine frame by frame */
#define PVP_NR_PFNS     (PVP_DIRECT_LEN / 4096)
#define PVP_M2P         0xffff800000000000ull /* frame by machine frame */
#define PVP_NR_MFNS     0x200000ull
#define PVP_MFN_OFFSET  0x123000ull           /* machine frame = frame + this: not the identity */
#define PVP_SHARED_INFO 0xffffc90010000000ull
#define PVP_STACK       0xffffc90020000000ull
#define PVP_STACK_LEN   0x10000ull
#define PVP_STACK_TOP   (PVP_STACK + 0xc000)  /* where a site's stack pointer begins */
#define PVP_CPU_AREA    0xfffffe0000000000ull /* cpu_entry_area: IDT, GDT, TSS aliases */
#define PVP_CPU_AREA_LEN 0x400000ull
#define PVP_FIXMAP      0xffffffffff000000ull /* fixmap, APIC page */
#define PVP_FIXMAP_LEN  0xe00000ull

/* Physical places in the direct map.  The image's own frames begin at 16 MiB; at 768 MiB (i386's map:
 * at its last 32 MiB) is CPU 0's copy of per-CPU data that is not linked at 0 (image/image.c). */
#define PVP_NR_ARENAS   4
#define PVP_ARENA_LEN   0x10000ull
#define PVP_ARENA(i)    (PVP_DIRECT_MAP + 0x20000000ull + (i) * 0x100000ull) /* mixed content */
#define PVP_ZERO_ARENA  (PVP_DIRECT_MAP + 0x28000000ull)
#define PVP_ZERO_LEN    0x40000ull
#define PVP_TABLES      (PVP_DIRECT_MAP + 0x2c000000ull) /* page-table pages, see world.c */
// clang-format on

/* A user page-table tree with one entry a level. */
#define PVP_USER_TREE 0x4000 /* from the tables' begin */
#define PVP_USER_PGD  (PVP_TABLES + PVP_USER_TREE)
#define PVP_USER_PUD  (PVP_TABLES + 0x5000)
#define PVP_USER_PMD  (PVP_TABLES + 0x6000)
#define PVP_USER_PTE  (PVP_TABLES + 0x7000)

/* Address of the struct page of a direct-map address. */
#define PVP_STRUCT_PAGE(addr) (PVP_VMEMMAP + ((addr)-PVP_DIRECT_MAP) / 4096 * 64)

struct pvp_plan {
	enum pvp_isa isa;
	unsigned word; /* bytes of a pointer */
	uint64_t last; /* address; what a register holds at most */
	/* A physical address is in the direct map at page_offset + it; the map begins at direct. */
	uint64_t page_offset, direct, direct_len;
	uint64_t vmemmap, vmemmap_len; /* no such place: 0 */
	uint64_t shared_info;
	uint64_t stack, stack_len, stack_top; /* stack_top: where a site's stack pointer begins */
	uint64_t cpu_area, cpu_area_len, fixmap, fixmap_len;
	uint64_t arena,
		arena_stride; /* PVP_NR_ARENAS of PVP_ARENA_LEN bytes; their content is mixed */
	uint64_t zero_arena;
	uint64_t tables; /* page-table pages; the user tree is at + PVP_USER_TREE */
	uint64_t text;	 /* about where kernel addresses point */
	/* Selectors of kernel text and stack, and of the segment per-CPU data is in. */
	uint16_t cs, ss, percpu_selector;
};

const struct pvp_plan *pvp_plan_of_isa(enum pvp_isa isa);
const struct pvp_plan *pvp_plan_of(const struct pvp_image *image);
uint64_t pvp_plan_arena(const struct pvp_plan *plan, unsigned i);

#endif
