// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test of usergs_sysret64: a page of user mode for as long as it takes.
 *
 * The page's code says in which segment and on which stack it is, and ends with cli, which faults in
 * ring 3.  sysret's other half, swapgs, is seen by the GS base: the two bases are addresses of the same
 * memory, so that the exception finds its per-CPU data whichever is in force.
 */
#include "selftest.h"

void site_usergs_sysret64(void), site_swapgs(void);

#define MSR_EFER   0xc0000080
#define EFER_SCE   1UL
#define USER_STACK 0x7ffe00001000
#define SAID	   0x100 /* words of the page: where it says so */

static const u8 user_code[] = {
	0x8c, 0xc8,		      /* mov eax, cs */
	0x48, 0x89, 0x05, 0xf7, 7, 0, 0, /* mov [page + 0x800], rax */
	0x48, 0x89, 0x25, 0xf8, 7, 0, 0, /* mov [page + 0x808], rsp */
	0xfa,			      /* cli */
};
static u64 user_page[PAGE_SIZE / 8] __aligned(PAGE_SIZE);
static u8 test_stack[PAGE_SIZE] __aligned(16);

static u64 test_msr_directly(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return low | (u64)high << 32;
}

/* Whether user mode may use addr, as far as the upper three levels go. */
static void test_allow_user(u64 addr, bool allowed)
{
	u64 cr3, *table;

	asm volatile("mov %%cr3, %0" : "=r"(cr3));
	table = __va(cr3 & PTE_PFN_MASK);
	for (u32 shift = 39; shift > 12; shift -= 9) {
		u64 *entry = &table[addr >> shift & 511];

		*entry = allowed ? *entry | PTE_USER : *entry & ~PTE_USER;
		table = __va(*entry & PTE_PFN_MASK);
	}
	asm volatile("invlpg (%0)" ::"r"(addr) : "memory");
}

void test_usergs_sysret64(void)
{
	u64 sp0 = this_cpu_read(cpu_tss_rw.sp0), base, alias, old, efer, star;

	if (!in_ring0())
		SKIP("there is no user mode to return to");
	site_irq_disable();
	base = test_msr_directly(MSR_GS_BASE);
	alias = (u64)__va(__pa((void *)base));
	old = test_msr_directly(MSR_KERNEL_GS_BASE);
	efer = test_msr_directly(MSR_EFER);
	star = test_msr_directly(MSR_STAR);
	write_msr(MSR_EFER, efer | EFER_SCE);
	write_msr(MSR_STAR, (USER_CS - 16UL) << 48 | (u64)KERNEL_CS << 32);
	write_msr(MSR_KERNEL_GS_BASE, alias);
	this_cpu_write(cpu_tss_rw.sp0, (u64)test_stack + sizeof(test_stack));
	for (u32 i = 0; i < sizeof(user_code); i++)
		((u8 *)user_page)[i] = user_code[i];
	user_page[SAID] = user_page[SAID + 1] = 0;
	*test_page.ptep = __pa(user_page) | PTE_PRESENT | PTE_RW | PTE_USER;
	test_allow_user(test_page.addr, true);

	if (!fault_caught()) {
		fault_expect();
		asm volatile("mov $2, %%r11d; mov %[stack], %%rsp; jmp site_usergs_sysret64"
			     :
			     : "c"(test_page.addr), [stack] "a"(USER_STACK)
			     : "r11", "memory");
	}
	CHECK(base != alias && test_msr_directly(MSR_GS_BASE) == alias);
	CHECK(fault_vector() == 13);
	CHECK(READ_ONCE(user_page[SAID]) == USER_CS);
	CHECK(READ_ONCE(user_page[SAID + 1]) == USER_STACK);

	if (test_msr_directly(MSR_GS_BASE) != base)
		site_swapgs();
	this_cpu_write(cpu_tss_rw.sp0, sp0);
	write_msr(MSR_KERNEL_GS_BASE, old);
	write_msr(MSR_STAR, star);
	write_msr(MSR_EFER, efer);
	test_allow_user(test_page.addr, false);
	map_frame(0);
	asm volatile("invlpg (%0)" ::"r"(test_page.addr) : "memory");
}
