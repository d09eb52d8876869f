/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen.h - the Xen PV interface: hypercalls, the memory shared with Xen, batching, and which
 * function each field of pv_ops has there.
 *
 * Numbers and layouts: Xen's public headers (xen.h, sched.h, vcpu.h, physdev.h, event_channel.h).
 */
#ifndef PVK_XEN_H
#define PVK_XEN_H

#include "mm.h"
#include "percpu.h"
#include "pv_ops.h"
#include "pvclock.h"
#include "static_call.h"

enum { XEN_NATIVE, XEN_PV_DOMAIN, XEN_HVM_DOMAIN };
extern int xen_domain_type;

#define HYPERCALL_set_trap_table    0
#define HYPERCALL_mmu_update	    1
#define HYPERCALL_set_gdt	    2
#define HYPERCALL_stack_switch	    3
#define HYPERCALL_fpu_taskswitch    5
#define HYPERCALL_set_debugreg	    8
#define HYPERCALL_get_debugreg	    9
#define HYPERCALL_update_descriptor 10
#define HYPERCALL_memory_op	    12
#define HYPERCALL_multicall	    13
#define HYPERCALL_update_va_mapping 14
#define HYPERCALL_set_timer_op	    15
#define HYPERCALL_xen_version	    17
#define HYPERCALL_console_io	    18
#define HYPERCALL_vcpu_op	    24
#define HYPERCALL_set_segment_base  25
#define HYPERCALL_mmuext_op	    26
#define HYPERCALL_sched_op	    29
#define HYPERCALL_callback_op	    30
#define HYPERCALL_event_channel_op  32
#define HYPERCALL_physdev_op	    33

#define DOMID_SELF 0x7ff0

#define MMUEXT_PIN_L1		0 /* L2, L3, L4 follow */
#define MMUEXT_UNPIN		4
#define MMUEXT_NEW_BASEPTR	5
#define MMUEXT_TLB_FLUSH_LOCAL	6
#define MMUEXT_INVLPG_LOCAL	7
#define MMUEXT_TLB_FLUSH_MULTI	8
#define MMUEXT_INVLPG_MULTI	9
#define MMUEXT_SET_LDT		13
#define MMUEXT_NEW_USER_BASEPTR 15
struct mmuext_op {
	u32 cmd;
	u64 arg1, arg2;
};

#define MMU_NORMAL	0 /* in the low bits of ptr */
#define MMU_PRESERVE_AD 2
struct mmu_update {
	u64 ptr, val;
};

#define UVMF_INVLPG 2

#define SCHEDOP_BLOCK	 1
#define SCHEDOP_SHUTDOWN 2
#define SCHEDOP_POLL	 3
#define SHUTDOWN_REBOOT	 1
#define SHUTDOWN_CRASH	 3
struct sched_shutdown {
	u32 reason;
};
struct sched_poll {
	u32 *ports;
	u32 nr;
	u64 timeout;
};

#define CONSOLEIO_WRITE	       0
#define VCPUOP_DOWN	       2
#define SEGBASE_FS	       0
#define SEGBASE_GS_USER	       1
#define SEGBASE_GS_KERNEL      2
#define SEGBASE_GS_USER_SEL    3
#define PHYSDEVOP_SET_IOBITMAP 7
#define EVTCHNOP_SEND	       4

struct vcpu_info {
	u8 upcall_pending; /* at 0 */
	u8 upcall_mask;	   /* at 1 */
	u8 pad[6];
	u64 pending_sel;
	u64 cr2; /* at 16 */
	u64 pad2;
	struct pvclock time;
};
_Static_assert(sizeof(struct vcpu_info) == 64, "shared with Xen");

struct shared_info {
	struct vcpu_info vcpu_info[32];
	u64 pending[64]; /* event channels */
	u64 mask[64];
	u64 wallclock[2];
	u64 arch[6];
};
_Static_assert(sizeof(struct shared_info) == 3136, "shared with Xen");

struct runstate {
	int state; /* 0 running, 1 runnable, 2 blocked, 3 offline */
	u64 entry_time;
	u64 time[4];
};
#define RUNSTATE_UPDATE (1UL << 63) /* in entry_time: being written */

extern struct shared_info *HYPERVISOR_shared_info;
DECLARE_PER_CPU(struct vcpu_info *, xen_vcpu);
DECLARE_PER_CPU(struct vcpu_info, xen_vcpu_info);
DECLARE_PER_CPU(u32, xen_vcpu_id);
DECLARE_PER_CPU(u64, xen_cr3);
DECLARE_PER_CPU(u64, xen_current_cr3);
DECLARE_PER_CPU(u64, xen_cr0_value);
DECLARE_PER_CPU(struct runstate, xen_runstate);
DECLARE_PER_CPU(int, lock_kicker_irq);

/* Frames: p2m by pseudo-physical frame number, m2p by machine frame number. */
extern u64 *xen_p2m_addr, *machine_to_phys_mapping;
extern u64 xen_p2m_size, xen_max_p2m_pfn, machine_to_phys_nr;
#define INVALID_FRAME (~0UL)
#define FRAME_FLAGS   (3UL << 62) /* of a p2m entry: foreign, identity */
u64 pfn_to_mfn(u64 pfn);
u64 mfn_to_pfn(u64 mfn);
u64 virt_to_machine(const void *ptr);

/* Up to 6.1 lazy modes are not Xen's alone, by name. */
#if PVKERNEL_GEN <= 601
#define xen_lazy_mode		 paravirt_lazy_mode
#define xen_enter_lazy_mmu	 paravirt_enter_lazy_mmu
#define xen_flush_lazy_mmu	 paravirt_flush_lazy_mmu
#define xen_start_context_switch paravirt_start_context_switch
#endif
enum lazy_mode { LAZY_NONE, LAZY_MMU, LAZY_CPU };
DECLARE_PER_CPU(int, xen_lazy_mode);

/* In 7.2 batching page tables is a task's state (here one task runs: a word of the CPU), and being
 * between tasks one of the CPU. */
ONLY_702(DECLARE_PER_CPU(bool, xen_cpu_lazy_mode);)
/* What the page-table code does where it batches. */
static inline void lazy_mmu_enter(void)
{
#if PVKERNEL_GEN <= 612
	pv_lazy_mode_enter();
#else
	this_cpu_write(xen_lazy_mode, LAZY_MMU);
#endif
}

static inline void lazy_mmu_leave(void)
{
#if PVKERNEL_GEN <= 612
	pv_lazy_mode_leave();
#else
	pv_lazy_mode_flush();
	this_cpu_write(xen_lazy_mode, LAZY_NONE);
#endif
}

static inline enum lazy_mode xen_get_lazy_mode(void)
{
	ONLY_702(if (this_cpu_read(xen_cpu_lazy_mode)) return LAZY_CPU);
	return this_cpu_read(xen_lazy_mode);
}

#if PVKERNEL_GEN <= 510
/* A page with a stretch of 32 bytes a number, which Xen fills. */
extern u8 hypercall_page[];
#define HYPERCALL_ENTRY(nr) (hypercall_page + 32 * (nr))

static inline __attribute__((always_inline)) long xen_hypercall(u64 nr, u64 a1, u64 a2, u64 a3,
								u64 a4, u64 a5)
{
	register u64 r10 asm("r10") = a4;
	register u64 r8 asm("r8") = a5;
	u64 rax = (u64)HYPERCALL_ENTRY(nr);

	if (__builtin_constant_p(nr))
		asm volatile("call %P[entry]"
			     : "=a"(rax), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8),
			       "+r"(stack_pointer)
			     : [entry] "i"(HYPERCALL_ENTRY(nr))
			     : "memory", "cc", "rcx", "r9", "r11");
	else
		asm volatile("771: call __x86_indirect_thunk_rax\n"
			     ".pushsection .retpoline_sites, \"a\"\n"
			     ".long 771b - .\n"
			     ".popsection\n"
			     : "+a"(rax), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8),
			       "+r"(stack_pointer)
			     :
			     : "memory", "cc", "rcx", "r9", "r11");
	return rax;
}
#else
DECLARE_STATIC_CALL(xen_hypercall);

static inline long xen_hypercall(u32 nr, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	register u64 r10 asm("r10") = a4;
	register u64 r8 asm("r8") = a5;
	u64 rax = nr;

	asm volatile(STATIC_CALL_SITE(xen_hypercall)
		     : "+a"(rax), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8),
		       "+r"(stack_pointer)
		     :
		     : "memory", "cc", "rcx", "r9", "r11");
	return rax;
}
#endif

/*
 * Batching: requests are appended to a per-CPU buffer and issued together, at once or, in the
 * lazy mode given, when that mode ends.
 *
 *	xen_mc_batch();
 *	xen_mc_call(HYPERCALL_.., a1, a2, a3, a4);     any number, also xen_mc_mmu_update() ..
 *	xen_mc_issue(LAZY_MMU);
 */
void xen_mc_batch(void);
void xen_mc_issue(enum lazy_mode mode);
void xen_mc_flush(void);
void xen_mc_call(u64 op, u64 a1, u64 a2, u64 a3, u64 a4);
void xen_mc_mmu_update(u64 ptr, u64 val);
void xen_mc_mmuext(u32 cmd, u64 arg1, u64 arg2);
/* Space that lives until the batch is issued; at most 64 bytes, and the next call uses it. */
void *xen_mc_space(u32 len);
void xen_mc_callback(void (*fn)(u64), u64 arg);

void xen_hypercall_pv(void);
void xen_hypercall_hvm(void);
void xen_force_evtchn_callback(void);
void xen_set_pinned_pte(u64 *ptep, u64 pte);
bool xen_page_pinned(const void *ptr);

/* X(group, field, function): what the field holds when a Xen PV guest has booted. */
// clang-format off
#define XEN_PV_OPS(X)                                                                              \
	ONLY_510(X(init, patch, paravirt_patch_default))                                           \
	ONLY_510(X(time, sched_clock, xen_sched_clock))                                            \
	ONLY_510(X(time, steal_clock, xen_steal_clock))                                            \
	UNTIL_612(X(cpu, io_delay, xen_io_delay))                                                         \
	X(cpu, get_debugreg,           xen_get_debugreg)                                           \
	X(cpu, set_debugreg,           xen_set_debugreg)                                           \
	X(cpu, read_cr0,               xen_read_cr0)                                               \
	X(cpu, write_cr0,              xen_write_cr0)                                              \
	X(cpu, write_cr4,              xen_write_cr4)                                              \
	X(cpu, load_gdt,               xen_load_gdt)                                               \
	X(cpu, load_idt,               xen_load_idt)                                               \
	X(cpu, set_ldt,                xen_set_ldt)                                                \
	X(cpu, store_tr,               xen_store_tr)                                               \
	X(cpu, load_tls,               xen_load_tls)                                               \
	X(cpu, load_gs_index,          xen_load_gs_index)                                          \
	X(cpu, write_ldt_entry,        xen_write_ldt_entry)                                        \
	X(cpu, write_gdt_entry,        xen_write_gdt_entry)                                        \
	X(cpu, write_idt_entry,        xen_write_idt_entry)                                        \
	X(cpu, alloc_ldt,              xen_alloc_ldt)                                              \
	X(cpu, free_ldt,               xen_free_ldt)                                               \
	X(cpu, load_sp0,               xen_load_sp0)                                               \
	X(cpu, invalidate_io_bitmap,   xen_invalidate_io_bitmap)                                   \
	X(cpu, update_io_bitmap,       xen_update_io_bitmap)                                       \
	X(cpu, cpuid,                  xen_cpuid)                                                  \
	X(cpu, read_msr,               xen_read_msr)                                               \
	X(cpu, write_msr,              xen_write_msr)                                              \
	X(cpu, read_msr_safe,          xen_read_msr_safe)                                          \
	X(cpu, write_msr_safe,         xen_write_msr_safe)                                         \
	X(cpu, read_pmc,               xen_read_pmc)                                               \
	ONLY_510(X(cpu, usergs_sysret64, xen_sysret64))                                                   \
	ONLY_510(X(cpu, iret, xen_iret))                                                                  \
	ONLY_510(X(cpu, swapgs, PV_NOP))                                                                  \
	X(cpu, start_context_switch,   xen_start_context_switch)                                   \
	X(cpu, end_context_switch,     xen_end_context_switch)                                     \
	X(irq, save_fl,                xen_save_fl_direct)                                         \
	ONLY_510(X(irq, restore_fl, xen_restore_fl_direct))                                               \
	X(irq, irq_disable,            xen_irq_disable_direct)                                     \
	X(irq, irq_enable,             xen_irq_enable_direct)                                      \
	X(irq, safe_halt,              xen_safe_halt)                                              \
	X(irq, halt,                   xen_halt)                                                   \
	X(mmu, flush_tlb_user,         xen_flush_tlb)                                              \
	X(mmu, flush_tlb_kernel,       xen_flush_tlb)                                              \
	X(mmu, flush_tlb_one_user,     xen_flush_tlb_one_user)                                     \
	SINCE_601(X(mmu, flush_tlb_multi, xen_flush_tlb_multi))                                           \
	ONLY_510(X(mmu, flush_tlb_others, xen_flush_tlb_multi))                                           \
	UNTIL_612(X(mmu, tlb_remove_table, tlb_remove_table))                                             \
	X(mmu, exit_mmap,              xen_exit_mmap)                                              \
	X(mmu, read_cr2,               xen_read_cr2_direct)                                        \
	X(mmu, write_cr2,              xen_write_cr2)                                              \
	X(mmu, read_cr3,               xen_read_cr3)                                               \
	X(mmu, write_cr3,              xen_write_cr3)                                              \
	UNTIL_601(X(mmu, activate_mm, xen_activate_mm))                                                   \
	UNTIL_601(X(mmu, dup_mmap, xen_dup_mmap))                                                         \
	SINCE_612(X(mmu, enter_mmap, xen_enter_mmap))                                                     \
	X(mmu, pgd_alloc,              xen_pgd_alloc)                                              \
	X(mmu, pgd_free,               xen_pgd_free)                                               \
	X(mmu, alloc_pte,              xen_alloc_pte)                                              \
	X(mmu, alloc_pmd,              xen_alloc_pmd)                                              \
	X(mmu, alloc_pud,              xen_alloc_pud)                                              \
	X(mmu, release_pte,            xen_release_pte)                                            \
	X(mmu, release_pmd,            xen_release_pmd)                                            \
	X(mmu, release_pud,            xen_release_pud)                                            \
	X(mmu, set_pte,                xen_set_pte)                                                \
	X(mmu, set_pmd,                xen_set_pmd)                                                \
	X(mmu, ptep_modify_prot_start, xen_ptep_modify_prot_start)                                 \
	X(mmu, ptep_modify_prot_commit, xen_ptep_modify_prot_commit)                               \
	X(mmu, pte_val,                __raw_callee_save_xen_pte_val)                              \
	X(mmu, make_pte,               __raw_callee_save_xen_make_pte)                             \
	X(mmu, pgd_val,                __raw_callee_save_xen_pgd_val)                              \
	X(mmu, make_pgd,               __raw_callee_save_xen_make_pgd)                             \
	X(mmu, set_pud,                xen_set_pud)                                                \
	X(mmu, pmd_val,                __raw_callee_save_xen_pmd_val)                              \
	X(mmu, make_pmd,               __raw_callee_save_xen_make_pmd)                             \
	X(mmu, pud_val,                __raw_callee_save_xen_pud_val)                              \
	X(mmu, make_pud,               __raw_callee_save_xen_make_pud)                             \
	X(mmu, set_p4d,                xen_set_p4d)                                                \
	SINCE_601(X(mmu, p4d_val, __raw_callee_save_xen_p4d_val))                                         \
	SINCE_601(X(mmu, make_p4d, __raw_callee_save_xen_make_p4d))                                       \
	UNTIL_612(X(mmu, lazy_mode_enter, xen_enter_lazy_mmu))                                            \
	UNTIL_612(X(mmu, lazy_mode_leave, xen_leave_lazy_mmu))                                            \
	X(mmu, lazy_mode_flush,        xen_flush_lazy_mmu)                                         \
	X(mmu, set_fixmap,             xen_set_fixmap)                                             \
	X(lock, queued_spin_lock_slowpath, __pv_queued_spin_lock_slowpath)                         \
	X(lock, queued_spin_unlock,    __raw_callee_save___pv_queued_spin_unlock)                  \
	X(lock, wait,                  xen_qlock_wait)                                             \
	X(lock, kick,                  xen_qlock_kick)                                             \
	X(lock, vcpu_is_preempted,     __raw_callee_save_xen_vcpu_stolen)
// clang-format on

#define X(group, field, fn) typeof(*PV_OP(group, field)) fn;
XEN_PV_OPS(X)
#undef X

#endif
