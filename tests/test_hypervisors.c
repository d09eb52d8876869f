// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include <inttypes.h>
#include <sys/mman.h>

#include "check_helpers.h"
#include "hypercall.h"
#include "world.h"
#include "x86/regs.h"

#define TEXT  0xffffffff81000000ull
#define STACK 0xffffc90020000000ull
#define INPUT (PVP_DIRECT_MAP + 0x3000)
#define LEN   0x4000

#define TEXT32	0xc1000000ull
#define STACK32 0xf8020000ull
#define MAP32	0xd0000000ull
#define INPUT32 (MAP32 + 0x3000)

typedef bool handler(void *arg, struct pvp_machine *machine);

struct machine {
	enum pvp_isa isa;
	uint64_t text, stack;
	struct pvp_region regions[3];
	struct pvp_machine *machine;
	struct pvp_run run;
};

static uint8_t *pages(void)
{
	uint8_t *p = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert(p != MAP_FAILED);
	return p;
}

static const struct pvp_machine_rule rules[] = {{"vmcall", PVP_RULE_ALLOW},
						{"vmmcall", PVP_RULE_ALLOW}};

/* vmcall: 0f 01 c1; vmmcall: 0f 01 d9 */
static void setup_machine(struct machine *m, enum pvp_isa isa, handler *handler, bool vmmcall)
{
	const bool i386 = isa == PVP_ISA_I386;
	const uint8_t code[] = {0x0f, 0x01, vmmcall ? 0xd9 : 0xc1};
	struct pvp_machine_config config = {
		.isa = isa,
		.regions = m->regions,
		.nr_regions = ARRAY_SIZE(m->regions),
		.rules = rules,
		.nr_rules = ARRAY_SIZE(rules),
		.client = {.hypercall = handler},
	};

	m->isa = isa;
	m->text = i386 ? TEXT32 : TEXT;
	m->stack = i386 ? STACK32 : STACK;
	m->regions[0] = (struct pvp_region){
		i386 ? MAP32 : PVP_DIRECT_MAP,	LEN,		 pages(),
		PVP_PROT_READ | PVP_PROT_WRITE, PVP_MEM_ORDERED, "map"};
	m->regions[1] = (struct pvp_region){
		m->stack, LEN, pages(), PVP_PROT_READ | PVP_PROT_WRITE, PVP_MEM_STACK, "stack"};
	m->regions[2] = (struct pvp_region){
		m->text, LEN, pages(), PVP_PROT_READ | PVP_PROT_EXEC, PVP_MEM_PLAIN, "text"};
	memset(m->regions[2].host, 0x90, LEN);
	memcpy(m->regions[2].host, code, sizeof(code));
	for (unsigned i = 0; i < 256; i++)
		m->regions[0].host[0x3000 + i] = i;
	pvp_ck_ok(pvp_machine_create(&config, &m->machine));
}

static void teardown_machine(struct machine *m)
{
	pvp_machine_destroy(m->machine);
	pvp_run_deinit(&m->run);
	for (size_t i = 0; i < ARRAY_SIZE(m->regions); i++)
		munmap(m->regions[i].host, LEN);
}

#define NR_SET 8
struct set {
	enum pvp_x86_reg reg;
	uint64_t value;
};

#define ZERO UINT64_MAX /* a value of 0 ends a list */

static unsigned nr_regs(const struct machine *m)
{
	return m->isa == PVP_ISA_I386 ? 8 : 16;
}

/* What a register has that nobody sets. */
static uint64_t filler(const struct machine *m, unsigned reg)
{
	return m->isa == PVP_ISA_I386 ? 0x11111100 + reg : 0x1111111100000000ull + reg;
}

static void run(struct machine *m, const struct set set[NR_SET])
{
	struct pvp_state start = {.reg = {[PVP_X86_rip] = m->text,
					  [PVP_X86_rsp] = m->stack + 0x800,
					  [PVP_X86_rflags] = 2}};
	struct pvp_run_request request = {.start = &start,
					  .end = m->text + 3,
					  .end_sp = m->stack + 0x800,
					  .inside = {{m->text, m->text + 3}},
					  .max_insns = 100,
					  .seed = 7};

	for (unsigned i = 0; i < nr_regs(m); i++)
		if (i != PVP_X86_rsp)
			start.reg[i] = filler(m, i);
	for (unsigned i = 0; i < NR_SET && set[i].value; i++)
		start.reg[set[i].reg] = set[i].value == ZERO ? 0 : set[i].value;
	pvp_machine_run(m->machine, &request, &m->run);
}

#define NONE 0
#define ANY  UINT64_MAX
// clang-format off
/* Arguments that are recorded, bytes of memory that are, the result; LOST: registers that change. */
static const struct {
	const char *name;
	handler *handler;
	struct set set[NR_SET];
	enum pvp_stop stop;
	unsigned nr_args;
	uint64_t args[5];
	size_t data_len;
	uint64_t result;
	bool lost;
	enum pvp_isa isa;
} rows[] = {
	{ "KVM kick",         pvp_kvm_hypercall, {{PVP_X86_rax, 5}, {PVP_X86_rbx, 9}, {PVP_X86_rcx, 3}},
	  PVP_STOP_END, 3, {5, 9, 3}, 0, 0, false, PVP_ISA_AMD64 },
	{ "KVM send_ipi",     pvp_kvm_hypercall,
	  {{PVP_X86_rax, 10}, {PVP_X86_rbx, 1}, {PVP_X86_rcx, 2}, {PVP_X86_rdx, 3}, {PVP_X86_rsi, 4}},
	  PVP_STOP_END, 5, {10, 1, 2, 3, 4}, 0, 0, false, PVP_ISA_AMD64 },
	{ "KVM unknown",      pvp_kvm_hypercall,
	  {{PVP_X86_rax, 99}, {PVP_X86_rbx, 1}, {PVP_X86_rcx, 2}, {PVP_X86_rdx, 3}, {PVP_X86_rsi, 4}},
	  PVP_STOP_END, 5, {99, 1, 2, 3, 4}, 0, -1000ull, false, PVP_ISA_AMD64 },
	/* The number is all of rax, not its low byte. */
	{ "KVM wide number",  pvp_kvm_hypercall, {{PVP_X86_rax, 0x100000005}, {PVP_X86_rbx, 9}},
	  PVP_STOP_END, 5, {0x100000005, 9, ANY, ANY, ANY}, 0, -1000ull, false, PVP_ISA_AMD64 },
	{ "Hyper-V flush",    pvp_hyperv_hypercall, {{PVP_X86_rcx, 2}, {PVP_X86_rdx, 0x3000}, {PVP_X86_r8, 8}},
	  PVP_STOP_END, 3, {2, 0x3000, 8}, 24, 0, true, PVP_ISA_AMD64 },
	{ "Hyper-V list",     pvp_hyperv_hypercall, {{PVP_X86_rcx, 0x300000003}, {PVP_X86_rdx, 0x3000}},
	  PVP_STOP_END, 3, {0x300000003, 0x3000, ANY}, 48, 0x300000000, true, PVP_ISA_AMD64 },
	{ "Hyper-V banks",    pvp_hyperv_hypercall, {{PVP_X86_rcx, 2 << 17 | 0x13}, {PVP_X86_rdx, 0x3000}},
	  PVP_STOP_END, 3, {2 << 17 | 0x13, 0x3000, ANY}, 48, 0, true, PVP_ISA_AMD64 },
	{ "Hyper-V fast",     pvp_hyperv_hypercall, {{PVP_X86_rcx, 0x1000b}, {PVP_X86_rdx, 0xf7}, {PVP_X86_r8, 4}},
	  PVP_STOP_END, 3, {0x1000b, 0xf7, 4}, 0, 0, true, PVP_ISA_AMD64 },
	{ "Hyper-V nowhere",  pvp_hyperv_hypercall, {{PVP_X86_rcx, 2}, {PVP_X86_rdx, 0x123456789000}},
	  PVP_STOP_END, 3, {2, 0x123456789000, ANY}, 8, 0, true, PVP_ISA_AMD64 },
	{ "Hyper-V unknown",  pvp_hyperv_hypercall, {{PVP_X86_rcx, 0x7777}, {PVP_X86_rdx, 0x3000}},
	  PVP_STOP_END, 3, {0x7777, 0x3000, ANY}, 0, 2, false, PVP_ISA_AMD64 },
	{ "Xen HVM send",     pvp_xen_hvm_hypercall, {{PVP_X86_rax, 32}, {PVP_X86_rdi, 4}, {PVP_X86_rsi, INPUT}},
	  PVP_STOP_END, 3, {32, 4, INPUT}, 4, 0, false, PVP_ISA_AMD64 },
	{ "Xen PV send",      pvp_xen_hypercall, {{PVP_X86_rax, 32}, {PVP_X86_rdi, 4}, {PVP_X86_rsi, INPUT}},
	  PVP_STOP_END, 3, {32, 4, INPUT}, 4, 0, true, PVP_ISA_AMD64 },
	{ "Xen HVM unknown",  pvp_xen_hvm_hypercall, {{PVP_X86_rax, 99}},
	  PVP_STOP_HYPERCALL, 0, {0}, 0, 0, false, PVP_ISA_AMD64 },
	/* i386 has its arguments elsewhere. */
	{ "i386 KVM kick",    pvp_kvm_hypercall, {{PVP_X86_rax, 5}, {PVP_X86_rbx, 9}, {PVP_X86_rcx, 3}},
	  PVP_STOP_END, 3, {5, 9, 3}, 0, 0, false, PVP_ISA_I386 },
	{ "i386 Xen HVM send", pvp_xen_hvm_hypercall, {{PVP_X86_rax, 32}, {PVP_X86_rbx, 4}, {PVP_X86_rcx, INPUT32}},
	  PVP_STOP_END, 3, {32, 4, INPUT32}, 4, 0, false, PVP_ISA_I386 },
	{ "i386 Xen HVM poll", pvp_xen_hvm_hypercall, {{PVP_X86_rax, 29}, {PVP_X86_rbx, 3}, {PVP_X86_rcx, INPUT32}},
	  PVP_STOP_END, 3, {29, 3, INPUT32}, 16, 0, false, PVP_ISA_I386 },
	{ "i386 Hyper-V list", pvp_hyperv_hypercall,
	  {{PVP_X86_rax, 3}, {PVP_X86_rdx, 3}, {PVP_X86_rcx, MAP32 - 0xc0000000 + 0x3000}, {PVP_X86_rbx, ZERO}},
	  PVP_STOP_END, 3, {0x300000003, MAP32 - 0xc0000000 + 0x3000, ANY}, 48, 0, true, PVP_ISA_I386 },
	{ "nobody answers",   NULL, {{PVP_X86_rax, 5}}, PVP_STOP_HYPERCALL, 0, {0}, 0, 0, false, PVP_ISA_AMD64 },
};
// clang-format on

static void check_effect(const struct machine *m, const char *name, int row)
{
	const struct pvp_effect *e = &m->run.effects.v[0];

	ck_assert_msg(m->run.effects.nr == 1 && e->kind == PVP_EFFECT_HYPERCALL, "%s: %zu effects",
		      name, m->run.effects.nr);
	ck_assert_msg(e->nr_args == rows[row].nr_args, "%s: %u arguments", name, e->nr_args);
	for (unsigned i = 0; i < e->nr_args; i++)
		ck_assert_msg(rows[row].args[i] == ANY || e->arg[i] == rows[row].args[i],
			      "%s: argument %u is %#" PRIx64, name, i, e->arg[i]);
	ck_assert_msg(e->data_len == rows[row].data_len, "%s: %zu bytes", name, e->data_len);
	ck_assert_msg(m->run.end.reg[PVP_X86_rax] == rows[row].result, "%s: result %#" PRIx64, name,
		      m->run.end.reg[PVP_X86_rax]);
}

/* Registers the hypercall may not touch: all but rax, where nothing is lost. */
static void check_kept(const struct machine *m, const char *name, int row)
{
	bool changed = false;

	for (unsigned i = 0; i < nr_regs(m); i++) {
		uint64_t want = i == PVP_X86_rsp ? m->stack + 0x800 : filler(m, i);

		for (unsigned k = 0; k < NR_SET && rows[row].set[k].value; k++)
			if (rows[row].set[k].reg == i)
				want = rows[row].set[k].value == ZERO ? 0 : rows[row].set[k].value;
		if (i != PVP_X86_rax)
			changed |= m->run.end.reg[i] != want;
	}
	ck_assert_msg(changed == rows[row].lost, "%s: registers %s", name,
		      changed ? "change" : "stay");
}

START_TEST(answers)
{
	struct machine m[2] = {0};

	for (int k = 0; k < 2; k++) {
		setup_machine(&m[k], rows[_i].isa, rows[_i].handler, k);
		run(&m[k], rows[_i].set);
		ck_assert_msg(m[k].run.stop == rows[_i].stop, "%s: stops by %s", rows[_i].name,
			      pvp_stop_name(m[k].run.stop));
		if (rows[_i].stop != PVP_STOP_END)
			continue;
		check_effect(&m[k], rows[_i].name, _i);
		check_kept(&m[k], rows[_i].name, _i);
	}
	/* vmcall and vmmcall are two spellings of one effect. */
	if (rows[_i].stop == PVP_STOP_END)
		ck_assert_msg(pvp_effect_equal(&m[0].run.effects, 0, &m[1].run.effects, 0),
			      "%s: vmcall and vmmcall differ", rows[_i].name);
	teardown_machine(&m[0]);
	teardown_machine(&m[1]);
}
END_TEST

/* Teeth: another argument, and other memory behind it, are other effects. */
START_TEST(differences)
{
	static const struct {
		const char *name;
		struct set set[NR_SET];
		uint8_t byte; /* in the input page */
	} others[] = {
		{"another CPU mask", {{PVP_X86_rcx, 2}, {PVP_X86_rdx, 0x3000}}, 0x7f},
		{"another code", {{PVP_X86_rcx, 0x13}, {PVP_X86_rdx, 0x3000}}, 16},
		{"another page", {{PVP_X86_rcx, 2}, {PVP_X86_rdx, 0x2000}}, 16},
	};
	struct machine m[2] = {0};

	setup_machine(&m[0], PVP_ISA_AMD64, pvp_hyperv_hypercall, false);
	run(&m[0], (struct set[NR_SET]){{PVP_X86_rcx, 2}, {PVP_X86_rdx, 0x3000}});
	setup_machine(&m[1], PVP_ISA_AMD64, pvp_hyperv_hypercall, false);
	m[1].regions[0].host[0x3010] = others[_i].byte;
	run(&m[1], others[_i].set);
	ck_assert_msg(!pvp_effect_equal(&m[0].run.effects, 0, &m[1].run.effects, 0),
		      "%s: the same effect", others[_i].name);
	teardown_machine(&m[0]);
	teardown_machine(&m[1]);
}
END_TEST

Suite *hypervisors_suite(void)
{
	Suite *s = suite_create("hypervisors");
	TCase *tcase = tcase_create("answers");

	tcase_add_loop_test(tcase, answers, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(tcase, differences, 0, 3);
	suite_add_tcase(s, tcase);
	return s;
}
