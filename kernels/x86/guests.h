/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guests.h - operations of a guest of KVM, Hyper-V and VMware, and the memory shared with each.
 */
#ifndef PVK_GUESTS_H
#define PVK_GUESTS_H

#include "mm.h"
#include "percpu.h"
#include "pvclock.h"

struct kvm_steal_time {
	u64 steal; /* at 0 */
	u32 version, flags;
	u8 preempted; /* at 16 */
	u8 pad[47];
};
_Static_assert(sizeof(struct kvm_steal_time) == 64, "shared with KVM");
DECLARE_PER_CPU(struct kvm_steal_time, steal_time);
DECLARE_PER_CPU(struct pvclock *, hv_clock_per_cpu);
DECLARE_PER_CPU(u64 *, __pv_cpu_mask);
DECLARE_PER_CPU(u16, x86_cpu_to_apicid);
void kvm_io_delay(void);
u64 kvm_sched_clock_read(void);
u64 kvm_steal_clock(int cpu);
void kvm_flush_tlb_multi(const u64 *cpus, const struct flush_tlb_info *info);
void kvm_wait(u8 *ptr, u8 val);
void kvm_kick_cpu(int cpu);
callee_save_fn __raw_callee_save___kvm_vcpu_is_preempted;

struct hv_tsc_page {
	u32 sequence, reserved;
	u64 scale, offset;
};
extern struct hv_tsc_page tsc_pg;
extern void *hv_hypercall_pg;
extern u32 *hv_vp_index;
extern void **hyperv_pcpu_input_arg;
u64 read_hv_sched_clock_tsc(void);
void hyperv_flush_tlb_multi(const u64 *cpus, const struct flush_tlb_info *info);
void hv_qlock_wait(u8 *ptr, u8 val);
void hv_qlock_kick(int cpu);
bool hv_vcpu_is_preempted(int cpu);
callee_save_fn __raw_callee_save_hv_vcpu_is_preempted;

struct cyc2ns_data {
	u32 mul, shift;
	u64 offset;
};
struct vmware_steal_time {
	u64 clock, reserved[7];
};
extern struct cyc2ns_data vmware_cyc2ns;
u64 vmware_sched_clock(void);
u64 vmware_steal_clock(int cpu);
#define VMWARE_GET_VERSION 10
#define VMWARE_VERSION	   6
/* By port, or where it offers that by an instruction. */
u32 vmware_hypercall(u32 command);

#endif
