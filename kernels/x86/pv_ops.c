// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pv_ops table with its native values, and the same table for Xen PV.
 */
#include "pv_ops.h"
#include "xen.h"

ONLY_AMD64(void xen_init_pv_ops(void);)

#define F(group, field, result, params, native) .group.field = native,
#define N(group, field, result, params)		.group.field = (result(*) params)PV_NOP,
#define S(group, field, native)			.group.field = native,
#if PVKERNEL_GEN <= 612
struct paravirt_patch_template pv_ops = {PV_OPS(F, N, S)};

#ifdef __x86_64__
/* Fields without a row are NULL under Xen PV: alloc_p4d, release_p4d, set_pgd and
 * notify_page_enc_status_changed are never called there. */
#define X(group, field, fn) .group.field = fn,
static struct paravirt_patch_template xen_pv_ops __initdata = {
	XEN_PV_OPS(X).cpu.load_tr_desc = (void (*)(void))PV_NOP,
	.cpu.wbinvd = native_wbinvd,
};
#undef X
#endif
#else
struct paravirt_patch_template pv_ops = {
	PV_CPU_OPS(F, N, S) PV_IRQ_OPS(F, N, S) PV_MMU_OPS(F, N, S)};
#undef F
#undef N
#undef S
#define F(group, field, result, params, native) .field = native,
#define N(group, field, result, params)		.field = (result(*) params)PV_NOP,
#define S(group, field, native)			.field = native,
struct pv_lock_ops pv_ops_lock = {PV_LOCK_OPS(F, N, S)};
#endif
#undef F
#undef N
#undef S

#ifdef __x86_64__
int xen_domain_type = XEN_NATIVE;

void __init xen_init_pv_ops(void)
{
	xen_domain_type = XEN_PV_DOMAIN;
#if PVKERNEL_GEN <= 612
	pv_ops = xen_pv_ops;
#else
	/* One by one: what is not named stays native. */
#define X(group, field, fn) PV_OP(group, field) = fn;
	XEN_PV_OPS(X)
#undef X
	pv_ops.cpu.load_tr_desc = (void (*)(void))PV_NOP;
	pv_info = (struct pv_info){.extra_user_64bit_cs = 0xe033, .name = "Xen"};
#endif
}
#endif
