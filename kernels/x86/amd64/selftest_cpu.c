// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the cpu and irq groups.
 */
#include "selftest.h"

#define MSR_EFER	0xc0000080
#define GS_SELECTOR(to) asm volatile("mov %%gs, %0" : "=r"(to))

static u64 direct_cr0(void)
{
	u64 cr0;

	asm volatile("mov %%cr0, %0" : "=r"(cr0));
	return cr0;
}

static u64 direct_cr4(void)
{
	u64 cr4;

	asm volatile("mov %%cr4, %0" : "=r"(cr4));
	return cr4;
}

static u64 direct_flags(void)
{
	u64 flags;

	asm volatile("pushf; pop %0" : "=r"(flags));
	return flags;
}

static u64 direct_msr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return low | (u64)high << 32;
}

/* Whether interrupts are on, by what they are on this platform. */
static bool interrupts_on(void)
{
	if (in_ring0())
		return direct_flags() & X86_IF;
	return !this_cpu_read(xen_vcpu_info.upcall_mask);
}

void test_get_debugreg(void)
{
	u64 value = 0xffffffff81234567;

	if (in_ring0())
		asm volatile("mov %0, %%db1" ::"r"(value));
	else
		site_set_debugreg(1, value = 0x1234567);
	CHECK(site_get_debugreg(1) == value);
	site_set_debugreg(1, 0);
	CHECK(site_get_debugreg(1) == 0);
	CHECK((site_get_debugreg(6) & 0xf) == 0);
}

void test_set_debugreg(void)
{
	u64 value;

	for (int i = 0; i < 4; i++)
		site_set_debugreg(i, 0x1000 + i);
	for (int i = 0; i < 4; i++)
		CHECK(site_get_debugreg(i) == 0x1000 + (u64)i);
	if (in_ring0()) {
		asm volatile("mov %%db3, %0" : "=r"(value));
		CHECK(value == 0x1003);
	}
	for (int i = 0; i < 4; i++)
		site_set_debugreg(i, 0);
}

void test_read_cr0(void)
{
	CHECK(site_read_cr0() & 1);
	if (in_ring0())
		CHECK(site_read_cr0() == direct_cr0());
}

void test_write_cr0(void)
{
	u64 cr0 = site_read_cr0();

	site_write_cr0(cr0 | CR0_TS);
	CHECK(site_read_cr0() & CR0_TS);
	if (in_ring0())
		CHECK(direct_cr0() == (cr0 | CR0_TS));
	site_write_cr0(cr0 & ~CR0_TS);
	CHECK(!(site_read_cr0() & CR0_TS));
	if (!in_ring0())
		return;
	/* CR0.WP is pinned: it comes back, with a warning */
	site_write_cr0(cr0 & ~(CR0_WP | CR0_TS));
	CHECK(nr_warnings == 1 && (direct_cr0() & CR0_WP));
	nr_warnings = 0;
}

void test_write_cr4(void)
{
	u64 cr4 = direct_cr4();

	site_write_cr4(cr4);
	CHECK(direct_cr4() == cr4);
	if (!in_ring0())
		return;
	site_write_cr4(cr4 ^ CR4_PCE);
	CHECK(direct_cr4() == (cr4 ^ CR4_PCE));
	site_write_cr4(cr4);
}

void test_load_tr_desc(void)
{
	u64 *desc = &this_cpu_ptr(gdt_page)->gdt[GDT_TSS];

	if (in_ring0())
		*desc &= ~(2UL << 40); /* busy: it was loaded before */
	site_load_tr_desc();
	if (in_ring0()) {
		CHECK(*desc & 2UL << 40);
		CHECK(site_store_tr() == GDT_TSS * 8);
	}
}

void test_load_gdt(void)
{
	u64 address = (u64)this_cpu_ptr(gdt_page);
	const struct desc_ptr dtr = {.size = GDT_ENTRIES * 8 - 1, .address = address};
	struct desc_ptr now;

	if (in_ring0()) {
		const struct desc_ptr less = {.size = 12 * 8 - 1, .address = address};

		site_load_gdt(&less);
		native_store_gdt(&now);
		CHECK(now.size == less.size && now.address == address);
	}
	site_load_gdt(&dtr);
	if (in_ring0()) {
		native_store_gdt(&now);
		CHECK(now.size == dtr.size && now.address == address);
	}
	asm volatile("mov %0, %%ds; mov %0, %%es" ::"r"(in_ring0() ? KERNEL_DS : 0));
}

void test_load_idt(void)
{
	struct desc_ptr before, now;
	u32 breakpoints = nr_breakpoints;

	traps_idt(&before);
	if (in_ring0()) {
		struct desc_ptr less = {.size = 0x21 * 16 - 1, .address = before.address};

		site_load_idt(&less);
		asm volatile("sidt %0" : "=m"(now));
		CHECK(now.size == less.size && now.address == less.address);
	}
	site_load_idt(&before);
	if (in_ring0()) {
		asm volatile("sidt %0" : "=m"(now));
		CHECK(now.size == before.size && now.address == before.address);
	}
	asm volatile("int3");
	CHECK(nr_breakpoints == breakpoints + 1);
}

static u64 ldt[512] __aligned(PAGE_SIZE);

void test_set_ldt(void)
{
	u64 selector;
	static const u64 data = 0x00cff3000000ffff;

	site_write_ldt_entry(ldt, 1, &data);
	site_alloc_ldt(ldt, 512);
	site_set_ldt(ldt, 2);
	asm volatile("mov %0, %%fs" ::"r"(0xf)); /* entry 1 of the LDT, ring 3 */
	asm volatile("mov %%fs, %0" : "=r"(selector));
	CHECK(selector == 0xf);
	asm volatile("mov %0, %%fs" ::"r"(0));
	if (in_ring0()) {
		asm volatile("sldt %0" : "=r"(selector));
		CHECK(selector == GDT_LDT * 8);
	}
	site_set_ldt(NULL, 0);
	site_free_ldt(ldt, 512);
	if (in_ring0()) {
		asm volatile("sldt %0" : "=r"(selector));
		CHECK(selector == 0);
	}
}

void test_store_tr(void)
{
	u64 tr;

	if (!in_ring0()) {
		CHECK(site_store_tr() == 0);
		return;
	}
	asm volatile("str %0" : "=r"(tr));
	CHECK(site_store_tr() == tr && tr == GDT_TSS * 8);
}

void test_load_tls(void)
{
	static struct thread_struct thread = {
		.tls = {0x00cff3000000ffff, 0x00cff3000000fffe, 0x00cff3000000fffd}};
	const u64 *gdt = this_cpu_ptr(gdt_page)->gdt;

	site_load_tls(&thread, 0);
	for (int i = 0; i < NR_TLS; i++)
		CHECK((gdt[GDT_TLS + i] & ~(1UL << 40)) == (thread.tls[i] & ~(1UL << 40)));
}

void test_load_gs_index(void)
{
	u32 selector;

	if (!in_ring0()) {
		site_load_gs_index(0);
		CHECK(this_cpu_read(this_cpu_off) == (u64)__per_cpu_base);
		return;
	}
	site_load_gs_index(KERNEL_DS);
	GS_SELECTOR(selector);
	CHECK(selector == KERNEL_DS);
	CHECK(this_cpu_read(this_cpu_off) == (u64)__per_cpu_base);
	site_load_gs_index(GDT_ENTRIES * 8); /* beyond the table: it becomes 0 */
	GS_SELECTOR(selector);
	CHECK(selector == 0);
	CHECK(direct_msr(MSR_GS_BASE) == (u64)__per_cpu_base);
}

void test_write_ldt_entry(void)
{
	static const u64 data = 0x00cff3000000ffff;

	site_write_ldt_entry(ldt, 3, &data);
	CHECK(ldt[3] == data && !ldt[2] && !ldt[4]);
}

void test_write_gdt_entry(void)
{
	const u64 *gdt = this_cpu_ptr(gdt_page)->gdt;
	static const u64 data = 0x00cff3000000ffff;
	u64 next = gdt[GDT_TLS + 2];

	site_write_gdt_entry(this_cpu_ptr(gdt_page)->gdt, GDT_TLS + 1, &data, 0);
	CHECK((gdt[GDT_TLS + 1] & ~(1UL << 40)) == (data & ~(1UL << 40)));
	CHECK(gdt[GDT_TLS + 2] == next);
}

void test_write_idt_entry(void)
{
	static struct gate idt[2];
	struct desc_ptr loaded;

	traps_idt(&loaded);
	site_write_idt_entry(idt, 1, (const struct gate *)loaded.address + 3);
	CHECK(idt[1].offset_low == ((const struct gate *)loaded.address)[3].offset_low);
	CHECK(idt[1].bits && !idt[0].bits);
}

void test_alloc_ldt(void)
{
	site_alloc_ldt(ldt, 512);
	if (!in_ring0()) {
		if (!fault_caught()) {
			fault_expect();
			WRITE_ONCE(ldt[0], 0);
			fault_end();
			CHECK(false); /* it is read-only now */
		}
	}
	site_free_ldt(ldt, 512);
}

void test_free_ldt(void)
{
	site_alloc_ldt(ldt, 512);
	site_free_ldt(ldt, 512);
	WRITE_ONCE(ldt[5], 5);
	CHECK(READ_ONCE(ldt[5]) == 5);
	ldt[5] = 0;
}

void test_load_sp0(void)
{
	u64 sp0 = this_cpu_read(cpu_tss_rw.sp0);

	site_load_sp0(0xffffffff81fff000);
	CHECK(this_cpu_read(cpu_tss_rw.sp0) == 0xffffffff81fff000);
	site_load_sp0(sp0);
}

void test_invalidate_io_bitmap(void)
{
	this_cpu_write(cpu_tss_rw.io_bitmap_base, 0x68);
	site_invalidate_io_bitmap();
	CHECK(this_cpu_read(cpu_tss_rw.io_bitmap_base) == IO_BITMAP_INVALID);
}

void test_update_io_bitmap(void)
{
	static struct io_bitmap map = {.generation = 7, .len = 16};
	struct task_struct *task = this_cpu_read(current_task);
	struct tss *tss = this_cpu_ptr(cpu_tss_rw);

	for (u32 i = 0; i < 16; i++)
		map.bits[i] = 0xf0 + i;
	task->thread.io_bitmap = &map;
	task->flags |= TIF_IO_BITMAP;
	site_update_io_bitmap();
	CHECK(tss->io_bitmap_base == offsetof(struct tss, bitmap));
	CHECK(tss->bitmap[3] == 0xf3 && tss->bitmap[16] == 0xff);
	task->flags &= ~TIF_IO_BITMAP;
	site_update_io_bitmap();
	CHECK(tss->io_bitmap_base == IO_BITMAP_INVALID);
}

void test_cpuid(void)
{
	u32 a = 0, b = 0, c = 0, d = 0, direct[4];

	site_cpuid(&a, &b, &c, &d);
	asm volatile("cpuid"
		     : "=a"(direct[0]), "=b"(direct[1]), "=c"(direct[2]), "=d"(direct[3])
		     : "a"(0), "c"(0));
	CHECK(b == direct[1] && c == direct[2] && d == direct[3]);
	if (in_ring0())
		CHECK(a == direct[0]);
}

void test_read_msr(void)
{
	CHECK(site_read_msr(MSR_EFER) >> 8 & 1); /* long mode */
	if (in_ring0())
		CHECK(site_read_msr(MSR_EFER) == direct_msr(MSR_EFER));
}

/* Through the sites: a value is two arguments up to 6.12. */
static void site_write(u32 msr, u64 value)
{
#if PVKERNEL_GEN <= 612
	site_write_msr(msr, value, value >> 32);
#else
	site_write_msr(msr, value);
#endif
}

static int site_write_safe(u32 msr, u64 value)
{
#if PVKERNEL_GEN <= 612
	return site_write_msr_safe(msr, value, value >> 32);
#else
	return site_write_msr_safe(msr, value);
#endif
}

void test_write_msr(void)
{
	site_write(MSR_FS_BASE, 0x7ffe12345000);
	CHECK(site_read_msr(MSR_FS_BASE) == 0x7ffe12345000);
	if (in_ring0())
		CHECK(direct_msr(MSR_FS_BASE) == 0x7ffe12345000);
	site_write(MSR_FS_BASE, 0);
}

void test_read_msr_safe(void)
{
	int err = -1;
#if PVKERNEL_GEN <= 612
	u64 value = site_read_msr_safe(MSR_EFER, &err);
#else
	u64 value = 0;

	err = site_read_msr_safe(MSR_EFER, &value);
#endif
	CHECK(value == site_read_msr(MSR_EFER));
	CHECK(err == 0);
}

void test_write_msr_safe(void)
{
	CHECK(site_write_safe(MSR_FS_BASE, 0x7ffe23456000) == 0);
	CHECK(site_read_msr(MSR_FS_BASE) == 0x7ffe23456000);
	CHECK(site_write_safe(MSR_FS_BASE, 0) == 0);
}

void test_read_pmc(void)
{
	if (fault_caught())
		SKIP("this machine has no counters");
	fault_expect();
	site_read_pmc(0);
	fault_end();
}

static struct task_struct other_task;

void test_start_context_switch(void)
{
	struct task_struct *task = this_cpu_read(current_task);

	site_start_context_switch(task);
	CHECK(xen_get_lazy_mode() == (in_ring0() ? LAZY_NONE : LAZY_CPU));
	site_end_context_switch(task);
}

void test_end_context_switch(void)
{
	site_start_context_switch(this_cpu_read(current_task));
	site_end_context_switch(&other_task);
	CHECK(xen_get_lazy_mode() == LAZY_NONE);
}

/* --- irq --- */

void test_save_fl(void)
{
	site_irq_enable();
	CHECK(site_save_fl() & X86_IF);
	site_irq_disable();
	CHECK(!(site_save_fl() & X86_IF));
	if (in_ring0())
		CHECK(((site_save_fl() ^ direct_flags()) & 0x700) == 0);
}

void test_irq_disable(void)
{
	site_irq_enable();
	site_irq_disable();
	CHECK(!interrupts_on());
}

void test_irq_enable(void)
{
	site_irq_disable();
	site_irq_enable();
	CHECK(interrupts_on());
	site_irq_disable();
}

void test_safe_halt(void)
{
	u32 before = nr_interrupts;

	site_irq_disable();
	timer_start();
	site_safe_halt();
	CHECK(nr_interrupts == before + 1);
	site_irq_disable();
}

/* With interrupts on, one may come just before the halt: others follow. */
void test_halt(void)
{
	u32 before = nr_interrupts;

	site_irq_disable();
	timer_repeats = true;
	timer_start();
	site_irq_enable();
	while (nr_interrupts == before)
		site_halt();
	timer_repeats = false;
	site_irq_disable();
	CHECK(nr_interrupts > before);
}
