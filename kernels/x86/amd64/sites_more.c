// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions that use several pv operations, as a kernel does: sites whose registers are live, sites
 * in loops, in init text, behind each other, without an inline form.
 */
#include "cpu.h"
#include "mm.h"
#include "pv.h"
#include "xen.h"

u64 add_atomically(u64 *counter, u64 by);
u64 walk_page_table(const u64 *pgd, u64 addr);
void map_page(struct mm_struct *mm, u64 *tables[4], u64 addr, u64 phys);
void change_protection(u64 *ptep, u64 addr, u64 clear, u64 set);
u64 switch_mm(struct mm_struct *prev, struct mm_struct *next);
void *switch_to(struct task_struct *prev, struct task_struct *next, u64 sp0);
void update_under_locks(struct qspinlock *a, struct qspinlock *b, u64 *value);
int spin_for_owner(const u32 *locked, int owner);
void plain_irq_toggle(void);
u64 plain_callee_saves(u64 pte, struct qspinlock *lock, int cpu);
u64 six_live_values(const u64 *entries);
u64 read_port_slowly(void);
u64 fault_address(u64 *flags);
void flush_range(u64 start, u64 end);
void remove_tables(struct mmu_gather *tlb, void **tables, u32 nr);
void cpu_init(const struct desc_ptr *gdt, const struct desc_ptr *idt);
u64 irq_init(void);
u32 feature_level(void);
u64 paging_init(u64 *table, u64 phys);

#define MSR_EFER 0xc0000080

u64 add_atomically(u64 *counter, u64 by)
{
	u64 flags = local_irq_save(), old = *counter;

	*counter = old + by;
	local_irq_restore(flags);
	return old;
}

/* The leaf entry's value for addr, 0 where a level is missing. */
u64 walk_page_table(const u64 *pgd, u64 addr)
{
	u64 val = pv_pgd_val(pgd[addr >> 39 & 511]);
	const u64 *table;

	if (!(val & PTE_PRESENT))
		return 0;
	table = __va(val & PTE_PFN_MASK);
	val = pv_p4d_val(table[0]);
	table = __va(val & PTE_PFN_MASK);
	val = pv_pud_val(table[addr >> 30 & 511]);
	if (!(val & PTE_PRESENT) || (val & PTE_PSE))
		return val;
	table = __va(val & PTE_PFN_MASK);
	val = pv_pmd_val(table[addr >> 21 & 511]);
	if (!(val & PTE_PRESENT) || (val & PTE_PSE))
		return val;
	table = __va(val & PTE_PFN_MASK);
	return pv_pte_val(table[addr >> 12 & 511]);
}

/* tables: top level first. */
void map_page(struct mm_struct *mm, u64 *tables[4], u64 addr, u64 phys)
{
	u64 pfn[4];

	for (int i = 0; i < 4; i++)
		pfn[i] = __pa(tables[i]) >> 12;
	pv_alloc_pud(mm, pfn[1]);
	pv_set_p4d(&tables[0][addr >> 39 & 511], pv_make_p4d(pfn[1] << 12 | PTE_KERNEL));
	pv_alloc_pmd(mm, pfn[2]);
	pv_set_pud(&tables[1][addr >> 30 & 511], pv_make_pud(pfn[2] << 12 | PTE_KERNEL));
	pv_alloc_pte(mm, pfn[3]);
	pv_set_pmd(&tables[2][addr >> 21 & 511], pv_make_pmd(pfn[3] << 12 | PTE_KERNEL));
	pv_set_pte(&tables[3][addr >> 12 & 511], pv_make_pte(phys | PTE_KERNEL));
}

void change_protection(u64 *ptep, u64 addr, u64 clear, u64 set)
{
	u64 pte;

	lazy_mmu_enter();
	for (int i = 0; i < 4; i++) {
		pte = pv_ptep_modify_prot_start(NULL, addr, &ptep[i]);
		pte = pv_make_pte((pv_pte_val(pte) & ~clear) | set);
		pv_ptep_modify_prot_commit(NULL, addr, &ptep[i], pte);
		addr += PAGE_SIZE;
	}
	lazy_mmu_leave();
}

u64 switch_mm(struct mm_struct *prev, struct mm_struct *next)
{
	u64 old = pv_read_cr3(), cr3 = __pa(next->pgd);

	if (prev != next)
		enter_mm(prev, next);
	if (cr3 != (old & PTE_PFN_MASK))
		pv_write_cr3(cr3);
	else
		pv_flush_tlb_user();
	return old;
}

void *switch_to(struct task_struct *prev, struct task_struct *next, u64 sp0)
{
	pv_start_context_switch(prev);
	pv_load_sp0(sp0);
	pv_load_tls(&next->thread, smp_processor_id());
	if ((prev->flags | next->flags) & TIF_IO_BITMAP)
		pv_update_io_bitmap();
	pv_end_context_switch(next);
	return prev;
}

void update_under_locks(struct qspinlock *a, struct qspinlock *b, u64 *value)
{
	u64 flags;

	spin_lock(a);
	flags = local_irq_save();
	spin_lock(b);
	(*value)++;
	spin_unlock(b);
	local_irq_restore(flags);
	spin_unlock(a);
}

/* Spinning for a lock is of use only while its owner runs. */
int spin_for_owner(const u32 *locked, int owner)
{
	for (int turns = 0; turns < 16; turns++) {
		if (!READ_ONCE(*locked))
			return 1;
		if (pv_vcpu_is_preempted(owner))
			return 0;
		cpu_relax();
	}
	return -1;
}

/* Callee-save sites without an alternative on them. */
void plain_irq_toggle(void)
{
	PV_CALLEE_PLAIN(irq, irq_disable, 0);
	PV_CALLEE_PLAIN(irq, irq_enable, 0);
}

u64 plain_callee_saves(u64 pte, struct qspinlock *lock, int cpu)
{
	u64 sum = PV_CALLEE_PLAIN(irq, save_fl, 0) & X86_IF;

	sum += PV_CALLEE_PLAIN(mmu, read_cr2, 0);
	sum += PV_CALLEE_PLAIN(mmu, pte_val, pte);
	sum += PV_CALLEE_PLAIN(mmu, make_pte, pte);
	sum += PV_RESULT(bool, PV_CALLEE_PLAIN(lock, vcpu_is_preempted, cpu));
	PV_CALLEE_PLAIN(lock, queued_spin_unlock, lock);
	return sum;
}

/* The compiler keeps these in registers that only callee-save calls leave alone. */
u64 six_live_values(const u64 *entries)
{
	u64 a = pv_pte_val(entries[0]), b = pv_pmd_val(entries[1]), c = pv_pud_val(entries[2]);
	u64 d = pv_p4d_val(entries[3]), e = pv_pgd_val(entries[4]), flags = pv_save_fl();

	return (a ^ b) + (c ^ d) * 3 + (pv_make_pte(e) | pv_make_pgd(a)) + (flags & X86_IF);
}

u64 read_port_slowly(void)
{
	u8 low, high;

	asm volatile("in $0x70, %0" : "=a"(low));
	io_delay();
	asm volatile("in $0x71, %0" : "=a"(high));
	io_delay();
	io_delay();
	return low | (u64)high << 8;
}

u64 fault_address(u64 *flags)
{
	u64 addr = pv_read_cr2();

	*flags = pv_save_fl();
	if (*flags & X86_IF)
		pv_irq_enable();
	return addr;
}

void flush_range(u64 start, u64 end)
{
	const struct flush_tlb_info info = {.start = start, .end = end};

	if (end - start > 8 * PAGE_SIZE) {
		pv_flush_tlb_kernel();
		pv_flush_tlb_multi(cpu_online_mask, &info);
		return;
	}
	for (; start < end; start += PAGE_SIZE)
		pv_flush_tlb_one_user(start);
}

void remove_tables(struct mmu_gather *tlb, void **tables, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
#if PVKERNEL_GEN <= 612
		pv_tlb_remove_table(tlb, tables[i]);
#else
		tlb_remove_table(tlb, tables[i]);
#endif
}

/* Two replacements of different length, both longer than what is there: since 6.3 the entries, nested,
 * differ about the site's length. */
u32 feature_level(void)
{
	u32 level;

	asm volatile(ALTERNATIVE_2("xor %%eax, %%eax", "mov $1, %%eax", X86_FEATURE_XSAVE,
				   "mov $2, %%eax; .byte 0x90, 0x90, 0x90", X86_FEATURE_ERMS)
		     : "=a"(level)::"cc");
	return level;
}

/* Sites in init text, where static calls and alternatives are patched too but locks are not. */
void __init cpu_init(const struct desc_ptr *gdt, const struct desc_ptr *idt)
{
	u32 a = 1, b, c = 0, d;
	u64 efer = pv_read_msr(MSR_EFER);
	int err;

	pv_cpuid(&a, &b, &c, &d);
	pv_load_gdt(gdt);
	pv_load_idt(idt);
	pv_load_tr_desc();
	pv_set_ldt(NULL, 0);
	pv_write_cr0(pv_read_cr0() | CR0_WP);
	pv_write_cr4(CR4_PGE);
	write_msr(MSR_EFER, efer | 1);
	if (read_msr_safe(MSR_APICBASE, &err) && !err)
		write_msr_safe(MSR_APICBASE, 0);
	pv_set_debugreg(7, pv_get_debugreg(7));
	wbinvd();
	pv_load_gs_index(0);
	pv_invalidate_io_bitmap();
}

u64 __init irq_init(void)
{
	u64 flags = local_irq_save();

	io_delay();
	local_irq_restore(flags);
	pv_irq_enable();
	pv_irq_disable();
	return pv_save_fl();
}

u64 __init paging_init(u64 *table, u64 phys)
{
	for (int i = 0; i < 512; i++)
		pv_set_pmd(&table[i], pv_make_pmd(phys + ((u64)i << 21) + (PTE_KERNEL | PTE_PSE)));
	pv_set_pud(&init_top_pgt[0], pv_make_pud(__pa(table) | PTE_KERNEL));
	pv_write_cr3(__pa(init_top_pgt));
	return pv_pmd_val(table[0]) + pv_read_cr3();
}
