// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_compare_images.c - two images against each other: sites by names that outlive a build, text
 * without addresses; what the operations do, and which differences are meant.
 */
#define _GNU_SOURCE
#include "comparison.h"

#include <stdlib.h>
#include <string.h>

#include "check_bench.h"
#include "check_helpers.h"
#include "entry_sites.h"
#include "plain_text.h"
#include "suites.h"

#define BUG(name) "build/kernels/bugs/pvkernel-6.1-" name

static struct kernel kernels[2];
static struct pvp_entry_sites entries[2];
static struct pvp_compared images[2];

static void open_image(unsigned i, const char *path)
{
	kernel_open(path, &kernels[i]);
	pvp_ck_ok(pvp_entry_sites_scan(kernels[i].image, &kernels[i].tables, &entries[i]));
	images[i] = (struct pvp_compared){ kernels[i].image, &kernels[i].tables, &kernels[i].sites,
					   &entries[i] };
}

static void close_images(void)
{
	for (unsigned i = 0; i < 2; i++) {
		pvp_entry_sites_deinit(&entries[i]);
		kernel_close(&kernels[i]);
	}
}

START_TEST(one_sided_platforms_differ)
{
	struct pvp_image_comparison c;

	open_image(0, PVP_BUNDLED_KERNEL);
	open_image(1, PVP_BUNDLED_KERNEL);
	pvp_ck_ok(pvp_comparison_init(&images[0], &images[1], &c));
	ck_assert(!pvp_comparison_differs(&c));
	pvp_comparison_add_one_sided(&c, "xen-pv", 1, "it has no such thing");
	ck_assert(pvp_comparison_differs(&c));
	pvp_comparison_deinit(&c);
	close_images();
}
END_TEST

START_TEST(what_cannot_be_compared_is_an_error)
{
	struct pvp_image_comparison c;
	struct pvp_image other;
	struct pvp_compared odd;
	const struct pvp_sites none = {0};

	open_image(0, PVP_BUNDLED_KERNEL);
	open_image(1, PVP_BUNDLED_KERNEL);
	other = *kernels[1].image;
	odd = images[1];
	odd.image = &other;
	other.arch = PVP_ARCH_I386;
	pvp_ck_err(pvp_comparison_init(&images[0], &odd, &c), PVP_ERR_UNSUPPORTED, "i386");
	other.arch = PVP_ARCH_AMD64;
	other.nr_symbols = 0;
	pvp_ck_err(pvp_comparison_init(&images[0], &odd, &c), PVP_ERR_NOT_FOUND, "no symbols");
	odd = images[1];
	odd.sites = &none;
	pvp_ck_err(pvp_comparison_init(&odd, &images[0], &c), PVP_ERR_UNSUPPORTED, "no pv sites");
	close_images();
}
END_TEST

// clang-format off
/* At the symbol irq_disable's site; %d of a call is to a symbol. */
static const struct {
	const char *name;
	uint8_t bytes[12];
	size_t len;
	const char *to; /* symbol whose distance is put in at the last four bytes; NULL: none */
	const char *text;
} texts[] = {
	{ "call",         { 0xe8 },                   5, "native_write_cr3", "call native_write_cr3" },
	{ "jump inside",  { 0xeb, 0x01, 0x90 },       3, NULL, "jmp +3; nop (1 byte)" },
	{ "number",       { 0xb8, 0x10, 0, 0, 0 },    5, NULL, "mov eax, 0x10" },
	{ "memory",       { 0x48, 0x8b, 0x05 },       7, "pv_ops", "mov rax, qword ptr [pv_ops]" },
	{ "no place",     { 0x48, 0x8b, 0x40, 0x20 }, 4, NULL, "mov rax, qword ptr [rax + 0x20]" },
	{ "bad",          { 0x06 },                   1, NULL, "(bad)" },
};
// clang-format on

START_TEST(text_has_no_addresses)
{
	struct pvp_disasm *disasm;
	uint8_t bytes[12];
	uint64_t at;
	int32_t rel;
	char *text;

	open_image(0, PVP_BUNDLED_KERNEL);
	at = check_bench_symbol(&kernels[0], "site_irq_disable");
	memcpy(bytes, texts[_i].bytes, sizeof(bytes));
	if (texts[_i].to) {
		rel = check_bench_symbol(&kernels[0], texts[_i].to) - (at + texts[_i].len);
		memcpy(bytes + texts[_i].len - 4, &rel, sizeof(rel));
	}
	pvp_ck_ok(pvp_disasm_create(PVP_ARCH_AMD64, &disasm));
	text = pvp_plain_text(kernels[0].image, disasm, at, bytes, texts[_i].len);
	ck_assert_msg(!strcmp(text, texts[_i].text), "%s: %s", texts[_i].name, text);
	free(text);
	pvp_disasm_destroy(disasm);
	pvp_entry_sites_deinit(&entries[0]);
	kernel_close(&kernels[0]);
}
END_TEST

// clang-format off
/* What the operations of two images do; one that differs, and in what. */
static const struct {
	const char *name, *b, *platform;
	const char *pv_op; /* of B, in place of the platform's; NULL */
	const char *op, *field; /* NULL: none differs; any field */
} behaviours[] = {
	{ "itself",           PVP_BUNDLED_KERNEL, "native", NULL, NULL, NULL },
	{ "itself, xen",      PVP_BUNDLED_KERNEL, "xen-pv", NULL, NULL, NULL },
	{ "moved by a build", BUG("RARE"),        "native", NULL, NULL, NULL },
	{ "another result",   BUG("B25"),         "native", NULL, "lock.vcpu_is_preempted", "result" },
	{ "another end",      BUG("B25"),         "native", NULL, "mmu.flush_tlb_user", "stop" },
	{ "another function", PVP_BUNDLED_KERNEL, "native", "cpu.load_idt=xen_load_idt", "cpu.load_idt", NULL },
	{ "no function",      PVP_BUNDLED_KERNEL, "native", "cpu.wbinvd=NULL", "cpu.wbinvd", "null" },
};
// clang-format on

static void compare_behaviour(unsigned row, struct pvp_excuses *excuses, struct pvp_op_cells *ret)
{
	const char *pv_ops[] = { behaviours[row].pv_op, NULL };
	const struct pvp_overrides overrides = { .pv_ops = pv_ops };
	struct boot a, b;

	open_image(0, PVP_BUNDLED_KERNEL);
	open_image(1, behaviours[row].b);
	boot_open(&kernels[0], behaviours[row].platform, NULL, &a);
	boot_open(&kernels[1], behaviours[row].platform,
		  behaviours[row].pv_op ? &overrides : NULL, &b);
	a.input.by_name = b.input.by_name = true;
	a.input.nr_states = b.input.nr_states = 16;
	pvp_ck_ok(pvp_behaviour_compare(&a.input, &b.input, excuses, ret));
	pvp_op_cells_judge(ret, behaviours[row].platform, excuses);
	boot_close(&a);
	boot_close(&b);
}

START_TEST(behaviour_is_compared)
{
	struct pvp_excuses none = {0};
	struct pvp_op_cells cells;
	bool found = !behaviours[_i].op;

	compare_behaviour(_i, &none, &cells);
	ck_assert_uint_gt(cells.nr, 50);
	for (size_t i = 0; i < cells.nr; i++) {
		const struct pvp_op_cell *cell = &cells.v[i];

		if (!behaviours[_i].op)
			ck_assert_msg(cell->verdict == PVP_OP_SAME, "%s: %s is %s: %s",
				      behaviours[_i].name, cell->op,
				      pvp_op_verdict_name(cell->verdict),
				      cell->differences.v[0].field);
		else if (!strcmp(cell->op, behaviours[_i].op))
			for (size_t k = 0; k < cell->differences.nr; k++)
				found |= cell->verdict == PVP_OP_DIFFERS &&
					 (!behaviours[_i].field ||
					  !strcmp(cell->differences.v[k].field,
						  behaviours[_i].field));
	}
	ck_assert_msg(found, "%s: %s is not found", behaviours[_i].name, behaviours[_i].op);
	pvp_op_cells_deinit(&cells);
	close_images();
}
END_TEST

// clang-format off
/* Text that is spoiled at one place of B, which is the same image otherwise: a site, or (of a function)
 * its first byte.  Sites differ in form, and each form is run. */
static const struct {
	const char *at, *text, *platform;
	const char *op; /* that differs; NULL: none does */
	const char *field; /* of it; NULL: any */
} spoiled_sites[] = {
	{ "irq.irq_disable#1", "fa",       "native", NULL, NULL },
	{ "irq.irq_disable#9", "fa",       "native", NULL, NULL },
	{ "irq.irq_disable#9", "fb",       "native", "irq.irq_disable", NULL }, /* sti */
	{ "irq.irq_disable#9", "",         "native", "irq.irq_disable", NULL },
	{ "irq.irq_disable#1", "fb",       "native", "irq.irq_disable", NULL },
	{ "irq.irq_disable#9", "call:pv_native_irq_enable", "native", "irq.irq_disable", NULL },
	{ "irq.irq_disable#9", "call:pv_native_irq_disable", "native", NULL, NULL },
	/* Sites without an alternative call it. */
	{ "pv_native_irq_disable", NULL,   "native", "irq.irq_disable", NULL },
	{ "mmu.read_cr2#2",    "31 c0",    "native", "mmu.read_cr2", "result" },
	{ "mmu.read_cr2#2",    "call:pv_native_read_cr2", "xen-pv", "mmu.read_cr2", NULL },
	/* A pointer that is NULL in all states is what start states lack: nobody can tell. */
	{ "mmu.read_cr2#2",    "31 c0 8b 40 18", "native", "mmu.read_cr2", "undecided" },
	{ "mmu.read_cr2#2",    "31 c0 8b 40 18", "xen-pv", "mmu.read_cr2", "undecided" },
	{ "mmu.read_cr2#2",    "0f 0b",          "native", "mmu.read_cr2", "stop" },
	{ "mmu.read_cr2#2",    "0f 20 d0 8b 00", "native", "mmu.read_cr2", "stop" }, /* where %cr2 is */
};
// clang-format on

/* A nop in place of the instruction of one byte that a function is, behind its endbr64. */
static void lay_function(struct boot *boot, const char *function)
{
	const uint64_t addr = check_bench_symbol(boot->kernel, function);
	uint8_t old[5], new[5];
	struct pvp_site whole = { .addr = addr, .len = sizeof(old), .linked = old };

	ck_assert(pvp_patched_bytes(&boot->patched, boot->kernel->image, addr, sizeof(old), old));
	memcpy(new, old, sizeof(new));
	new[old[0] == 0xf3 ? 4 : 0] = 0x90;
	check_bench_lay_bytes(boot, &whole, new);
}

START_TEST(each_form_is_run)
{
	struct pvp_excuses none = {0};
	struct pvp_op_cells cells;
	struct boot a, b;
	bool found = false;

	open_image(0, PVP_BUNDLED_KERNEL);
	open_image(1, PVP_BUNDLED_KERNEL);
	boot_open(&kernels[0], spoiled_sites[_i].platform, NULL, &a);
	boot_open(&kernels[1], spoiled_sites[_i].platform, NULL, &b);
	a.input.by_name = b.input.by_name = true;
	a.input.nr_states = b.input.nr_states = 16;
	if (spoiled_sites[_i].text)
		check_bench_lay(&b, spoiled_sites[_i].at, spoiled_sites[_i].text);
	else
		lay_function(&b, spoiled_sites[_i].at);
	pvp_ck_ok(pvp_behaviour_compare(&a.input, &b.input, &none, &cells));
	pvp_op_cells_judge(&cells, spoiled_sites[_i].platform, &none);
	for (size_t i = 0; i < cells.nr; i++) {
		const struct pvp_op_cell *cell = &cells.v[i];
		bool wanted = spoiled_sites[_i].op && !strcmp(cell->op, spoiled_sites[_i].op);

		found |= wanted;
		ck_assert_msg((cell->verdict == PVP_OP_SAME) == !wanted, "%s %s: %s is %s",
			      spoiled_sites[_i].at, spoiled_sites[_i].text, cell->op,
			      pvp_op_verdict_name(cell->verdict));
		if (wanted && spoiled_sites[_i].field)
			ck_assert_str_eq(cell->differences.v[0].field, spoiled_sites[_i].field);
	}
	ck_assert(found || !spoiled_sites[_i].op);
	pvp_op_cells_deinit(&cells);
	boot_close(&a);
	boot_close(&b);
	close_images();
}
END_TEST

// clang-format off
/* Debian's kernels, with the shipped rows: all is same or excused, but for what is spoiled in B, and each
 * row that had its chance is used, whatever the seed draws. */
static const struct {
	const char *a, *b, *platform;
	const char *pv_op, *op; /* NULL: nothing is spoiled */
	uint64_t seed;
} shipped[] = {
	{ "vmlinuz-6.1.176-amd64",  "vmlinuz-6.12.107-amd64", "native", NULL, NULL, 1 },
	{ "vmlinuz-6.12.107-amd64", "vmlinuz-7.2.13-amd64",   "native", "cpu.load_idt=native_load_gdt",   "cpu.load_idt", 1 },
	{ "vmlinuz-5.10.223-amd64", "vmlinuz-6.1.176-amd64",  "native", "cpu.load_idt=native_load_gdt",   "cpu.load_idt", 1 },
	{ "vmlinuz-6.1.176-amd64",  "vmlinuz-6.12.107-amd64", "xen-pv", NULL, NULL, 2 },
	{ "vmlinuz-6.1.176-amd64",  "vmlinuz-6.12.107-amd64", "xen-pv", NULL, NULL, 3 },
	{ "vmlinuz-6.12.107-amd64", "vmlinuz-7.2.13-amd64",   "xen-pv", NULL, NULL, 3 },
	{ "vmlinuz-5.10.223-amd64", "vmlinuz-6.1.176-amd64",  "xen-pv", NULL, NULL, 2 },
	{ "vmlinuz-5.10.223-amd64", "vmlinuz-6.1.176-amd64",  "xen-pv", NULL, NULL, 4 },
	{ "vmlinuz-5.10.223-amd64", "vmlinuz-7.2.13-amd64",   "kvm",    NULL, NULL, 2 },
	{ "vmlinuz-5.10.223-i386",  "vmlinuz-6.1.176-i386",   "kvm",    NULL, NULL, 2 },
};
// clang-format on

START_TEST(shipped_rows_hide_nothing)
{
	const char *pv_ops[] = { shipped[_i].pv_op, NULL };
	const char *paths[] = { shipped[_i].a, shipped[_i].b };
	const char *platform = shipped[_i].platform;
	struct pvp_excuses excuses = {0};
	struct pvp_excuse_pair pair;
	struct pvp_op_cells cells;
	struct boot boot[2];
	size_t nr_open = 0;

	for (unsigned i = 0; i < 2; i++) {
		const char *path = pvp_test_file(pvp_test_kernels(), paths[i], "compare_images");
		const struct pvp_overrides overrides = {
			.initcalls = true,
			.pv_ops = i && shipped[_i].pv_op ? pv_ops : NULL,
		};

		if (!path)
			return;
		open_image(i, path);
		boot_open(&kernels[i], platform, &overrides, &boot[i]);
		boot[i].input.by_name = true;
		boot[i].input.nr_states = 16;
		boot[i].input.seed = shipped[_i].seed;
		pair.image[i] = kernels[i].image;
		pair.generation[i] = kernels[i].tables.generation;
	}
	pvp_ck_ok(pvp_excuses_load("corpus/compare", &pair, &excuses));
	pvp_ck_ok(pvp_behaviour_compare(&boot[0].input, &boot[1].input, &excuses, &cells));
	pvp_op_cells_judge(&cells, platform, &excuses);
	for (size_t i = 0; i < cells.nr; i++) {
		const struct pvp_op_cell *cell = &cells.v[i];
		bool is_open = cell->verdict != PVP_OP_SAME && cell->verdict != PVP_OP_EXCUSED;

		nr_open += is_open;
		if (is_open && (!shipped[_i].op || strcmp(cell->op, shipped[_i].op)))
			ck_abort_msg("%s %s: %s", cell->op, pvp_op_verdict_name(cell->verdict),
				     cell->differences.v[0].field);
	}
	ck_assert_uint_eq(nr_open, shipped[_i].op != NULL);
	for (size_t i = 0; i < excuses.nr; i++)
		ck_assert_msg(!pvp_excuse_is_unused(&excuses.v[i]), "%s %s, %s is unused",
			      excuses.v[i].where, excuses.v[i].op, excuses.v[i].field);
	pvp_op_cells_deinit(&cells);
	pvp_excuses_deinit(&excuses);
	boot_close(&boot[0]);
	boot_close(&boot[1]);
	close_images();
}
END_TEST

/* A folder with one file. */
static char *write_excuses(const char *text)
{
	static char dir[64];
	char path[96];
	FILE *out;

	strcpy(dir, "/tmp/pvproof-excuses-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/rows.yaml", dir);
	out = fopen(path, "w");
	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	fclose(out);
	return dir;
}

static void remove_excuses(const char *dir)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/rows.yaml", dir);
	remove(path);
	remove(dir);
}

#define ROW(op, field, since)                                                                      \
	"excuses:\n- op: " op "\n  field: " field "\n  since: \"" since "\"\n  why: meant\n"

#define PLACE(from, to, since)                                                                     \
	"places:\n- from: " from "\n  to: " to "\n  since: \"" since "\"\n  why: meant\n"

#define UNNAMED(at, name, size)                                                                    \
	"unnamed:\n- at: " at "\n  name: " name "\n  size: " size "\n  why: meant\n"

// clang-format off
/* Rows between two generations: how many apply; whether one is wrong. */
static const struct {
	const char *text, *a, *b;
	size_t applies;
	const char *error; /* NULL: none */
} rows[] = {
	{ ROW("lock.*", "result", "6.1"), "5.10", "6.1",  1, NULL },
	{ ROW("lock.*", "result", "6.1"), "6.12", "5.10", 1, NULL },
	{ ROW("lock.*", "result", "6.1"), "6.1",  "6.12", 0, NULL },
	{ ROW("lock.*", "result", "6.1"), "6.1",  "6.1",  0, NULL },
	{ ROW("lock.*", "result", "6.1"), "",     "6.1",  0, NULL },
	{ ROW("lock.*", "result", "six"), "5.10", "6.1",  0, "rows.yaml:2: since 'six'" },
	{ "excuses:\n- op: x\n",        "5.10", "6.1",  0, "rows.yaml" },
	{ "excuses:\n- op: x\n  field: y\n  since: \"6.1\"\n  arch: vax\n  why: z\n", "5.10", "6.1", 0, "rows.yaml:2: arch 'vax'" },
	{ "excuses:\n- op: x\n  field: y\n  since: \"6.1\"\n  arch: i386\n  why: z\n", "5.10", "6.1", 0, NULL },
	{ ROW("a|b", "result|rflags", "6.1"), "5.10", "6.1", 4, NULL },
	{ ROW("a", "x\n  until: \"6.12\"", "6.1"), "5.10", "6.1",  1, NULL },
	{ ROW("a", "x\n  until: \"6.12\"", "6.1"), "5.10", "6.12", 0, NULL },
	{ ROW("a", "x\n  after: \"5.12\"", "6.1"), "5.10", "6.12", 0, NULL },
	{ ROW("a", "x\n  after: \"5.12\"", "6.2"), "6.1",  "6.12", 1, NULL },
	{ ROW("a", "x\n  until: late", "6.1"),   "5.10", "6.1",  0, "rows.yaml:2: until 'late'" },
	{ ROW("a", "x\n  after: early", "6.1"),  "5.10", "6.1",  0, "rows.yaml:2: after 'early'" },
	{ ROW("a", "x\n  backported: \"5.10\"", "6.2"), "6.1", "6.12", 1, NULL },
	{ ROW("a", "x\n  backported: \"5.10\"", "6.2"), "5.10", "6.1", 0, NULL },
	{ ROW("a", "x\n  backported: lts", "6.2"),    "6.1", "6.12", 0, "rows.yaml:2: backported 'lts'" },
	{ ROW("a", "x\n  backported: \"6.2\"", "6.2"), "6.1", "6.12", 0, "rows.yaml:2: backported '6.2' is no version before" },
	{ PLACE("a", "b+0x8", "6.2"), "6.1",  "6.12", 1, NULL },
	{ PLACE("a", "b+0x8", "6.2"), "5.10", "6.1",  0, NULL },
	{ PLACE("a", "b+c",   "6.2"), "6.1",  "6.12", 0, "rows.yaml:2: to 'b+c' is not SYMBOL[+OFFSET]" },
	{ PLACE("+0x8", "b",  "6.2"), "6.1",  "6.12", 0, "rows.yaml:2: from '+0x8'" },
	{ UNNAMED("percpu-of(f)", "a", "8"), "5.10", "6.1",  1, NULL },
	{ UNNAMED("percpu-of(f)", "a", "8"), "6.1",  "6.1",  1, NULL }, /* for all versions */
	{ UNNAMED("percpu-of(f", "a", "8"),  "5.10", "6.1",  0, "rows.yaml:2: at 'percpu-of(f'" },
	{ UNNAMED("percpu-of(f)", "a", "0"), "5.10", "6.1",  0, "rows.yaml:2: size is 0" },
	{ UNNAMED("percpu-of(f)", "a", "8") "- {at: percpu-of(g), name: a, size: 8, why: b}\n",
	  "5.10", "6.1", 0, "rows.yaml:6: name 'a' is also at" },
	{ "needs: [nonesuch]\n" UNNAMED("percpu-of(f)", "a", "8"), "5.10", "6.1", 0, NULL },
	{ "needs: [nonesuch]\n" UNNAMED("percpu-of(f)", "a+", "8"), "5.10", "6.1", 0, "rows.yaml:3: name 'a+'" },
	{ "unnamed:\n- {at: percpu-of(f), name: a, why: b}\n", "5.10", "6.1", 0, "rows.yaml" }, /* no size */
};
// clang-format on

START_TEST(excuses_are_read)
{
	const char *dir = write_excuses(rows[_i].text);
	const struct pvp_image image = { .arch = PVP_ARCH_AMD64 };
	const struct pvp_excuse_pair pair = { { &image, &image }, { rows[_i].a, rows[_i].b } };
	struct pvp_excuses excuses = {0};

	if (rows[_i].error) {
		pvp_ck_err(pvp_excuses_load(dir, &pair, &excuses), PVP_ERR_BAD_DATA, rows[_i].error);
	} else {
		pvp_ck_ok(pvp_excuses_load(dir, &pair, &excuses));
		ck_assert_uint_eq(excuses.nr + excuses.places.nr + excuses.unnamed.nr,
				  rows[_i].applies);
		pvp_excuses_deinit(&excuses);
	}
	remove_excuses(dir);
}
END_TEST

// clang-format off
/* On the row "another result": what one row makes of it. */
static const struct {
	const char *text;
	enum pvp_op_verdict verdict;
	bool unused;
} uses[] = {
	{ ROW("lock.vcpu_*", "result", "6.1"), PVP_OP_EXCUSED, false },
	{ ROW("lock.vcpu_*", "stop",   "6.1"), PVP_OP_DIFFERS, true },
	{ ROW("lock.wait",   "result", "6.1"), PVP_OP_DIFFERS, true },
	/* Where both have the operation it may have been backported; one that neither has is a slip. */
	{ ROW("lock.wait",   "exists", "6.1"), PVP_OP_DIFFERS, true },
	{ ROW("lock.wait",   "exists\n  backported: \"5.10\"", "6.1"), PVP_OP_DIFFERS, false },
	{ ROW("lock.wait",   "exists\n  backported: \"5.15\"", "6.1"), PVP_OP_DIFFERS, true },
	{ ROW("lock.weight", "exists\n  backported: \"5.10\"", "6.1"), PVP_OP_DIFFERS, true },
	{ ROW("lock.vcpu_*", "result\n  backported: \"5.10\"", "6.1"), PVP_OP_EXCUSED, false },
	{ "excuses:\n- op: lock.*\n  platform: xen-pv\n  field: result\n  since: \"6.1\"\n  why: meant\n", PVP_OP_DIFFERS, false },
};
// clang-format on

START_TEST(excuses_are_used)
{
	const char *dir = write_excuses(uses[_i].text);
	const struct pvp_image image = { .arch = PVP_ARCH_AMD64 };
	const struct pvp_excuse_pair pair = { { &image, &image }, { "5.10", "6.1" } };
	struct pvp_excuses excuses;
	struct pvp_op_cells cells;

	pvp_ck_ok(pvp_excuses_load(dir, &pair, &excuses));
	compare_behaviour(3, &excuses, &cells);
	for (size_t i = 0; i < cells.nr; i++)
		if (!strcmp(cells.v[i].op, "lock.vcpu_is_preempted"))
			ck_assert_int_eq(cells.v[i].verdict, uses[_i].verdict);
	ck_assert_int_eq(pvp_excuse_is_unused(&excuses.v[0]), uses[_i].unused);
	pvp_op_cells_deinit(&cells);
	pvp_excuses_deinit(&excuses);
	close_images();
	remove_excuses(dir);
}
END_TEST

Suite *compare_images_suite(void)
{
	Suite *suite = suite_create("compare_images");
	TCase *sites = tcase_create("sites"), *errors = tcase_create("errors");
	TCase *runs = tcase_create("runs"), *distro = tcase_create("distributions");

	tcase_add_loop_test(sites, text_has_no_addresses, 0, ARRAY_SIZE(texts));
	tcase_add_test(sites, one_sided_platforms_differ);
	suite_add_tcase(suite, sites);
	tcase_add_loop_test(runs, behaviour_is_compared, 0, ARRAY_SIZE(behaviours));
	tcase_add_loop_test(runs, each_form_is_run, 0, ARRAY_SIZE(spoiled_sites));
	tcase_add_loop_test(runs, excuses_are_read, 0, ARRAY_SIZE(rows));
	tcase_add_loop_test(runs, excuses_are_used, 0, ARRAY_SIZE(uses));
	tcase_set_timeout(runs, 120);
	suite_add_tcase(suite, runs);
	tcase_add_loop_test(distro, shipped_rows_hide_nothing, 0, ARRAY_SIZE(shipped));
	tcase_set_timeout(distro, 120);
	tcase_set_tags(distro, PVP_TAG_KERNELS);
	suite_add_tcase(suite, distro);
	tcase_add_test(errors, what_cannot_be_compared_is_an_error);
	suite_add_tcase(suite, errors);
	return suite;
}
