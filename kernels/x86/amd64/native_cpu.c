// SPDX-License-Identifier: GPL-2.0-only
/*
 * Native operations of the cpu and irq groups: each does to the machine what its name says.
 */
#include "bug.h"
#include "cpu.h"
#include "jump_label.h"
#include "mm.h"
#include "pv.h"

struct static_key cr_pinning, mds_idle_clear;
u64 cr4_pinned_bits;

ONLY_702(struct pv_info pv_info = {.extra_user_64bit_cs = 0x33, .io_delay = true, .name = "bare hardware"};)

void native_io_delay(void)
{
	asm volatile("out %al, $0x80");
}

u64 pv_native_get_debugreg(int regno)
{
	u64 value;

	switch (regno) {
	case 0:
		asm volatile("mov %%db0, %0" : "=r"(value));
		break;
	case 1:
		asm volatile("mov %%db1, %0" : "=r"(value));
		break;
	case 2:
		asm volatile("mov %%db2, %0" : "=r"(value));
		break;
	case 3:
		asm volatile("mov %%db3, %0" : "=r"(value));
		break;
	case 6:
		asm volatile("mov %%db6, %0" : "=r"(value));
		break;
	case 7:
		asm volatile("mov %%db7, %0" : "=r"(value));
		break;
	default:
		BUG();
	}
	return value;
}

void pv_native_set_debugreg(int regno, u64 value)
{
	switch (regno) {
	case 0:
		asm volatile("mov %0, %%db0" ::"r"(value));
		break;
	case 1:
		asm volatile("mov %0, %%db1" ::"r"(value));
		break;
	case 2:
		asm volatile("mov %0, %%db2" ::"r"(value));
		break;
	case 3:
		asm volatile("mov %0, %%db3" ::"r"(value));
		break;
	case 6:
		asm volatile("mov %0, %%db6" ::"r"(value));
		break;
	case 7:
		asm volatile("mov %0, %%db7" ::"r"(value));
		break;
	default:
		BUG();
	}
}

u64 native_read_cr0(void)
{
	u64 cr0;

	asm volatile("mov %%cr0, %0" : "=r"(cr0));
	return cr0;
}

void native_write_cr0(u64 cr0)
{
	for (;;) {
		asm volatile("mov %0, %%cr0" ::"r"(cr0) : "memory");
		if (!static_branch(cr_pinning) || (cr0 & CR0_WP))
			return;
		WARN_ON(true);
		cr0 |= CR0_WP;
	}
}

void native_write_cr4(u64 cr4)
{
	for (;;) {
		asm volatile("mov %0, %%cr4" ::"r"(cr4) : "memory");
		if (!static_branch(cr_pinning) || !(cr4_pinned_bits & ~cr4))
			return;
		WARN_ON(true);
		cr4 |= cr4_pinned_bits;
	}
}

void native_store_gdt(struct desc_ptr *dtr)
{
	asm volatile("sgdt %0" : "=m"(*dtr));
}

static void load_gdt_at(u64 address)
{
	struct desc_ptr dtr = {.size = GDT_ENTRIES * 8 - 1, .address = address};

	pv_load_gdt(&dtr);
}

/* ltr sets the busy bit of the descriptor, so the writable GDT must be the loaded one. */
void native_load_tr_desc(void)
{
	int cpu = smp_processor_id();
	struct desc_ptr dtr;
	bool read_only;

	native_store_gdt(&dtr);
	read_only = dtr.address == GDT_READ_ONLY(cpu);
	if (read_only)
		load_gdt_at((u64)per_cpu_ptr(gdt_page, cpu));
	asm volatile("ltr %w0" ::"q"(GDT_TSS * 8));
	if (read_only)
		load_gdt_at(GDT_READ_ONLY(cpu));
}

void native_load_gdt(const struct desc_ptr *dtr)
{
	asm volatile("lgdt %0" ::"m"(*dtr));
}

void native_load_idt(const struct desc_ptr *dtr)
{
	asm volatile("lidt %0" ::"m"(*dtr));
}

/* A system descriptor of 16 bytes: base and limit spread as the hardware wants them. */
static void system_descriptor(u64 desc[2], u64 base, u32 limit, int type)
{
	desc[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | (0x80UL | type) << 40 |
		  (u64)(limit >> 16 & 0xf) << 48 | (base >> 24 & 0xff) << 56;
	desc[1] = base >> 32;
}

void native_set_ldt(const void *addr, u32 entries)
{
	u64 desc[2];

	if (!entries) {
		asm volatile("lldt %w0" ::"q"(0));
		return;
	}
	system_descriptor(desc, (u64)addr, entries * 8 - 1, DESC_LDT);
	pv_write_gdt_entry(this_cpu_ptr(gdt_page)->gdt, GDT_LDT, desc, DESC_LDT);
	asm volatile("lldt %w0" ::"q"(GDT_LDT * 8));
}

u64 native_store_tr(void)
{
	u64 tr;

	asm volatile("str %0" : "=r"(tr));
	return tr;
}

void native_load_tls(struct thread_struct *t, u32 cpu)
{
	u64 *gdt = per_cpu_ptr(gdt_page, cpu)->gdt;

	for (int i = 0; i < NR_TLS; i++)
		gdt[GDT_TLS + i] = t->tls[i];
}

void native_load_gs_index(u32 selector)
{
	u64 flags = local_irq_save();

	asm_load_gs_index(selector);
	local_irq_restore(flags);
}

void native_write_ldt_entry(u64 *ldt, int nr, const void *desc)
{
	ldt[nr] = *(const u64 *)desc;
}

void native_write_gdt_entry(u64 *gdt, int nr, const void *desc, int type)
{
	const u64 *words = desc;

	gdt[nr] = words[0];
	if (type == DESC_LDT || type == DESC_TSS)
		gdt[nr + 1] = words[1];
}

void native_write_idt_entry(struct gate *idt, int nr, const struct gate *gate)
{
	idt[nr] = *gate;
}

void native_load_sp0(u64 sp0)
{
	this_cpu_write(cpu_tss_rw.sp0, sp0);
}

void native_tss_invalidate_io_bitmap(void)
{
	this_cpu_write(cpu_tss_rw.io_bitmap_base, IO_BITMAP_INVALID);
}

void native_tss_update_io_bitmap(void)
{
	struct task_struct *task = this_cpu_read(current_task);
	struct tss *tss = this_cpu_ptr(cpu_tss_rw);
	const struct io_bitmap *map = task->thread.io_bitmap;

	if (!(task->flags & TIF_IO_BITMAP) || !map) {
		native_tss_invalidate_io_bitmap();
		return;
	}
	if (tss->bitmap_generation != map->generation) {
		u32 len = map->len < IO_BITMAP_LEN ? map->len : IO_BITMAP_LEN;

		memcpy(tss->bitmap, map->bits, len);
		memset(tss->bitmap + len, 0xff, sizeof(tss->bitmap) - len);
		tss->bitmap_generation = map->generation;
	}
	tss->io_bitmap_base = offsetof(struct tss, bitmap);
}

void native_wbinvd(void)
{
	asm volatile("wbinvd" ::: "memory");
}

void native_cpuid(u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	u32 a = *eax, b, c = *ecx, d;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)::"memory");
	*eax = a;
	*ebx = b;
	*ecx = c;
	*edx = d;
}

u64 native_read_msr(u32 msr)
{
	u32 low, high;

	asm volatile("1: rdmsr\n2:\n" ON_FAULT("xor %%eax, %%eax; xor %%edx, %%edx")
		     : "=a"(low), "=d"(high)
		     : "c"(msr)
		     : "cc");
	return low | (u64)high << 32;
}

static void wrmsr(u32 msr, u32 low, u32 high)
{
	asm volatile("1: wrmsr\n2:\n" ON_FAULT("nop")::"c"(msr), "a"(low), "d"(high) : "memory");
}

static u64 rdmsr_safe(u32 msr, int *err)
{
	u32 low, high;
	int e;

	asm volatile("1: rdmsr\nxor %[err], %[err]\n2:\n" ON_FAULT(
			     "xor %%eax, %%eax; xor %%edx, %%edx; mov %[eio], %[err]")
		     : "=&a"(low), "=&d"(high), [err] "=&r"(e)
		     : "c"(msr), [eio] "i"(-EIO)
		     : "cc");
	*err = e;
	return low | (u64)high << 32;
}

static int wrmsr_safe(u32 msr, u32 low, u32 high)
{
	int e;

	asm volatile("1: wrmsr\nxor %[err], %[err]\n2:\n" ON_FAULT("mov %[eio], %[err]")
		     : [err] "=&r"(e)
		     : "c"(msr), "a"(low), "d"(high), [eio] "i"(-EIO)
		     : "memory", "cc");
	return e;
}

#if PVKERNEL_GEN <= 612
void native_write_msr(u32 msr, u32 low, u32 high)
{
	wrmsr(msr, low, high);
}

u64 native_read_msr_safe(u32 msr, int *err)
{
	return rdmsr_safe(msr, err);
}

int native_write_msr_safe(u32 msr, u32 low, u32 high)
{
	return wrmsr_safe(msr, low, high);
}
#else
void native_write_msr(u32 msr, u64 value)
{
	wrmsr(msr, value, value >> 32);
}

int native_read_msr_safe(u32 msr, u64 *value)
{
	int err;

	*value = rdmsr_safe(msr, &err);
	return err;
}

int native_write_msr_safe(u32 msr, u64 value)
{
	return wrmsr_safe(msr, value, value >> 32);
}
#endif

u64 native_read_pmc(int counter)
{
	u32 low, high;

	asm volatile("rdpmc" : "=a"(low), "=d"(high) : "c"(counter));
	return low | (u64)high << 32;
}

/* verw with a memory operand empties the CPU's buffers where they could leak. */
static inline void clear_cpu_buffers(void)
{
	static const u16 selector = KERNEL_DS;

	if (static_branch(mds_idle_clear))
		asm volatile("verw %0" ::"m"(selector) : "cc");
}

void native_safe_halt(void)
{
	clear_cpu_buffers();
	asm volatile("sti; hlt" ::: "memory");
}

void native_halt(void)
{
	clear_cpu_buffers();
	asm volatile("hlt" ::: "memory");
}
