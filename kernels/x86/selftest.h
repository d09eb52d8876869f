/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selftest.h - tests of the operations, run on the patched text; a KTAP line each.
 *
 * A test is void test_FIELD(void); the rows of pv_ops.h make the list.  It calls site_FIELD() and
 * looks at what that did by other means, direct instructions where the platform lets it.
 *
 *	CHECK(site_read_cr0() == direct_cr0());
 *	SKIP("no interrupt to wake it");          and the test ends
 */
#ifndef PVK_SELFTEST_H
#define PVK_SELFTEST_H

#include "boot.h"
#include "cpu.h"
#include "mm.h"
#include "pv_ops.h"
#include "sites.h"
#include "xen.h"

/* Of the test under way. */
void test_failed(const char *what, u32 line);
void test_skipped(const char *why);

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond))                                                                       \
			test_failed(#cond, __LINE__);                                              \
	} while (0)
#define SKIP(why)                                                                                  \
	do {                                                                                       \
		test_skipped(why);                                                                 \
		return;                                                                            \
	} while (0)

#define F(group, field, ...) void test_##field(void);
PV_OPS(F, F, F)
#undef F

/* Whether instructions of ring 0 can be used to look. */
static inline bool in_ring0(void)
{
	return xen_domain_type != XEN_PV_DOMAIN;
}

/* The page-table entry of the test page, and its other page. */
struct test_page {
	ulong addr;    /* mapped by *ptep */
	u64 *ptep;     /* a leaf */
	u64 frames[2]; /* physical addresses; each begins with its number */
};
extern struct test_page test_page;
/* *ptep leads to that frame. */
void map_frame(u32 nr);
bool same_entry(u64 a, u64 b);

/* An address space of its own, without pages; its top-level table is pinned under Xen PV, and then
 * no more. */
extern struct mm_struct mm, kernel_mm;
void mm_init(void);
void check_pinned(void);

void test_page_init(void);

#ifdef __i386__ /* no operations there */
#define site_set_pte	 set_pte
#define site_make_pte(x) (x)
#endif

#endif
