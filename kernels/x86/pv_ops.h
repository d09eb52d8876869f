/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pv_ops.h - the pv_ops table of Linux, of each generation: pointers in groups.
 *
 * The order of the rows is the ABI: the type byte of a .parainstructions entry is the row's number.
 * Source: struct paravirt_patch_template, asm/paravirt_types.h of 5.10 (as released: with swapgs and
 * usergs_sysret64), 6.1, 6.12 and 7.2, and the file values of their vmlinux.  Where Linux nests
 * (mmu.lazy_mode.enter) the name here is lazy_mode_enter.  In 7.2 the lock group is a table of its
 * own, pv_ops_lock.
 *
 *	F  ordinary callee:    group, field, result, parameters, native function
 *	N  ordinary callee, nothing to do natively (PV_NOP)
 *	S  callee-save callee: group, field, native function (its convention cannot be said in C)
 */
#ifndef PVK_PV_OPS_H
#define PVK_PV_OPS_H

#include "generation.h"

/* What the patcher erases, and what the site of a NULL field is made to call. */
#if PVKERNEL_GEN <= 601
#define PV_NOP _paravirt_nop
#define PV_BUG paravirt_BUG
#else
#define PV_NOP nop_func
#define PV_BUG BUG_func
#endif

#if PVKERNEL_GEN <= 510
/* 5.10's name of the operation and of what does it. */
#define flush_tlb_multi	       flush_tlb_others
#define native_flush_tlb_multi native_flush_tlb_others
#define xen_flush_tlb_multi    xen_flush_tlb_others
#define kvm_flush_tlb_multi    kvm_flush_tlb_others
#define hyperv_flush_tlb_multi hyperv_flush_tlb_others
#define pv_flush_tlb_multi     pv_flush_tlb_others
#define site_flush_tlb_multi   site_flush_tlb_others
#define test_flush_tlb_multi   test_flush_tlb_others
#endif

// clang-format off
#define PV_INIT_OPS(F, N, S)                                                                       \
	F(init, patch,            u32,   (u8 type, u8 *code, ulong addr, u32 len),   native_patch)

#define PV_TIME_OPS(F, N, S)                                                                       \
	F(time, sched_clock,      u64,   (void),                                   native_sched_clock)        \
	F(time, steal_clock,      u64,   (int cpu),                                native_steal_clock)

#define PV_CPU_OPS(F, N, S)                                                                        \
	UNTIL_612(F(cpu, io_delay, void, (void), native_io_delay))                                       \
	ONLY_AMD64(PV_CPU_XXL(F, N, S))

#define PV_CPU_XXL(F, N, S)                                                                        \
	F(cpu, get_debugreg,      u64,   (int regno),                              pv_native_get_debugreg)    \
	F(cpu, set_debugreg,      void,  (int regno, u64 value),                   pv_native_set_debugreg)    \
	F(cpu, read_cr0,          u64,   (void),                                   native_read_cr0)           \
	F(cpu, write_cr0,         void,  (u64 cr0),                                native_write_cr0)          \
	F(cpu, write_cr4,         void,  (u64 cr4),                                native_write_cr4)          \
	F(cpu, load_tr_desc,      void,  (void),                                   native_load_tr_desc)       \
	F(cpu, load_gdt,          void,  (const struct desc_ptr *dtr),             native_load_gdt)           \
	F(cpu, load_idt,          void,  (const struct desc_ptr *dtr),             native_load_idt)           \
	F(cpu, set_ldt,           void,  (const void *addr, u32 entries),          native_set_ldt)            \
	F(cpu, store_tr,          u64,   (void),                                   native_store_tr)           \
	F(cpu, load_tls,          void,  (struct thread_struct *t, u32 cpu),       native_load_tls)           \
	F(cpu, load_gs_index,     void,  (u32 selector),                           native_load_gs_index)      \
	F(cpu, write_ldt_entry,   void,  (u64 *ldt, int nr, const void *desc),     native_write_ldt_entry)    \
	F(cpu, write_gdt_entry,   void,  (u64 *gdt, int nr, const void *desc, int type), native_write_gdt_entry) \
	F(cpu, write_idt_entry,   void,  (struct gate *idt, int nr, const struct gate *gate), native_write_idt_entry) \
	N(cpu, alloc_ldt,         void,  (u64 *ldt, u32 entries))                                             \
	N(cpu, free_ldt,          void,  (u64 *ldt, u32 entries))                                             \
	F(cpu, load_sp0,          void,  (u64 sp0),                                native_load_sp0)           \
	F(cpu, invalidate_io_bitmap, void, (void),                                 native_tss_invalidate_io_bitmap) \
	F(cpu, update_io_bitmap,  void,  (void),                                   native_tss_update_io_bitmap) \
	UNTIL_612(F(cpu, wbinvd, void, (void), native_wbinvd))                                           \
	F(cpu, cpuid,             void,  (u32 *eax, u32 *ebx, u32 *ecx, u32 *edx), native_cpuid)              \
	F(cpu, read_msr,          u64,   (u32 msr),                                native_read_msr)           \
	UNTIL_612(F(cpu, write_msr, void, (u32 msr, u32 low, u32 high), native_write_msr))               \
	UNTIL_612(F(cpu, read_msr_safe, u64, (u32 msr, int *err), native_read_msr_safe))                 \
	UNTIL_612(F(cpu, write_msr_safe, int, (u32 msr, u32 low, u32 high), native_write_msr_safe))      \
	ONLY_702(F(cpu, write_msr, void, (u32 msr, u64 value), native_write_msr))                        \
	ONLY_702(F(cpu, read_msr_safe, int, (u32 msr, u64 *value), native_read_msr_safe))                \
	ONLY_702(F(cpu, write_msr_safe, int, (u32 msr, u64 value), native_write_msr_safe))               \
	F(cpu, read_pmc,          u64,   (int counter),                            native_read_pmc)           \
	ONLY_510(S(cpu, usergs_sysret64, native_usergs_sysret64))                                        \
	ONLY_510(S(cpu, iret, native_iret))                                                              \
	ONLY_510(S(cpu, swapgs, native_swapgs))                                                          \
	N(cpu, start_context_switch, void, (struct task_struct *prev))                                        \
	N(cpu, end_context_switch, void, (struct task_struct *next))

#define PV_IRQ_OPS(F, N, S) ONLY_AMD64(PV_IRQ_XXL(F, N, S))

#define PV_IRQ_XXL(F, N, S)                                                                        \
	S(irq, save_fl,                                                            native_save_fl)            \
	ONLY_510(S(irq, restore_fl, native_restore_fl))                                                  \
	S(irq, irq_disable,                                                        pv_native_irq_disable)     \
	S(irq, irq_enable,                                                         pv_native_irq_enable)      \
	F(irq, safe_halt,         void,  (void),                                   native_safe_halt)          \
	F(irq, halt,              void,  (void),                                   native_halt)

#define PV_MMU_OPS(F, N, S)                                                                        \
	F(mmu, flush_tlb_user,    void,  (void),                                   native_flush_tlb_local)    \
	F(mmu, flush_tlb_kernel,  void,  (void),                                   native_flush_tlb_global)   \
	F(mmu, flush_tlb_one_user, void, (ulong addr),                               native_flush_tlb_one_user) \
	SINCE_601(F(mmu, flush_tlb_multi, void, (const u64 *cpus, const struct flush_tlb_info *info), native_flush_tlb_multi)) \
	ONLY_510(F(mmu, flush_tlb_others, void, (const u64 *cpus, const struct flush_tlb_info *info), native_flush_tlb_multi)) \
	UNTIL_612(F(mmu, tlb_remove_table, void, (struct mmu_gather *tlb, void *page), tlb_remove_page)) \
	N(mmu, exit_mmap,         void,  (struct mm_struct *mm))                                              \
	SINCE_601(N(mmu, notify_page_enc_status_changed, void, (ulong vaddr, int npages, bool enc)))       \
	ONLY_AMD64(PV_MMU_XXL(F, N, S))

#define PV_MMU_XXL(F, N, S)                                                                        \
	S(mmu, read_cr2,                                                           pv_native_read_cr2)        \
	F(mmu, write_cr2,         void,  (u64 cr2),                                pv_native_write_cr2)       \
	F(mmu, read_cr3,          u64,   (void),                                   __native_read_cr3)         \
	F(mmu, write_cr3,         void,  (u64 cr3),                                native_write_cr3)          \
	UNTIL_601(N(mmu, activate_mm, void, (struct mm_struct *prev, struct mm_struct *next)))           \
	UNTIL_601(N(mmu, dup_mmap, void, (struct mm_struct *oldmm, struct mm_struct *mm)))               \
	SINCE_612(N(mmu, enter_mmap, void, (struct mm_struct *mm)))                                      \
	F(mmu, pgd_alloc,         int,   (struct mm_struct *mm),                   __paravirt_pgd_alloc)      \
	N(mmu, pgd_free,          void,  (struct mm_struct *mm, u64 *pgd))                                    \
	N(mmu, alloc_pte,         void,  (struct mm_struct *mm, u64 pfn))                                     \
	N(mmu, alloc_pmd,         void,  (struct mm_struct *mm, u64 pfn))                                     \
	N(mmu, alloc_pud,         void,  (struct mm_struct *mm, u64 pfn))                                     \
	N(mmu, alloc_p4d,         void,  (struct mm_struct *mm, u64 pfn))                                     \
	N(mmu, release_pte,       void,  (u64 pfn))                                                           \
	N(mmu, release_pmd,       void,  (u64 pfn))                                                           \
	N(mmu, release_pud,       void,  (u64 pfn))                                                           \
	N(mmu, release_p4d,       void,  (u64 pfn))                                                           \
	F(mmu, set_pte,           void,  (u64 *ptep, u64 pte),                     native_set_pte)            \
	F(mmu, set_pmd,           void,  (u64 *pmdp, u64 pmd),                     native_set_pmd)            \
	F(mmu, ptep_modify_prot_start, u64, (void *vma, u64 addr, u64 *ptep),      __ptep_modify_prot_start)  \
	F(mmu, ptep_modify_prot_commit, void, (void *vma, u64 addr, u64 *ptep, u64 pte), __ptep_modify_prot_commit) \
	S(mmu, pte_val,                                                            _paravirt_ident_64)        \
	S(mmu, make_pte,                                                           _paravirt_ident_64)        \
	S(mmu, pgd_val,                                                            _paravirt_ident_64)        \
	S(mmu, make_pgd,                                                           _paravirt_ident_64)        \
	F(mmu, set_pud,           void,  (u64 *pudp, u64 pud),                     native_set_pud)            \
	S(mmu, pmd_val,                                                            _paravirt_ident_64)        \
	S(mmu, make_pmd,                                                           _paravirt_ident_64)        \
	S(mmu, pud_val,                                                            _paravirt_ident_64)        \
	S(mmu, make_pud,                                                           _paravirt_ident_64)        \
	F(mmu, set_p4d,           void,  (u64 *p4dp, u64 p4d),                     native_set_p4d)            \
	SINCE_601(S(mmu, p4d_val, _paravirt_ident_64))                                                   \
	SINCE_601(S(mmu, make_p4d, _paravirt_ident_64))                                                  \
	SINCE_601(F(mmu, set_pgd, void, (u64 *pgdp, u64 pgd), native_set_pgd))                           \
	UNTIL_612(N(mmu, lazy_mode_enter, void, (void)))                                                 \
	UNTIL_612(N(mmu, lazy_mode_leave, void, (void)))                                                 \
	N(mmu, lazy_mode_flush,   void,  (void))                                                              \
	F(mmu, set_fixmap,        void,  (u32 idx, u64 phys, u64 flags),           native_set_fixmap)

#define PV_LOCK_OPS(F, N, S)                                                                       \
	F(lock, queued_spin_lock_slowpath, void, (struct qspinlock *lock, u32 val), native_queued_spin_lock_slowpath) \
	S(lock, queued_spin_unlock,                                  __raw_callee_save___native_queued_spin_unlock) \
	N(lock, wait,             void,  (u8 *ptr, u8 val))                                                   \
	N(lock, kick,             void,  (int cpu))                                                           \
	S(lock, vcpu_is_preempted,                                   __raw_callee_save___native_vcpu_is_preempted)
// clang-format on

/* In the order of memory. */
#define PV_OPS(F, N, S)                                                                            \
	ONLY_510(PV_INIT_OPS(F, N, S) PV_TIME_OPS(F, N, S))                                        \
	PV_CPU_OPS(F, N, S) PV_IRQ_OPS(F, N, S) PV_MMU_OPS(F, N, S) PV_LOCK_OPS(F, N, S)

/* Where a group is. */
#define PV_TABLE_init pv_ops.init
#define PV_TABLE_time pv_ops.time
#define PV_TABLE_cpu  pv_ops.cpu
#define PV_TABLE_irq  pv_ops.irq
#define PV_TABLE_mmu  pv_ops.mmu
#if PVKERNEL_GEN <= 612
#define PV_TABLE_lock pv_ops.lock
#else
#define PV_TABLE_lock pv_ops_lock
#endif
#define PV_OP(group, field) PV_TABLE_##group.field

#ifndef __ASSEMBLER__
#include "types.h"

struct desc_ptr;
struct flush_tlb_info;
struct gate;
struct mm_struct;
struct mmu_gather;
struct qspinlock;
struct task_struct;
struct thread_struct;

/* Takes at most one argument, in its register, and changes no other than the result's: call it at a
 * site only. */
typedef void callee_save_fn(void);

#define F(group, field, result, params, native) result(*field) params;
#define N(group, field, result, params)		result(*field) params;
#define S(group, field, native)			callee_save_fn *field;
struct pv_lock_ops {
	PV_LOCK_OPS(F, N, S)
};
struct paravirt_patch_template {
#if PVKERNEL_GEN <= 510
	struct {
		PV_INIT_OPS(F, N, S)
	} init;
	struct {
		PV_TIME_OPS(F, N, S)
	} time;
#endif
	struct {
		PV_CPU_OPS(F, N, S)
	} cpu;
	struct {
		PV_IRQ_OPS(F, N, S)
	} irq;
	struct {
		PV_MMU_OPS(F, N, S)
	} mmu;
#if PVKERNEL_GEN <= 612
	struct pv_lock_ops lock;
#endif
};
#undef F
#undef N
#undef S
_Static_assert(sizeof(struct paravirt_patch_template) ==
		       sizeof(void *) * (PVKERNEL_GEN == 510   ? ONLY_AMD64(87) ONLY_I386(15)
					 : PVKERNEL_GEN == 601 ? ONLY_AMD64(84) ONLY_I386(13)
					 : PVKERNEL_GEN == 612 ? ONLY_AMD64(83) ONLY_I386(13)
							       : ONLY_AMD64(73) ONLY_I386(6)),
	       "as many fields as Linux has");

extern struct paravirt_patch_template pv_ops;
/* init.patch where an operation has no form of its own. */
ONLY_510(u32 paravirt_patch_default(u8 type, u8 *code, ulong addr, u32 len);)

/* What remains of other operations in 7.2.  Source: struct pv_info, asm/paravirt_types.h. */
struct pv_info {
	ONLY_AMD64(u16 extra_user_64bit_cs;)
	bool io_delay;
	const char *name;
};
ONLY_702(extern struct pv_info pv_info;)
ONLY_702(extern struct pv_lock_ops pv_ops_lock;)

#define F(group, field, result, params, native) result native params;
#define N(group, field, result, params)
#define S(group, field, native) callee_save_fn native;
PV_OPS(F, N, S)
#undef F
#undef N
#undef S

callee_save_fn PV_NOP, paravirt_ret0, PV_BUG;

/* Operations once, plain code in 7.2. */
ONLY_702(void native_io_delay(void); void native_wbinvd(void);)
#endif /* __ASSEMBLER__ */

#endif
