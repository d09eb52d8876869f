// SPDX-License-Identifier: GPL-2.0-only
#include "contract.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "check_helpers.h"
#include "platform_image.h"
#include "suites.h"

static struct platform_image pi;

static void setup(void)
{
	platform_image_init(&pi);
}

static void teardown(void)
{
	platform_image_deinit(&pi);
}

// clang-format off
static const char base[] =
	"contracts:\n"                                                             /*  1 */
	"  - {op: irq.save_fl, class: callee, result: 0x200}\n"
	"  - op: cpu.io_delay\n"
	"    class: vcall\n"
	"    ignore: [out-value]\n"                                                /*  5 */
	"    memory:\n"
	"      - {at: word, size: 4, values: [0, 1]}\n"
	"  - op: lock.wait\n"
	"    class: vcall\n"
	"    args: [pointer,\n"                                                    /* 10 */
	"           small]\n"
	"    memory:\n"
	"      - {at: arg0, size: 1, copy: arg1}\n"
	"      - {at: arg0+0x48, size: 8, domain: mm-page, when: native}\n"
	"      - {at: page(*arg0+0x48)+0x28, size: 8, values: [0], when: native}\n" /* 15 */
	"      - {at: page(arg1), size: 8, values: [0x400], when: xen-pv}\n"
	"      - {at: not_here, size: 8, values: [1], optional: true}\n"
	"  - op: static_call.xen_hypercall\n"
	"    class: call\n"
	"    rax: hypercall\n"                                                     /* 20 */
	"    args: [random]\n"
	"    result: u32\n"
	"    congruent:\n"
	"      native: never reached there\n";

#define BAD  PVP_ERR_BAD_DATA
#define GONE PVP_ERR_NOT_FOUND
static const struct {
	const char *old, *new;
	enum pvp_error_code code;
	unsigned line;
	const char *message;
} broken[] = {
	{ "contracts:",        "contract:",           BAD,   1, "unexpected key: contract" },
	{ "class: callee,",    "",                    BAD,   2, "missing required mapping field: class" },
	{ "class: callee",     "class: colleague",    BAD,   2, "colleague" },
	{ "result: 0x200",     "resort: 0x200",       BAD,   2, "unexpected key: resort" },
	{ "result: 0x200",     "result: 0",           BAD,   2, "result '0' is not" },
	{ "result: 0x200",     "result: 0x20g",       BAD,   2, "result '0x20g' is not" },
	{ "result: 0x200",     "result: u16",         BAD,   2, "result 'u16' is not" },
	{ ", result: 0x200",   "",                    BAD,   2, "class callee needs a result" },
	{ "class: vcall\n    ignore", "class: vcall\n    result: u64\n    ignore", BAD, 5,
	  "class vcall has no result" },
	{ "[out-value]",       "[effects]",           GONE,  5, "'effects' cannot be ignored" },
	{ "at: word",          "at: ward",            GONE,  7, "unknown symbol 'ward'" },
	{ "at: word",          "at: sp-8",            GONE,  7, "unknown symbol 'sp-8'" },
	{ "at: word",          "at: spare",           GONE,  7, "unknown symbol 'spare'" },
	{ "copy: arg1",        "copy: sp",            BAD,  13, "'sp' is not an argument" },
	{ "at: word",          "at: arg6",            GONE,  7, "unknown symbol 'arg6'" },
	{ "small]",            "smalls]",             GONE, 11, "unknown domain 'smalls'" },
	{ "small]",            "[small]]",            BAD,  11, "expecting STRING" },
	{ "small]",            "small, cpu, cpu, cpu, cpu, cpu]", BAD, 10, "7 arguments" },
	{ "copy: arg1",        "copy: arg",           BAD,  13, "'arg' is not an argument" },
	{ "copy: arg1",        "copy: arg1+8",        BAD,  13, "'arg1+8' is not an argument" },
	{ "size: 1,",          "size: 1, values: [1],", BAD, 13, "one of values, domain and copy" },
	{ "arg0+0x48, size",   "arg0-0x48, size",     BAD,  14, "'arg0-0x48' is not an address" },
	{ "mm-page",           "mm-pages",            GONE, 14, "unknown domain 'mm-pages'" },
	{ "page(*arg0+0x48)+0x28", "page(*arg0+0x48", BAD,  15, "is not an address" },
	{ "page(*arg0+0x48)+0x28", "page(arg0+0x48)", BAD,  15, "is not an address" },
	{ "page(*arg0+0x48)+0x28", "page(*word)",     BAD,  15, "is not an address" },
	{ "page(*arg0+0x48)+0x28", "arg0",            BAD,  15, "'arg0' is set on line 13 already" },
	{ "op: lock.wait",     "op: irq.save_fl",     BAD,   8, "a second contract of irq.save_fl" },
	{ "rax: hypercall",    "rax: hyper",          GONE, 20, "unknown domain 'hyper'" },
	{ "      native: ",    "      kvm: ",         BAD,  24, "unexpected key: kvm" },
};
// clang-format on

static struct pvp_error *load(const char *text, enum pvp_hypervisor hypervisor,
			      struct pvp_contracts *ret)
{
	const struct pvp_platform platform = {.hypervisor = hypervisor, .cpus = 4};

	platform_image_write(&pi, "demo.yaml", text);
	return pvp_contracts_load(pi.dir, pi.image, &pi.tables, &platform, ret);
}

START_TEST(broken_files)
{
	char *text = platform_image_edit(base, broken[_i].old, broken[_i].new);
	struct pvp_contracts contracts;
	char where[32];
	struct pvp_error *err = load(text, PVP_HV_NONE, &contracts);

	snprintf(where, sizeof(where), "/demo.yaml:%u: ", broken[_i].line);
	ck_assert_msg(err != NULL, "%s: loads", broken[_i].new);
	ck_assert_msg(strstr(err->message, where) != NULL, "%s: \"%s\" lacks \"%s\"",
		      broken[_i].new, err->message, where);
	pvp_ck_err(err, broken[_i].code, broken[_i].message);
	free(text);
}
END_TEST

START_TEST(native)
{
	const struct pvp_contract *c;
	struct pvp_contracts contracts;

	pvp_ck_ok(load(base, PVP_HV_NONE, &contracts));
	ck_assert_uint_eq(contracts.nr, 4);
	for (size_t i = 1; i < contracts.nr; i++)
		ck_assert_str_lt(contracts.v[i - 1].op, contracts.v[i].op);
	ck_assert_ptr_null(pvp_contracts_find(&contracts, "irq.save"));

	c = pvp_contracts_find(&contracts, "irq.save_fl");
	ck_assert_int_eq(c->class, PVP_CLASS_CALLEE);
	ck_assert_str_eq(pvp_call_class_name(c->class), "callee");
	ck_assert(c->has_result && !c->has_rax && !c->congruent);
	ck_assert_uint_eq(c->result_mask, 0x200);
	ck_assert_uint_eq(c->nr_args, 0);

	c = pvp_contracts_find(&contracts, "cpu.io_delay");
	ck_assert(!c->has_result && !c->result_mask);
	ck_assert_uint_eq(c->nr_ignored, 1);
	ck_assert_str_eq(c->ignored[0], "out-value");
	ck_assert_uint_eq(c->nr_pokes, 1);
	ck_assert_uint_eq(c->pokes[0].addr, PI_DATA);

	c = pvp_contracts_find(&contracts, "lock.wait");
	ck_assert_uint_eq(c->nr_args, 2);
	ck_assert_int_eq(c->args[0], PVP_DOMAIN_POINTER);
	ck_assert_int_eq(c->args[1], PVP_DOMAIN_SMALL);
	ck_assert_uint_eq(c->nr_pokes, 3);
	ck_assert_int_eq(c->pokes[0].arg, 0);
	ck_assert_int_eq(c->pokes[0].copy_arg, 1);
	ck_assert_uint_eq(c->pokes[1].addr, 0x48);
	ck_assert(c->pokes[1].by_domain);
	ck_assert_int_eq(c->pokes[2].via, PVP_POKE_PAGE_OF_WORD);
	ck_assert_int_eq(c->pokes[2].arg, 0);
	ck_assert_uint_eq(c->pokes[2].addr, 0x48);
	ck_assert_uint_eq(c->pokes[2].page_off, 0x28);

	c = pvp_contracts_find(&contracts, "static_call.xen_hypercall");
	ck_assert(c->has_rax);
	ck_assert_int_eq(c->rax, PVP_DOMAIN_HYPERCALL);
	ck_assert_uint_eq(c->result_mask, 0xffffffff);
	ck_assert_str_eq(c->congruent, "never reached there");
	pvp_contracts_deinit(&contracts);
}
END_TEST

START_TEST(another_platform)
{
	const struct pvp_contract *c;
	struct pvp_contracts contracts;

	pvp_ck_ok(load(base, PVP_HV_XEN_PV, &contracts));
	c = pvp_contracts_find(&contracts, "lock.wait");
	ck_assert_uint_eq(c->nr_pokes, 2);
	ck_assert_int_eq(c->pokes[1].via, PVP_POKE_PAGE_OF_ARG);
	ck_assert_int_eq(c->pokes[1].arg, 1);
	ck_assert_uint_eq(c->pokes[1].values[0], 0x400);
	c = pvp_contracts_find(&contracts, "static_call.xen_hypercall");
	ck_assert_ptr_null(c->congruent);
	pvp_contracts_deinit(&contracts);
}
END_TEST

START_TEST(several_files)
{
	struct pvp_contracts contracts;

	platform_image_write(&pi, "a.yaml",
			     "contracts:\n  - {op: a.a, class: vcall}\n"
			     "  - {op: irq.save_fl, class: vcall}\n");
	/* Files are read by name: a.yaml first. */
	pvp_ck_err(load(base, PVP_HV_NONE, &contracts), PVP_ERR_BAD_DATA,
		   "/demo.yaml:2: a second contract of irq.save_fl; the first is at ");
	pvp_ck_err(load(base, PVP_HV_NONE, &contracts), PVP_ERR_BAD_DATA, "/a.yaml:3");
	platform_image_write(&pi, "a.yaml", "contracts: [{op: a.a, class: vcall}]\n");
	pvp_ck_ok(load(base, PVP_HV_NONE, &contracts));
	ck_assert_uint_eq(contracts.nr, 5);
	ck_assert_str_eq(contracts.v[0].op, "a.a");
	pvp_contracts_deinit(&contracts);
	pvp_ck_ok(load("contracts: []\n", PVP_HV_NONE, &contracts));
	ck_assert_uint_eq(contracts.nr, 1);
	pvp_contracts_deinit(&contracts);
	pvp_ck_err(pvp_contracts_load("/nonexistent", pi.image, &pi.tables, NULL, &contracts),
		   PVP_ERR_OS, "/nonexistent");
}
END_TEST

static const struct {
	const char *folder, *text; /* besides `base`, which has irq.save_fl with 0x200 */
	const char *error;	   /* or the mask of irq.save_fl */
	uint64_t mask;
	unsigned nr; /* contracts */
} variants[] = {
	{"6.1", "contracts: [{op: irq.save_fl, class: callee, result: u8}]\n", NULL, 0xff, 4},
	{"6.1", "contracts: [{op: a.a, class: vcall}]\n", NULL, 0x200, 5},
	{"amd64", "contracts: [{op: irq.save_fl, class: callee, result: u32}]\n", NULL, 0xffffffff,
	 4},
	/* Not this image's. */
	{"7.2", "contracts: [{op: irq.save_fl, class: callee, result: u8}]\n", NULL, 0x200, 4},
	{"i386", "contracts: [{op: irq.save_fl, class: callee}]\n", NULL, 0x200, 4},
	{"6.1", "contracts: [{op: irq.save_fl, class: callee}]\n",
	 "/6.1/demo.yaml:1: class callee needs a result", 0, 0},
	{"6.1", "contracts:\n  - {op: a.a, class: vcall}\n  - {op: a.a, class: vcall}\n",
	 "/6.1/demo.yaml:3: a second contract of a.a", 0, 0},
};

/* The row of a folder for the image's generation or architecture goes over the general one. */
START_TEST(folders)
{
	char *dir = pvp_asprintf("%s/%s", pi.dir, variants[_i].folder);
	char *name = pvp_asprintf("%s/demo.yaml", variants[_i].folder);
	struct pvp_contracts contracts;
	struct pvp_error *err;
	char *file;

	ck_assert_int_eq(mkdir(dir, 0700), 0);
	file = pvp_strdup(platform_image_write(&pi, name, variants[_i].text));
	err = load(base, PVP_HV_NONE, &contracts);
	unlink(file);
	rmdir(dir);
	if (variants[_i].error) {
		pvp_ck_err(err, PVP_ERR_BAD_DATA, variants[_i].error);
	} else {
		pvp_ck_ok(err);
		ck_assert_uint_eq(contracts.nr, variants[_i].nr);
		ck_assert_uint_eq(pvp_contracts_find(&contracts, "irq.save_fl")->result_mask,
				  variants[_i].mask);
		pvp_contracts_deinit(&contracts);
	}
	free(file);
	free(name);
	free(dir);
}
END_TEST

static const char *const pv_keys[] = {"pv_sched_clock", "pv_steal_clock", "xen_hypercall",
				      "hv_hypercall"};

static const struct {
	const char *kernel;
	enum pvp_hypervisor hypervisor;
} shipped[] = {
	{"vmlinuz-5.10.223-amd64", PVP_HV_NONE}, {"vmlinuz-5.10.223-amd64", PVP_HV_XEN_PV},
	{"vmlinuz-6.1.176-amd64", PVP_HV_NONE},	 {"vmlinuz-6.1.176-amd64", PVP_HV_XEN_PV},
	{"vmlinuz-6.12.107-amd64", PVP_HV_NONE}, {"vmlinuz-6.12.107-amd64", PVP_HV_XEN_PV},
	{"vmlinuz-7.2.13-amd64", PVP_HV_NONE},	 {"vmlinuz-7.2.13-amd64", PVP_HV_XEN_PV},
	{"vmlinuz-5.10.223-i386", PVP_HV_NONE},	 {"vmlinuz-6.1.176-i386", PVP_HV_NONE},
};

/* The shipped rows: one for every field and pv key, with the class its callers rely on. */
START_TEST(shipped_files)
{
	const char *kernel =
		pvp_test_file(pvp_test_kernels(), shipped[_i].kernel, "contract shipped_files");
	const struct pvp_platform platform = {.hypervisor = shipped[_i].hypervisor, .cpus = 4};
	struct pvp_contracts contracts;
	struct pvp_tables tables;
	struct pvp_image *image;

	if (!kernel)
		return;
	pvp_ck_ok(pvp_image_open(kernel, NULL, &image));
	pvp_ck_ok(pvp_tables_parse(image, &tables));
	pvp_ck_ok(pvp_contracts_load("corpus/contracts", image, &tables, &platform, &contracts));
	for (size_t i = 0; i < tables.nr_fields; i++) {
		const struct pvp_pv_field *field = &tables.fields[i];
		const struct pvp_contract *c = pvp_contracts_find(&contracts, field->name);
		bool callee_save;

		if (!strcmp(field->name, "init.patch")) /* the patcher's own: no site calls it */
			continue;
		ck_assert_msg(c != NULL, "%s: %s: no contract", shipped[_i].kernel, field->name);
		callee_save = c->class == PVP_CLASS_CALLEE || c->class == PVP_CLASS_VCALLEE;
		ck_assert_msg(callee_save == field->callee_save, "%s: %s: class %s",
			      shipped[_i].kernel, field->name, pvp_call_class_name(c->class));
		ck_assert_msg(!c->congruent, "%s: entry evidence alone", field->name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pv_keys); i++) {
		char *op = pvp_asprintf("static_call.%s", pv_keys[i]);
		const struct pvp_contract *c = pvp_contracts_find(&contracts, op);

		if (pvp_tables_static_call(&tables, pv_keys[i])) {
			ck_assert_msg(c != NULL, "%s: %s: no contract", shipped[_i].kernel, op);
			ck_assert_msg(!c->congruent, "%s: entry evidence alone", op);
		}
		free(op);
	}
	pvp_contracts_deinit(&contracts);
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
}
END_TEST

Suite *contract_suite(void)
{
	Suite *s = suite_create("contract");
	TCase *file = tcase_create("file"), *real = tcase_create("shipped");

	tcase_add_checked_fixture(file, setup, teardown);
	tcase_add_test(file, native);
	tcase_add_test(file, another_platform);
	tcase_add_test(file, several_files);
	tcase_add_loop_test(file, folders, 0, ARRAY_SIZE(variants));
	tcase_add_loop_test(file, broken_files, 0, ARRAY_SIZE(broken));
	suite_add_tcase(s, file);
	tcase_set_timeout(real, 60);
	tcase_set_tags(real, PVP_TAG_KERNELS);
	tcase_add_loop_test(real, shipped_files, 0, ARRAY_SIZE(shipped));
	suite_add_tcase(s, real);
	return s;
}
