// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pv_ops table with its native values, and the same table for Xen PV.
 */
#include "pv_ops.h"
#include "xen.h"

void xen_init_pv_ops(void);

#define F(group, field, result, params, native) .group.field = native,
#define N(group, field, result, params)		.group.field = (result(*) params)_paravirt_nop,
#define S(group, field, native)			.group.field = native,
struct paravirt_patch_template pv_ops = {PV_OPS(F, N, S)};
#undef F
#undef N
#undef S

/* Fields without a row are NULL under Xen PV: alloc_p4d, release_p4d, set_pgd and
 * notify_page_enc_status_changed are never called there. */
#define X(group, field, fn) .group.field = fn,
static struct paravirt_patch_template xen_pv_ops __initdata = {
	XEN_PV_OPS(X).cpu.load_tr_desc = (void (*)(void))_paravirt_nop,
	.cpu.wbinvd = native_wbinvd,
};
#undef X

int xen_domain_type = XEN_NATIVE;

void __init xen_init_pv_ops(void)
{
	xen_domain_type = XEN_PV_DOMAIN;
	pv_ops = xen_pv_ops;
}
