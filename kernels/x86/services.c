// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own data, and the services that operations call: pages, deferred freeing, other
 * CPUs.  They are as small as one CPU without a scheduler allows.
 */
#include "cpu.h"
#include "mm.h"
#include "wide.h"

struct cpuinfo_x86 boot_cpu_data = {.family = 15};
u32 nr_cpu_ids = NR_CPUS;
ulong __per_cpu_offset[NR_CPUS] = {[0 ... NR_CPUS - 1] = (ulong)__per_cpu_base};
u64 cpu_online_mask[NR_CPUS / 64] = {1};
u64 __cpu_possible_mask[NR_CPUS / 64] = {1}, __cpu_present_mask[NR_CPUS / 64] = {1};

#ifdef __x86_64__
u64 page_offset_base = 0xffff888000000000UL;
u64 vmemmap_base = 0xffffea0000000000UL;
u64 phys_base;
u64 init_top_pgt[512] __aligned(PAGE_SIZE);

void *x86_return_thunk = __x86_return_thunk;
#endif

static struct task_struct init_task;

/* The first 48 bytes of the area are the compiler's: a stack canary lives at gs:0x28. */
ONLY_AMD64(__attribute__((section(".data..percpu..first"))) u8 fixed_percpu_data[48];)
DEFINE_PER_CPU(ulong, this_cpu_off) = (ulong)__per_cpu_base;
DEFINE_PER_CPU(int, cpu_number);
DEFINE_PER_CPU(int, __preempt_count) = 1;
DEFINE_PER_CPU(struct task_struct *, current_task) = &init_task;
DEFINE_PER_CPU(struct gdt_page, gdt_page) GDT_LINKED;
DEFINE_PER_CPU(struct tss, cpu_tss_rw) = {.io_bitmap_base = IO_BITMAP_INVALID};
DEFINE_PER_CPU(struct tlb_state, cpu_tlbstate);

#define POOL_PAGES 16
static u8 pool[POOL_PAGES][PAGE_SIZE] __aligned(PAGE_SIZE);
static u32 pool_free = (1U << POOL_PAGES) - 1;

struct page *__alloc_pages(u32 gfp, u32 order, int node, const u64 *nodes)
{
	u32 nr;

	(void)node;
	(void)nodes;
	if (order || !pool_free)
		return NULL;
	nr = __builtin_ctz(pool_free);
	pool_free &= ~(1U << nr);
	if (gfp & GFP_ZERO)
		memset(pool[nr], 0, PAGE_SIZE);
	return virt_to_page(pool[nr]);
}

void __free_pages(struct page *page, u32 order)
{
	ulong nr = page - virt_to_page(pool);

	if (!order && nr < POOL_PAGES)
		pool_free |= 1U << nr;
}

/* Nobody reads page tables without a lock here, so the grace period is over at once. */
void call_rcu(void *head, void (*func)(void *))
{
	indirect_call(func, head, 0, 0);
}

/* Sends the interrupt to every other online CPU of the set; none is online yet, so none runs func.
 */
void smp_call_function_many_cond(const u64 *cpus, void (*func)(const void *), const void *info,
				 u32 flags, void *cond)
{
	u64 others = cpus[0] & cpu_online_mask[0] & ~(1ULL << smp_processor_id());

	(void)func;
	(void)info;
	(void)flags;
	(void)cond;
	for (; others; others &= others - 1)
		write_msr(MSR_X2APIC_ICR, 0xfb | (u64)first_bit(others) << 32);
}
