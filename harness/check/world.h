/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * world.h - the memory a kernel would find: the image as the platform leaves it, a stack, and what
 * pointers lead to (direct map, struct pages, page tables, Xen's p2m and m2p).
 *
 * One world is one (image, platform); its base content is shared, and each view of it (K0, K1) is
 * copy-on-write.  Everything is mapped beforehand; content that nobody determines is a function of
 * (seed, address).
 *
 *	err = pvp_world_create(image, tables, platform, &world);
 *	err = pvp_view_create(world, patched, restore, &view);	  // text: base + patched
 */
#ifndef PVP_WORLD_H
#define PVP_WORLD_H

#include "machine.h"
#include "patched.h"
#include "platform.h"
#include "sites.h"

// clang-format off
/*
 * The address plan.  Sources: Documentation/arch/x86/x86_64/mm.rst for the bases (as the image
 * links them: page_offset_base, vmemmap_base without randomisation); the rest are free places in
 * the vmalloc range.
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

/* Physical places in the direct map.  The image's own frames begin at 16 MiB. */
#define PVP_NR_ARENAS   4
#define PVP_ARENA_LEN   0x10000ull
#define PVP_ARENA(i)    (PVP_DIRECT_MAP + 0x20000000ull + (i) * 0x100000ull) /* mixed content */
#define PVP_ZERO_ARENA  (PVP_DIRECT_MAP + 0x28000000ull)
#define PVP_ZERO_LEN    0x40000ull
#define PVP_TABLES      (PVP_DIRECT_MAP + 0x2c000000ull) /* page-table pages, see world.c */
// clang-format on

/* A user page-table tree with one entry a level. */
#define PVP_USER_PGD (PVP_TABLES + 0x4000)
#define PVP_USER_PUD (PVP_TABLES + 0x5000)
#define PVP_USER_PMD (PVP_TABLES + 0x6000)
#define PVP_USER_PTE (PVP_TABLES + 0x7000)

/* Address of the struct page of a direct-map address. */
#define PVP_STRUCT_PAGE(addr) (PVP_VMEMMAP + ((addr) - PVP_DIRECT_MAP) / 4096 * 64)

struct pvp_world;

struct pvp_error *pvp_world_create(const struct pvp_image *image, const struct pvp_tables *tables,
				   const struct pvp_platform *platform, struct pvp_world **ret)
	PVP_MUST_CHECK;
void pvp_world_destroy(struct pvp_world *world);

/*
 * One view: the world with patched text.  Later lists lie over earlier ones; NULL ones are passed
 * over.  Sites in `restore` (may be NULL) get their linked bytes back.
 */
struct pvp_view {
	struct pvp_region *regions; /* for struct pvp_machine_config */
	size_t nr_regions;
	struct pvp_mapping *mappings; /* private */
	size_t nr_mappings;
};

struct pvp_error *pvp_view_create(const struct pvp_world *world, const struct pvp_patched *patched,
				  const struct pvp_patched *given, const struct pvp_sites *restore,
				  struct pvp_view *ret) PVP_MUST_CHECK;
void pvp_view_deinit(struct pvp_view *view);

/* The bytes of [addr, addr+len) in the view, or NULL. */
const uint8_t *pvp_view_bytes(const struct pvp_view *view, uint64_t addr, uint64_t len);

/* Content of undetermined memory: mostly pointers into arenas and small numbers. */
void pvp_world_fill(uint64_t seed, uint64_t addr, void *buf, size_t len);

#endif
