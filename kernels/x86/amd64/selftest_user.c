// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test of user mode, and so of 5.10's usergs_sysret64 and the alternatives that came after it: the
 * program of user_code.S goes there by iret, comes and goes by system calls and by an exception, and is
 * left by a fault.
 */
#include "selftest.h"
#include "user.h"

#define USER_STACK 0x7ffe00001000

static u64 user_page[PAGE_SIZE / 8] __aligned(PAGE_SIZE);

static u64 test_msr_directly(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return low | (u64)high << 32;
}

/* Whether user mode may use addr, as far as the upper three levels go; Xen lets it. */
static void test_allow_user(u64 addr, bool allowed)
{
	u64 cr3, *table;

	if (!in_ring0()) {
		xen_flush_tlb_one_user(addr);
		return;
	}
	asm volatile("mov %%cr3, %0" : "=r"(cr3));
	table = __va(cr3 & PTE_PFN_MASK);
	for (u32 shift = 39; shift > 12; shift -= 9) {
		u64 *entry = &table[addr >> shift & 511];

		*entry = allowed ? *entry | PTE_USER : *entry & ~PTE_USER;
		table = __va(*entry & PTE_PFN_MASK);
	}
	asm volatile("invlpg (%0)" ::"r"(addr) : "memory");
}

/* Registers with 1, 2, 3 and so on, as the program sums them up. */
static u64 kept(void)
{
	u64 sum = 1;

	for (u64 value = 2; value <= 15; value++)
		sum = sum * KEPT_FACTOR + value;
	return sum;
}

static void check_said(const volatile u64 *said)
{
	const u64 selectors = in_ring0() ? 0 : 0xe000;

	/* (Xen's sysret loads its own selector.) */
	CHECK((said[SAID_CS] | selectors) == (USER_CS | selectors));
	CHECK(said[SAID_RSP] == USER_STACK);
	CHECK(said[SAID_FAST] == FAST_REPLY);
	CHECK(said[SAID_FAST_RCX] == 0);
	CHECK(said[SAID_FAST_R11] & X86_IF);
	CHECK(said[SAID_SLOW] == SLOW_REPLY);
	CHECK(said[SAID_SLOW_RCX] == SLOW_RCX);
	CHECK(said[SAID_SLOW_R11] == SLOW_R11);
	CHECK((int)said[SAID_NONE] == NO_SYSCALL);
	CHECK(said[SAID_KEPT] == kept());
}

/* Comes back by the fault that ends the program. */
static void run_program(void)
{
	const struct trap_frame frame = {
		.ip = test_page.addr,
		.cs = USER_CS,
		.rflags = X86_IF | 2,
		.rsp = USER_STACK,
		.ss = USER_DS,
	};

	if (!fault_caught()) {
		fault_expect();
		enter_user_mode(&frame);
	}
}

static void test_program(void)
{
	const u32 breakpoints = nr_breakpoints, syscalls = nr_syscalls, wrong = nr_wrong_gs;
	u64 base = 0, user_base = 0;

	if (in_ring0()) {
		base = test_msr_directly(MSR_GS_BASE);
		user_base = test_msr_directly(MSR_KERNEL_GS_BASE);
		CHECK(base != user_base);
	}
	run_program();
	CHECK(fault_vector() == 13);
	CHECK(nr_breakpoints == breakpoints + 1);
	CHECK(nr_syscalls == syscalls + 3);
	CHECK(nr_wrong_gs == wrong);
	check_said(&user_page[(user_said - user_code) / 8]);
	if (in_ring0()) {
		CHECK(test_msr_directly(MSR_GS_BASE) == base);
		CHECK(test_msr_directly(MSR_KERNEL_GS_BASE) == user_base);
		write_msr(MSR_GS_BASE, base);
	}
}

#if PVKERNEL_GEN <= 510
void test_usergs_sysret64(void)
#else
void test_user_mode(void);
void test_user_mode(void)
#endif
{
	site_irq_disable();
	user_mode_start();
	for (const u8 *from = user_code; from < user_code_end; from++)
		((u8 *)user_page)[from - user_code] = *from;
	pv_set_pte(test_page.ptep, pv_make_pte(__pa(user_page) | PTE_PRESENT | PTE_RW | PTE_USER));
	test_allow_user(test_page.addr, true);
	test_program();
	user_mode_end();
	test_allow_user(test_page.addr, false);
	map_frame(0);
	test_allow_user(test_page.addr, false);
}
