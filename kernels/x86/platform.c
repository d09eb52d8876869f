// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a platform changes in pv_ops, static calls and capabilities.
 *
 * Bare metal and Xen PV are what they are.  A guest of KVM, Hyper-V or VMware the kernel is only
 * when it is told so (platform=NAME): then memory that such a host shares is the kernel's own, and
 * hypercalls are answered here.
 */
#include "boot.h"
#include "cpu.h"
#include "guests.h"
#include "lock.h"
#include "patch.h"
#include "pv.h"
#include "xen.h"

DECLARE_STATIC_CALL(cond_resched);
SINCE_601(DECLARE_STATIC_CALL(pv_sched_clock); DECLARE_STATIC_CALL(pv_steal_clock);)
u64 __cond_resched(void);
ONLY_AMD64(void xen_hypercall_intel(void);)
ONLY_I386(void hv_vmcall(void);)

const char *platform_name = "native", *platform_how = "found";

enum host { HOST_NONE, HOST_KVM, HOST_HYPERV, HOST_VMWARE };
static enum host host;

/* What the host offers. */
#define CLOCK	 1
#define STEAL	 2
#define UNHALT	 4
#define RELIABLE 8
#define VMCALL	 16 /* not by a port */
#define VMMCALL	 32
static const struct {
	const char *name; /* as in corpus/platforms */
	enum host host;
	u32 offers;
} guests[] = {
	{"kvm", HOST_KVM, CLOCK | STEAL | UNHALT},
	{"kvm-steal", HOST_KVM, CLOCK | STEAL},
	{"kvm-unhalt", HOST_KVM, CLOCK | UNHALT},
	{"kvm-plain", HOST_KVM, CLOCK},
	{"hyperv", HOST_HYPERV, CLOCK},
	{"hyperv-invariant", HOST_HYPERV, CLOCK | RELIABLE},
	{"vmware", HOST_VMWARE, CLOCK | STEAL},
	{"vmware-noclock", HOST_VMWARE, 0},
	{"vmware-vmcall", HOST_VMWARE, CLOCK | STEAL | VMCALL},
	{"vmware-vmmcall", HOST_VMWARE, CLOCK | STEAL | VMMCALL},
};

static const struct {
	const char *name;
	void **slot;
} fields[] = {
#define F(group, field, ...) {#group "." #field, (void **)&PV_OP(group, field)},
	PV_OPS(F, F, F)
#undef F
};

/* nop=GROUP.FIELD: an operation that does nothing, for the self-test to find. */
static void spoil_operations(void)
{
	const char *name;

	for (u32 i = 0; (name = cmdline_nth("nop", i)); i++) {
		u32 slot = 0;

		while (slot < ARRAY_SIZE(fields) && !same_word(fields[slot].name, name))
			slot++;
		if (slot == ARRAY_SIZE(fields))
			panic("nop=: no such field");
		*fields[slot].slot = (void *)PV_NOP;
		print("# nop %s\n", name);
	}
}

/* --- the answers --- */

#define KVM_HC_KICK_CPU 5
#define KVM_ENOSYS	1000
#define HV_FLUSH_SPACE	2
#define HV_FLUSH_LIST	3
#define HV_INVALID_CODE 2

static void answer_hyperv(struct trap_frame *frame)
{
	u64 code = HYPERV_CONTROL(frame) & 0xffff, reps = HYPERV_CONTROL(frame) >> 32 & 0xfff;

	if (code != HV_FLUSH_SPACE && code != HV_FLUSH_LIST) {
		SET_HYPERV_RESULT(frame, HV_INVALID_CODE);
		return;
	}
	native_flush_tlb_global();
	SET_HYPERV_RESULT(frame, reps << 32);
}

bool stub_hypercall(struct trap_frame *frame)
{
	const u8 *insn = (const u8 *)frame->ip;

	if (host == HOST_NONE || insn[0] != 0x0f || insn[1] != 0x01 ||
	    (insn[2] != 0xc1 && insn[2] != 0xd9))
		return false;
	if (host == HOST_HYPERV)
		answer_hyperv(frame);
	else if (host == HOST_VMWARE)
		KVM_RESULT(frame) = VMWARE_VERSION;
	else
		KVM_RESULT(frame) = KVM_RESULT(frame) == KVM_HC_KICK_CPU ? 0 : -KVM_ENOSYS;
	return true;
}

/* --- guests --- */

static void set_sched_clock(u64 (*clock)(void))
{
	SINCE_601(static_call_update(pv_sched_clock, clock));
	ONLY_510(PV_OP(time, sched_clock) = clock);
}

static void set_steal_clock(u64 (*clock)(int cpu))
{
	SINCE_601(static_call_update(pv_steal_clock, clock));
	ONLY_510(PV_OP(time, steal_clock) = clock);
}

static void pv_locks(void (*wait)(u8 *, u8), void (*kick)(int))
{
	PV_OP(lock, queued_spin_lock_slowpath) = __pv_queued_spin_lock_slowpath;
	PV_OP(lock, queued_spin_unlock) = __raw_callee_save___pv_queued_spin_unlock;
	PV_OP(lock, wait) = wait;
	PV_OP(lock, kick) = kick;
}

static void become_kvm(u32 offers)
{
	static struct pvclock clock = {.version = 2, .mul = 1U << 31};
	static u64 mask;

	this_cpu_write(hv_clock_per_cpu, &clock);
	this_cpu_write(__pv_cpu_mask, &mask);
	this_cpu_ptr(steal_time)->version = 2;
	clear_cap(X86_FEATURE_MWAIT);
	UNTIL_612(PV_OP(cpu, io_delay) = kvm_io_delay);
	ONLY_702(pv_info.io_delay = false);
	set_sched_clock(kvm_sched_clock_read);
	if (offers & STEAL) {
		set_steal_clock(kvm_steal_clock);
		/* in 5.10 an affair of PV spinlocks alone */
		if (PVKERNEL_GEN >= 601 || (offers & UNHALT))
			PV_OP(lock, vcpu_is_preempted) = __raw_callee_save___kvm_vcpu_is_preempted;
		PV_OP(mmu, flush_tlb_multi) = kvm_flush_tlb_multi;
		UNTIL_612(PV_OP(mmu, tlb_remove_table) = tlb_remove_table);
	}
	if (offers & UNHALT)
		pv_locks(kvm_wait, kvm_kick_cpu);
}

/* vmcall and a return; in 5.10 on the page that is Xen's elsewhere. */
static void *hypercall_text(void)
{
#if PVKERNEL_GEN <= 510 && defined(__x86_64__)
	static const u8 vmcall[] = {0x0f, 0x01, 0xc1, OP_RET};

	text_poke_early(hypercall_page, vmcall, sizeof(vmcall));
	return hypercall_page;
#else
	return (void *)ONLY_AMD64(xen_hypercall_intel) ONLY_I386(hv_vmcall);
#endif
}

static DEFINE_PER_CPU(void *, hyperv_input);

static void become_hyperv(u32 offers)
{
	static u64 input[PAGE_SIZE / 8] __aligned(PAGE_SIZE);
	static u32 numbers[NR_CPUS];

	for (u32 i = 0; i < NR_CPUS; i++)
		numbers[i] = i;
	hv_vp_index = numbers;
	tsc_pg = (struct hv_tsc_page){.sequence = 1, .scale = 1ULL << 56};
	this_cpu_write(hyperv_input, input);
	hyperv_pcpu_input_arg = &hyperv_input;
	hv_hypercall_pg = hypercall_text();
	/* since 6.12 an invariant TSC is the clock itself */
	if (PVKERNEL_GEN <= 601 || !(offers & RELIABLE))
		set_sched_clock(read_hv_sched_clock_tsc);
	PV_OP(mmu, flush_tlb_multi) = hyperv_flush_tlb_multi;
	UNTIL_612(PV_OP(mmu, tlb_remove_table) = tlb_remove_table);
#ifdef __x86_64__
	pv_locks(hv_qlock_wait, hv_qlock_kick);
	PV_OP(lock, vcpu_is_preempted) = __raw_callee_save_hv_vcpu_is_preempted;
#endif
}

static void become_vmware(u32 offers)
{
	set_cap(X86_FEATURE_CONSTANT_TSC);
	if (offers & VMCALL)
		set_cap(X86_FEATURE_VMCALL);
	if (offers & VMMCALL)
		set_cap(X86_FEATURE_VMW_VMMCALL);
	UNTIL_612(PV_OP(cpu, io_delay) = (void (*)(void))PV_NOP);
	ONLY_702(pv_info.io_delay = false);
	if (!(offers & CLOCK)) {
		clear_cap(X86_FEATURE_TSC_KNOWN_FREQ);
		return;
	}
	set_sched_clock(vmware_sched_clock);
	set_steal_clock(vmware_steal_clock);
}

static void become_guest(const char *name)
{
	u32 i = 0;

	while (i < ARRAY_SIZE(guests) && !same_word(guests[i].name, name))
		i++;
	if (i == ARRAY_SIZE(guests))
		panic("platform=: no such platform");
	if (xen_domain_type == XEN_PV_DOMAIN)
		panic("platform=: this is Xen PV");
	host = guests[i].host;
	set_cap(X86_FEATURE_HYPERVISOR);
	set_cap(X86_FEATURE_TSC_KNOWN_FREQ);
	if ((guests[i].offers & RELIABLE) || host == HOST_VMWARE)
		set_cap(X86_FEATURE_TSC_RELIABLE);
	if (host == HOST_KVM)
		become_kvm(guests[i].offers);
	else if (host == HOST_HYPERV)
		become_hyperv(guests[i].offers);
	else
		become_vmware(guests[i].offers);
	platform_name = guests[i].name;
	platform_how = "as the command line says; hypercalls are answered by the kernel itself";
}

void platform_detect(void)
{
	const char *name = cmdline_value("platform");

	if (name && !same_word(name, "native"))
		become_guest(name);
	spoil_operations();
	/* voluntary preemption; 7.2 is lazy */
	if (PVKERNEL_GEN <= 612)
		static_call_update(cond_resched, __cond_resched);
}
