// SPDX-License-Identifier: GPL-2.0-only
#include "suites.h"

#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "check_helpers.h"
#include "elfgen.h"
#include "feature.h"
#include "platform_image.h"

static struct platform_image pi;
static char corpus[96], platforms[128];

/* Folders of a corpus, below the image's own. */
static const char *const folders[] = {
	"",
	"/platforms",
	"/platforms/6.1",
	"/platforms/7.2",
	"/platforms/amd64",
	"/platforms/i386",
	"/mitigations",
	"/mitigations/6.1",
	"/cpus",
	"/cpus/6.1",
};

static void setup(void)
{
	platform_image_init(&pi);
	snprintf(corpus, sizeof(corpus), "%s-corpus", pi.dir);
	snprintf(platforms, sizeof(platforms), "%s/platforms", corpus);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char *path = pvp_asprintf("%s%s", corpus, folders[i]);

		ck_assert_msg(!mkdir(path, 0700), "%s", path);
		free(path);
	}
}

static void put(const char *name, const char *text)
{
	char *path = pvp_asprintf("%s/%s", corpus, name);

	elfgen_write_bytes(path, text, strlen(text));
	free(path);
}

static const char *const written[] = {
	"platforms/base.yaml",	    "platforms/child.yaml",	 "platforms/grand.yaml",
	"mitigations/set.yaml",	    "mitigations/other.yaml",	 "cpus/chip.caps",
	"cpus/second.caps",	    "cpus/6.1/chip.caps",	 "platforms/6.1/base.yaml",
	"platforms/7.2/base.yaml",  "platforms/amd64/base.yaml", "platforms/i386/base.yaml",
	"platforms/6.1/child.yaml", "mitigations/6.1/set.yaml",
};

static void teardown(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
		char *path = pvp_asprintf("%s/%s", corpus, written[i]);

		unlink(path);
		free(path);
	}
	for (size_t i = ARRAY_SIZE(folders); i--;) {
		char *path = pvp_asprintf("%s%s", corpus, folders[i]);

		rmdir(path);
		free(path);
	}
	platform_image_deinit(&pi);
}

// clang-format off
static const char base[] =
	"name: base\n"
	"description: what others extend\n"
	"hypervisor: kvm\n"
	"arch: [amd64]\n"
	"ring: 3\n"                                                     /*  5 */
	"cpus: 4\n"
	"capabilities: [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,\n"
	"  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n"
	"features: {set: [XENPV, HYPERVISOR]}\n"
	"pv_ops: {irq.save_fl: fn_a, mmu.twice: fn_a}\n"                /* 10 */
	"static_calls: {pv_sched_clock: fn_a}\n"
	"static_calls_if_present: [{key: might_resched, function: fn_a}]\n"
	"return_thunk: fn_a\n"
	"null_target: fn_b\n"
	"instructions: {allow: [popf, cli], fault: [hlt]}\n"            /* 15 */
	"memory:\n"
	"  - {at: word, size: 4, values: [1]}\n"
	"  - {at: word+8, size: 4, values: [2]}\n"
	"text: [{at: patch_me, jump: fn_b}, {at: patch_me+8, bytes: 90}]\n"
	"callees: [{name: fn_c, args: 2, result: small}, {name: fn_b, args: 1}]\n"; /* 20 */

static const char child[] =
	"name: child\n"
	"description: what lies over it\n"
	"extends: base\n"
	"cpus: 1\n"
	"features: {set: [MWAIT], clear: [XENPV]}\n"                    /*  5 */
	"pv_ops: {irq.save_fl: fn_b}\n"
	"static_calls: {pv_sched_clock: fn_b}\n"
	"nop_target: fn_c\n"
	"instructions: {ignore: [cli], end: [sti]}\n"
	"memory:\n"                                                     /* 10 */
	"  - {at: word, size: 4, values: [7, 8]}\n"
	"  - {at: cpu_word, size: 8, values: [\"percpu(0x1000)\"]}\n"
	"text: [{at: patch_me, bytes: cc}]\n"
	"callees: [{name: fn_c, args: 3}]\n";

static const char grand[] =
	"name: grand\ndescription: two above\nextends: child\nring: 0\npv_ops: {irq.save_fl: fn_c}\n";
static const char set[] =
	"name: set\ndescription: a set\nfeatures: {set: [RETHUNK], clear: [MWAIT]}\nreturn_thunk: fn_c\n";
static const char other[] =
	"name: other\ndescription: another set\nfeatures: {clear: [RETHUNK]}\n";
static const char chip[] =
	"# a CPU\n80\n40\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n";
// clang-format on

static void put_all(void)
{
	put("platforms/base.yaml", base);
	put("platforms/child.yaml", child);
	put("platforms/grand.yaml", grand);
	put("mitigations/set.yaml", set);
	put("mitigations/other.yaml", other);
	put("cpus/chip.caps", chip);
	put("cpus/second.caps", chip);
}

static struct pvp_error *load(const char *name, const struct pvp_overrides *overrides,
			      struct pvp_platform **ret)
{
	return pvp_platform_load(name, platforms, pi.image, &pi.tables, overrides, ret);
}

static const struct pvp_poke *poke_at(const struct pvp_platform *p, uint64_t addr)
{
	const struct pvp_poke *found = NULL;

	for (size_t i = 0; i < p->nr_pokes; i++)
		if (p->pokes[i].addr == addr) {
			ck_assert_msg(!found, "two rows for one word");
			found = &p->pokes[i];
		}
	return found;
}

static int rule_of(const struct pvp_platform *p, const char *insn)
{
	int rule = -1;

	for (size_t i = 0; i < p->nr_insns; i++)
		if (!strcmp(p->insns[i].insn, insn)) {
			ck_assert_msg(rule < 0, "two rules for %s", insn);
			rule = p->insns[i].rule;
		}
	return rule;
}

/* The child's words over the parent's, what it does not say from the parent. */
START_TEST(merged)
{
	struct pvp_platform *p;

	put_all();
	pvp_ck_ok(load("child", NULL, &p));
	ck_assert_str_eq(p->name, "child");
	ck_assert_str_eq(p->description, "what lies over it");
	ck_assert_int_eq(p->hypervisor, PVP_HV_KVM);
	ck_assert_uint_eq(p->ring, 3);
	ck_assert_uint_eq(p->cpus, 1);
	ck_assert_uint_eq(p->caps[0], 1);
	ck_assert(!pvp_platform_has_feature(p, PVP_FEATURE_XENPV));
	ck_assert(pvp_platform_has_feature(p, 159) && pvp_platform_has_feature(p, 131));
	ck_assert_uint_eq(p->pv_ops[PI_SAVE_FL], PI_TEXT + 0x10);
	ck_assert_uint_eq(p->pv_ops[PI_TWICE], PI_TEXT);
	ck_assert_uint_eq(pvp_platform_static_call(p, &pi.tables.static_call_keys[0]),
			  PI_TEXT + 0x10);
	ck_assert_uint_eq(pvp_platform_static_call(p, &pi.tables.static_call_keys[2]), PI_TEXT);
	ck_assert_uint_eq(p->return_thunk, PI_TEXT);
	ck_assert_uint_eq(p->null_target, PI_TEXT + 0x10);
	ck_assert_uint_eq(p->nop_target, PI_TEXT + 0x20);
	ck_assert_int_eq(rule_of(p, "popf"), PVP_INSN_ALLOW);
	ck_assert_int_eq(rule_of(p, "cli"), PVP_INSN_IGNORE);
	ck_assert_int_eq(rule_of(p, "hlt"), PVP_INSN_FAULT);
	ck_assert_int_eq(rule_of(p, "sti"), PVP_INSN_END);
	ck_assert_uint_eq(poke_at(p, PI_DATA)->nr_values, 2);
	ck_assert_uint_eq(poke_at(p, PI_DATA + 8)->values[0], 2);
	ck_assert_uint_eq(poke_at(p, PI_PERCPU + 0x10)->values[0], 0x1000 - PI_PERCPU);
	ck_assert_uint_eq(p->nr_text_writes, 2);
	ck_assert_uint_eq(p->text_writes[1].addr, PI_TEXT + 0x40);
	ck_assert_uint_eq(p->text_writes[1].bytes[0], 0xcc);
	ck_assert_uint_eq(p->nr_stubs, 2);
	ck_assert_uint_eq(p->stubs[1].nr_args, 3);
	pvp_platform_destroy(p);

	pvp_ck_ok(load("grand", NULL, &p));
	ck_assert_uint_eq(p->ring, 0);
	ck_assert_uint_eq(p->cpus, 1);
	ck_assert_uint_eq(p->pv_ops[PI_SAVE_FL], PI_TEXT + 0x20);
	pvp_platform_destroy(p);
}
END_TEST

/* A file anywhere extends one next to it, or one of the corpus. */
START_TEST(by_path)
{
	const char *path = platform_image_write(
		&pi, "own.yaml", "name: own\ndescription: d\nextends: base\ncpus: 2\n");
	char *joined = pvp_asprintf("%s+set", path);
	struct pvp_platform *p;

	put_all();
	pvp_ck_ok(load(path, NULL, &p));
	ck_assert_uint_eq(p->cpus, 2);
	ck_assert_uint_eq(p->ring, 3);
	pvp_platform_destroy(p);
	pvp_ck_ok(load(joined, NULL, &p));
	ck_assert_str_eq(p->name, "own+set");
	pvp_platform_destroy(p);
	free(joined);
}
END_TEST

// clang-format off
/* MWAIT (131) is child's and set clears it; RETHUNK (366) is set's; caps[0] tells whose words.  chip
 * has 0x80, the --caps file 0x80 with words of its own elsewhere. */
static const struct {
	const char *name;
	bool caps; /* --caps with chip's words */
	const char *feature;
	uint32_t word0;
	bool mwait, hypervisor, rethunk;
	uint64_t thunk;
} joined[] = {
	{ "child",                 false, NULL,       1,    true,  true,  false, PI_TEXT },
	{ "child+set",             false, NULL,       1,    false, true,  true,  PI_TEXT + 0x20 },
	{ "child+set+other",       false, NULL,       1,    false, true,  false, PI_TEXT + 0x20 },
	{ "child+other+set",       false, NULL,       1,    false, true,  true,  PI_TEXT + 0x20 },
	{ "child+chip",            false, NULL,       0x80, true,  true,  false, PI_TEXT },
	{ "child+chip+set",        false, NULL,       0x80, false, true,  true,  PI_TEXT + 0x20 },
	/* --caps is what the machine has in the end: the platform's features do not lie over it. */
	{ "child",                 true,  NULL,       0x80, false, false, false, PI_TEXT },
	{ "child+set",             true,  NULL,       0x80, false, false, true,  PI_TEXT + 0x20 },
	{ "child+set",             false, "-RETHUNK", 1,    false, true,  false, PI_TEXT + 0x20 },
};
// clang-format on

START_TEST(sets)
{
	const char *const features[] = {joined[_i].feature, NULL};
	char *caps = pvp_asprintf("%s/cpus/second.caps", corpus);
	struct pvp_overrides o = {.caps_file = joined[_i].caps ? caps : NULL,
				  .features = joined[_i].feature ? features : NULL};
	const char *name = joined[_i].name;
	struct pvp_platform *p;

	put_all();
	pvp_ck_ok(load(name, &o, &p));
	ck_assert_str_eq(p->name, name);
	ck_assert_msg(p->caps[0] == joined[_i].word0, "%s: word 0 is %x", name, p->caps[0]);
	ck_assert_msg(pvp_platform_has_feature(p, 131) == joined[_i].mwait, "%s: MWAIT", name);
	ck_assert_msg(pvp_platform_has_feature(p, 159) == joined[_i].hypervisor, "%s: HYPERVISOR",
		      name);
	ck_assert_msg(pvp_platform_has_feature(p, 366) == joined[_i].rethunk, "%s: RETHUNK", name);
	ck_assert_msg(p->return_thunk == joined[_i].thunk, "%s: return thunk", name);
	pvp_platform_destroy(p);
	free(caps);
}
END_TEST

// clang-format off
/* Variants of the files above, and what becomes of child+set on an amd64 image of 6.1: word 0, CPUs,
 * irq.save_fl (a function's offset), features 131 and 366, the return thunk. */
static const struct {
	const char *name, *file, *text;
	const char *file2, *text2;
	uint32_t word0;
	unsigned cpus;
	uint64_t save_fl;
	bool mwait, rethunk;
	uint64_t thunk;
} variants[] = {
	{ "none", NULL, NULL, NULL, NULL, 1, 1, 0x10, false, true, 0x20 },
	{ "the parent's, below the child's words",
	  "platforms/6.1/base.yaml", "cpus: 7\nnull_target: fn_c\npv_ops: {irq.save_fl: fn_c}\ncapabilities: [9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n",
	  NULL, NULL, 9, 1, 0x10, false, true, 0x20 },
	{ "the child's", "platforms/6.1/child.yaml", "cpus: 7\npv_ops: {irq.save_fl: fn_c}\n",
	  NULL, NULL, 1, 7, 0x20, false, true, 0x20 },
	{ "another generation's", "platforms/7.2/base.yaml", "cpus: not read\n", NULL, NULL, 1, 1, 0x10, false, true, 0x20 },
	{ "another architecture's", "platforms/i386/base.yaml", "cpus: not read\n", NULL, NULL, 1, 1, 0x10, false, true, 0x20 },
	{ "the architecture's over the generation's",
	  "platforms/6.1/base.yaml", "capabilities: [9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n",
	  "platforms/amd64/base.yaml", "capabilities: [5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n",
	  5, 1, 0x10, false, true, 0x20 },
	{ "a set's", "mitigations/6.1/set.yaml", "features: {set: [MWAIT], clear: [RETHUNK]}\nreturn_thunk: fn_b\n",
	  NULL, NULL, 1, 1, 0x10, true, false, 0x10 },
	{ "the value the image has", "platforms/6.1/child.yaml", "pv_ops: {irq.save_fl: linked}\n",
	  NULL, NULL, 1, 1, 0x80, false, true, 0x20 },
};
// clang-format on

START_TEST(variant)
{
	const char *name = variants[_i].name;
	struct pvp_platform *p;

	put_all();
	if (variants[_i].file)
		put(variants[_i].file, variants[_i].text);
	if (variants[_i].file2)
		put(variants[_i].file2, variants[_i].text2);
	pvp_ck_ok(load("child+set", NULL, &p));
	ck_assert_str_eq(p->name, "child+set");
	ck_assert_str_eq(p->description, "what lies over it");
	ck_assert_msg(p->caps[0] == variants[_i].word0, "%s: word 0 is %x", name, p->caps[0]);
	ck_assert_msg(p->cpus == variants[_i].cpus, "%s: %u CPUs", name, p->cpus);
	ck_assert_msg(p->pv_ops[PI_SAVE_FL] == PI_TEXT + variants[_i].save_fl, "%s: save_fl", name);
	ck_assert_msg(pvp_platform_has_feature(p, 131) == variants[_i].mwait, "%s: MWAIT", name);
	ck_assert_msg(pvp_platform_has_feature(p, 366) == variants[_i].rethunk, "%s: RETHUNK",
		      name);
	ck_assert_msg(p->return_thunk == PI_TEXT + variants[_i].thunk, "%s: return thunk", name);
	pvp_platform_destroy(p);
}
END_TEST

/* A CPU's words are numbered as one generation numbers them. */
START_TEST(cpu_variant)
{
	struct pvp_platform *p;

	put_all();
	put("cpus/6.1/chip.caps", strchr(chip, '\n') + 4);
	pvp_ck_err(load("child+chip", NULL, &p), PVP_ERR_BAD_DATA, "6.1/chip.caps:23: 23 words");
	pi.tables.generation = "7.2";
	pvp_ck_ok(load("child+chip", NULL, &p));
	ck_assert_uint_eq(p->caps[0], 0x80);
	pvp_platform_destroy(p);
}
END_TEST

#define BAD  PVP_ERR_BAD_DATA
#define GONE PVP_ERR_NOT_FOUND
#define USE  PVP_ERR_USAGE
// clang-format off
/* What is wrong: in one file a text changed, or only in the name asked for. */
static const struct {
	const char *file, *text; /* NULL: no file is changed */
	const char *name;
	enum pvp_error_code code;
	const char *where, *message;
} wrong[] = {
	{ "platforms/base.yaml", "name: b\ndescription: d\nextends: grand\n", "grand", BAD,
	  "/base.yaml:3: ", "extending 'grand' comes back to " },
	{ "platforms/base.yaml", "name: b\ndescription: d\nextends: base\n", "base", BAD,
	  "/base.yaml:3: ", "extending 'base' comes back to " },
	{ "platforms/child.yaml", "name: b\ndescription: d\nextends: nobody\n", "grand", GONE,
	  "/child.yaml:3: ", "unknown platform 'nobody'" },
	{ "platforms/child.yaml", "name: b\ndescription: d\nextends: ../x\n", "child", BAD,
	  "/child.yaml:3: ", "'../x' is a path" },
	{ "platforms/base.yaml", "name: b\ndescription: d\nring: 0\ncpus: 1\narch: [amd64]\n", "grand", BAD,
	  "/grand.yaml:1: ", "missing required mapping field: hypervisor" },
	{ "platforms/base.yaml", "name: b\n", "grand", BAD,
	  "/base.yaml:1: ", "missing required mapping field: description" },
	/* A row's error names its own file, not the one asked for. */
	{ "platforms/child.yaml", "name: c\ndescription: d\nextends: base\npv_ops:\n  mmu.twice: fn_x\n", "grand", GONE,
	  "/child.yaml:5: ", "unknown function 'fn_x'" },
	{ "platforms/child.yaml", "name: c\ndescription: d\nextends: base\nring: 2\n", "grand", BAD,
	  "/child.yaml:4: ", "ring 2 is not 0 or 3" },
	/* Replacing goes file over file, never row over row. */
	{ "platforms/child.yaml", "name: c\ndescription: d\nextends: base\ninstructions: {allow: [cli, cli]}\n", "grand", BAD,
	  "/child.yaml:4: ", "'cli' is listed twice" },
	{ "platforms/child.yaml", "name: c\ndescription: d\nextends: base\ntext: [{at: patch_me, bytes: 90}, {at: patch_me, bytes: 91}]\n",
	  "grand", BAD, "/child.yaml:4: ", "is written twice" },
	{ "platforms/child.yaml", "name: c\ndescription: d\nextends: base\ncallees: [{name: fn_c, args: 1}, {name: fn_c, args: 2}]\n",
	  "grand", BAD, "/child.yaml:4: ", "'fn_c' is listed twice" },
	{ "platforms/child.yaml", "name: c\ndescription: d\nextends: base\nneeds: [nobody]\n", "grand", PVP_ERR_UNSUPPORTED,
	  "/child.yaml:4: ", "the image has no 'nobody'" },
	{ "platforms/child.yaml", "name: c\ndescription: d\nextends: base\narch: [i386]\n", "grand", PVP_ERR_UNSUPPORTED,
	  "/child.yaml:4: ", "not for amd64 images" },
	{ "platforms/child.yaml", "name: c\ndescription: d\nextends: base\nmemory: [{at: word, size: 8, values: [\"percpu(word)\"]}]\n",
	  "child", GONE, "/child.yaml:4: ", "unknown symbol 'percpu(word)'" },
	/* Variants: no words of their own about who they are; their errors name them. */
	{ "platforms/6.1/child.yaml", "cpus: 2\nname: c\n", "grand", BAD,
	  "/6.1/child.yaml:2: ", "name belongs to the file this is a variant of" },
	{ "platforms/amd64/base.yaml", "extends: child\n", "base", BAD,
	  "/amd64/base.yaml:1: ", "extends belongs to the file this is a variant of" },
	{ "platforms/6.1/child.yaml", "pv_ops:\n  mmu.twice: fn_x\n", "grand", GONE,
	  "/6.1/child.yaml:2: ", "unknown function 'fn_x'" },
	{ "platforms/6.1/base.yaml", "needs: [nobody]\n", "grand", PVP_ERR_UNSUPPORTED,
	  "/6.1/base.yaml:1: ", "the image has no 'nobody'" },
	{ "platforms/6.1/child.yaml", "arch: [i386]\n", "child", PVP_ERR_UNSUPPORTED,
	  "/6.1/child.yaml:1: ", "platform child is not for amd64 images" },
	{ "mitigations/6.1/set.yaml", "ring: 3\n", "child+set", BAD,
	  "/6.1/set.yaml:1: ", "ring belongs to a platform" },
	{ NULL, NULL, "child+nobody",    GONE, "", "unknown set 'nobody'" },
	{ NULL, NULL, "child+",          USE,  "", "'' is not the name of a set" },
	{ NULL, NULL, "child+a/b",       GONE, "", "unknown platform 'child+a/b'" },
	{ NULL, NULL, "child+set+set",   USE,  "", "set 'set' is joined twice" },
	{ NULL, NULL, "child+chip+second", USE, "", "'second' is a second CPU" },
	{ NULL, NULL, "nobody+set",      GONE, "", "unknown platform 'nobody'" },
	{ "mitigations/set.yaml", "name: s\ndescription: d\nring: 3\n", "child+set", BAD,
	  "/set.yaml:3: ", "ring belongs to a platform" },
	{ "mitigations/set.yaml", "name: s\ndescription: d\nextends: base\n", "child+set", BAD,
	  "/set.yaml:3: ", "extends belongs to a platform" },
	{ "mitigations/set.yaml", "name: s\ndescription: d\npv_ops: {mmu.twice: fn_a}\n", "child+set", BAD,
	  "/set.yaml:3: ", "pv_ops belongs to a platform" },
	{ "mitigations/set.yaml", "name: s\ndescription: d\nreturn_thunk: fn_x\n", "child+set", GONE,
	  "/set.yaml:3: ", "unknown function 'fn_x'" },
	{ "mitigations/set.yaml", "name: s\ndescription: d\nneeds: [nobody]\n", "child+set", PVP_ERR_UNSUPPORTED,
	  "/set.yaml:3: ", "the image has no 'nobody'" },
	{ "cpus/chip.caps", "80\n4g\n", "child+chip", BAD, "/chip.caps:2: ", "'4g' is not a word" },
	{ "cpus/chip.caps", "80\n", "child+chip", BAD, "/chip.caps:1: ", "1 words where 24 are needed" },
};
// clang-format on

START_TEST(refused)
{
	struct pvp_platform *p;
	struct pvp_error *err;

	put_all();
	if (wrong[_i].file)
		put(wrong[_i].file, wrong[_i].text);
	err = load(wrong[_i].name, NULL, &p);
	ck_assert_msg(err != NULL, "%s, \"%s\": loads", wrong[_i].name, wrong[_i].message);
	ck_assert_msg(strstr(err->message, wrong[_i].where) != NULL, "\"%s\" lacks \"%s\"",
		      err->message, wrong[_i].where);
	pvp_ck_err(err, wrong[_i].code, wrong[_i].message);
}
END_TEST

// clang-format off
/* `when:` of a row, and the hypervisors it is for. */
static const struct {
	const char *when;
	bool is_for[6]; /* none, xen-pv, xen-hvm, kvm, hyper-v, vmware */
} whens[] = {
	{ "native",   { 1, 0, 0, 0, 0, 0 } },
	{ "xen-pv",   { 0, 1, 0, 0, 0, 0 } },
	{ "xen",      { 0, 1, 1, 0, 0, 0 } },
	{ "kvm",      { 0, 0, 0, 1, 0, 0 } },
	{ "hyper-v",  { 0, 0, 0, 0, 1, 0 } },
	{ "vmware",   { 0, 0, 0, 0, 0, 1 } },
	{ "pv-locks", { 0, 1, 1, 1, 1, 0 } },
};
// clang-format on

START_TEST(when)
{
	static const char *const names[] = {
#define X(id, name) name,
		PVP_HYPERVISORS(X)
#undef X
	};

	put_all();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *text =
			pvp_asprintf("name: c\ndescription: d\nextends: base\nhypervisor: %s\n"
				     "memory: [{at: word+16, size: 4, values: [1], when: %s}]\n",
				     names[i], whens[_i].when);
		struct pvp_platform *p;

		put("platforms/child.yaml", text);
		pvp_ck_ok(load("child", NULL, &p));
		ck_assert_msg(!!poke_at(p, PI_DATA + 16) == whens[_i].is_for[i], "%s on %s",
			      whens[_i].when, names[i]);
		pvp_platform_destroy(p);
		free(text);
	}
}
END_TEST

Suite *extends_suite(void)
{
	Suite *s = suite_create("extends");
	TCase *files = tcase_create("files");

	tcase_add_checked_fixture(files, setup, teardown);
	tcase_add_test(files, merged);
	tcase_add_test(files, by_path);
	tcase_add_loop_test(files, sets, 0, ARRAY_SIZE(joined));
	tcase_add_loop_test(files, variant, 0, ARRAY_SIZE(variants));
	tcase_add_test(files, cpu_variant);
	tcase_add_loop_test(files, refused, 0, ARRAY_SIZE(wrong));
	tcase_add_loop_test(files, when, 0, ARRAY_SIZE(whens));
	suite_add_tcase(s, files);
	return s;
}
