// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way from Xen's entry to where a native boot goes on too.
 *
 * Xen maps the domain's memory at the kernel's base: frame n is at START_KERNEL_MAP + n pages, as
 * far as its start-up needs it.  That is the direct map here.
 */
#include "boot.h"
#include "bug.h"
#include "cpu.h"
#include "patch.h"
#include "pv.h"
#include "xen.h"

struct start_info { /* the front of Xen's, amd64 */
	char magic[32];
	u64 nr_pages, shared_info;
	u32 flags;
	u64 store_mfn;
	u32 store_event;
	u64 console_mfn;
	u32 console_event;
	u64 pt_base, nr_pt_frames, mfn_list, mod_start, mod_len;
	char cmd_line[1024];
};
_Static_assert(offsetof(struct start_info, pt_base) == 88, "Xen's start_info");
_Static_assert(offsetof(struct start_info, cmd_line) == 128, "Xen's start_info");

void xen_start_kernel(const struct start_info *info);
void xen_init_pv_ops(void);
void xen_iret(void), xen_asm_exc_xen_hypervisor_callback(void);
SINCE_601(extern u8 early_xen_iret_patch[];)
extern u64 level1_fixmap_pgt[512];
#if PVKERNEL_GEN >= 601
u64 xen_sched_clock(void), xen_steal_clock(int cpu);
DECLARE_STATIC_CALL(pv_sched_clock);
DECLARE_STATIC_CALL(pv_steal_clock);
#endif

#define XENMEM_MACHPHYS_MAPPING	   12
#define VCPUOP_IS_UP		   3
#define VCPUOP_REGISTER_RUNSTATE   5
#define VCPUOP_REGISTER_VCPU_INFO  10
#define VCPUOP_STOP_PERIODIC_TIMER 7
#define EVTCHNOP_BIND_VIRQ	   1
#define CALLBACKOP_REGISTER	   0
#define CALLBACK_EVENT		   0
#define CALLBACK_FLAG_MASK_EVENTS  1
#define VIRQ_TIMER		   0

#define FIRST_PFN ((0xffffffff81000000UL - START_KERNEL_MAP) >> 12)
#define NR_PAGES  4096
static struct page pages[NR_PAGES]; /* of the frames that the kernel is in */
static u8 shared_info_page[PAGE_SIZE] __aligned(PAGE_SIZE);
static u64 level2_fixmap[512] __aligned(PAGE_SIZE);
static struct mm_struct init_mm = {.pgd = init_top_pgt};
static u32 timer_port;

static void must(const char *what, long result)
{
	if (!result)
		return;
	print("# %s: %ld\n", what, result);
	panic("a hypercall failed");
}

static void map(const void *addr, u64 entry)
{
	must("update_va_mapping",
	     xen_hypercall(HYPERCALL_update_va_mapping, (u64)addr, entry, UVMF_INVLPG, 0, 0));
}

static void frames_init(const struct start_info *info)
{
	struct {
		u64 start, end, max_mfn;
	} m2p;

	page_offset_base = START_KERNEL_MAP;
	vmemmap_base = (u64)pages - FIRST_PFN * sizeof(struct page);
	xen_p2m_addr = (u64 *)info->mfn_list;
	xen_p2m_size = info->nr_pages;
	xen_max_p2m_pfn = info->nr_pages;
	must("memory_op",
	     xen_hypercall(HYPERCALL_memory_op, XENMEM_MACHPHYS_MAPPING, (u64)&m2p, 0, 0, 0));
	machine_to_phys_mapping = (u64 *)m2p.start;
	machine_to_phys_nr = m2p.max_mfn + 1;
}

static void vcpu_init(const struct start_info *info)
{
	u64 addr = virt_to_machine(this_cpu_ptr(xen_vcpu_info));
	struct {
		u64 mfn;
		u32 offset, reserved;
	} where = {.mfn = addr >> 12, .offset = addr & (PAGE_SIZE - 1)};
	u64 runstate = (u64)this_cpu_ptr(xen_runstate);

	must("register vcpu_info",
	     xen_hypercall(HYPERCALL_vcpu_op, VCPUOP_REGISTER_VCPU_INFO, 0, (u64)&where, 0, 0));
	this_cpu_write(xen_vcpu, this_cpu_ptr(xen_vcpu_info));
	must("register runstate",
	     xen_hypercall(HYPERCALL_vcpu_op, VCPUOP_REGISTER_RUNSTATE, 0, (u64)&runstate, 0, 0));
	map(shared_info_page, info->shared_info | PTE_KERNEL);
	HYPERVISOR_shared_info = (struct shared_info *)shared_info_page;
}

/* Tables of our own: the top level, and the fixmap's, below the rest of Xen's. */
static void paging_start(const struct start_info *info)
{
	const u64 *old = (const u64 *)info->pt_base;
	u64 *pud, table = PTE_PRESENT | 0x62;

	for (u32 i = 0; i < 512; i++) {
		if (i < 256 || i >= 272) /* Xen's own */
			init_top_pgt[i] = old[i];
	}
	map(init_top_pgt, pv_make_pte(__pa(init_top_pgt) | PTE_KERNEL_RO));
	xen_mc_batch();
	xen_mc_mmuext(MMUEXT_PIN_L1 + 3, pfn_to_mfn(__pa(init_top_pgt) >> 12), 0);
	xen_mc_issue(LAZY_NONE);
	pv_write_cr3(__pa(init_top_pgt));
	pud = __va(pv_pgd_val(init_top_pgt[511]) & PTE_PFN_MASK);
	level2_fixmap[FIXMAP_TOP >> 21 & 511] = pv_make_pmd(__pa(level1_fixmap_pgt) | table);
	pv_alloc_pte(&init_mm, __pa(level1_fixmap_pgt) >> 12);
	pv_alloc_pmd(&init_mm, __pa(level2_fixmap) >> 12);
	pv_set_pud(&pud[511], pv_make_pud(__pa(level2_fixmap) | table));
	virt_to_page(init_top_pgt)->flags |= 1UL << 10; /* pinned */
	static_key_enable(&xen_struct_pages_ready);
}

static void events_init(void)
{
	struct {
		u16 type, flags;
		u64 address;
	} callback = {CALLBACK_EVENT, CALLBACK_FLAG_MASK_EVENTS,
		      (u64)xen_asm_exc_xen_hypervisor_callback};
	struct {
		u32 virq, vcpu, port;
	} bind = {VIRQ_TIMER, 0, 0};

	must("callback_op",
	     xen_hypercall(HYPERCALL_callback_op, CALLBACKOP_REGISTER, (u64)&callback, 0, 0, 0));
	must("bind_virq",
	     xen_hypercall(HYPERCALL_event_channel_op, EVTCHNOP_BIND_VIRQ, (u64)&bind, 0, 0, 0));
	timer_port = bind.port;
	xen_hypercall(HYPERCALL_vcpu_op, VCPUOP_STOP_PERIODIC_TIMER, 0, 0, 0, 0);
	HYPERVISOR_shared_info->pending[timer_port / 64] &= ~(1UL << timer_port % 64);
	HYPERVISOR_shared_info->mask[timer_port / 64] &= ~(1UL << timer_port % 64);
}

void xen_timer_start(void)
{
	xen_hypercall(HYPERCALL_set_timer_op, xen_sched_clock() + 3000000, 0, 0, 0, 0);
}

/* Events are masked while it runs. */
void xen_upcall(void)
{
	struct vcpu_info *vcpu = this_cpu_read(xen_vcpu);
	u64 *pending = &HYPERVISOR_shared_info->pending[timer_port / 64];

	WRITE_ONCE(vcpu->upcall_pending, 0);
	WRITE_ONCE(vcpu->pending_sel, 0);
	if (READ_ONCE(*pending) >> timer_port % 64 & 1) {
		nr_interrupts++;
		asm volatile(LOCK_PREFIX "andq %1, %0"
			     : "+m"(*pending)
			     : "r"(~(1UL << timer_port % 64))
			     : "cc");
		if (timer_repeats)
			timer_start();
	}
}

u32 xen_count_cpus(void)
{
	u32 nr = 0;

	while (nr < NR_CPUS && xen_hypercall(HYPERCALL_vcpu_op, VCPUOP_IS_UP, nr, 0, 0, 0) >= 0)
		nr++;
	return nr;
}

static void locks_init(void)
{
	/* nobody waits for a lock on one CPU */
	if (nr_cpu_ids == 1) {
		PV_OP(lock, queued_spin_lock_slowpath) = native_queued_spin_lock_slowpath;
		PV_OP(lock, queued_spin_unlock) = __raw_callee_save___native_queued_spin_unlock;
		PV_OP(lock, wait) = (void (*)(u8 *, u8))PV_NOP;
		PV_OP(lock, kick) = (void (*)(int))PV_NOP;
		PV_OP(lock, vcpu_is_preempted) = __raw_callee_save___native_vcpu_is_preempted;
	}
}

static void patch_iret(void)
{
#if PVKERNEL_GEN >= 601
	u8 jump[5];

	make_branch(jump, OP_JMP, early_xen_iret_patch, xen_iret);
	text_poke_early(early_xen_iret_patch, jump, sizeof(jump));
#endif
}

void xen_start_kernel(const struct start_info *info)
{
	save_linked_text();
	xen_init_pv_ops();
	SINCE_601(static_call_update(xen_hypercall, xen_hypercall_pv));
	print("KTAP version 1\n");
	cmdline_init(info->cmd_line);
	frames_init(info);
	patch_iret();
	vcpu_init(info);
	paging_start(info);
	cpu_tables_init();
	traps_init();
	events_init();
	identify_cpu();
	set_cap(X86_FEATURE_XENPV);
	pin_control_registers();
	count_cpus(xen_count_cpus());
	locks_init();
	ONLY_510(arch_init_ideal_nops());
	static_call_init();
	SINCE_601(static_call_update(pv_sched_clock, xen_sched_clock));
	SINCE_601(static_call_update(pv_steal_clock, xen_steal_clock));
	platform_name = nr_cpu_ids == 1 ? "xen-pv-up" : "xen-pv";
	platform_detect();
	select_mitigations();
	finish_boot();
}
