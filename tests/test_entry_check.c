// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include "check_bench.h"
#include "check_helpers.h"
#include "entry.h"
#include "findings_bench.h"

/* --- a tiny kernel --- */

#define TEXT	    TINY_TEXT
#define SWAPGS	    (TEXT + 0x10)
#define CALL	    (TEXT + 0x20) /* call error_entry; mov %rax,%rsp */
#define RETURN	    (TEXT + 0x40) /* common_interrupt_return */
#define IRET	    (TEXT + 0x80) /* early_xen_iret_patch */
#define OTHER	    (TEXT + 0xa0)
#define XEN_IRET    (TEXT + 0x100)
#define ERROR_ENTRY (TEXT + 0x140)
#define XEN_ERROR   (TEXT + 0x150)
#define XEN_RETURN  (TEXT + 0x1a0)
#define ASM(i)	    (TEXT + 0x200 + (i)*32) /* native entries: 0 #DF, 1 #OF, 2 Xen's #DF */
#define XEN(i)	    (TEXT + 0x300 + (i)*16)
#define HANDLER(i)  (TEXT + 0x380 + (i)*16)
#define PARANOID    (TEXT + 0x3e0)
#define GATES	    (TINY_DATA + 0x500)
#define ROWS	    (TINY_DATA + 0x600)
#define XENPV	    272
#define POP_REGS                                                                                   \
	"\x41\x5f\x41\x5e\x41\x5d\x41\x5c\x5d\x5b\x41\x5b\x41\x5a\x41\x59\x41\x58\x58\x59\x5a\x5e" \
	"\x5f\x48\x83\xc4\x08" /* .. add $8,%rsp */

static void text(struct tiny *t, uint64_t addr, const char *bytes, size_t len)
{
	tiny_poke(t, addr, bytes, len);
}

/* cld; push $-1 where there is no error code; call the entry's helper; mov %rsp,%rdi; call handler */
static void native_entry(struct tiny *t, uint64_t addr, bool error, uint64_t helper,
			 uint64_t handler)
{
	text(t, addr++, "\xfc", 1);
	if (!error)
		text(t, addr, "\x6a\xff", 2);
	addr += error ? 0 : 2;
	tiny_branch(t, addr, 0xe8, helper);
	text(t, addr + 5, "\x48\x89\xe7", 3);
	if (error) { /* mov 0x78(%rsp),%rsi; movq $-1,0x78(%rsp) */
		text(t, addr + 8, "\x48\x8b\x74\x24\x78\x48\xc7\x44\x24\x78\xff\xff\xff\xff", 14);
		addr += 14;
	}
	tiny_branch(t, addr + 8, 0xe8, handler);
}

/* pop %rcx; pop %r11; jmp */
static void xen_entry(struct tiny *t, uint64_t addr, uint64_t to)
{
	text(t, addr, "\x59\x41\x5b", 3);
	tiny_branch(t, addr + 3, 0xe9, to);
}

static void row(struct tiny *t, unsigned i, unsigned vector, unsigned ist, uint64_t native,
		uint64_t xen)
{
	const uint32_t gate[] = {vector, 0x10, 0x8e00 | ist, 0};

	tiny_poke(t, GATES + i * 24, gate, sizeof(gate));
	tiny_poke64(t, GATES + i * 24 + 16, native);
	tiny_poke64(t, ROWS + i * 24, native);
	tiny_poke64(t, ROWS + i * 24 + 8, xen);
	tiny_poke64(t, ROWS + i * 24 + 16, ist != 0);
}

static void build(struct tiny *t)
{
	static const struct {
		const char *name;
		uint64_t addr;
	} symbols[] = {
		{"__entry_text_start", TEXT},
		{"__entry_text_end", TEXT + 0x100},
		{"common_interrupt_return", RETURN},
		{"xenpv_restore_regs_and_return_to_usermode", XEN_RETURN},
		{"early_xen_iret_patch", IRET},
		{"something_else", OTHER},
		{"xen_iret", XEN_IRET},
		{"error_entry", ERROR_ENTRY},
		{"xen_error_entry", XEN_ERROR},
		{"exc_double_fault", HANDLER(0)},
		{"exc_overflow", HANDLER(1)},
		{"xenpv_exc_double_fault", HANDLER(2)},
		{"asm_exc_double_fault", ASM(0)},
		{"xen_asm_xenpv_exc_double_fault", XEN(0)},
		{"xen_asm_exc_overflow", XEN(1)},
		{"paranoid_entry", PARANOID},
		{"early_idts", GATES},
		{"behind_gates", GATES + 48},
		{"trap_array", ROWS},
		{"behind_rows", ROWS + 48},
		{"boot_cpu_data", TINY_DATA + 0x700},
	};

	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++)
		tiny_symbol(t, symbols[i].name, symbols[i].addr);
	tiny_pv_call(t, TEXT + 0x500, 31);
	tiny_para(t, TEXT + 0x500, 31, 6);
	text(t, SWAPGS, "\x0f\x01\xf8", 3);
	tiny_alt(t, SWAPGS, 3, XENPV, "", 0);
	tiny_branch(t, CALL, 0xe8, ERROR_ENTRY);
	text(t, CALL + 5, "\x48\x89\xc4", 3);
	tiny_alt(t, CALL, 8, XENPV, "\xe8\0\0\0\0", 5);
	text(t, RETURN, "\x90\x90\x90\x90\x90" POP_REGS "\x0f\x01\xf8\x48\xcf", 5 + 27 + 5);
	tiny_alt(t, RETURN, 5, XENPV, "\xe9\0\0\0\0", 5);
	text(t, IRET, "\xe9\0\0\0\0\x48\xcf", 7);
	tiny_alt(t, OTHER, 5, XENPV, "\xe9\0\0\0\0", 5);
	/* push $0; push %rcx; push %r11; push %rax; mov $23,%eax; syscall */
	text(t, XEN_IRET, "\x6a\x00\x51\x41\x53\x50\xb8\x17\0\0\0\x0f\x05", 13);
	text(t, ERROR_ENTRY, "\x90", 1); /* and so into Xen's */
	/* push %rsi; mov 8(%rsp),%rsi; mov %rdi,8(%rsp); push the others; push %rsi;
	 * lea 8(%rsp),%rax; ret */
	text(t, XEN_ERROR - 15, "\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90", 15);
	text(t, XEN_ERROR,
	     "\x56\x48\x8b\x74\x24\x08\x48\x89\x7c\x24\x08\x52\x51\x50\x41\x50\x41\x51\x41\x52"
	     "\x41\x53\x53\x55\x41\x54\x41\x55\x41\x56\x41\x57\x56\x48\x8d\x44\x24\x08\xc3",
	     39);
	text(t, XEN_RETURN, POP_REGS, 27);
	tiny_branch(t, XEN_RETURN + 27, 0xe9, XEN_IRET);
	native_entry(t, ASM(0), true, PARANOID, HANDLER(0));
	native_entry(t, ASM(1), false, XEN_ERROR, HANDLER(1));
	native_entry(t, ASM(2), true, XEN_ERROR, HANDLER(2));
	xen_entry(t, XEN(0), ASM(2));
	xen_entry(t, XEN(1), ASM(1));
	row(t, 0, 8, 1, ASM(0), XEN(0));
	row(t, 1, 4, 0, ASM(1), XEN(1));
}

/* --- what is spoiled, before the image is opened or in the text after boot --- */

static void no_cld(struct tiny *t)
{
	text(t, ASM(1), "\x90", 1);
}

static void df_row_native(struct tiny *t)
{
	tiny_poke64(t, ROWS + 8, ASM(0));
}

static void df_row_native_behind_pops(struct tiny *t)
{
	xen_entry(t, XEN(0), ASM(0));
}

static void df_not_replaceable(struct tiny *t)
{
	tiny_poke64(t, ROWS + 16, 0);
}

static void rows_swapped(struct tiny *t)
{
	tiny_poke64(t, ROWS + 24 + 8, XEN(0));
}

static void one_pop(struct tiny *t)
{
	text(t, XEN(1), "\x59\x90\x90", 3);
}

static void pops_swapped(struct tiny *t)
{
	text(t, XEN(1), "\x41\x5b\x59", 3);
}

/* Each runs as the right row does. */
static void row_before(struct tiny *t)
{
	text(t, XEN(1) - 1, "\x90", 1);
	tiny_poke64(t, ROWS + 24 + 8, XEN(1) - 1);
}

static void row_behind_endbr(struct tiny *t)
{
	text(t, XEN(1), "\xf3\x0f\x1e\xfa", 4);
	xen_entry(t, XEN(1) + 4, ASM(1));
	tiny_poke64(t, ROWS + 24 + 8, XEN(1) + 4);
}

static void row_in_endbr(struct tiny *t)
{
	row_behind_endbr(t);
	tiny_poke64(t, ROWS + 24 + 8, XEN(1) + 1);
}

static void no_such_gate(struct tiny *t)
{
	tiny_poke64(t, ROWS + 24, ASM(1) + 1);
}

static void iret_flags(struct tiny *t)
{
	text(t, XEN_IRET + 1, "\x01", 1);
}

static void iret_order(struct tiny *t)
{
	text(t, XEN_IRET + 2, "\x41\x53\x51", 3);
}

static void r8_not_saved(struct tiny *t)
{
	text(t, XEN_ERROR + 15, "\x51", 1); /* push %r9 */
}

// clang-format off
/* after boot: opcode and target at the site, or bytes; NULL: what Xen PV's boot leaves. */
#define X PVP_HV_XEN_PV
#define N PVP_HV_NONE
static const struct {
	const char *what;
	enum pvp_hypervisor hypervisor;
	const char *site;
	void (*spoil)(struct tiny *t);
	const char *text; /* at the site; "" for what the file has */
	unsigned len;
	enum pvp_verdict want;
	const char *detail;
} rows[] = {
	{ "swapgs",                 N, "entry.swapgs#1",         NULL, "", 0, PVP_EQUIVALENT, NULL },
	{ "no swapgs",              N, "entry.swapgs#1",         NULL, "\x0f\x1f\x00", 3, PVP_DIVERGENT, "0 swapgs executed, not 1" },
	{ "no swapgs, Xen",         X, "entry.swapgs#1",         NULL, "\x0f\x1f\x00", 3, PVP_EQUIVALENT, NULL },
	{ "swapgs left in, Xen",    X, "entry.swapgs#1",         NULL, "", 0, PVP_DIVERGENT, "fault" },
	{ "a register lost",        X, "entry.swapgs#1",         NULL, "\x31\xc0\x90", 3, PVP_DIVERGENT, "changed" },
	{ "a push",                 X, "entry.swapgs#1",         NULL, "\x50\x58\x90", 3, PVP_DIVERGENT, "written" },
	{ "error_entry, Xen",       X, "entry.error_entry#1",    NULL, NULL, 0, PVP_EQUIVALENT, NULL },
	{ "native one, Xen",        X, "entry.error_entry#1",    NULL, "", 0, PVP_DIVERGENT, "entry: error_entry, not xen_error_entry" },
	{ "a register not saved",   X, "entry.error_entry#1",    r8_not_saved, NULL, 0, PVP_DIVERGENT, "" },
	/* call xen_error_entry; std, stac, push $2 and popf */
	{ "std behind it",          X, "entry.error_entry#1",    NULL, "\xe8\x2b\x01\x00\x00\xfd\x90\x90", 8, PVP_DIVERGENT, "direction flag" },
	{ "stac behind it",         X, "entry.error_entry#1",    NULL, "\xe8\x2b\x01\x00\x00\x0f\x01\xcb", 8, PVP_DIVERGENT, "" },
	{ "popf behind it",         X, "entry.error_entry#1",    NULL, "\xe8\x2b\x01\x00\x00\x6a\x02\x9d", 8, PVP_DIVERGENT, "rflags" },
	{ "return",                 N, "entry.return_to_user#1", NULL, "", 0, PVP_EQUIVALENT, NULL },
	{ "return, Xen",            X, "entry.return_to_user#1", NULL, NULL, 0, PVP_EQUIVALENT, NULL },
	{ "bare metal's, Xen",      X, "entry.return_to_user#1", NULL, "", 0, PVP_DIVERGENT, "entry: common_interrupt_return" },
	{ "Xen's on bare metal",    N, "entry.return_to_user#1", NULL, NULL, 0, PVP_DIVERGENT, "" },
	{ "a byte before Xen's",    X, "entry.return_to_user#1", NULL, "\xe9\x5a\x01\x00\x00", 5, PVP_DIVERGENT, "entry: " },
	{ "Xen's through a call",   X, "entry.return_to_user#1", NULL, "\xe8\x5b\x01\x00\x00", 5, PVP_DIVERGENT, "entry: rsp moved" },
	{ "interrupts let in",      N, "entry.return_to_user#1", NULL, "\xfb\x90\x90\x90\x90", 5, PVP_DIVERGENT, "effects: interrupts 0x1" },
	{ "interrupts kept out",    N, "entry.return_to_user#1", NULL, "\xfa\x90\x90\x90\x90", 5, PVP_EQUIVALENT, NULL },
	{ "iret",                   N, "entry.iret#1",           NULL, "", 0, PVP_EQUIVALENT, NULL },
	{ "iret, Xen",              X, "entry.iret#1",           NULL, NULL, 0, PVP_EQUIVALENT, NULL },
	{ "bare metal's iret, Xen", X, "entry.iret#1",           NULL, "", 0, PVP_DIVERGENT, "" },
	{ "iret's flags",           X, "entry.iret#1",           iret_flags, NULL, 0, PVP_DIVERGENT, "flags are 0x1" },
	{ "iret's order",           X, "entry.iret#1",           iret_order, NULL, 0, PVP_DIVERGENT, "r11 " },
	/* Behind each the iretq. */
	{ "iret, CR0 before",       N, "entry.iret#1",           NULL, "\x0f\x22\xc0\x90\x90", 5, PVP_DIVERGENT, "effects: write-cr" },
	{ "iret, CR3 before",       N, "entry.iret#1",           NULL, "\x0f\x22\xd8\x90\x90", 5, PVP_DIVERGENT, "effects: write-cr" },
	{ "iret, an MSR before",    N, "entry.iret#1",           NULL, "\x0f\x30\x90\x90\x90", 5, PVP_DIVERGENT, "effects: wrmsr" },
	{ "iret, hlt before",       N, "entry.iret#1",           NULL, "\xf4\x90\x90\x90\x90", 5, PVP_DIVERGENT, "effects: hlt" },
	{ "iret, wbinvd before",    N, "entry.iret#1",           NULL, "\x0f\x09\x90\x90\x90", 5, PVP_DIVERGENT, "effects: wbinvd" },
	{ "iret, gs loaded",        N, "entry.iret#1",           NULL, "\x8e\xe8\x90\x90\x90", 5, PVP_DIVERGENT, "effects: segment" },
	{ "iret, DR7 before",       N, "entry.iret#1",           NULL, "\x0f\x23\xf8\x90\x90", 5, PVP_DIVERGENT, "effects: write-dr" },
	{ "iret, above its frame",  N, "entry.iret#1",           NULL, "\xff\x44\x24\x30\x90", 5, PVP_DIVERGENT, "written" },
	{ "iret, below its frame",  N, "entry.iret#1",           NULL, "\xff\x44\x24\xf0\x90", 5, PVP_EQUIVALENT, NULL },
	{ "no meaning known",       N, "entry.other#1",          NULL, "", 0, PVP_INCONCLUSIVE, "entry.other" },
	{ "#DF",                    N, "trap.double_fault#1",    NULL, "", 0, PVP_EQUIVALENT, NULL },
	{ "#DF, Xen",               X, "trap.double_fault#1",    NULL, "", 0, PVP_EQUIVALENT, NULL },
	{ "#OF, Xen",               X, "trap.overflow#1",        NULL, "", 0, PVP_EQUIVALENT, NULL },
	{ "cld lost",               X, "trap.overflow#1",        no_cld, "", 0, PVP_DIVERGENT, "direction flag" },
	{ "#DF to the native entry", X, "trap.double_fault#1",   df_row_native, "", 0, PVP_DIVERGENT, "not at xenpv_exc_double_fault" },
	{ "#DF through its pops",   X, "trap.double_fault#1",    df_row_native_behind_pops, "", 0, PVP_DIVERGENT, "not at xenpv_exc_double_fault" },
	{ "#DF not replaceable",    X, "trap.double_fault#1",    df_not_replaceable, "", 0, PVP_DIVERGENT, "stack of its own (IST 1)" },
	{ "the row of another",     X, "trap.overflow#1",        rows_swapped, "", 0, PVP_DIVERGENT, "not at exc_overflow" },
	{ "r11 stays",              X, "trap.overflow#1",        one_pop, "", 0, PVP_DIVERGENT, "" },
	{ "rcx for r11",            X, "trap.overflow#1",        pops_swapped, "", 0, PVP_DIVERGENT, "r11 " },
	{ "a NOP before it",        X, "trap.overflow#1",        row_before, "", 0, PVP_DIVERGENT, "no function begins" },
	{ "in its endbr64",         X, "trap.overflow#1",        row_in_endbr, "", 0, PVP_DIVERGENT, "no function begins" },
	{ "behind its endbr64",     X, "trap.overflow#1",        row_behind_endbr, "", 0, PVP_EQUIVALENT, NULL },
	/* Data, but a file of patched bytes may have it: the native entry in Xen's place. */
	{ "a row after boot",       X, "trap.overflow#1",        NULL,
	  "\x20\x02\x00\x81\xff\xff\xff\xff\x20\x02\x00\x81\xff\xff\xff\xff", 16, PVP_DIVERGENT, "" },
	{ "no gate",                X, "trap.unknown#1",         no_such_gate, "", 0, PVP_DIVERGENT, "no gate" },
};
// clang-format on

/* What boot leaves on Xen PV. */
static void lay_xen(struct findings_bench *b, const struct pvp_site *site)
{
	uint8_t call[8] = {0xe8, 0, 0, 0, 0, 0x0f, 0x1f, 0x00};

	switch (site->addr) {
	case CALL:
		world_branch(call, 0xe8, CALL, XEN_ERROR);
		bench_lay(b, CALL, call, 8);
		break;
	case RETURN:
		bench_lay_branch(b, RETURN, 0xe9, XEN_RETURN);
		break;
	case IRET:
		bench_lay_branch(b, IRET, 0xe9, XEN_IRET);
		break;
	}
}

static void look(struct findings_bench *b, enum pvp_hypervisor hypervisor, const char *name,
		 const char *after, unsigned len, struct pvp_check_result *ret)
{
	static struct pvp_contract contract = {.op = (char *)"entry", .class = PVP_CLASS_VCALL};
	static const struct pvp_contracts contracts = {&contract, 1};
	static struct pvp_insn_rule_row syscalls = {(char *)"syscall", PVP_INSN_ALLOW};
	struct pvp_entry_sites entry;
	const struct pvp_site *site;
	bool wanted[16] = {0};
	struct pvp_check_input input = {
		.image = b->image,
		.tables = &b->tables,
		.sites = &b->sites,
		.entry = &entry,
		.jobs = 1,
		.platform = &b->world.platform,
		.contracts = &contracts,
		.patched = &b->predicted,
		.given = &b->given,
		.nr_states = PVP_MIN_COUNTED,
		.entry_wanted = name ? wanted : NULL,
	};

	contract.isa = PVP_ISA_AMD64;
	b->world.platform.insns = &syscalls;
	b->world.platform.nr_insns = hypervisor == PVP_HV_XEN_PV;
	b->world.platform.hypervisor = hypervisor;
	b->world.platform.ring = hypervisor == PVP_HV_XEN_PV ? 3 : 0;
	pvp_ck_ok(pvp_entry_sites_scan(b->image, &b->tables, &entry));
	if (name) {
		pvp_ck_ok(pvp_sites_parse(&entry.sites, b->image, name, &site));
		wanted[site - entry.sites.v] = true;
		if (after && len)
			bench_lay(b, site->addr, after, len);
		else if (!after)
			lay_xen(b, site);
	}
	pvp_ck_ok(pvp_entry_check(&input, ret));
	for (size_t i = 0; i < ret->nr_entry_cells; i++) {
		ret->entry_cells[i].site = NULL; /* goes with the list */
		if (name && wanted[i]) {
			struct pvp_cell swap = ret->entry_cells[0];

			ret->entry_cells[0] = ret->entry_cells[i];
			ret->entry_cells[i] = swap;
		}
	}
	pvp_entry_sites_deinit(&entry);
}

START_TEST(meanings)
{
	struct pvp_check_result result = {0};
	const struct pvp_cell *cell;
	struct findings_bench b;

	bench_init(&b);
	build(&b.world.tiny);
	if (rows[_i].spoil)
		rows[_i].spoil(&b.world.tiny);
	bench_open(&b, NULL);
	look(&b, rows[_i].hypervisor, rows[_i].site, rows[_i].text, rows[_i].len, &result);
	cell = &result.entry_cells[0];
	ck_assert_msg(cell->verdict == rows[_i].want, "%s: %s: %s", rows[_i].what,
		      pvp_verdict_name(cell->verdict), cell->detail ? cell->detail : "");
	if (rows[_i].detail)
		ck_assert_msg(cell->detail && strstr(cell->detail, rows[_i].detail), "%s: %s",
			      rows[_i].what, cell->detail);
	if (rows[_i].want == PVP_EQUIVALENT)
		ck_assert_uint_eq(cell->end, PVP_MIN_COUNTED);
	ck_assert(!cell->witness || rows[_i].want == PVP_DIVERGENT);
	if (cell->witness)
		ck_assert_msg(cell->witness->alone && cell->witness->meaning &&
				      strstr(cell->detail, cell->witness->what),
			      "%s: %s", rows[_i].what, cell->witness->what);
	pvp_check_result_deinit(&result);
	bench_close(&b);
}
END_TEST

static void gate_without_row(struct tiny *t)
{
	tiny_poke64(t, ROWS + 24, 0);
	tiny_poke64(t, ROWS + 24 + 8, 0);
}

static void second_row(struct tiny *t)
{
	tiny_poke64(t, ROWS + 24, ASM(0));
	tiny_poke64(t, ROWS + 24 + 8, XEN(0));
}

static const struct {
	const char *what;
	void (*spoil)(struct tiny *t);
	enum pvp_hypervisor hypervisor;
	size_t nr;
	const char *rule;
} tables[] = {
	{"whole", NULL, X, 0, NULL},
	{"no row", gate_without_row, X, 1, "has no row"},
	{"no row, bare metal", gate_without_row, N, 0, NULL},
	{"two rows", second_row, X, 2, "two rows"},
};

START_TEST(whole_table)
{
	struct pvp_check_result result = {0};
	struct findings_bench b;

	bench_init(&b);
	build(&b.world.tiny);
	if (tables[_i].spoil)
		tables[_i].spoil(&b.world.tiny);
	bench_open(&b, NULL);
	look(&b, tables[_i].hypervisor, NULL, NULL, 0, &result);
	ck_assert_msg(result.nr_findings == tables[_i].nr, "%s: %zu findings", tables[_i].what,
		      result.nr_findings);
	if (tables[_i].nr)
		ck_assert_ptr_nonnull(strstr(result.findings[0].rule, tables[_i].rule));
	pvp_check_result_deinit(&result);
	bench_close(&b);
}
END_TEST

Suite *entry_check_suite(void)
{
	Suite *s = suite_create("entry_check");
	TCase *tiny = tcase_create("tiny");

	tcase_set_timeout(tiny, 20);
	tcase_add_loop_test(tiny, meanings, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(tiny, whole_table, 0, ARRAY_SIZE(tables));
	suite_add_tcase(s, tiny);
	return s;
}
