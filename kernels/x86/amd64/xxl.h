/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xxl.h - what CONFIG_PARAVIRT_XXL makes operations, as the rest uses it; part of pv.h.
 */
#ifndef PVK_XXL_H
#define PVK_XXL_H

#if PVKERNEL_GEN <= 510
/* Four levels: a p4d is the top level's. */
static inline u64 pv_p4d_val(u64 p4d)
{
	return pv_pgd_val(p4d);
}

static inline u64 pv_make_p4d(u64 val)
{
	return pv_make_pgd(val);
}
#endif

static inline u64 local_irq_save(void)
{
	u64 flags = pv_save_fl();

	pv_irq_disable();
	return flags;
}

static inline void local_irq_restore(u64 flags)
{
#if PVKERNEL_GEN <= 510
	pv_restore_fl(flags);
#else
	if (flags & X86_IF)
		pv_irq_enable();
#endif
}

/* An operation until 7.2. */
static inline void wbinvd(void)
{
#if PVKERNEL_GEN <= 612
	pv_wbinvd();
#else
	native_wbinvd();
#endif
}

/* The first use of an address space. */
static inline void enter_mm(struct mm_struct *prev, struct mm_struct *next)
{
#if PVKERNEL_GEN <= 601
	pv_activate_mm(prev, next);
#else
	(void)prev;
	pv_enter_mmap(next);
#endif
}

/* A value is two arguments up to 6.12. */
static inline void write_msr(u32 msr, u64 value)
{
#if PVKERNEL_GEN <= 612
	pv_write_msr(msr, value, value >> 32);
#else
	pv_write_msr(msr, value);
#endif
}

static inline int write_msr_safe(u32 msr, u64 value)
{
#if PVKERNEL_GEN <= 612
	return pv_write_msr_safe(msr, value, value >> 32);
#else
	return pv_write_msr_safe(msr, value);
#endif
}

static inline u64 read_msr_safe(u32 msr, int *err)
{
#if PVKERNEL_GEN <= 612
	return pv_read_msr_safe(msr, err);
#else
	u64 value;

	*err = pv_read_msr_safe(msr, &value);
	return value;
#endif
}

#endif
