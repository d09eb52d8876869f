// SPDX-License-Identifier: GPL-2.0-only
#include "start.h"

#include <assert.h>
#include <string.h>

#include "hypercall.h"
#include "x86/regs.h"
#include "world.h"

/* What is being drawn, and where. */
struct draw {
	const struct pvp_start_image *facts;
	const struct pvp_platform *platform;
	struct pvp_start *start;
	uint64_t seed; /* of this state */
	unsigned index;
	uint64_t lock; /* address of the lock word drawn last */
};

static uint64_t roll(const struct draw *d, uint64_t salt)
{
	return pvp_mix(d->seed, salt);
}

static void poke(struct draw *d, uint64_t addr, unsigned size, uint64_t value)
{
	assert(d->start->nr_pokes < PVP_START_MAX_POKES);
	d->start->pokes[d->start->nr_pokes++] = (struct pvp_start_poke){ addr, value, size };
}

static void script(struct draw *d, unsigned pauses, uint64_t addr, unsigned len, uint64_t value)
{
	assert(d->start->nr_script < PVP_START_MAX_SCRIPT);
	d->start->script[d->start->nr_script++] =
		(struct pvp_script_row){ pauses, addr, len, value };
}

static uint64_t any64(uint64_t r)
{
	static const uint64_t edges[] = {
		0, 1, 2, ~0ull, 1ull << 63, ~0ull >> 1, 0xffffffff, 0x80000000, 0x7fffffff, 0x100000000,
		0x00007fffffffffff, 0xffff800000000000, 0x200, 0xff, 0x100, 0xfffffffffffff000,
	};

	return r % 4 ? pvp_mix(r, 1) : edges[(r >> 8) % ARRAY_SIZE(edges)];
}

/* Eight KiB of an arena belong to each argument, so that two pointers do not meet. */
#define SLOT_LEN 0x2000ull

static uint64_t in_arena(const struct draw *d, uint64_t r, unsigned slot)
{
	unsigned arena = (d->index + r) % (PVP_NR_ARENAS + 1);
	const struct pvp_plan *plan = d->facts->plan;
	uint64_t base = arena < PVP_NR_ARENAS ? pvp_plan_arena(plan, arena) : plan->zero_arena;

	return base + slot % (PVP_ARENA_LEN / SLOT_LEN) * SLOT_LEN;
}

/* A page-table entry.  Frames: ours as the machine numbers them, ours as the kernel does, others.
 * Half of the states have bits above 32 beside the frame. */
static uint64_t page_table_entry(uint64_t r)
{
	static const uint64_t flags[] = { 0x63, 0x67, 0x25, 0xe3, 0x8000000000000063, 0x1,
					  0x8000000000000025, 0x161, 0x0, 0x100, 0x8000000000000000,
					  0x40000000000067 };
	uint64_t frame = (r >> 16) % PVP_NR_PFNS, kind = r % 8;

	if (kind < 5)
		frame += PVP_MFN_OFFSET;
	else if (kind == 7)
		frame = pvp_mix(r, 2) & 0xffffffffff;
	return frame << 12 | flags[(r >> 8) % ARRAY_SIZE(flags)];
}

static uint64_t msr_index(uint64_t r)
{
	/* Segment bases, syscall entry, TSC, APIC base, PAT, speculation control, PMU, KVM's. */
	static const uint32_t known[] = {
		0xc0000100, 0xc0000101, 0xc0000102, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083,
		0xc0000084, 0x10,	0x1b,	    0x174,	0x175,	    0x176,	0x277,
		0x48,	    0x1a0,	0xc1,	    0x186,	0x38f,	    0xc0010000, 0xc0010004,
		0xc0010201, 0x4b564d00, 0x40000000, 0x1d9,	0x6e0,	    0xda0,
	};

	return r % 3 ? known[(r >> 8) % ARRAY_SIZE(known)] : pvp_mix(r, 3) & 0xffffffff;
}

/* A lock word in the shapes a spinlock takes, and the other CPUs that will let go of it. */
static uint64_t lock_word(struct draw *d, uint64_t addr)
{
	static const uint32_t shapes[] = { 0, 1, 0x100, 0x40001 };
	unsigned shape = roll(d, 0x10c4) % ARRAY_SIZE(shapes);

	d->lock = addr;
	poke(d, addr, 4, shapes[shape]);
	switch (shape) {
	case 2: /* pending: becomes the owner, then lets go */
		script(d, 2, addr, 2, 1);
		script(d, 5, addr, 1, 0);
		break;
	case 3: /* queued: the node before ours hands over, then the owner lets go */
		if (d->facts->qnodes)
			script(d, 2, d->facts->qnodes + d->facts->plan->word, 4, 1);
		script(d, 4, addr, 1, 0);
		break;
	default:
		script(d, 3, addr, 1, 0);
		break;
	}
	/*
	 * Whatever a kernel waits for, it ends.  The tail of the queue goes last: only a
	 * test-and-set lock waits for that, and a queue would take it for somebody behind us.  In a
	 * queue's node the word behind a pointer says that it is ours.
	 */
	script(d, 40, addr, 2, 0);
	if (d->facts->qnodes)
		script(d, 41, d->facts->qnodes + d->facts->plan->word, 4, 1);
	script(d, 1000, addr, 4, 0);
	return addr;
}

static uint64_t lock_value(const struct draw *d)
{
	static const uint32_t values[] = { 0, 1, 0x100, 0x40001 };

	return values[roll(d, 0x10c4) % ARRAY_SIZE(values)];
}

/* Where an operand of lgdt or lidt is, and what it says. */
static uint64_t descriptor_operand(struct draw *d, uint64_t r, unsigned slot)
{
	uint64_t at = in_arena(d, r, slot) + 0x100;

	poke(d, at, 2, r & 0x100 ? 0x7f : 0xfff);
	poke(d, at + 2, d->facts->plan->word, d->facts->plan->zero_arena + 0x10000 + (r >> 16) % 4 * 4096);
	return at;
}

static uint64_t gate(struct draw *d, uint64_t r, unsigned slot)
{
	uint64_t at = in_arena(d, r, slot) + 0x200;
	uint64_t to = 0xffffffff81000000ull + (r >> 16) % 0x100000;

	/* An interrupt gate of DPL 0 or 3, present. */
	poke(d, at, 8,
	     (to & 0xffff) | 0x10ull << 16 | (r & 1 ? 0x8e00ull : 0xee00ull) << 32 |
		     (to >> 16 & 0xffff) << 48);
	poke(d, at + 8, 8, to >> 32);
	return at;
}

static uint64_t cpumask(struct draw *d, uint64_t r)
{
	uint64_t at = d->facts->plan->zero_arena + 0x20000, all = (1ull << d->platform->cpus) - 1;

	poke(d, at, d->facts->plan->word, r % 4 == 0 ? 1 : r % 4 == 1 ? 0 : r >> 8 & all);
	return at;
}

/*
 * What struct flush_tlb_info begins with everywhere: mm, start, end; then new_tlb_gen.  The rest moved,
 * and is the contracts'.  Source: asm/tlbflush.h of 5.10 to 7.2.
 */
static uint64_t flush_info(struct draw *d, uint64_t r)
{
	const struct pvp_plan *plan = d->facts->plan;
	uint64_t at = plan->zero_arena + 0x21000, from = (r >> 12 & 0x7fff) << 12;
	unsigned word = plan->word;

	poke(d, at, word, r & 1 ? plan->zero_arena + 0x22000 : 0);
	poke(d, at + word, word, r & 2 ? from : 0);
	poke(d, at + 2 * word, word, r & 2 ? from + 4096 * (1 + (r >> 32 & 7)) : plan->last);
	poke(d, at + 3 * word, 8, r >> 40 & 0xff);
	return at;
}

static uint64_t draw_value(struct draw *d, enum pvp_domain domain, uint64_t salt, unsigned slot)
{
	static const uint8_t debug_registers[] = { 0, 1, 2, 3, 6, 7 };
	static const uint16_t selectors[] = { 0, 3, 0x2b, 0x33, 0x63, 0x7, 0xf, 0x18 };
	static const uint8_t descriptor_types[] = { 2, 9, 0x10, 0, 0x13 };
	static const uint8_t hypercalls[] = { 3, 5, 8, 9, 10, 14, 15, 25 };
	const struct pvp_plan *plan = d->facts->plan;
	uint64_t r = roll(d, salt), user_pgd = plan->tables + PVP_USER_TREE;

	switch (domain) {
	case PVP_DOMAIN_RANDOM:
		return any64(r);
	case PVP_DOMAIN_RANDOM32:
		return any64(r) & 0xffffffff;
	case PVP_DOMAIN_BOOL:
		return r & 1;
	case PVP_DOMAIN_SMALL:
		return r % 64;
	case PVP_DOMAIN_POINTER:
	case PVP_DOMAIN_TASK:
	case PVP_DOMAIN_THREAD:
		if (d->start->wild)
			return any64(r);
		return in_arena(d, r, slot) + (r >> 16) % 512 * 8;
	case PVP_DOMAIN_ZERO_POINTER:
	case PVP_DOMAIN_MM:
		return plan->zero_arena + slot * SLOT_LEN;
	case PVP_DOMAIN_PAGE:
		return in_arena(d, r, slot);
	case PVP_DOMAIN_CPU:
		return r % d->platform->cpus;
	case PVP_DOMAIN_DEBUGREG:
		return debug_registers[r % ARRAY_SIZE(debug_registers)];
	case PVP_DOMAIN_MSR:
		return msr_index(r);
	case PVP_DOMAIN_PTE:
		return page_table_entry(r);
	case PVP_DOMAIN_PFN:
		return (in_arena(d, r, slot) - plan->page_offset) / 4096;
	case PVP_DOMAIN_CR3:
		return user_pgd - plan->page_offset + (r & 1 ? (r >> 8) % 4 * 8 : 0);
	case PVP_DOMAIN_FLAGS:
		return 2 | (r & (PVP_X86_FLAGS_ARITH | PVP_X86_FLAG_IF)) |
		       (r >> 32 & 3 ? 0 : PVP_X86_FLAG_AC) | (r >> 34 & 1 ? PVP_X86_FLAG_ID : 0);
	case PVP_DOMAIN_SELECTOR:
		return r % 3 ? selectors[(r >> 8) % ARRAY_SIZE(selectors)] : r >> 8 & 0xffff;
	case PVP_DOMAIN_DESC_PTR:
		return descriptor_operand(d, r, slot);
	case PVP_DOMAIN_GATE:
		return gate(d, r, slot);
	case PVP_DOMAIN_MM_PAGE:
		return user_pgd;
	case PVP_DOMAIN_LOCK:
		return lock_word(d, in_arena(d, r, slot) + (r >> 16) % 64 * 8);
	case PVP_DOMAIN_LOCKED: {
		uint64_t at = in_arena(d, r, slot) + (r >> 16) % 64 * 8;

		poke(d, at, 4, r & 0x100 ? 3 : 1);
		return at;
	}
	case PVP_DOMAIN_LOCK_VALUE:
		return lock_value(d);
	case PVP_DOMAIN_VADDR:
		return r & 1 ? (uint64_t)((int64_t)(r << 16) >> 16) /* canonical */
			     : in_arena(d, r, slot) + (r >> 16) % 4096;
	case PVP_DOMAIN_CPUMASK:
		return cpumask(d, r);
	case PVP_DOMAIN_FLUSH_INFO:
		return flush_info(d, r);
	case PVP_DOMAIN_ENTRIES:
		return r & 1 ? 0 : (r >> 8) % 513;
	case PVP_DOMAIN_DESC_TYPE:
		return descriptor_types[r % ARRAY_SIZE(descriptor_types)];
	case PVP_DOMAIN_HYPERCALL:
		return hypercalls[r % ARRAY_SIZE(hypercalls)];
	}
	return r;
}

/* A register nobody asked for: anything. */
static uint64_t any_register(const struct draw *d, uint64_t r)
{
	if (d->start->wild || r % 10 < 6)
		return any64(pvp_mix(r, 4));
	return in_arena(d, r, r >> 8 & 7) + (r >> 16) % 512 * 8;
}

static void draw_system_state(struct draw *d)
{
	uint64_t *reg = d->start->state.reg, r = roll(d, 0x5157e);
	static const uint16_t selectors[] = { 0, 0x2b, 0x63, 0xffff };
	uint64_t arithmetic = roll(d, 0xf1a6) & PVP_X86_FLAGS_ARITH;
	bool ring3 = d->platform->ring == 3;
	const struct pvp_plan *plan = d->facts->plan;

	/* The interrupt flag of ring 3 is the hypervisor's: always on. */
	reg[PVP_X86_rflags] = 2 | arithmetic | (ring3 || r & 1 ? PVP_X86_FLAG_IF : 0) |
			      (r & 6 ? 0 : PVP_X86_FLAG_AC) | (r & 8 ? PVP_X86_FLAG_ID : 0);
	/* Odd addresses: what reads a base must not pass for a 0 or a boolean. */
	reg[PVP_X86_fs_base] = in_arena(d, r, 7) + (r >> 36 & 0xff8) + 5;
	reg[PVP_X86_gs_base] = d->facts->percpu_base;
	reg[PVP_X86_kernel_gs_base] = in_arena(d, r >> 8, 6) + (r >> 44 & 0xff8) + 3;
	if (plan->isa == PVP_ISA_I386) { /* %gs has the stack's canary, or is a program's */
		reg[PVP_X86_gs_base] = reg[PVP_X86_fs_base];
		reg[PVP_X86_fs_base] = d->facts->percpu_base;
	}
	reg[PVP_X86_cr0] = r & 0x10 ? 0x80050033 : 0x8005003b;
	reg[PVP_X86_cr2] = roll(d, 0xc42);
	/* Page tables lie above 4 GiB, too: a result cut to 32 bits must show. */
	reg[PVP_X86_cr3] = roll(d, 0xc43) &
			   (plan->isa == PVP_ISA_I386 ? 0x3ffff018 : 0xfffffff018);
	reg[PVP_X86_cr4] = r & 0x20 ? 0x3506f0 : 0x1706e0;
	for (int i = PVP_X86_dr0; i <= PVP_X86_dr3; i++)
		reg[i] = roll(d, 0xd40 + i);
	reg[PVP_X86_dr6] = 0xffff0ff0 | (r >> 6 & 0xf);
	reg[PVP_X86_dr7] = 0x400 | (r >> 10 & 0xff);
	reg[PVP_X86_cs] = ring3 ? 0xe033 : plan->cs;
	reg[PVP_X86_ss] = ring3 ? 0xe02b : plan->ss;
	reg[PVP_X86_es] = selectors[r >> 50 & 3];
	reg[PVP_X86_ds] = selectors[r >> 52 & 3];
	reg[PVP_X86_cr8] = r >> 54 & 0xf;
	reg[PVP_X86_ldtr] = r & 0x80 ? 0x50 : 0;
	reg[PVP_X86_fs] = plan->percpu_selector ? plan->percpu_selector : r >> 20 & 0x7b;
	reg[PVP_X86_gs] = r >> 28 & 0x7b;
	reg[PVP_X86_gdt_base] = r & 0x40 ? plan->cpu_area + 0x1000 : d->facts->percpu_base;
	reg[PVP_X86_gdt_limit] = 0x7f;
	reg[PVP_X86_idt_base] = plan->cpu_area;
	reg[PVP_X86_idt_limit] = 0xfff;
	reg[PVP_X86_tr] = 0x40;
	reg[PVP_X86_xcr0] = 7;
}

/* A word as it will be when the pokes drawn so far have been made. */
static uint64_t read_word(const struct draw *d, uint64_t addr)
{
	const uint8_t *bytes;
	uint64_t value = 0;

	for (size_t i = d->start->nr_pokes; i-- > 0;)
		if (d->start->pokes[i].addr == addr && d->start->pokes[i].size == 8)
			return d->start->pokes[i].value;
	bytes = pvp_view_bytes(d->facts->view, addr, sizeof(value));
	if (bytes)
		memcpy(&value, bytes, sizeof(value));
	return value;
}

/* struct page of a frame number, or of an address in the direct map. */
static uint64_t struct_page(const struct pvp_plan *plan, uint64_t value)
{
	uint64_t frame = value >= plan->page_offset ? (value - plan->page_offset) / 4096 : value;

	return plan->vmemmap + frame * 64;
}

static uint64_t poke_address(const struct draw *d, const struct pvp_poke *p, const uint64_t *args)
{
	uint64_t addr = p->addr + (p->arg >= 0 ? args[p->arg] : 0);

	switch (p->via) {
	case PVP_POKE_DIRECT:
		break;
	case PVP_POKE_PAGE_OF_ARG:
		return struct_page(d->facts->plan, addr) + p->page_off;
	case PVP_POKE_PAGE_OF_WORD:
		return struct_page(d->facts->plan, read_word(d, addr)) + p->page_off;
	}
	return addr;
}

static void draw_pokes(struct draw *d, const struct pvp_poke *pokes, size_t nr, uint64_t salt,
		       const uint64_t *args)
{
	for (size_t i = 0; i < nr; i++) {
		const struct pvp_poke *p = &pokes[i];
		uint64_t addr = poke_address(d, p, args), value;
		uint64_t nth = d->facts->by_name ? p->name : i;

		if (d->facts->by_name && p->has_compared)
			value = p->compared;
		else if (p->copy_arg >= 0)
			value = args[p->copy_arg];
		else if (p->by_domain)
			value = draw_value(d, p->domain, salt + nth, 6 + nth % 2);
		else
			value = p->values[roll(d, salt + nth) % p->nr_values];
		poke(d, addr, p->size, value);
	}
}

void pvp_start_image_init(struct pvp_start_image *facts, const struct pvp_image *image,
			  const struct pvp_view *view)
{
	const struct pvp_symbol *const *qnodes = pvp_image_symbols_named(image, "qnodes", NULL);

	facts->view = view;
	facts->plan = pvp_plan_of(image);
	facts->percpu_base = image->percpu_base;
	facts->qnodes = qnodes ? pvp_image_on_cpu0(image, qnodes[0]->addr) : 0;
}

uint64_t pvp_start_value(const struct pvp_start_image *facts, const struct pvp_platform *platform,
			 enum pvp_domain domain, uint64_t seed)
{
	struct pvp_start scratch = { .nr_pokes = 0 };
	struct draw d = {
		.facts = facts, .platform = platform, .start = &scratch, .seed = seed, .index = seed,
	};

	return draw_value(&d, domain, 0, 5);
}

/* There is no more of a register than 32 bits, and no r8. */
static void narrow(uint64_t *reg)
{
	for (unsigned i = 0; i < PVP_X86_NR_STATE; i++)
		reg[i] &= i >= PVP_X86_r8 && i <= PVP_X86_r15 ? 0 : UINT32_MAX;
}

void pvp_start_make(const struct pvp_start_image *facts, const struct pvp_platform *platform,
		    const struct pvp_contract *contract, uint64_t seed, unsigned index,
		    struct pvp_start *ret)
{
	const struct pvp_plan *plan = facts->plan;
	struct draw d = { .facts = facts,
			  .platform = platform,
			  .start = ret,
			  .seed = pvp_mix(seed, index),
			  .index = index };
	uint64_t args[PVP_MAX_ARGS + 1] = { 0 }; /* the last one: PVP_POKE_SP */
	uint64_t *reg = ret->state.reg;
	unsigned nr_on_stack = 0;

	memset(&ret->state, 0, sizeof(ret->state));
	ret->nr_pokes = ret->nr_script = 0;
	ret->seed = roll(&d, 0x5eed) & ~PVP_SEED_REFUSES;
	ret->wild = index % PVP_WILD_EVERY == PVP_WILD_EVERY - 1;
	for (int i = 0; i < 16; i++)
		reg[i] = any_register(&d, roll(&d, 0x600d + i));
	reg[PVP_X86_rsp] = plan->stack_top - (index & 1) * plan->word;
	args[PVP_POKE_SP] = reg[PVP_X86_rsp];
	draw_system_state(&d);
	draw_pokes(&d, platform->pokes, platform->nr_pokes, 0x10000, args);
	for (unsigned i = 0; i < contract->nr_args; i++) {
		unsigned at = pvp_contract_arg_reg(contract->isa, i);

		args[i] = draw_value(&d, contract->args[i], 0xa4600 + i, i) & plan->last;
		if (at != PVP_X86_NR_STATE)
			reg[at] = args[i];
		else
			poke(&d, reg[PVP_X86_rsp] + nr_on_stack++ * plan->word, plan->word, args[i]);
	}
	if (contract->has_rax)
		reg[PVP_X86_rax] = draw_value(&d, contract->rax, 0xa4610, 6);
	draw_pokes(&d, contract->pokes, contract->nr_pokes, 0x20000, args);
	if (plan->isa == PVP_ISA_I386)
		narrow(reg);
}
