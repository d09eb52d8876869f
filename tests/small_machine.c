// SPDX-License-Identifier: GPL-2.0-only
#include "small_machine.h"

#include <inttypes.h>

#include "check_helpers.h"

size_t pvp_test_hex(const char *hex, uint8_t *ret, size_t room)
{
	size_t nr = 0;

	for (;;) {
		char *end;
		unsigned long byte = strtoul(hex, &end, 16);

		if (end == hex)
			break;
		ck_assert_msg(nr < room && byte < 0x100, "bad row of bytes: %s", hex);
		ret[nr++] = byte;
		hex = end;
	}
	ck_assert_msg(!hex[strspn(hex, " ")], "bad row of bytes: %s", hex);
	return nr;
}

static bool hypercall(void *arg, struct pvp_machine *machine)
{
	struct small_machine *sm = arg;

	sm->nr_hypercalls++;
	if (sm->knows_hypercalls)
		pvp_machine_set_reg(machine, PVP_X86_rax, 0x4ca11);
	return sm->knows_hypercalls;
}

static uint64_t callee_result(void *arg, unsigned index, unsigned nth, uint64_t seed)
{
	(void)arg;
	return seed << 32 | index << 8 | nth;
}

static void fill(void *arg, uint64_t seed, uint64_t addr, void *buf, size_t len)
{
	uint8_t *to = buf;

	(void)arg;
	for (size_t i = 0; i < len; i++)
		to[i] = pvp_mix(seed, addr + i);
}

static uint64_t fixup(void *arg, struct pvp_machine *machine, uint64_t addr, unsigned vector)
{
	struct small_machine *sm = arg;

	sm->nr_fixups++;
	sm->fixup_addr = addr;
	sm->fixup_vector = vector;
	if (sm->fixup)
		pvp_machine_set_reg(machine, PVP_X86_rax, 0xfa11);
	return sm->fixup;
}

/* What the two modes have in common: regions, with their addresses given, and the client. */
static void init(struct small_machine *sm, const uint64_t addrs[SM_NR_REGIONS])
{
	const unsigned rw = PVP_PROT_READ | PVP_PROT_WRITE;
	const struct pvp_region regions[SM_NR_REGIONS] = {
		{ 0, 2 * SM_PAGE, NULL, PVP_PROT_READ | PVP_PROT_EXEC, PVP_MEM_PLAIN, "text" },
		{ 0, SM_PAGE, NULL, PVP_PROT_READ, PVP_MEM_PLAIN, "read-only data" },
		{ 0, 2 * SM_PAGE, NULL, rw, PVP_MEM_PLAIN, "data" },
		{ 0, SM_PAGE, NULL, rw, PVP_MEM_ORDERED, "ordered data" },
		{ 0, SM_PAGE, NULL, rw, PVP_MEM_STACK, "stack" },
	};

	memset(sm, 0, sizeof(*sm));
	for (size_t i = 0; i < SM_NR_REGIONS; i++) {
		sm->regions[i] = regions[i];
		sm->regions[i].addr = addrs[i];
		sm->regions[i].host = aligned_alloc(SM_PAGE, regions[i].len);
		for (uint64_t k = 0; k < regions[i].len; k++)
			sm->regions[i].host[k] = pvp_mix(i, k);
	}
	memset(sm->regions[0].host, 0xcc, sm->regions[0].len);
	sm->request = (struct pvp_run_request){ .start = &sm->start, .max_insns = 1000, .seed = 7 };
	sm->config = (struct pvp_machine_config){
		.regions = sm->regions,
		.nr_regions = SM_NR_REGIONS,
		.client = { .arg = sm,
			    .hypercall = hypercall,
			    .callee_result = callee_result,
			    .fill = fill,
			    .fixup = fixup },
	};
}

struct start_reg {
	enum pvp_x86_reg reg;
	uint64_t value;
};

static void set_start(struct small_machine *sm, const struct start_reg *regs, size_t nr)
{
	for (unsigned reg = PVP_X86_fs_base; reg < PVP_X86_NR_STATE; reg++)
		sm->start.reg[reg] = 0x10000 * reg + 0x33;
	for (size_t i = 0; i < nr; i++)
		sm->start.reg[regs[i].reg] = regs[i].value;
	sm->request.end_sp = sm->start.reg[PVP_X86_rsp];
}

void small_machine_init(struct small_machine *sm, unsigned ring)
{
	static const uint64_t addrs[SM_NR_REGIONS] = { SM_TEXT, SM_RO, SM_DATA, SM_ORDERED,
						       SM_STACK };
	static const struct start_reg regs[] = {
		{ PVP_X86_rax, 0xaaaaaaaa55555555 },
		{ PVP_X86_rip, SM_TEXT },
		{ PVP_X86_rsp, SM_SP },
		{ PVP_X86_rdi, SM_DATA },
		{ PVP_X86_rsi, SM_DATA + 0x800 },
		{ PVP_X86_rflags, 2 | PVP_X86_FLAG_IF },
		{ PVP_X86_gs_base, SM_DATA },
		{ PVP_X86_cr0, 0x8005003b },
		{ PVP_X86_ds, 0x2b },
		{ PVP_X86_gs, 0x63 },
		{ PVP_X86_gdt_base, 0xfffffe0000001000 },
		{ PVP_X86_gdt_limit, 0x7f },
		{ PVP_X86_idt_base, 0xfffffe0000000000 },
		{ PVP_X86_idt_limit, 0xfff },
		{ PVP_X86_ldtr, 0x50 },
		{ PVP_X86_tr, 0x40 },
		{ PVP_X86_xcr0, 7 },
	};

	init(sm, addrs);
	sm->config.ring = ring;
	for (unsigned reg = PVP_X86_rax; reg <= PVP_X86_r15; reg++)
		sm->start.reg[reg] = 0x1111111111111111ull * reg;
	set_start(sm, regs, ARRAY_SIZE(regs));
}

void small_machine_init_i386(struct small_machine *sm)
{
	static const uint64_t addrs[SM_NR_REGIONS] = { SM32_TEXT, SM32_RO, SM32_DATA, SM32_ORDERED,
						       SM32_STACK };
	static const struct start_reg regs[] = {
		{ PVP_X86_rax, 0x55aa55aa },
		{ PVP_X86_rip, SM32_TEXT },
		{ PVP_X86_rsp, SM32_SP },
		{ PVP_X86_rdi, SM32_DATA },
		{ PVP_X86_rsi, SM32_DATA + 0x800 },
		{ PVP_X86_rflags, 2 | PVP_X86_FLAG_IF },
		{ PVP_X86_fs_base, SM32_DATA },
		{ PVP_X86_gs_base, SM32_DATA + 0x100 },
		{ PVP_X86_cr0, 0x8005003b },
		{ PVP_X86_es, 0x7b },
		{ PVP_X86_cs, 0x60 },
		{ PVP_X86_ss, 0x68 },
		{ PVP_X86_ds, 0x7b },
		{ PVP_X86_fs, 0xd8 },
		{ PVP_X86_gs, 0xe0 },
		{ PVP_X86_gdt_base, SM32_RO },
		{ PVP_X86_gdt_limit, 0xff },
		{ PVP_X86_idt_base, 0xfffba000 },
		{ PVP_X86_idt_limit, 0x7ff },
		{ PVP_X86_ldtr, 0x88 },
		{ PVP_X86_tr, 0x80 },
		{ PVP_X86_xcr0, 7 },
	};

	init(sm, addrs);
	sm->config.isa = PVP_ISA_I386;
	for (unsigned reg = PVP_X86_rax; reg <= PVP_X86_r15; reg++)
		sm->start.reg[reg] = 0x11111111ull * reg;
	set_start(sm, regs, ARRAY_SIZE(regs));
}

void small_machine_deinit(struct small_machine *sm)
{
	pvp_machine_destroy(sm->machine);
	pvp_run_deinit(&sm->run);
	for (size_t i = 0; i < SM_NR_REGIONS; i++)
		free(sm->regions[i].host);
	memset(sm, 0, sizeof(*sm));
}

uint8_t *small_machine_host(struct small_machine *sm, uint64_t addr)
{
	for (size_t i = 0; i < SM_NR_REGIONS; i++)
		if (addr - sm->regions[i].addr < sm->regions[i].len)
			return sm->regions[i].host + (addr - sm->regions[i].addr);
	ck_abort_msg("no memory at %#" PRIx64, addr);
	return NULL;
}

uint64_t small_machine_word(struct small_machine *sm, uint64_t addr)
{
	uint64_t word;

	memcpy(&word, small_machine_host(sm, addr), sizeof(word));
	return word;
}

void small_machine_set_word(struct small_machine *sm, uint64_t addr, uint64_t value)
{
	memcpy(small_machine_host(sm, addr), &value, sizeof(value));
}

size_t small_machine_bytes(struct small_machine *sm, uint64_t addr, const char *hex)
{
	return pvp_test_hex(hex, small_machine_host(sm, addr), 256);
}

void small_machine_code(struct small_machine *sm, const char *hex)
{
	uint64_t text = sm->regions[0].addr;

	sm->request.end = text + small_machine_bytes(sm, text, hex);
}

void small_machine_open(struct small_machine *sm)
{
	pvp_ck_ok(pvp_machine_create(&sm->config, &sm->machine));
}

void small_machine_run(struct small_machine *sm)
{
	pvp_machine_run(sm->machine, &sm->request, &sm->run);
}

void small_machine_undo(struct small_machine *sm)
{
	pvp_machine_undo(sm->machine);
}

void small_machine_do(struct small_machine *sm, unsigned ring, const char *hex)
{
	small_machine_init(sm, ring);
	small_machine_code(sm, hex);
	small_machine_open(sm);
	small_machine_run(sm);
}

void small_machine_do_i386(struct small_machine *sm, const char *hex)
{
	small_machine_init_i386(sm);
	small_machine_code(sm, hex);
	small_machine_open(sm);
	small_machine_run(sm);
}

const char *small_machine_effects(const struct small_machine *sm)
{
	static char text[1024];
	size_t at = 0;

	text[0] = 0;
	for (size_t i = 0; i < sm->run.effects.nr && at < sizeof(text); i++) {
		const struct pvp_effect *e = &sm->run.effects.v[i];

		at += snprintf(text + at, sizeof(text) - at, "%s%s", i ? "; " : "",
			       pvp_effect_name(e->kind));
		for (unsigned k = 0; k < e->nr_args && at < sizeof(text); k++)
			at += snprintf(text + at, sizeof(text) - at, " %" PRIx64, e->arg[k]);
	}
	return text;
}

const char *small_machine_stop(const struct small_machine *sm)
{
	static char text[128];
	const struct pvp_run *run = &sm->run;

	if (run->stop != PVP_STOP_FAULT)
		return pvp_stop_name(run->stop);
	snprintf(text, sizeof(text), "fault %u at %" PRIx64 "%s%s", run->vector, run->fault_addr,
		 run->fault_access & PVP_FAULT_WRITE ? " write" : "",
		 run->fault_access & PVP_FAULT_FETCH ? " fetch" : "");
	return text;
}

uint64_t small_machine_digest(const struct small_machine *sm)
{
	uint64_t digest = 0;

	for (size_t i = 0; i < SM_NR_REGIONS; i++)
		for (uint64_t k = 0; k < sm->regions[i].len; k += 8) {
			uint64_t word;

			memcpy(&word, sm->regions[i].host + k, sizeof(word));
			digest = pvp_mix(digest, word);
		}
	return digest;
}
