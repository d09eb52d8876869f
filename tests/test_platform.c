// SPDX-License-Identifier: GPL-2.0-only
#include "platform.h"

#include <unistd.h>

#include "alloc.h"
#include "check_helpers.h"
#include "feature.h"
#include <jansson.h>
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
/* Every key once.  The rows below change one place each; the line numbers are this text's. */
static const char base[] =
	"name: demo\n"                                              /*  1 */
	"description: a platform for tests\n"
	"hypervisor: none\n"
	"arch: [amd64]\n"
	"ring: 0\n"                                                 /*  5 */
	"cpus: 4\n"
	"capabilities: [\n"
	"  1, 0x2, 0, 0, 80000000, 0, 0, 0,\n"
	"  00000000, 0, 0, 0, 0, 0, 0, 0,\n"
	"  0, 0, 0, 0, 0, 0, 0, 0001ad40]\n"                       /* 10 */
	"features:\n"
	"  set: [XENPV, 5]\n"
	"  clear: [HYPERVISOR]\n"
	"pv_ops:\n"
	"  irq.save_fl: fn_a\n"                                    /* 15 */
	"  irq.irq_disable: \"NULL\"\n"
	"  mmu.twice: twice\n"
	"static_calls:\n"
	"  pv_sched_clock: fn_b\n"
	"static_calls_if_present:\n"                               /* 20 */
	"  - {key: might_resched, function: fn_a}\n"
	"  - {key: not_here, function: nor_this}\n"
	"null_target: fn_b\n"
	"nop_target: fn_c\n"
	"instructions:\n"                                          /* 25 */
	"  allow: [popf]\n"
	"  fault: [cli,\n"
	"          hlt]\n"
	"memory:\n"
	"  - {at: word, size: 4, values: [1, -1, $cpus]}\n"        /* 30 */
	"  - at: cpu_word+4\n"
	"    size: 8\n"
	"    values: [0, \"&cpu_word\", $cpu-mask]\n"
	"  - {at: not_here, size: 8, values: [1], optional: true}\n"
	"  - {at: not_there, size: 8, domain: pte, when: xen-pv}\n" /* 35 */
	"  - {at: 0xffff888000001000+8, size: 2, domain: small}\n"
	"text:\n"
	"  - {at: patch_me, jump: fn_b}\n"
	"  - {at: patch_me+8, bytes: 0f1f00}\n"
	"  - {at: not_here, jump: fn_b, optional: true}\n"         /* 40 */
	"callees:\n"
	"  - {name: fn_c, args: 2, result: small}\n"
	"  - {name: fn_b, args: 0, result: 0x10}\n"
	"  - {name: not_here, args: 1, optional: true}\n";

#define BAD   PVP_ERR_BAD_DATA
#define GONE  PVP_ERR_NOT_FOUND
/* What a broken file says.  `line` is where the culprit stands, not where its list begins. */
static const struct {
	const char *old, *new;
	enum pvp_error_code code;
	unsigned line;
	const char *message;
} broken[] = {
	{ "ring: 0\n",         "rung: 0\n",           BAD,   5, "unexpected key: rung" },
	{ "ring: 0\n",         "ring: deep\n",        BAD,   5, "'deep'" },
	{ "ring: 0\n",         "ring: 1\n",           BAD,   5, "ring 1 is not 0 or 3" },
	{ "ring: 0\n",         "ring: [0]\n",         BAD,   5, "got event: SEQUENCE_START" },
	{ "ring: 0\n",         "ring: 0\ncpu_model: amd:15\n", BAD,   6, "'amd:15' is not VENDOR:FAMILY:MODEL" },
	{ "static_calls:\n",   "pv_ops_if_present: [{field: mmu.twice, function: fn_a}]\nstatic_calls:\n", BAD, 18, "pv_ops field 'mmu.twice' is listed twice" },
	{ "static_calls:\n",   "pv_ops_if_present: [{field: a.b, function: fn_a}, {field: a.b, function: fn_a}]\nstatic_calls:\n", BAD, 18, "pv_ops field 'a.b' is listed twice" },
	{ "static_calls:\n",   "pv_ops_if_present: [{field: lock.queued_spin_unlock, function: fn_x}]\nstatic_calls:\n", GONE, 18, "unknown function 'fn_x'" },
	{ "ring: 0\n",         "# none\n",            BAD,   1, "missing required mapping field: ring" },
	{ "name: fn_b, args: 0, ", "name: fn_b, ",     BAD,  43, "mapping field: args" },
	{ "at: cpu_word+4\n    size: 8\n", "at: cpu_word\n", BAD, 31, "mapping field: size" },
	{ "cpus: 4\n",         "cpus: 0\n",           BAD,   6, "cpus 0 is not 1" },
	{ "cpus: 4\n",         "cpus: 4\ncpus: 4\n",  BAD,   7, "already seen: cpus" },
	{ "hypervisor: none",  "hypervisor: qemu",    BAD,   3, "qemu" },
	{ "[amd64]",           "[i386]",              PVP_ERR_UNSUPPORTED, 4, "not for amd64 images" },
	{ "0001ad40",          "0001ad4g",            BAD,  10, "'0001ad4g' is not a word" },
	{ "0001ad40",          "00001ad40",           BAD,  10, "'00001ad40' is not a word" },
	{ " 0001ad40",         "",                    BAD,  10, "insufficient entries" },
	{ "[XENPV, 5]",        "[XENPW, 5]",          GONE, 12, "unknown feature 'XENPW'" },
	{ "[XENPV, 5]",        "[XENPV, 768]",        GONE, 12, "feature number '768'" },
	{ "[XENPV, 5]",        "[XENPV, 272]",        BAD,  12, "feature '272' (272) is listed twice" },
	{ "[HYPERVISOR]",      "[HYPERVISOR,\n XENPV]", BAD, 14, "'XENPV' (272) is listed twice" },
	{ "[HYPERVISOR]",      "[LKGS]",              GONE, 13, "'LKGS' does not exist in 6.1" },
	{ "irq.save_fl: fn_a", "irq.restore_fl: fn_a", GONE, 15, "pv_ops has no field 'irq.restore_fl'" },
	{ "irq.save_fl: fn_a", "irq.save_fl: fn_x",   GONE, 15, "unknown function 'fn_x'" },
	{ "irq.save_fl: fn_a", "irq.save_fl: twice",  BAD,  15, "function 'twice' is ambiguous" },
	{ "irq.save_fl: fn_a", "irq.save_fl: word",   BAD,  15, "'word' is not a function" },
	{ "irq.save_fl: fn_a", "irq.save_fl: fn_a\n  irq.save_fl: fn_b", BAD, 16, "already seen" },
	{ "pv_sched_clock",    "pv_clock",            GONE, 19, "unknown static call 'pv_clock'" },
	{ "pv_sched_clock: fn_b", "pv_sched_clock: x", GONE, 19, "unknown function 'x'" },
	{ "function: fn_a",    "function: x",         GONE, 21, "unknown function 'x'" },
	{ "key: not_here",     "key: might_resched",  BAD,  22, "'might_resched' is listed twice" },
	{ "null_target: fn_b", "null_target: x",      GONE, 23, "unknown function 'x'" },
	{ "nop_target: fn_c",  "nop_target: twice",   BAD,  24, "ambiguous" },
	{ "nop_target: fn_c",  "return_thunk: x",     GONE, 24, "unknown function 'x'" },
	{ "          hlt]",    "          halt]",     GONE, 28, "unknown instruction class 'halt'" },
	{ "          hlt]",    "        hlt,\n cli]", BAD,  29, "'cli' is listed twice" },
	{ "[popf]",            "[hlt]",               BAD,  28, "'hlt' is listed twice" },
	{ "at: word",          "at: words",           GONE, 30, "unknown symbol 'words'" },
	{ "at: word,",         "at: word+x,",         BAD,  30, "'word+x' is not an address" },
	{ "at: word,",         "at: arg0,",           BAD,  30, "a platform's memory has no arguments" },
	{ "at: word,",         "at: twice,",          BAD,  30, "twice" },
	{ "size: 4",           "size: 3",             BAD,  30, "size 3 is not 1, 2, 4 or 8" },
	{ "[1, -1, $cpus]",    "[0x100000000]",       BAD,  30, "does not fit in 4 bytes" },
	{ "[1, -1, $cpus]",    "[-0x80000001]",       BAD,  30, "does not fit in 4 bytes" },
	{ "[1, -1, $cpus]",    "[1z]",                BAD,  30, "'1z' is not a number" },
	{ "[1, -1, $cpus]",    "[&word]",             BAD,  30, "put quotes around \"&word\"" },
	{ "[1, -1, $cpus]",    "[\"&nobody\"]",       GONE, 30, "unknown symbol 'nobody'" },
	{ "values: [1, -1, $cpus]", "optional: no",   BAD,  30, "one of values, domain and copy" },
	{ "values: [1, -1, $cpus]", "domain: pot",    GONE, 30, "unknown domain 'pot'" },
	{ "at: cpu_word+4",    "at: word",            BAD,  31, "'word' is set on line 30 already" },
	{ "    size: 8\n",     "    sighs: 8\n",      BAD,  32, "unexpected key: sighs" },
	{ "when: xen-pv",      "when: someday",       BAD,  35, "someday" },
	{ "jump: fn_b}",       "jump: fn_x}",         GONE, 38, "unknown function 'fn_x'" },
	{ "{at: patch_me, jump: fn_b}", "{at: patch_me}", BAD, 38, "one of jump and bytes" },
	{ "at: patch_me,",     "at: end_of_text,",    BAD,  38, "lies outside text" },
	{ "at: patch_me,",     "at: 0x1000000000,",   BAD,  38, "does not reach" },
	{ "bytes: 0f1f00",     "bytes: 0f1f0",        BAD,  39, "'0f1f0' is not 1 to 16 bytes" },
	{ "at: patch_me+8",    "at: patch_me+4",      BAD,  39, "is written twice" },
	{ "bytes: 0f1f00}",    "bytes: 0f1f00, last: 1}", BAD, 39, "first and last go with a stride" },
	{ "jump: fn_b}\n",     "jump: fn_b, stride: 8}\n", BAD, 38, "a stride goes with bytes" },
	{ "bytes: 0f1f00}",    "bytes: 90, stride: 8, first: 2, last: 1}", BAD, 39, "2 to 1: not numbers below 4096" },
	{ "bytes: 0f1f00}",    "bytes: 90, stride: 8, last: 4294967295}", BAD, 39, "not numbers below 4096" },
	{ "bytes: 0f1f00}",    "bytes: 90, stride: 0x400, last: 4}", BAD, 39, "lies outside text" },
	{ "bytes: 0f1f00}",    "bytes: 0f1f00, stride: 2, last: 1}", BAD, 39, "is written twice" },
	{ "bytes: 0f1f00}",    "bytes: nnnnnnn0, stride: 8}", BAD, 39, "'nnnnnnn0' is not 1 to 16 bytes" },
	{ "bytes: 0f1f00}",    "bytes: nnnnnn, stride: 8}", BAD, 39, "'nnnnnn' is not 1 to 16 bytes" },
	{ "name: fn_c",        "name: fn_x",          GONE, 42, "unknown function 'fn_x'" },
	{ "result: small",     "result: smell",       GONE, 42, "unknown domain 'smell'" },
	{ "args: 2",           "args: 7",             BAD,  42, "7 arguments" },
	{ "name: fn_b",        "name: fn_c",          BAD,  43, "callee 'fn_c' is listed twice" },
	{ "text:\n",           "text: {\n",           BAD,  38, "not YAML" },
	{ "memory:\n",         "memory: *all\nmore:\n", BAD, 29, "aliases are not used" },
	{ "name: demo\n",      "name: [[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]\n", BAD, 1, "nested too deep" },
	{ "name: demo\n",      "{a: b}: c\n",        BAD,   1, "a key is not a word" },
	{ "name: demo\n",      "--- a\n--- b\n",      BAD,   2, "a second document" },
};
// clang-format on

static struct pvp_error *load(const char *text, const struct pvp_overrides *overrides,
			      struct pvp_platform **ret)
{
	const char *path = platform_image_write(&pi, "demo.yaml", text);

	return pvp_platform_load(path, pi.dir, pi.image, &pi.tables, overrides, ret);
}

START_TEST(broken_files)
{
	char *text = platform_image_edit(base, broken[_i].old, broken[_i].new);
	struct pvp_platform *platform;
	char where[32];
	struct pvp_error *err = load(text, NULL, &platform);

	snprintf(where, sizeof(where), "/demo.yaml:%u: ", broken[_i].line);
	ck_assert_msg(err != NULL, "%s: loads", broken[_i].new);
	ck_assert_msg(strstr(err->message, where) != NULL, "%s: \"%s\" lacks \"%s\"",
		      broken[_i].new, err->message, where);
	pvp_ck_err(err, broken[_i].code, broken[_i].message);
	free(text);
}
END_TEST

START_TEST(whole_file)
{
	struct pvp_platform *p;

	pvp_ck_ok(load(base, NULL, &p));
	ck_assert_str_eq(p->name, "demo");
	ck_assert_str_eq(p->description, "a platform for tests");
	ck_assert_int_eq(p->hypervisor, PVP_HV_NONE);
	ck_assert_uint_eq(p->ring, 0);
	ck_assert_uint_eq(p->cpus, 4);
	ck_assert_uint_eq(p->caps[0], 1 | 1 << 5);
	ck_assert_uint_eq(p->caps[1], 2);
	ck_assert_uint_eq(p->caps[4], 0); /* HYPERVISOR cleared */
	ck_assert_uint_eq(p->caps[23], 0x1ad40);
	ck_assert(pvp_platform_has_feature(p, PVP_FEATURE_XENPV));
	ck_assert(!pvp_platform_has_feature(p, 100000));

	ck_assert_uint_eq(p->nr_pv_ops, PI_NR_FIELDS);
	ck_assert_uint_eq(p->pv_ops[PI_SAVE_FL], PI_TEXT);
	ck_assert_uint_eq(p->pv_ops[PI_IRQ_DISABLE], 0);
	/* Of the two functions called `twice`, the one the file points at. */
	ck_assert_uint_eq(p->pv_ops[PI_TWICE], PI_TEXT + 0x70);
	ck_assert_uint_eq(p->pv_ops[PI_UNLOCK], PI_TEXT + 0x90);

	ck_assert_uint_eq(p->nr_static_calls, 2);
	ck_assert_uint_eq(pvp_platform_static_call(p, &pi.tables.static_call_keys[0]),
			  PI_TEXT + 0x10);
	ck_assert_uint_eq(pvp_platform_static_call(p, &pi.tables.static_call_keys[1]),
			  PI_TEXT + 0x80);
	ck_assert_uint_eq(pvp_platform_static_call(p, &pi.tables.static_call_keys[2]), PI_TEXT);

	ck_assert_uint_eq(p->return_thunk, PI_TEXT + 0xb0);
	ck_assert_uint_eq(p->null_target, PI_TEXT + 0x10);
	ck_assert_uint_eq(p->nop_target, PI_TEXT + 0x20);

	ck_assert_uint_eq(p->nr_insns, 3);
	ck_assert_str_eq(p->insns[2].insn, "hlt");
	ck_assert_int_eq(p->insns[2].rule, PVP_INSN_FAULT);

	ck_assert_uint_eq(p->nr_text_writes, 2);
	ck_assert_uint_eq(p->text_writes[0].addr, PI_TEXT + 0x40);
	ck_assert_uint_eq(p->text_writes[0].len, 5);
	/* e9 cb ff ff ff: jmp .-0x30 */
	pvp_ck_bytes("jump", p->text_writes[0].bytes, "\xe9\xcb\xff\xff\xff", 5);
	ck_assert_uint_eq(p->text_writes[1].len, 3);
	pvp_ck_bytes("bytes", p->text_writes[1].bytes, "\x0f\x1f\x00", 3);

	ck_assert_uint_eq(p->nr_stubs, 2);
	ck_assert_uint_eq(p->stubs[0].addr, PI_TEXT + 0x20);
	ck_assert_uint_eq(p->stubs[0].nr_args, 2);
	ck_assert(p->stubs[0].has_result && p->stubs[0].by_domain);
	ck_assert_int_eq(p->stubs[0].result, PVP_DOMAIN_SMALL);
	ck_assert(p->stubs[1].has_result && !p->stubs[1].by_domain);
	ck_assert_uint_eq(p->stubs[1].value, 16);
	pvp_platform_destroy(p);
}
END_TEST

/* A stretch for each number, and the number in it; mov $n,%eax; ret. */
START_TEST(text_by_number)
{
	char *text = platform_image_edit(base, "bytes: 0f1f00}",
					 "bytes: b8nnnnnnnnc3, stride: 0x20, first: 1, last: 2}");
	struct pvp_platform *p;

	pvp_ck_ok(load(text, NULL, &p));
	ck_assert_uint_eq(p->nr_text_writes, 3);
	for (unsigned n = 1; n <= 2; n++) {
		const uint8_t want[] = {0xb8, n, 0, 0, 0, 0xc3};

		ck_assert_uint_eq(p->text_writes[n].addr, PI_TEXT + 0x48 + 0x20 * n);
		ck_assert_uint_eq(p->text_writes[n].len, sizeof(want));
		pvp_ck_bytes("number", p->text_writes[n].bytes, want, sizeof(want));
	}
	pvp_platform_destroy(p);
	free(text);
}
END_TEST

/* Operations that an image may lack, the one that does nothing, and the linked one. */
START_TEST(if_present)
{
	char *text = platform_image_edit(base, "static_calls:\n",
					 "pv_ops_if_present:\n"
					 "  - {field: not.there, function: nor_this}\n"
					 "  - {field: lock.queued_spin_unlock, function: nop}\n"
					 "  - {field: lock.vcpu_is_preempted, function: linked}\n"
					 "static_calls:\n");
	struct pvp_platform *p;

	pvp_ck_ok(load(text, NULL, &p));
	ck_assert_uint_eq(p->pv_ops[PI_UNLOCK], PI_TEXT + 0x20);
	ck_assert_uint_eq(p->pv_ops[PI_PREEMPTED], PI_TEXT + 0xa0);
	ck_assert(pvp_platform_has_feature(p, PVP_FEATURE_PVUNLOCK));
	ck_assert(!pvp_platform_has_feature(p, PVP_FEATURE_VCPUPREEMPT));
	pvp_platform_destroy(p);
	free(text);
}
END_TEST

// clang-format off
/* Which of the two functions called `twice` a field means. */
static const struct {
	const char *templates;
	uint64_t twice;
} named[] = {
	{ "[]",                               PI_TEXT + 0x70 },
	{ "[whole_table]",                    PI_TEXT + 0x60 },
	{ "[mmu_table@mmu.twice]",            PI_TEXT + 0x60 },
	{ "[nobody, mmu_table@mmu.twice]",    PI_TEXT + 0x60 },
	/* A part says nothing of other parts, or of what comes before it. */
	{ "[mmu_table@irq.irq_disable]",      PI_TEXT + 0x70 },
	{ "[mmu_table@mmu.thrice]",           PI_TEXT + 0x70 },
	{ "[mmu_table@lock.queued_spin_unlock]", PI_TEXT + 0x70 },
};
// clang-format on

START_TEST(templates)
{
	char *key = pvp_asprintf("templates: %s\nnull_target: fn_b\n", named[_i].templates);
	char *text = platform_image_edit(base, "null_target: fn_b\n", key);
	struct pvp_platform *p;

	pvp_ck_ok(load(text, NULL, &p));
	ck_assert_msg(p->pv_ops[PI_TWICE] == named[_i].twice, "%s: %#llx", named[_i].templates,
		      (unsigned long long)p->pv_ops[PI_TWICE]);
	pvp_platform_destroy(p);
	free(text);
	free(key);
}
END_TEST

static const char *const pvop_twice[] = {"mmu.twice=twice", NULL};
static const char *const pvop_numbers[] = {"mmu.twice=0xffffffffc0000000",
					   "irq.save_fl=ffffffffc0000010", NULL};
static const char *const call_number[] = {"pv_sched_clock=ffffffffc0000020", NULL};

/* Of the two functions called `twice` an option means the platform's; an address is itself. */
START_TEST(named_by_option)
{
	const struct pvp_overrides twice = {.pv_ops = pvop_twice};
	const struct pvp_overrides numbers = {.pv_ops = pvop_numbers, .static_calls = call_number};
	char *text = platform_image_edit(base, "null_target: fn_b\n",
					 "templates: [whole_table]\nnull_target: fn_b\n");
	struct pvp_platform *p;

	pvp_ck_ok(load(text, &twice, &p));
	ck_assert_uint_eq(p->pv_ops[PI_TWICE], PI_TEXT + 0x60);
	pvp_platform_destroy(p);
	free(text);
	pvp_ck_ok(load(base, &twice, &p));
	ck_assert_uint_eq(p->pv_ops[PI_TWICE], PI_TEXT + 0x70);
	pvp_platform_destroy(p);
	pvp_ck_ok(load(base, &numbers, &p));
	ck_assert_uint_eq(p->pv_ops[PI_TWICE], 0xffffffffc0000000);
	ck_assert_uint_eq(p->pv_ops[PI_SAVE_FL], 0xffffffffc0000010);
	ck_assert_uint_eq(pvp_platform_static_call(p, &pi.tables.static_call_keys[0]),
			  0xffffffffc0000020);
	pvp_platform_destroy(p);
}
END_TEST

START_TEST(memory)
{
	struct pvp_platform *p;

	pvp_ck_ok(load(base, NULL, &p));
	/* not_here is optional, not_there belongs to another hypervisor */
	ck_assert_uint_eq(p->nr_pokes, 3);

	ck_assert_int_eq(p->pokes[0].arg, -1);
	ck_assert_int_eq(p->pokes[0].copy_arg, -1);
	ck_assert_int_eq(p->pokes[0].via, PVP_POKE_DIRECT);
	ck_assert_uint_eq(p->pokes[0].addr, PI_DATA);
	ck_assert_uint_eq(p->pokes[0].size, 4);
	ck_assert_uint_eq(p->pokes[0].nr_values, 3);
	ck_assert_uint_eq(p->pokes[0].values[0], 1);
	ck_assert_uint_eq(p->pokes[0].values[1], 0xffffffff);
	ck_assert_uint_eq(p->pokes[0].values[2], 4);

	ck_assert_uint_eq(p->pokes[1].addr, PI_PERCPU + 0x14);
	ck_assert_uint_eq(p->pokes[1].values[1], PI_PERCPU + 0x10);
	ck_assert_uint_eq(p->pokes[1].values[2], 0xf);

	ck_assert_uint_eq(p->pokes[2].addr, 0xffff888000001008);
	ck_assert(p->pokes[2].by_domain);
	ck_assert_int_eq(p->pokes[2].domain, PVP_DOMAIN_SMALL);
	pvp_platform_destroy(p);
}
END_TEST

START_TEST(rows_of_another_hypervisor)
{
	char *text = platform_image_edit(base, "hypervisor: none", "hypervisor: xen-pv");
	char *good = platform_image_edit(text, "not_there", "cpu_word");
	struct pvp_platform *p;

	pvp_ck_err(load(text, NULL, &p), PVP_ERR_NOT_FOUND, "35: unknown symbol 'not_there'");
	pvp_ck_ok(load(good, NULL, &p));
	ck_assert_uint_eq(p->nr_pokes, 4);
	ck_assert_uint_eq(p->pokes[2].addr, PI_PERCPU + 0x10);
	pvp_platform_destroy(p);
	free(good);
	free(text);
}
END_TEST

static const char *const pvop_fn[] = {"irq.save_fl=fn_c", "mmu.twice=NULL", NULL};
static const char *const pvop_unlock[] = {"lock.queued_spin_unlock=fn_a", NULL};
static const char *const pvop_back[] = {"irq.save_fl=native", NULL};
static const char *const plus_minus[] = {"+LA57", "-XENPV", "5", "-5", "+767", NULL};
static const char *const minus_unlock[] = {"-PVUNLOCK", NULL};
static const char *const call_fn[] = {"pv_sched_clock=fn_c", "might_resched=native", NULL};
static const char *const call_null[] = {"pv_sched_clock=NULL", NULL};

START_TEST(overrides)
{
	const struct pvp_overrides o = {
		.pv_ops = pvop_fn,
		.features = plus_minus,
		.static_calls = call_fn,
		.return_thunk = "fn_a",
		.cpus = 2,
	};
	struct pvp_platform *p;

	pvp_ck_ok(load(base, &o, &p));
	ck_assert_uint_eq(p->pv_ops[PI_SAVE_FL], PI_TEXT + 0x20);
	ck_assert_uint_eq(p->pv_ops[PI_TWICE], 0);
	ck_assert(pvp_platform_has_feature(p, 528));
	ck_assert(!pvp_platform_has_feature(p, PVP_FEATURE_XENPV));
	ck_assert(!pvp_platform_has_feature(p, 5));
	ck_assert(pvp_platform_has_feature(p, 767));
	/* might_resched is back at the file's value: no row */
	ck_assert_uint_eq(p->nr_static_calls, 1);
	ck_assert_uint_eq(p->static_calls[0].func, PI_TEXT + 0x20);
	ck_assert_uint_eq(p->return_thunk, PI_TEXT);
	ck_assert_uint_eq(p->cpus, 2);
	ck_assert_uint_eq(p->pokes[0].values[2], 2);
	ck_assert_uint_eq(p->pokes[1].values[2], 3);
	pvp_platform_destroy(p);

	pvp_ck_ok(load(
		base, &(struct pvp_overrides){.pv_ops = pvop_back, .static_calls = call_null}, &p));
	ck_assert_uint_eq(p->pv_ops[PI_SAVE_FL], PI_TEXT + 0x80);
	ck_assert_uint_eq(pvp_platform_static_call(p, &pi.tables.static_call_keys[0]), 0);
	pvp_platform_destroy(p);
}
END_TEST

#define L(...)                                                                                     \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
// clang-format off
static const struct {
	struct pvp_overrides o;
	enum pvp_error_code code;
	const char *message;
} bad_overrides[] = {
	{ { .pv_ops = L("irq.save_fl") },       PVP_ERR_USAGE, "--pvop irq.save_fl: not NAME=SYMBOL" },
	{ { .pv_ops = L("=fn_a") },             PVP_ERR_USAGE, "not NAME=SYMBOL" },
	{ { .pv_ops = L("irq.save_fl=") },      PVP_ERR_USAGE, "not NAME=SYMBOL" },
	{ { .pv_ops = L("irq.x=fn_a") },        GONE, "--pvop irq.x=fn_a: pv_ops has no field 'irq.x'" },
	{ { .pv_ops = L("irq.save_fl=f") },     GONE, "unknown function 'f'" },
	{ { .pv_ops = L("irq.save_fl=twice") }, BAD,  "'twice' is ambiguous" },
	{ { .pv_ops = L("irq.save_fl=word") },  BAD,  "'word' is not a function" },
	{ { .static_calls = L("x=fn_a") },      GONE, "--static-call x=fn_a: unknown static call 'x'" },
	{ { .static_calls = L("might_resched=f") }, GONE, "unknown function 'f'" },
	{ { .features = L("+NOPE") },           GONE, "--feature +NOPE: unknown feature 'NOPE'" },
	{ { .features = L("+") },               GONE, "--feature +: unknown feature ''" },
	{ { .features = L("-768") },            GONE, "feature number '768'" },
	{ { .return_thunk = "f" },              GONE, "--return-thunk f: unknown function 'f'" },
	{ { .cpus = 65 },                       PVP_ERR_USAGE, "--cpus 65" },
	{ { .caps_file = "/nonexistent/caps" }, PVP_ERR_OS, "/nonexistent/caps: No such file" },
};

static const struct {
	const char *text, *message; /* NULL: loads */
} caps_files[] = {
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\na\nb\nc\nd\ne\nf\n10\n11\n12\n13\n14\n15\n16\n17\n18\n", NULL },
	{ "# recorded\n1 \n2\n3\n4\n5\n6\n7\n8\n\n9\na\nb\nc\nd\ne\nf\n10\n11\n12\n13\n14\n15\n16\n"
	  "0x17\n0x00000018", NULL },
	{ "1\n2\n", ":2: 2 words where 24 are needed" },
	{ "", ":1: 0 words" },
	{ "1\nmodel intl:6:94\n", ":2: 'intl:6:94': unknown vendor 'intl'" },
	{ "model\n", ":1: '' is not VENDOR:FAMILY:MODEL" },
	{ "models intel:6:94\n", ":1: 'models' is not a word" },
	{ "1\nx\n", ":2: 'x' is not a word of 8 hex digits" },
	{ "1\n123456789\n", ":2: '123456789' is not a word" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\na\nb\nc\nd\ne\nf\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n",
	  ":25: more than 24 words" },
};
// clang-format on

// clang-format off
/* --cpu-model: what it means, or what is wrong with it. */
static const struct {
	const char *text;
	uint8_t vendor, family, model;
	const char *message;
} models[] = {
	{ "intel:6:94",          0,  6,  94,   NULL },
	{ "amd:0x17:0x1",        2,  23, 1,    NULL },
	{ "AMD:15:6",            2,  15, 6,    NULL },
	{ "hygon:24:0",          9,  24, 0,    NULL },
	{ "centaur:6:15",        5,  6,  15,   NULL },
	{ "zhaoxin:7:0xFF",      10, 7,  255,  NULL },
	{ "cyrix:5:4",           1,  5,  4,    NULL },
	{ "GenuineIntel:6:15",   0,  6,  15,   NULL },
	{ "AuthenticAMD:25:33",  2,  25, 33,   NULL },
	{ "HygonGenuine:24:1",   9,  24, 1,    NULL },
	{ "CentaurHauls:6:13",   5,  6,  13,   NULL },
	{ "  Shanghai  :6:13",   10, 6,  13,   NULL },
	{ "TransmetaCPU:5:4",    7,  5,  4,    NULL },
	{ "2:15:6",              2,  15, 6,    NULL },
	{ "0xff:4:0",            255, 4, 0,    NULL },
	{ "intel:06:010",        0,  6,  10,   NULL },
	{ "",                    0,  0,  0,    "--cpu-model: '' is not VENDOR:FAMILY:MODEL" },
	{ "intel",               0,  0,  0,    "'intel' is not VENDOR:FAMILY:MODEL" },
	{ "intel:6",             0,  0,  0,    "'intel:6' is not VENDOR:FAMILY:MODEL" },
	{ "intel:6:94:3",        0,  0,  0,    "model '94:3' is not 0 .. 255" },
	{ "intel::94",           0,  0,  0,    "family '' is not 0 .. 255" },
	{ "intel:6:",            0,  0,  0,    "model '' is not 0 .. 255" },
	{ ":6:94",               0,  0,  0,    "unknown vendor ''" },
	{ "intl:6:94",           0,  0,  0,    "unknown vendor 'intl'" },
	{ "genuineintel:6:94",   0,  0,  0,    "unknown vendor 'genuineintel'" },
	{ "256:6:94",            0,  0,  0,    "unknown vendor '256'" },
	{ "intel:256:94",        0,  0,  0,    "family '256' is not 0 .. 255" },
	{ "intel:6:0x100",       0,  0,  0,    "model '0x100' is not 0 .. 255" },
	{ "intel:-6:94",         0,  0,  0,    "family '-6' is not 0 .. 255" },
	{ "intel:6:94x",         0,  0,  0,    "model '94x' is not 0 .. 255" },
	{ "intel:6: 94",         0,  0,  0,    "model ' 94' is not 0 .. 255" },
	{ "intel:6:99999999999999999999", 0, 0, 0, "is not 0 .. 255" },
};
// clang-format on

START_TEST(cpu_model)
{
	const struct pvp_overrides o = {.cpu_model = models[_i].text};
	struct pvp_platform *p;
	struct pvp_error *err = load(base, &o, &p);

	if (models[_i].message) {
		pvp_ck_err(err, PVP_ERR_USAGE, models[_i].message);
		return;
	}
	pvp_ck_ok(err);
	ck_assert_msg(p->cpu.vendor == models[_i].vendor && p->cpu.family == models[_i].family &&
			      p->cpu.model == models[_i].model,
		      "%s: %u:%u:%u", models[_i].text, p->cpu.vendor, p->cpu.family, p->cpu.model);
	pvp_platform_destroy(p);
}
END_TEST

static const char words24[] =
	"1\n2\n3\n4\n5\n6\n7\n8\n9\na\nb\nc\nd\ne\nf\n10\n11\n12\n13\n14\n15\n16\n17\n18\n";

/* Who the CPU is: the platform's file, then --caps, then --cpu-model. */
START_TEST(whose_cpu_model)
{
	char *text = platform_image_edit(base, "cpus: 4\n", "cpus: 4\ncpu_model: amd:15:107\n");
	char *caps_text = pvp_asprintf("# a CPU\nmodel  intel:6:94 \n%s", words24);
	char *plain = pvp_strdup(platform_image_write(&pi, "plain", words24));
	char *caps = pvp_strdup(platform_image_write(&pi, "caps", caps_text));
	const struct {
		const char *caps, *option;
		unsigned model;
	} rows[] = {
		{NULL, NULL, 107},	 {plain, NULL, 107},	  {caps, NULL, 94},
		{caps, "hygon:24:1", 1}, {NULL, "hygon:24:1", 1},
	};
	struct pvp_platform *p;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct pvp_overrides o = {.caps_file = rows[i].caps,
						.cpu_model = rows[i].option};

		pvp_ck_ok(load(text, &o, &p));
		ck_assert_msg(p->cpu.model == rows[i].model, "row %zu: model %u", i, p->cpu.model);
		pvp_platform_destroy(p);
	}
	free(caps);
	free(plain);
	free(caps_text);
	free(text);
}
END_TEST

START_TEST(broken_overrides)
{
	struct pvp_platform *p;

	pvp_ck_err(load(base, &bad_overrides[_i].o, &p), bad_overrides[_i].code,
		   bad_overrides[_i].message);
}
END_TEST

START_TEST(caps)
{
	char *path = strdup(platform_image_write(&pi, "caps", caps_files[_i].text));
	const struct pvp_overrides o = {.caps_file = path};
	struct pvp_error *err;
	struct pvp_platform *p;

	err = load(base, &o, &p);
	if (caps_files[_i].message) {
		pvp_ck_err(err, PVP_ERR_BAD_DATA, caps_files[_i].message);
	} else {
		pvp_ck_ok(err);
		/* The file's words as they are: the platform's own bits are not laid over. */
		for (unsigned i = 0; i < PVP_CAP_WORDS; i++)
			ck_assert_uint_eq(p->caps[i], i + 1);
		pvp_platform_destroy(p);
	}
	free(path);
}
END_TEST

START_TEST(derived_features)
{
	struct pvp_platform *p;

	pvp_ck_ok(load(base, NULL, &p));
	ck_assert(!pvp_platform_has_feature(p, PVP_FEATURE_PVUNLOCK));
	ck_assert(!pvp_platform_has_feature(p, PVP_FEATURE_VCPUPREEMPT));
	pvp_platform_destroy(p);

	pvp_ck_ok(load(base, &(struct pvp_overrides){.pv_ops = pvop_unlock}, &p));
	ck_assert(pvp_platform_has_feature(p, PVP_FEATURE_PVUNLOCK));
	ck_assert(!pvp_platform_has_feature(p, PVP_FEATURE_VCPUPREEMPT));
	pvp_platform_destroy(p);

	/* A wrong combination, asked for. */
	pvp_ck_ok(load(base,
		       &(struct pvp_overrides){.pv_ops = pvop_unlock, .features = minus_unlock},
		       &p));
	ck_assert(!pvp_platform_has_feature(p, PVP_FEATURE_PVUNLOCK));
	pvp_platform_destroy(p);
}
END_TEST

START_TEST(finding)
{
	struct pvp_platform *p;
	char **names;
	size_t nr;

	platform_image_write(&pi, "demo.yaml", base);
	platform_image_write(&pi, "another.yaml", base);
	platform_image_write(&pi, "notes.txt", base);
	pvp_ck_ok(pvp_platform_names(pi.dir, &names, &nr));
	ck_assert_uint_eq(nr, 2);
	ck_assert_str_eq(names[0], "another");
	ck_assert_str_eq(names[1], "demo");
	pvp_platform_names_free(names, nr);
	pvp_ck_err(pvp_platform_names("/nonexistent", &names, &nr), PVP_ERR_OS, "/nonexistent");

	pvp_ck_ok(pvp_platform_load("demo", pi.dir, pi.image, &pi.tables, NULL, &p));
	pvp_platform_destroy(p);
	pvp_ck_err(pvp_platform_load("memo", pi.dir, pi.image, &pi.tables, NULL, &p),
		   PVP_ERR_NOT_FOUND, "unknown platform 'memo'");
	pvp_ck_err(pvp_platform_load(pi.dir, pi.dir, pi.image, &pi.tables, NULL, &p), PVP_ERR_OS,
		   "is a directory");
	platform_image_write(&pi, "empty.yaml", "");
	pvp_ck_err(pvp_platform_load("empty", pi.dir, pi.image, &pi.tables, NULL, &p),
		   PVP_ERR_BAD_DATA, "empty.yaml:1: the file is empty");
}
END_TEST

START_TEST(truncated_files)
{
	struct pvp_platform *p = NULL;

	/* Cut anywhere, the file loads or says why not. */
	for (size_t len = 0; len < sizeof(base); len += 7) {
		char *text = strndup(base, len);
		struct pvp_error *err = load(text, NULL, &p);

		if (err)
			ck_assert_msg(strstr(err->message, "demo.yaml:") != NULL, "%s",
				      err->message);
		else
			pvp_platform_destroy(p);
		pvp_error_destroy(err);
		free(text);
	}
}
END_TEST

START_TEST(domains)
{
	enum pvp_domain domain;

	ck_assert(pvp_domain_parse("debugreg", &domain));
	ck_assert_int_eq(domain, PVP_DOMAIN_DEBUGREG);
	ck_assert_str_eq(pvp_domain_name(PVP_DOMAIN_MM_PAGE), "mm-page");
	ck_assert(!pvp_domain_parse("debugreg ", &domain));
	ck_assert(!pvp_domain_parse("", &domain));
}
END_TEST

/* Every word of the enums is in the page that documents it. */
START_TEST(documented)
{
	static const char *const names[] = {
#define X(id, name, what) name,
		PVP_DOMAINS(X)
#undef X
	};
	FILE *f = fopen("corpus/contracts/README.md", "r");
	static char text[1 << 16];
	char row[64];

	ck_assert_msg(f != NULL, "corpus/contracts/README.md is not here");
	ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, f), 0);
	fclose(f);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(row, sizeof(row), "| `%s` | ", names[i]);
		ck_assert_msg(strstr(text, row) != NULL, "domain %s is not described", names[i]);
	}
}
END_TEST

/* The shipped files on a real kernel, against a recorded boot of it. */
static const struct {
	const char *platform, *golden;
	unsigned cleared; /* a feature the recording's machine had and the platform has not */
	size_t min_pokes;
} shipped[] = {
	{"native", "6.1-native", 159, 3},
	{"xen-pv", "6.1-xenpv", 0, 40},
};

static void compare_with_boot(const struct pvp_platform *p, const struct pvp_tables *tables,
			      const struct pvp_image *image, const json_t *json, unsigned cleared)
{
	json_t *words = json_object_get(json, "capabilities_after");
	json_t *ops = json_object_get(json, "pv_ops");

	ck_assert_uint_eq(tables->nr_fields, 84);
	for (size_t i = 0; i < tables->nr_fields; i++) {
		const char *want, *field = tables->fields[i].name;
		bool same = false;
		char offset[16];
		size_t nr = 0;

		snprintf(offset, sizeof(offset), "%zx", i * 8);
		want = json_string_value(json_object_get(ops, offset));
		ck_assert_msg(want != NULL, "%s: not recorded", field);
		const struct pvp_symbol *const *s = pvp_image_symbols_named(image, want, &nr);

		for (size_t j = 0; s && j < nr; j++)
			same |= s[j]->addr == p->pv_ops[i];
		same |= !strcmp(want, "0") && !p->pv_ops[i];
		ck_assert_msg(same, "%s: %#llx is not %s", field, (unsigned long long)p->pv_ops[i],
			      want);
	}
	for (unsigned i = 0; i < PVP_CAP_WORDS; i++) {
		uint32_t want = strtoul(json_string_value(json_array_get(words, i)), NULL, 16);

		if (cleared && cleared / 32 == i)
			want &= ~(1u << cleared % 32);
		ck_assert_msg(p->caps[i] == want, "word %u: %08x, not %08x", i, p->caps[i], want);
	}
}

START_TEST(shipped_files)
{
	const char *name = "shipped_files", *kernel, *recording;
	struct pvp_platform *p;
	struct pvp_tables tables;
	struct pvp_image *image;
	char file[64];
	json_t *json;

	snprintf(file, sizeof(file), "%s.json", shipped[_i].golden);
	recording = pvp_test_file(pvp_test_goldens(), file, name);
	if (!recording)
		return;
	json = json_load_file(recording, 0, NULL);
	ck_assert_msg(json != NULL, "%s: not JSON", file);
	kernel = pvp_test_file(pvp_test_kernels(), "vmlinuz-6.1.176-amd64", name);
	if (!kernel) {
		json_decref(json);
		return;
	}
	pvp_ck_ok(pvp_image_open(kernel, NULL, &image));
	pvp_ck_ok(pvp_tables_parse(image, &tables));
	pvp_ck_ok(pvp_platform_load(shipped[_i].platform, "corpus/platforms", image, &tables, NULL,
				    &p));
	compare_with_boot(p, &tables, image, json, shipped[_i].cleared);
	/* Optional rows are there for small kernels; this one has nearly all. */
	ck_assert_uint_ge(p->nr_pokes, shipped[_i].min_pokes);
	ck_assert_uint_ge(p->nr_stubs, 9);
	ck_assert_uint_ge(p->nr_insns, 38);
	ck_assert(p->null_target && p->nop_target && p->return_thunk);
	pvp_platform_destroy(p);
	pvp_tables_deinit(&tables);
	pvp_image_close(image);
	json_decref(json);
}
END_TEST

Suite *platform_suite(void)
{
	Suite *s = suite_create("platform");
	TCase *file = tcase_create("file"), *options = tcase_create("options");
	TCase *names = tcase_create("names"), *real = tcase_create("shipped");

	tcase_add_checked_fixture(file, setup, teardown);
	tcase_add_test(file, whole_file);
	tcase_add_test(file, text_by_number);
	tcase_add_test(file, if_present);
	tcase_add_loop_test(file, templates, 0, ARRAY_SIZE(named));
	tcase_add_test(file, memory);
	tcase_add_test(file, rows_of_another_hypervisor);
	tcase_add_test(file, finding);
	tcase_add_test(file, truncated_files);
	tcase_add_loop_test(file, broken_files, 0, ARRAY_SIZE(broken));
	suite_add_tcase(s, file);
	tcase_add_checked_fixture(options, setup, teardown);
	tcase_add_test(options, overrides);
	tcase_add_test(options, named_by_option);
	tcase_add_test(options, derived_features);
	tcase_add_loop_test(options, cpu_model, 0, ARRAY_SIZE(models));
	tcase_add_test(options, whose_cpu_model);
	tcase_add_loop_test(options, broken_overrides, 0, ARRAY_SIZE(bad_overrides));
	tcase_add_loop_test(options, caps, 0, ARRAY_SIZE(caps_files));
	suite_add_tcase(s, options);
	tcase_add_test(names, domains);
	tcase_add_test(names, documented);
	suite_add_tcase(s, names);
	tcase_set_timeout(real, 60);
	tcase_set_tags(real, PVP_TAG_KERNELS);
	tcase_add_loop_test(real, shipped_files, 0, ARRAY_SIZE(shipped));
	suite_add_tcase(s, real);
	return s;
}
