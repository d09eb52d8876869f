// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen PV: descriptor tables.  Pages that hold descriptors must be read-only to the guest, and
 * every change goes through Xen.
 */
#include "bug.h"
#include "cpu.h"
#include "mm.h"
#include "pv.h"
#include "xen.h"

DEFINE_PER_CPU(struct desc_ptr, idt_desc);
DEFINE_PER_CPU(
	struct { u64 desc[NR_TLS]; }, shadow_tls_desc);

struct trap_info {
	u8 vector, flags; /* flags: dpl, 4: events are masked on entry */
	u16 cs;
	u64 address;
};

/* The entry of Xen for a gate of the native IDT. */
struct trap_entry {
	void (*native)(void), (*xen)(void);
	bool ist_ok;
};
extern const struct trap_entry trap_array[];
extern const u32 nr_trap_array;
void xen_asm_exc_xen_unknown_trap(void);

static struct trap_info traps[IDT_ENTRIES + 1];
static struct qspinlock traps_lock;

/* Makes the page at addr, and its alias in the direct map, read-only or writable. */
static void set_page_protection(u64 addr, u64 protection)
{
	u64 size, *ptep = lookup_address(addr, &size), frame, pte, alias;

	BUG_ON(!ptep);
	frame = pfn_of(pv_pte_val(*ptep)) + ((addr & (size - 1)) >> 12);
	pte = pv_make_pte(frame << 12 | protection);
	(void)*(volatile u8 *)addr; /* mapped, so that Xen finds it so */
	if (xen_hypercall(HYPERCALL_update_va_mapping, addr, pte, 0, 0, 0))
		BUG();
	alias = (u64)__va(frame << 12);
	if (alias != (addr & -PAGE_SIZE) &&
	    xen_hypercall(HYPERCALL_update_va_mapping, alias, pte, 0, 0, 0))
		BUG();
}

void xen_alloc_ldt(u64 *ldt, u32 entries)
{
	for (u64 i = 0; i < entries; i += PAGE_SIZE / 8)
		set_page_protection((u64)(ldt + i), PTE_KERNEL_RO);
}

void xen_free_ldt(u64 *ldt, u32 entries)
{
	for (u64 i = 0; i < entries; i += PAGE_SIZE / 8)
		set_page_protection((u64)(ldt + i), PTE_KERNEL);
}

void xen_set_ldt(const void *addr, u32 entries)
{
	xen_mc_batch();
	xen_mc_mmuext(MMUEXT_SET_LDT, (u64)addr, entries);
	xen_mc_issue(LAZY_CPU);
}

void xen_load_gdt(const struct desc_ptr *dtr)
{
	u64 addr = dtr->address, frame;
	u32 size = dtr->size + 1;

	BUG_ON(size > PAGE_SIZE);
	BUG_ON(addr & (PAGE_SIZE - 1));
	set_page_protection(addr, PTE_KERNEL_RO);
	frame = virt_to_machine((void *)addr) >> 12;
	if (xen_hypercall(HYPERCALL_set_gdt, (u64)&frame, size / 8, 0, 0, 0))
		BUG();
}

static bool convert_gate(const struct gate *gate, int vector, struct trap_info *ret)
{
	u64 addr = gate->offset_low | (u64)gate->offset_middle << 16 | (u64)gate->offset_high << 32;
	const struct trap_entry *found = NULL;

	if (GATE_TYPE(gate) != GATE_INTERRUPT && GATE_TYPE(gate) != GATE_TRAP)
		return false;
	for (u32 i = 0; i < nr_trap_array && !found; i++) {
		if ((u64)trap_array[i].native == addr)
			found = &trap_array[i];
	}
	if (found && GATE_IST(gate) && !found->ist_ok) {
		WARN_ON(true);
		return false;
	}
	ret->vector = vector;
	ret->flags = GATE_DPL(gate) | (GATE_TYPE(gate) == GATE_INTERRUPT ? 4 : 0);
	ret->cs = gate->selector;
	ret->address = (u64)(found ? found->xen : xen_asm_exc_xen_unknown_trap);
	return true;
}

void xen_load_idt(const struct desc_ptr *dtr)
{
	const struct gate *idt = (const struct gate *)dtr->address;
	u32 nr = (dtr->size + 1) / sizeof(*idt), out = 0;

	BUG_ON(nr > IDT_ENTRIES);
	spin_lock(&traps_lock);
	*this_cpu_ptr(idt_desc) = *dtr;
	for (u32 i = 0; i < nr; i++)
		out += convert_gate(&idt[i], i, &traps[out]);
	traps[out].address = 0; /* the list ends here */
	xen_mc_flush();
	if (xen_hypercall(HYPERCALL_set_trap_table, (u64)traps, 0, 0, 0, 0))
		BUG();
	spin_unlock(&traps_lock);
}

void xen_write_idt_entry(struct gate *idt, int nr, const struct gate *gate)
{
	const struct desc_ptr *loaded;
	struct trap_info info[2];
	u64 addr = (u64)&idt[nr];

	preempt_disable();
	loaded = this_cpu_ptr(idt_desc);
	xen_mc_flush();
	native_write_idt_entry(idt, nr, gate);
	if (addr >= loaded->address && addr + sizeof(*gate) <= loaded->address + loaded->size + 1) {
		info[1].address = 0;
		if (convert_gate(gate, nr, &info[0]) &&
		    xen_hypercall(HYPERCALL_set_trap_table, (u64)info, 0, 0, 0, 0))
			BUG();
	}
	preempt_enable();
}

static void update_descriptor(const void *entry, u64 desc)
{
	xen_mc_flush();
	if (xen_hypercall(HYPERCALL_update_descriptor, virt_to_machine(entry), desc, 0, 0, 0))
		BUG();
}

void xen_write_ldt_entry(u64 *ldt, int nr, const void *desc)
{
	preempt_disable();
	update_descriptor(&ldt[nr], *(const u64 *)desc);
	preempt_enable();
}

/* The LDT and the TSS of a PV guest are Xen's business. */
void xen_write_gdt_entry(u64 *gdt, int nr, const void *desc, int type)
{
	if (type == DESC_LDT || type == DESC_TSS)
		return;
	preempt_disable();
	update_descriptor(&gdt[nr], *(const u64 *)desc);
	preempt_enable();
}

/* Only what changed; fs may refer to an old one, so it goes first where a switch is under way. */
void xen_load_tls(struct thread_struct *t, u32 cpu)
{
	u64 *gdt = per_cpu_ptr(gdt_page, cpu)->gdt,
	    *shadow = per_cpu_ptr(shadow_tls_desc, cpu)->desc;

	if (xen_get_lazy_mode() == LAZY_CPU)
		asm volatile("mov %0, %%fs" ::"r"(0) : "memory");
	xen_mc_batch();
	for (int i = 0; i < NR_TLS; i++) {
		if (shadow[i] == t->tls[i])
			continue;
		shadow[i] = t->tls[i];
		xen_mc_call(HYPERCALL_update_descriptor, virt_to_machine(&gdt[GDT_TLS + i]),
			    t->tls[i], 0, 0);
	}
	xen_mc_issue(LAZY_CPU);
}

void xen_load_gs_index(u32 selector)
{
	if (xen_hypercall(HYPERCALL_set_segment_base, SEGBASE_GS_USER_SEL, selector, 0, 0, 0))
		BUG();
}

void xen_load_sp0(u64 sp0)
{
	xen_mc_batch();
	xen_mc_call(HYPERCALL_stack_switch, KERNEL_DS, sp0, 0, 0);
	xen_mc_issue(LAZY_CPU);
	this_cpu_write(cpu_tss_rw.sp0, sp0);
}
