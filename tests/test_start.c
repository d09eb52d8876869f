// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_start.c - what start states must be: the same again, inside their domains, and rich enough
 * to tell apart what must be told apart.  On every contract of both platforms.
 */
#include "start.h"

#include <inttypes.h>

#include "check_bench.h"
#include "check_helpers.h"
#include "suites.h"
#include "x86/regs.h"

#define STATES CHECK_STATES
#define SEED   1

static struct kernel kernel;
static struct boot boots[2];
static struct pvp_world *worlds[2];
static struct pvp_view views[2];
static struct pvp_start_image facts[2];
/* All states of one contract. */
static struct pvp_start starts[STATES];

static void open_all(const char *path)
{
	kernel_open(path, &kernel);
	for (int i = 0; i < 2; i++) {
		boot_open(&kernel, i ? "xen-pv" : "native", NULL, &boots[i]);
		pvp_ck_ok(pvp_world_create(kernel.image, &kernel.tables, boots[i].platform,
					   &worlds[i]));
		pvp_ck_ok(pvp_view_create(worlds[i], NULL, NULL, NULL, &views[i]));
		pvp_start_image_init(&facts[i], kernel.image, &views[i]);
	}
}

static void setup(void)
{
	open_all(PVP_BUNDLED_KERNEL);
}

static void setup_debian(void)
{
	const char *path = pvp_test_file(pvp_test_kernels(), PVP_DEBIAN_KERNEL, "start, Debian");

	if (path)
		open_all(path);
}

static void teardown(void)
{
	if (!kernel.image)
		return;
	for (int i = 0; i < 2; i++) {
		pvp_view_deinit(&views[i]);
		pvp_world_destroy(worlds[i]);
		boot_close(&boots[i]);
	}
	kernel_close(&kernel);
}

static void make_all(int platform, const struct pvp_contract *contract)
{
	for (unsigned i = 0; i < STATES; i++)
		pvp_start_make(&facts[platform], boots[platform].platform, contract, SEED, i,
			       &starts[i]);
}

static const enum pvp_x86_reg arg_regs[PVP_MAX_ARGS] = {
	PVP_X86_rdi, PVP_X86_rsi, PVP_X86_rdx, PVP_X86_rcx, PVP_X86_r8, PVP_X86_r9,
};

static uint64_t argument(const struct pvp_start *start, unsigned n)
{
	if (n == PVP_POKE_SP)
		return start->state.reg[PVP_X86_rsp];
	return start->state.reg[arg_regs[n]];
}

/* The word at addr when the run begins. */
static uint64_t word_at(int platform, const struct pvp_start *start, uint64_t addr, unsigned size)
{
	const uint8_t *bytes = pvp_view_bytes(&views[platform], addr, size);
	uint64_t value = 0;

	if (bytes)
		memcpy(&value, bytes, size);
	for (size_t i = 0; i < start->nr_pokes; i++) {
		const struct pvp_start_poke *p = &start->pokes[i];

		for (unsigned k = 0; k < p->size; k++)
			if (p->addr + k - addr < size) {
				unsigned shift = 8 * (p->addr + k - addr);

				value &= ~(0xffull << shift);
				value |= (p->value >> 8 * k & 0xff) << shift;
			}
	}
	return value;
}

/* Calls check for every contract of both platforms, with `starts` filled. */
static void each_contract(void (*check)(int platform, const struct pvp_contract *contract))
{
	if (!kernel.image)
		return;
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_ge(boots[i].contracts.nr, 80);
		for (size_t k = 0; k < boots[i].contracts.nr; k++) {
			make_all(i, &boots[i].contracts.v[k]);
			check(i, &boots[i].contracts.v[k]);
		}
	}
}

/* --- the same again --- */

static bool same(const struct pvp_start *a, const struct pvp_start *b)
{
	return !memcmp(&a->state, &b->state, sizeof(a->state)) && a->seed == b->seed &&
	       a->wild == b->wild && a->nr_pokes == b->nr_pokes && a->nr_script == b->nr_script &&
	       !memcmp(a->script, b->script, a->nr_script * sizeof(a->script[0])) &&
	       !memcmp(a->pokes, b->pokes, a->nr_pokes * sizeof(a->pokes[0]));
}

static void check_determinism(int platform, const struct pvp_contract *contract)
{
	static struct pvp_start again;

	for (unsigned i = 0; i < STATES; i++) {
		/* Whatever was there before; but what is not drawn, padding, is not compared. */
		memset(&again, 0, sizeof(again));
		memset(&again.state, 0xa5, sizeof(again.state));
		again.nr_pokes = again.nr_script = 5;
		pvp_start_make(&facts[platform], boots[platform].platform, contract, SEED, i,
			       &again);
		ck_assert_msg(same(&again, &starts[i]), "%s: state %u is not the same again",
			      contract->op, i);
		pvp_start_make(&facts[platform], boots[platform].platform, contract, SEED + 1, i,
			       &again);
		ck_assert_msg(!same(&again, &starts[i]), "%s: state %u has no seed", contract->op,
			      i);
		for (unsigned k = 0; k < i; k++)
			ck_assert_msg(!same(&starts[k], &starts[i]), "%s: states %u and %u",
				      contract->op, k, i);
	}
}

START_TEST(determinism)
{
	memset(starts, 0, sizeof(starts));
	each_contract(check_determinism);
}
END_TEST

/* --- system state --- */

/* The caller's frame, which text that pops too much would read. */
static bool memory_is_zero(int platform, uint64_t sp)
{
	const uint8_t *bytes = pvp_view_bytes(&views[platform], sp, 64);

	for (unsigned i = 0; i < 64; i++)
		if (bytes[i])
			return false;
	return true;
}

static void check_system_state(int platform, const struct pvp_contract *contract)
{
	unsigned interrupts = 0, aligned = 0;

	for (unsigned i = 0; i < STATES; i++) {
		const uint64_t *reg = starts[i].state.reg;

		ck_assert_msg(starts[i].wild == (i % 8 == 7), "%s: state %u", contract->op, i);
		interrupts += !!(reg[PVP_X86_rflags] & PVP_X86_FLAG_IF);
		aligned += reg[PVP_X86_rsp] % 16 == 0;
		ck_assert_uint_eq(reg[PVP_X86_rsp] % 8, 0);
		ck_assert(!memory_is_zero(platform, reg[PVP_X86_rsp]));
		ck_assert_uint_eq(reg[PVP_X86_rflags] & (PVP_X86_FLAG_DF | PVP_X86_FLAG_TF), 0);
		ck_assert_uint_eq(reg[PVP_X86_cs] & 3, platform ? 3 : 0);
		ck_assert_uint_eq(reg[PVP_X86_gs_base], kernel.image->percpu_base);
		/* Results of native operations: 0 would let `xor eax,eax` pass. */
		ck_assert(reg[PVP_X86_cr0] && reg[PVP_X86_cr2] && reg[PVP_X86_cr3] &&
			  reg[PVP_X86_cr4] && reg[PVP_X86_tr]);
	}
	/* Under Xen PV the hypervisor keeps the real flag set; on bare metal both are run. */
	if (platform) {
		ck_assert_uint_eq(interrupts, STATES);
	} else {
		ck_assert_uint_ge(interrupts, STATES / 4);
		ck_assert_uint_le(interrupts, STATES * 3 / 4);
	}
	ck_assert_uint_eq(aligned, STATES / 2);
}

START_TEST(system_state)
{
	each_contract(check_system_state);
}
END_TEST

/* Registers that nobody asked for are random, and no two states have the same. */
static void check_other_registers(int platform, const struct pvp_contract *contract)
{
	(void)platform;
	for (unsigned reg = PVP_X86_rax; reg <= PVP_X86_r15; reg++) {
		bool is_arg = reg == PVP_X86_rsp || (reg == PVP_X86_rax && contract->has_rax);
		unsigned distinct = 0;

		for (unsigned n = 0; n < contract->nr_args; n++)
			is_arg = is_arg || arg_regs[n] == reg;
		for (unsigned i = 0; i < STATES && !is_arg; i++) {
			unsigned k = 0;

			while (k < i && starts[k].state.reg[reg] != starts[i].state.reg[reg])
				k++;
			distinct += k == i;
		}
		ck_assert_msg(is_arg || distinct >= STATES * 2 / 3, "%s: register %u has %u values",
			      contract->op, reg, distinct);
	}
}

START_TEST(other_registers)
{
	each_contract(check_other_registers);
}
END_TEST

/* --- domains, as platform.h describes them --- */

static bool in_arena(uint64_t addr)
{
	for (unsigned i = 0; i < PVP_NR_ARENAS; i++)
		if (addr - PVP_ARENA(i) < PVP_ARENA_LEN)
			return true;
	return addr - PVP_ZERO_ARENA < PVP_ZERO_LEN;
}

static bool is_one_of(uint64_t value, const uint64_t *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (list[i] == value)
			return true;
	return false;
}

#define ONE_OF(value, ...)                                                                         \
	is_one_of(value, (const uint64_t[]){__VA_ARGS__},                                          \
		  sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static bool is_canonical(uint64_t addr)
{
	return addr >> 47 == 0 || addr >> 47 == 0x1ffff;
}

static bool is_in_domain(int platform, const struct pvp_start *start, enum pvp_domain domain,
			 uint64_t v)
{
	unsigned cpus = boots[platform].platform->cpus;

	switch (domain) {
	case PVP_DOMAIN_RANDOM:
	case PVP_DOMAIN_PTE:
		return true;
	case PVP_DOMAIN_RANDOM32:
	case PVP_DOMAIN_MSR:
		return v <= 0xffffffff;
	case PVP_DOMAIN_BOOL:
		return v <= 1;
	case PVP_DOMAIN_SMALL:
		return v < 64;
	case PVP_DOMAIN_POINTER:
	case PVP_DOMAIN_TASK:
	case PVP_DOMAIN_THREAD:
		return start->wild || (v % 8 == 0 && in_arena(v));
	case PVP_DOMAIN_ZERO_POINTER:
	case PVP_DOMAIN_MM:
		return v % 4096 == 0 && v - PVP_ZERO_ARENA < PVP_ZERO_LEN;
	case PVP_DOMAIN_PAGE:
		return v % 4096 == 0 && in_arena(v);
	case PVP_DOMAIN_CPU:
		return v < cpus;
	case PVP_DOMAIN_DEBUGREG:
		return ONE_OF(v, 0, 1, 2, 3, 6, 7);
	case PVP_DOMAIN_PFN:
		return in_arena(PVP_DIRECT_MAP + v * 4096);
	case PVP_DOMAIN_CR3:
		return (v & ~0xfffull) == PVP_USER_PGD - PVP_DIRECT_MAP;
	case PVP_DOMAIN_FLAGS:
		return (v & 2) && !(v & (PVP_X86_FLAG_TF | PVP_X86_FLAG_DF | PVP_X86_FLAG_NT |
					 PVP_X86_FLAG_IOPL));
	case PVP_DOMAIN_SELECTOR:
		return v <= 0xffff;
	case PVP_DOMAIN_DESC_PTR: /* limit, base: whole descriptors, page aligned */
		return in_arena(v) && word_at(platform, start, v, 2) % 8 == 7 &&
		       word_at(platform, start, v + 2, 8) % 4096 == 0 &&
		       in_arena(word_at(platform, start, v + 2, 8));
	case PVP_DOMAIN_GATE: /* present, an interrupt gate */
		return in_arena(v) && v % 8 == 0 &&
		       ONE_OF(word_at(platform, start, v + 5, 1), 0x8e, 0xee);
	case PVP_DOMAIN_MM_PAGE:
		return v == PVP_USER_PGD;
	case PVP_DOMAIN_LOCK:
		return in_arena(v) && v % 4 == 0 &&
		       ONE_OF(word_at(platform, start, v, 4), 0, 1, 0x100, 0x40001);
	case PVP_DOMAIN_LOCK_VALUE:
		return ONE_OF(v, 0, 1, 0x100, 0x40001);
	case PVP_DOMAIN_LOCKED:
		return in_arena(v) && v % 4 == 0 && ONE_OF(word_at(platform, start, v, 4), 1, 3);
	case PVP_DOMAIN_HYPERCALL:
		return ONE_OF(v, 3, 5, 8, 9, 10, 14, 15, 25);
	case PVP_DOMAIN_VADDR:
		return is_canonical(v);
	case PVP_DOMAIN_CPUMASK:
		return in_arena(v) && word_at(platform, start, v, 8) < 1ull << cpus;
	case PVP_DOMAIN_FLUSH_INFO:
		return in_arena(v) &&
		       word_at(platform, start, v + 8, 8) < word_at(platform, start, v + 16, 8);
	case PVP_DOMAIN_ENTRIES:
		return v <= 512;
	case PVP_DOMAIN_DESC_TYPE:
		return v < 0x20;
	}
	return false;
}

static void check_domains(int platform, const struct pvp_contract *contract)
{
	for (unsigned i = 0; i < STATES; i++) {
		for (unsigned n = 0; n < contract->nr_args; n++) {
			uint64_t v = argument(&starts[i], n);

			ck_assert_msg(is_in_domain(platform, &starts[i], contract->args[n], v),
				      "%s, state %u: argument %u is %#" PRIx64 ", no %s",
				      contract->op, i, n, v, pvp_domain_name(contract->args[n]));
		}
		if (contract->has_rax)
			ck_assert(is_in_domain(platform, &starts[i], contract->rax,
					       starts[i].state.reg[PVP_X86_rax]));
		for (unsigned n = 1; n < contract->nr_args; n++)
			if (contract->args[n] == PVP_DOMAIN_LOCK_VALUE)
				ck_assert_uint_eq(argument(&starts[i], n),
						  word_at(platform, &starts[i],
							  argument(&starts[i], n - 1), 4));
	}
}

START_TEST(domains)
{
	each_contract(check_domains);
}
END_TEST

/* What every argument of the domain must have been in some state. */
static const struct {
	enum pvp_domain domain;
	const char *what;
	uint64_t mask, value;
} coverage[] = {
	{PVP_DOMAIN_BOOL, "false", 1, 0},
	{PVP_DOMAIN_BOOL, "true", 1, 1},
	{PVP_DOMAIN_CPU, "CPU 0", ~0ull, 0},
	{PVP_DOMAIN_CPU, "CPU 3", ~0ull, 3},
	{PVP_DOMAIN_DEBUGREG, "DR0", ~0ull, 0},
	{PVP_DOMAIN_DEBUGREG, "DR3", ~0ull, 3},
	{PVP_DOMAIN_DEBUGREG, "DR6", ~0ull, 6},
	{PVP_DOMAIN_DEBUGREG, "DR7", ~0ull, 7},
	{PVP_DOMAIN_PTE, "present", 1, 1},
	{PVP_DOMAIN_PTE, "not present", 1, 0},
	{PVP_DOMAIN_PTE, "no-execute", 1ull << 63, 1ull << 63},
	{PVP_DOMAIN_PTE, "no bit above the frame", 0xfffull << 52, 0},
	{PVP_DOMAIN_CR3, "no flags", 0xfff, 0},
	{PVP_DOMAIN_LOCK_VALUE, "free", ~0ull, 0},
	{PVP_DOMAIN_LOCK_VALUE, "held", ~0ull, 1},
	{PVP_DOMAIN_LOCK_VALUE, "pending", ~0ull, 0x100},
	{PVP_DOMAIN_LOCK_VALUE, "queued", ~0ull, 0x40001},
	{PVP_DOMAIN_HYPERCALL, "set_debugreg", ~0ull, 8},
	{PVP_DOMAIN_HYPERCALL, "set_segment_base", ~0ull, 25},
	{PVP_DOMAIN_ENTRIES, "none", ~0ull, 0},
	{PVP_DOMAIN_DESC_TYPE, "LDT", ~0ull, 2},
	{PVP_DOMAIN_DESC_TYPE, "TSS", ~0ull, 9},
	{PVP_DOMAIN_VADDR, "of the kernel", 1ull << 63, 1ull << 63},
	{PVP_DOMAIN_VADDR, "of a user", 1ull << 63, 0},
	{PVP_DOMAIN_MSR, "FS_BASE", ~0ull, 0xc0000100},
	{PVP_DOMAIN_MSR, "GS_BASE", ~0ull, 0xc0000101},
	{PVP_DOMAIN_SELECTOR, "null", ~0ull, 0},
};

static void check_coverage(int platform, const struct pvp_contract *contract)
{
	(void)platform;
	for (unsigned n = 0; n < contract->nr_args + contract->has_rax; n++) {
		bool rax = n == contract->nr_args;
		enum pvp_domain domain = rax ? contract->rax : contract->args[n];

		for (size_t c = 0; c < ARRAY_SIZE(coverage); c++) {
			bool seen = coverage[c].domain != domain;

			for (unsigned i = 0; i < STATES && !seen; i++) {
				uint64_t v = rax ? starts[i].state.reg[PVP_X86_rax]
						 : argument(&starts[i], n);

				seen = (v & coverage[c].mask) == coverage[c].value;
			}
			ck_assert_msg(seen, "%s: argument %u (%s) is never \"%s\"", contract->op, n,
				      pvp_domain_name(domain), coverage[c].what);
		}
	}
}

START_TEST(domain_coverage)
{
	each_contract(check_coverage);
}
END_TEST

/* Page-table entries: half with bits above 32 beside the frame, half with a frame of ours. */
static void check_page_table_entries(int platform, const struct pvp_contract *contract)
{
	(void)platform;
	for (unsigned n = 0; n < contract->nr_args; n++) {
		unsigned high = 0, ours = 0;

		if (contract->args[n] != PVP_DOMAIN_PTE)
			continue;
		for (unsigned i = 0; i < STATES; i++) {
			uint64_t v = argument(&starts[i], n);

			high += v >> 32 != 0;
			ours += (v >> 12 & 0xffffffffff) - PVP_MFN_OFFSET < PVP_NR_PFNS;
		}
		ck_assert_msg(high >= STATES / 4 && ours >= STATES / 4 && ours < STATES,
			      "%s: %u entries above 32 bits, %u of ours", contract->op, high, ours);
	}
}

START_TEST(page_table_entries)
{
	each_contract(check_page_table_entries);
}
END_TEST

/* A held lock: byte 1, and byte 3, without which a native unlock under Xen PV passes. */
START_TEST(both_lock_bytes)
{
	for (int i = 0; i < 2; i++) {
		unsigned seen = 0;

		make_all(i, pvp_contracts_find(&boots[i].contracts, "lock.queued_spin_unlock"));
		for (unsigned k = 0; k < STATES; k++)
			seen |= 1u << word_at(i, &starts[k], argument(&starts[k], 0), 1);
		ck_assert_uint_eq(seen, 1u << 1 | 1u << 3);
	}
}
END_TEST

/* --- pointers --- */

static bool is_pointer(enum pvp_domain domain)
{
	return ONE_OF(domain, PVP_DOMAIN_POINTER, PVP_DOMAIN_THREAD, PVP_DOMAIN_ZERO_POINTER,
		      PVP_DOMAIN_MM, PVP_DOMAIN_PAGE, PVP_DOMAIN_DESC_PTR, PVP_DOMAIN_GATE,
		      PVP_DOMAIN_MM_PAGE, PVP_DOMAIN_LOCK, PVP_DOMAIN_LOCKED, PVP_DOMAIN_CPUMASK,
		      PVP_DOMAIN_FLUSH_INFO);
}

static void check_pointers(int platform, const struct pvp_contract *contract)
{
	unsigned zero = 0, mixed = 0;
	bool any = false;

	for (unsigned i = 0; i < STATES; i++) {
		if (starts[i].wild)
			continue;
		for (unsigned n = 0; n < contract->nr_args; n++) {
			uint64_t a = argument(&starts[i], n);

			if (!is_pointer(contract->args[n]))
				continue;
			ck_assert_msg(pvp_view_bytes(&views[platform], a, 64) != NULL,
				      "%s, state %u: nothing at %#" PRIx64, contract->op, i, a);
			if (contract->args[n] == PVP_DOMAIN_POINTER) {
				any = true;
				zero += a - PVP_ZERO_ARENA < PVP_ZERO_LEN;
				mixed += a - PVP_ZERO_ARENA >= PVP_ZERO_LEN;
			}
			for (unsigned k = 0; k < n; k++) {
				uint64_t b = argument(&starts[i], k);

				ck_assert_msg(!is_pointer(contract->args[k]) ||
						      (a > b ? a - b : b - a) >= 4096,
					      "%s, state %u: arguments %u and %u meet",
					      contract->op, i, k, n);
			}
		}
	}
	ck_assert_msg(!any || (zero >= 4 && mixed >= 4), "%s: %u pointers to zeros, %u to others",
		      contract->op, zero, mixed);
}

START_TEST(pointers)
{
	each_contract(check_pointers);
}
END_TEST

/* --- pokes --- */

/* Where a poke of the contract or platform ended up in a state. */
static uint64_t poke_at(int platform, const struct pvp_start *start, const struct pvp_poke *p)
{
	uint64_t addr = p->addr + (p->arg >= 0 ? argument(start, p->arg) : 0);

	if (p->via == PVP_POKE_DIRECT)
		return addr;
	if (p->via == PVP_POKE_PAGE_OF_WORD)
		addr = word_at(platform, start, addr, 8);
	if (addr < PVP_DIRECT_MAP) /* a frame number */
		addr = PVP_DIRECT_MAP + addr * 4096;
	return PVP_STRUCT_PAGE(addr) + p->page_off;
}

static uint64_t low_bytes(uint64_t value, unsigned size)
{
	return size < 8 ? value & ((1ull << 8 * size) - 1) : value;
}

/* Every value is there in some state, unless a row of the contract has the place instead. */
static void check_values(int platform, const char *op, const struct pvp_poke *p,
			 const struct pvp_contract *over)
{
	for (size_t k = 0; over && k < over->nr_pokes; k++)
		if (over->pokes[k].arg < 0 && over->pokes[k].addr == p->addr)
			return;
	for (size_t v = 0; v < p->nr_values; v++) {
		bool seen = false;

		for (unsigned i = 0; i < STATES && !seen; i++)
			seen = !starts[i].wild &&
			       word_at(platform, &starts[i], poke_at(platform, &starts[i], p),
				       p->size) == low_bytes(p->values[v], p->size);
		ck_assert_msg(seen, "%s: value %zu of the word at %s%#" PRIx64 " is in no state",
			      op, v, p->arg >= 0 ? "argument+" : "", p->addr);
	}
}

static void check_pokes(int platform, const struct pvp_contract *contract)
{
	const struct pvp_platform *p = boots[platform].platform;

	for (size_t i = 0; i < contract->nr_pokes; i++)
		if (!contract->pokes[i].by_domain && contract->pokes[i].copy_arg < 0)
			check_values(platform, contract->op, &contract->pokes[i], NULL);
	for (size_t i = 0; i < p->nr_pokes; i++)
		if (!p->pokes[i].by_domain)
			check_values(platform, contract->op, &p->pokes[i], contract);
	for (unsigned i = 0; i < STATES; i++) {
		for (size_t k = 0; k < starts[i].nr_pokes && !starts[i].wild; k++)
			ck_assert_msg(pvp_view_bytes(&views[platform], starts[i].pokes[k].addr,
						     starts[i].pokes[k].size),
				      "%s, state %u: word %zu at %#" PRIx64 ": nothing there",
				      contract->op, i, k, starts[i].pokes[k].addr);
		for (size_t k = 0; k < contract->nr_pokes; k++)
			if (contract->pokes[k].copy_arg >= 0)
				ck_assert_uint_eq(
					word_at(platform, &starts[i],
						poke_at(platform, &starts[i], &contract->pokes[k]),
						contract->pokes[k].size),
					low_bytes(argument(&starts[i], contract->pokes[k].copy_arg),
						  contract->pokes[k].size));
	}
}

START_TEST(pokes)
{
	each_contract(check_pokes);
}
END_TEST

/* Two words of which the ops read both must not always take the same turn. */
START_TEST(pending_and_masked)
{
	uint64_t info = check_bench_symbol(&kernel, "xen_vcpu_info");
	unsigned seen = 0;

	make_all(1, pvp_contracts_find(&boots[1].contracts, "irq.irq_enable"));
	if (info < kernel.image->percpu_len)
		info += kernel.image->percpu_base;
	for (unsigned i = 0; i < STATES; i++)
		seen |= 1u << (word_at(1, &starts[i], info, 1) * 2 +
			       word_at(1, &starts[i], info + 1, 1));
	ck_assert_uint_eq(seen, 0xf);
}
END_TEST

Suite *start_suite(void)
{
	Suite *s = suite_create("start");
	TCase *bundled = tcase_create("bundled"), *debian = tcase_create("6.1.176");

	tcase_add_unchecked_fixture(bundled, setup, teardown);
	tcase_add_test(bundled, determinism);
	tcase_add_test(bundled, system_state);
	tcase_add_test(bundled, other_registers);
	tcase_add_test(bundled, domains);
	tcase_add_test(bundled, domain_coverage);
	tcase_add_test(bundled, page_table_entries);
	tcase_add_test(bundled, both_lock_bytes);
	tcase_add_test(bundled, pointers);
	tcase_add_test(bundled, pokes);
	tcase_add_test(bundled, pending_and_masked);
	suite_add_tcase(s, bundled);
	tcase_set_tags(debian, PVP_TAG_KERNELS);
	tcase_add_unchecked_fixture(debian, setup_debian, teardown);
	tcase_add_test(debian, domains);
	tcase_add_test(debian, pointers);
	tcase_add_test(debian, pokes);
	suite_add_tcase(s, debian);
	return s;
}
