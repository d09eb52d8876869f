// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen PV: control and debug registers, MSRs, cpuid, the I/O bitmap, halting.
 */
#include "bug.h"
#include "cpu.h"
#include "pv.h"
#include "xen.h"

DEFINE_PER_CPU(u64, xen_cr0_value);

UNTIL_612(void xen_io_delay(void) {})

u64 xen_get_debugreg(int regno)
{
	return xen_hypercall(HYPERCALL_get_debugreg, regno, 0, 0, 0, 0);
}

void xen_set_debugreg(int regno, u64 value)
{
	xen_hypercall(HYPERCALL_set_debugreg, regno, value, 0, 0, 0);
}

/* Xen emulates mov from cr0, slowly: ask it once. */
u64 xen_read_cr0(void)
{
	u64 cr0 = this_cpu_read(xen_cr0_value);

	if (!cr0) {
		cr0 = native_read_cr0();
		this_cpu_write(xen_cr0_value, cr0);
	}
	return cr0;
}

void xen_write_cr0(u64 cr0)
{
	this_cpu_write(xen_cr0_value, cr0);
	xen_mc_batch();
	xen_mc_call(HYPERCALL_fpu_taskswitch, !!(cr0 & CR0_TS), 0, 0, 0);
	xen_mc_issue(LAZY_CPU);
}

void xen_write_cr4(u64 cr4)
{
	native_write_cr4(cr4 & ~(CR4_PGE | CR4_PSE | CR4_PCE));
}

u64 xen_store_tr(void)
{
	return 0;
}

/* ud2 and "xen": asks Xen to emulate the cpuid behind it, with its own view of the features. */
void xen_cpuid(u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	u32 leaf = *eax, a = leaf, b, c = *ecx, d;

	if (leaf == 5) { /* monitor and mwait: none */
		*eax = 0;
		*ebx = 0;
		*ecx = 0;
		*edx = 0;
		return;
	}
	asm volatile(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e\n"
		     "cpuid"
		     : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	if (leaf == 1)
		b = (b & 0xffffff) | (u32)smp_processor_id() << 24;
	else if (leaf == 0xb)
		b = 0;
	*eax = a;
	*ebx = b;
	*ecx = c;
	*edx = d;
}

static u64 visible_msr(u32 msr, u64 val)
{
	return msr == MSR_APICBASE ? val & ~(1UL << 10) : val; /* no x2APIC */
}

u64 xen_read_msr(u32 msr)
{
	return visible_msr(msr, native_read_msr(msr));
}

/* Whether Xen has its own way to do it; *err gets the result. */
static bool write_segment_base(u32 msr, u64 value, int *err)
{
	u32 which;

	if (msr == MSR_FS_BASE)
		which = SEGBASE_FS;
	else if (msr == MSR_KERNEL_GS_BASE)
		which = SEGBASE_GS_USER;
	else if (msr == MSR_GS_BASE)
		which = SEGBASE_GS_KERNEL;
	else
		return false;
	*err = xen_hypercall(HYPERCALL_set_segment_base, which, value, 0, 0, 0) ? -EIO : 0;
	return true;
}

/* Entry points are registered by hypercall; these writes would only fault. */
static bool is_entry_msr(u32 msr)
{
	return (msr >= MSR_STAR && msr <= MSR_SYSCALL_MASK) ||
	       (msr >= MSR_SYSENTER_CS && msr <= MSR_SYSENTER_EIP);
}

#if PVKERNEL_GEN <= 612
u64 xen_read_msr_safe(u32 msr, int *err)
{
	return visible_msr(msr, native_read_msr_safe(msr, err));
}

int xen_write_msr_safe(u32 msr, u32 low, u32 high)
{
	int err;

	if (write_segment_base(msr, low | (u64)high << 32, &err))
		return err;
	return is_entry_msr(msr) ? 0 : native_write_msr_safe(msr, low, high);
}

void xen_write_msr(u32 msr, u32 low, u32 high)
{
	int err;

	if (write_segment_base(msr, low | (u64)high << 32, &err))
		WARN_ON(err);
	else if (!is_entry_msr(msr))
		native_write_msr(msr, low, high);
}
#else
int xen_read_msr_safe(u32 msr, u64 *value)
{
	int err = native_read_msr_safe(msr, value);

	*value = visible_msr(msr, *value);
	return err;
}

int xen_write_msr_safe(u32 msr, u64 value)
{
	int err;

	if (write_segment_base(msr, value, &err))
		return err;
	return is_entry_msr(msr) ? 0 : native_write_msr_safe(msr, value);
}

void xen_write_msr(u32 msr, u64 value)
{
	int err;

	if (write_segment_base(msr, value, &err))
		WARN_ON(err);
	else if (!is_entry_msr(msr))
		native_write_msr(msr, value);
}
#endif

/* Counters are read as MSRs, which Xen emulates. */
u64 xen_read_pmc(int counter)
{
	u32 nr = (u32)counter & 0xff;

	if (boot_cpu_data.vendor == VENDOR_AMD)
		return native_read_msr(MSR_AMD_PERFCTR0 + 2 * nr);
	if ((u32)counter >> 30)
		return native_read_msr(MSR_FIXED_CTR0 + nr);
	return native_read_msr(MSR_PERFCTR0 + nr);
}

static void set_iobitmap(void *bits, u32 nr)
{
	struct {
		void *bitmap;
		u32 nr_ports;
	} op = {bits, nr};

	xen_hypercall(HYPERCALL_physdev_op, PHYSDEVOP_SET_IOBITMAP, (u64)&op, 0, 0, 0);
}

void xen_invalidate_io_bitmap(void)
{
	native_tss_invalidate_io_bitmap();
	set_iobitmap(NULL, 0);
}

void xen_update_io_bitmap(void)
{
	struct tss *tss = this_cpu_ptr(cpu_tss_rw);

	native_tss_update_io_bitmap();
	if (tss->io_bitmap_base == IO_BITMAP_INVALID)
		set_iobitmap(NULL, 0);
	else
		set_iobitmap(tss->bitmap, IO_BITMAP_LEN * 8);
}

/* Blocks until an event, which it also unmasks. */
void xen_safe_halt(void)
{
	if (xen_hypercall(HYPERCALL_sched_op, SCHEDOP_BLOCK, 0, 0, 0, 0))
		BUG();
}

void xen_halt(void)
{
	if (pv_save_fl() & X86_IF)
		xen_safe_halt();
	else
		xen_hypercall(HYPERCALL_vcpu_op, VCPUOP_DOWN, this_cpu_read(xen_vcpu_id), 0, 0, 0);
}

/* Any hypercall makes Xen deliver what is pending. */
void xen_force_evtchn_callback(void)
{
	xen_hypercall(HYPERCALL_xen_version, 0, 0, 0, 0, 0);
}
